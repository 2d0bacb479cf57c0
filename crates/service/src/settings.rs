//! Settings: built-in defaults, then the file named by `AUTORATER_CONFIG`, then the environment.
//!
//! One [`Settings`] serves all services, so that they can share one file. What is wrong, unknown
//! or contradictory is a [`SettingsError`] of one line that names the variable at fault. [`watch`]
//! looks whether the file has changed.

mod admin;
mod auth;
mod check;
mod database;
mod environment;
mod error;
mod file;
mod files;
mod http;
mod judge;
mod limits;
mod load;
mod log;
mod mask;
mod otel;
mod provider;
mod redis;
mod reference;
mod retention;
mod routing;
mod section;
mod suggestion;
mod value;
pub mod watch;
mod webhooks;
mod worker;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use url::Url;

use self::section::{Entry, Section};
pub use self::{
    admin::Admin,
    auth::{Auth, AuthMode},
    database::Database,
    error::SettingsError,
    http::Http,
    judge::Judge,
    limits::Limits,
    load::{load, read},
    log::{Log, LogFormat},
    otel::Otel,
    provider::Provider,
    redis::Redis,
    reference::{help_text, reference_markdown},
    retention::Retention,
    routing::{ANY_MODEL, Api, DeploymentConfig, Price, ProviderConfig, Routing},
    webhooks::Webhooks,
    worker::Worker,
};
use crate::ServiceName;

/// Every setting of every service.
///
/// Serialising masks secrets; see also [`Settings::masked`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// PostgreSQL.
    pub database: Database,
    /// Redis.
    pub redis: Redis,
    /// The public HTTP address.
    pub http: Http,
    /// Liveness, readiness, metrics.
    pub admin: Admin,
    /// Who may call.
    pub auth: Auth,
    /// What one tenant may ask for.
    pub limits: Limits,
    /// The provider of judge models.
    pub provider: Provider,
    /// What a request is judged by when it does not say.
    pub judge: Judge,
    /// How scorer-worker works.
    pub worker: Worker,
    /// Where webhooks may be sent, and how.
    pub webhooks: Webhooks,
    /// What is removed, and when.
    pub retention: Retention,
    /// Logging.
    pub log: Log,
    /// Traces.
    pub otel: Otel,
    /// Several providers and the deployments of models. Not text by text as the others: read from
    /// the file by itself.
    #[serde(flatten, skip_deserializing)]
    pub routing: Routing,
}

impl Settings {
    /// The built-in defaults of a service.
    #[must_use]
    pub fn defaults(service: ServiceName) -> Self {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (public, admin) = match service {
            ServiceName::IngestApi => (8080, 9080),
            ServiceName::StatusApi => (8081, 9081),
            // Has no public address.
            ServiceName::ScorerWorker => (8082, 9082),
        };
        let mut settings = Self::default();
        settings.http.listen_addr = local(public);
        settings.admin.addr = local(admin);
        settings
    }

    /// Every setting that is set as TOML with secrets masked: of a URL the password, of other secrets all.
    ///
    /// # Errors
    ///
    /// The serialiser's; a value that TOML cannot say comes from no file.
    pub fn masked(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    fn sections(&self) -> [&dyn Section; 13] {
        [
            &self.database,
            &self.redis,
            &self.http,
            &self.admin,
            &self.auth,
            &self.limits,
            &self.provider,
            &self.judge,
            &self.worker,
            &self.webhooks,
            &self.retention,
            &self.log,
            &self.otel,
        ]
    }

    fn entries(&self) -> Vec<Entry> {
        self.sections()
            .iter()
            .flat_map(|section| section.entries())
            .collect()
    }
}

/// Takes `http` and `https` URLs that a path can be appended to.
fn web_url(url: &Url) -> Result<(), String> {
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain {
        Ok(())
    } else {
        Err(
            "cannot be used; expected an `http://` or `https://` URL without query and fragment"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests;
