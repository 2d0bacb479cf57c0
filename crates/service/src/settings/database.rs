//! `[database]`: PostgreSQL.

use std::time::Duration;

use domain::Secret;

use super::{SettingsError, section::section};

section! {
    /// PostgreSQL, which holds the truth.
    pub struct Database in "database" {
        /// Where PostgreSQL is: `postgres://USER:PASSWORD@HOST/DATABASE`; TLS by `sslmode`. Required.
        url: Option<Secret> = None, usual "DATABASE_URL", check url, note "none: required";
        /// A PEM file of the certificate authorities that PostgreSQL's certificate is verified by, as `sslrootcert` in the URL.
        ca_file: Option<String> = None;
        /// Connections that one process holds at most.
        pool_size: usize = 16, range 1..=1_000;
        /// How many processes of all services connect at most at the same time, replicas and
        /// rollouts included. Times `database.pool_size` this must fit into the server's
        /// `max_connections`; a process that finds that it does not refuses to start.
        processes: usize = 3, range 1..=100_000;
        /// How long a new connection may take.
        connect_timeout: Duration = Duration::from_secs(5);
        /// How long a caller waits for a connection of the pool before it is told that the database
        /// is overloaded. Must be shorter than `http.request_timeout`.
        pool_wait: Duration = Duration::from_secs(2);
        /// How long one statement may run before the server cuts it.
        statement_timeout: Duration = Duration::from_secs(10);
    }
}

impl Database {
    /// The URL, for a subcommand that needs it though it does not serve.
    ///
    /// # Errors
    ///
    /// Names the variable when it is not set.
    pub fn required_url(&self) -> Result<&Secret, SettingsError> {
        self.url.as_ref().ok_or_else(|| {
            SettingsError::new(
                "DATABASE_URL",
                "required, but not set; expected `postgres://USER:PASSWORD@HOST/DATABASE`",
            )
        })
    }
}

fn url(url: &Secret) -> Result<(), String> {
    let rest = ["postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| url.expose_secret().strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() => {
            storage::check_url(url.expose_secret(), None).map_err(|error| error.to_string())
        }
        _ => Err(
            "not a PostgreSQL URL; expected `postgres://USER:PASSWORD@HOST/DATABASE`".to_owned(),
        ),
    }
}
