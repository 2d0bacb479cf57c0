//! What must hold between settings before a service can run.

use std::time::Duration;

use super::{AuthMode, Settings, section::Violation};
use crate::ServiceName;

/// Checks the settings of one service against each other.
pub(super) fn for_service(settings: &Settings, service: ServiceName) -> Result<(), Violation> {
    stores(settings)?;
    bounds(settings)?;
    if service.is_public() {
        public(settings)
    } else {
        liveness(settings)?;
        provider(settings)
    }
}

fn stores(settings: &Settings) -> Result<(), Violation> {
    if settings.database.url.is_none() {
        return Err(Violation::new(
            &["database.url"],
            "required, but not set; expected `postgres://USER:PASSWORD@HOST/DATABASE`",
        ));
    }
    if settings.redis.url.is_none() {
        return Err(Violation::new(
            &["redis.url"],
            "required, but not set; expected `redis://HOST:PORT`",
        ));
    }
    certificates(settings)
}

fn certificates(settings: &Settings) -> Result<(), Violation> {
    let Settings {
        database, redis, ..
    } = settings;
    if let (Some(url), Some(file)) = (&database.url, &database.ca_file) {
        storage::check_url(url.expose_secret(), Some(file)).map_err(|error| {
            Violation::new(&["database.ca_file", "database.url"], error.to_string())
        })?;
    }
    if let (Some(url), Some(file)) = (&redis.url, &redis.ca_file) {
        let paths = ["redis.ca_file", "redis.url"];
        if !url.expose_secret().starts_with("rediss") {
            return Err(Violation::new(
                &paths,
                "redis.url is not encrypted, and redis.ca_file is there to verify who answers; expected \
                 `rediss://` or `rediss-sentinel://`",
            ));
        }
        storage::tls::verified(Some(file))
            .map_err(|error| Violation::new(&paths, error.to_string()))?;
    }
    Ok(())
}

fn bounds(settings: &Settings) -> Result<(), Violation> {
    let Settings {
        database,
        http,
        worker,
        ..
    } = settings;
    // Two missed heartbeats must not cost a process that is alive its evaluations.
    if worker.lease < worker.heartbeat.saturating_mul(3) {
        return Err(Violation::new(
            &["worker.lease", "worker.heartbeat"],
            "worker.lease is too short; expected at least three times worker.heartbeat",
        ));
    }
    // Else a request times out before it can be told that the database is overloaded.
    if database.pool_wait >= http.request_timeout {
        return Err(Violation::new(
            &["database.pool_wait", "http.request_timeout"],
            "database.pool_wait is too long; expected less than http.request_timeout",
        ));
    }
    // Else the largest body that is allowed could never be let in.
    if http.max_in_flight_bytes < http.body_limit {
        return Err(Violation::new(
            &["http.max_in_flight_bytes", "http.body_limit"],
            "http.max_in_flight_bytes is too small; expected at least http.body_limit",
        ));
    }
    Ok(())
}

fn liveness(settings: &Settings) -> Result<(), Violation> {
    let Settings {
        database,
        redis,
        worker,
        ..
    } = settings;
    // What only waits for a server that is away does not hang: a restart would not bring that back.
    let turn = [
        worker.heartbeat,
        database.pool_wait,
        database.connect_timeout,
        database.statement_timeout,
        redis.command_timeout,
    ];
    if worker.liveness_turn <= turn.iter().sum::<Duration>() {
        return Err(Violation::new(
            &[
                "worker.liveness_turn",
                "worker.heartbeat",
                "database.pool_wait",
                "database.connect_timeout",
                "database.statement_timeout",
                "redis.command_timeout",
            ],
            "worker.liveness_turn is too short; expected more than worker.heartbeat, database.pool_wait, \
             database.connect_timeout, database.statement_timeout and redis.command_timeout together",
        ));
    }
    // An intake that takes nothing because it hangs is said to hang.
    if worker.liveness_take < worker.liveness_turn {
        return Err(Violation::new(
            &["worker.liveness_take", "worker.liveness_turn"],
            "worker.liveness_take is too short; expected at least worker.liveness_turn",
        ));
    }
    Ok(())
}

fn provider(settings: &Settings) -> Result<(), Violation> {
    if settings.provider.base_url.is_none() && settings.routing.models.is_empty() {
        return Err(Violation::new(
            &["provider.base_url"],
            "required, but neither it nor OPENAI_API_KEY is set and the file has no table \
             [models.NAME]; expected the base URL of an OpenAI-compatible API",
        ));
    }
    Ok(())
}

fn public(settings: &Settings) -> Result<(), Violation> {
    let Settings {
        http, admin, auth, ..
    } = settings;
    match auth.mode {
        AuthMode::Off if !http.listen_addr.ip().is_loopback() && !auth.allow_public => {
            return Err(Violation::new(
                &["auth.allow_public", "auth.mode"],
                format!(
                    "authentication is off and {} is not a loopback address; expected \
                     AUTORATER__AUTH__ALLOW_PUBLIC=true if everybody who reaches it may call",
                    http.listen_addr
                ),
            ));
        }
        AuthMode::Keys | AuthMode::Off => {}
    }
    let (a, b) = (http.listen_addr, admin.addr);
    let is_same_host = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    if a.port() == b.port() && a.port() != 0 && is_same_host {
        return Err(Violation::new(
            &["admin.addr", "http.listen_addr"],
            format!("{b} clashes with the public address {a}; expected an address of its own"),
        ));
    }
    Ok(())
}
