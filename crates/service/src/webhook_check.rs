//! Whether a webhook that a payload, a rubric or a tenant asks for can be sent: its URL, what the name in it resolves to, and a secret to sign with.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Tenant;
use domain::fields::FieldError;
use storage::{Database, default_webhooks, webhook_secrets};
use webhooks::{Policy, Target, TargetError};

use crate::problem::Problem;
use crate::resolver::Resolver;
use crate::settings;

/// How long a post waits for the addresses of a name.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long what was found out is believed: a worker looks again before it connects.
const FRESH_FOR: Duration = Duration::from_secs(10);
/// Names, and tenants, that are remembered.
const MAX_KNOWN: usize = 1_000;

/// A URL to be stored, or what is wrong with it.
pub type WebhookUrl = Result<String, FieldError>;

/// Looks at webhooks; clones share what is known.
#[derive(Clone)]
pub struct WebhookCheck {
    policy: Policy,
    resolver: Resolver,
    database: Database,
    /// Whether a name's addresses may be connected to.
    names: Known<String, bool>,
    /// Tenants with a secret.
    signers: Known<Tenant, ()>,
    /// The defaults of tenants.
    defaults: Known<Tenant, Option<String>>,
}

impl WebhookCheck {
    /// Webhooks by these settings.
    #[must_use]
    pub fn new(settings: &settings::Webhooks, database: Database) -> Self {
        Self {
            policy: settings.policy(),
            resolver: Resolver::new(PATIENCE),
            database,
            names: Known::default(),
            signers: Known::default(),
            defaults: Known::default(),
        }
    }

    /// The URL as it is stored, or what is wrong with it; `pointer` is where `{"url"}` stands.
    ///
    /// A name that has no addresses now may have some when the evaluation has ended: it is not refused.
    ///
    /// # Errors
    /// 503: whether there is a secret could not be found out.
    pub async fn check(
        &self,
        tenant: &Tenant,
        url: &str,
        pointer: &str,
    ) -> Result<WebhookUrl, Problem> {
        let wrong = |suffix: &str, message: String| {
            Ok(Err(FieldError {
                pointer: format!("{pointer}{suffix}"),
                message,
            }))
        };
        let target = match Target::parse(url, &self.policy) {
            Ok(target) => target,
            Err(error) => return wrong("/url", error.to_string()),
        };
        if let Some(name) = target.name()
            && !self.may_connect(name).await
        {
            return wrong("/url", TargetError::Address.to_string());
        }
        if !self.has_secret(tenant).await? {
            return wrong(
                "",
                "there is no secret to sign webhooks with; an administrator makes one by \
                 `POST /v1/webhooks/secrets` of status-api"
                    .to_owned(),
            );
        }
        Ok(Ok(target.url().as_str().to_owned()))
    }

    /// The default of a tenant, which was looked at when it was set; what is told may be some seconds old.
    ///
    /// # Errors
    /// 503: it could not be found out.
    pub async fn default_of(&self, tenant: &Tenant) -> Result<Option<String>, Problem> {
        if let Some(known) = self.defaults.get(tenant) {
            return Ok(known);
        }
        let found = default_webhooks::find(&self.database, tenant).await?;
        let url = found.map(|found| found.url);
        self.defaults.put(tenant.clone(), url.clone());
        Ok(url)
    }

    async fn may_connect(&self, name: &str) -> bool {
        if let Some(may) = self.names.get(&name.to_owned()) {
            return may;
        }
        let found = self.resolver.resolve(name).await;
        let may = found.is_none_or(|addresses| self.policy.check(addresses).is_ok());
        self.names.put(name.to_owned(), may);
        may
    }

    async fn has_secret(&self, tenant: &Tenant) -> Result<bool, Problem> {
        if self.signers.get(tenant).is_some() {
            return Ok(true);
        }
        let has = webhook_secrets::exists(&self.database, tenant).await?;
        // That there is none is not remembered: the next thing that somebody does is to make one.
        if has {
            self.signers.put(tenant.clone(), ());
        }
        Ok(has)
    }
}

/// What was found out lately.
struct Known<K, V>(Arc<Mutex<HashMap<K, (V, Instant)>>>);

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, at) = known.get(key)?;
        (at.elapsed() < FRESH_FOR).then(|| value.clone())
    }

    fn put(&self, key: K, value: V) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.retain(|_, (_, at)| at.elapsed() < FRESH_FOR);
        }
        if known.len() < MAX_KNOWN {
            known.insert(key, (value, Instant::now()));
        }
    }
}

impl<K, V> Clone for Known<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
