//! PostgreSQL and Redis, connected after the settings and watched for readiness.

use std::sync::Arc;
use std::time::Duration;

use queue::Redis;
use storage::{Database, schema};

use crate::{
    run::Context,
    settings::{Settings, SettingsError},
};

/// How often a dependency is looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Handles on both; clones share the connections.
#[derive(Clone, Debug)]
pub struct Backends {
    /// PostgreSQL.
    pub database: Database,
    /// Redis.
    pub redis: Redis,
}

impl Backends {
    /// Prepares the connections and watches them in the background: a dependency that is missing is waited
    /// for, with readiness false. What Redis itself has against its URL is found out here, where it answers at once.
    ///
    /// # Errors
    /// A [`SettingsError`] that names the variable whose URL cannot be used.
    pub async fn connect(context: &Context) -> Result<Self, SettingsError> {
        let settings = &context.settings;
        let wrong = |variable: &'static str| {
            move |error: &dyn std::fmt::Display| SettingsError::new(variable, error.to_string())
        };
        let database = Database::new(&database_options(context.service.as_str(), settings)?)
            .map_err(|error| wrong("DATABASE_URL")(&error))?;
        let redis = redis_options(settings)?;
        let redis = Redis::new(&redis).map_err(|error| wrong("REDIS_URL")(&error))?;
        if let Err(error @ queue::Error::Settings(_)) = redis.check_database().await {
            return Err(wrong("REDIS_URL")(&error));
        }
        let backends = Self { database, redis };
        context
            .tasks
            .spawn(watch(context.clone(), "postgres", CHECK_INTERVAL, {
                let backends = backends.clone();
                // Of those who ask an API, one may ask for what takes too long; a worker asks for nothing of the kind.
                let with_slowness = !context.service.is_public();
                move || {
                    let backends = backends.clone();
                    async move { backends.look_at_postgres(with_slowness).await }
                }
            }));
        context
            .tasks
            .spawn(watch(context.clone(), "records", CHECK_INTERVAL, {
                let database = backends.database.clone();
                move || std::future::ready(database.refusal_of_records().map_or(Ok(()), Err))
            }));
        context
            .tasks
            .spawn(watch(context.clone(), "redis", CHECK_INTERVAL, {
                let backends = backends.clone();
                move || {
                    let backends = backends.clone();
                    async move {
                        let Err(error) = backends.redis.probe().await else {
                            return Ok(());
                        };
                        let why = backends.redis.diagnose().await;
                        Err(why.unwrap_or_else(|| error.to_string()))
                    }
                }
            }));
        Ok(backends)
    }

    async fn look_at_postgres(&self, with_slowness: bool) -> Result<(), String> {
        match schema::is_current(&self.database).await {
            Ok(true) => match self.database.missing_privileges(with_slowness) {
                None => Ok(()),
                Some(refusal) => Err(format!("PostgreSQL refuses: {refusal}")),
            },
            Ok(false) => Err("the schema is not migrated yet: run `ingest-api migrate`".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Waits for a reason not to serve that only an operator can take away: a Redis that has not the database of its URL
    /// or may throw entries away, or a PostgreSQL with too few connections. Looks at each as soon as it is there, and never returns
    /// when both are in order.
    pub async fn incompatibility(&self, context: &Context) -> SettingsError {
        tokio::select! {
            Some(refusal) = self.redis_incompatibility(context) => refusal,
            Some(refusal) = self.database_incompatibility(context) => refusal,
            else => std::future::pending().await,
        }
    }

    async fn redis_incompatibility(&self, context: &Context) -> Option<SettingsError> {
        // It may not have been there before.
        let database = first(context, || async {
            match self.redis.check_database().await {
                Err(queue::Error::Settings(problem)) => Ok(Err(problem)),
                other => other.map(Ok),
            }
        });
        if let Err(problem) = database.await? {
            return Some(SettingsError::new("REDIS_URL", problem));
        }
        let policy = first(context, || self.redis.eviction_policy()).await??;
        (policy != "noeviction").then(|| {
            SettingsError::new(
                "REDIS_URL",
                format!("the server's maxmemory-policy is `{policy}`: it may throw work away; expected `noeviction`"),
            )
        })
    }

    async fn database_incompatibility(&self, context: &Context) -> Option<SettingsError> {
        let there = first(context, || storage::capacity::connections(&self.database)).await?;
        let database = &context.settings.database;
        // Each worker's heartbeat has a connection of its own, and so have an API's look-ups of keys.
        let wanted = (database.pool_size + 1).saturating_mul(database.processes);
        (wanted > there).then(|| {
            SettingsError::new(
                "AUTORATER__DATABASE__POOL_SIZE",
                format!(
                    "{} connections and one for the heartbeat or for keys, for each of {} processes (AUTORATER__DATABASE__PROCESSES) are {wanted}, and the \
                     server takes {there}",
                    database.pool_size, database.processes
                ),
            )
        })
    }
}

/// The first answer of a dependency; `None` when the process is asked to stop before.
async fn first<T, E, F, Fut>(context: &Context, ask: F) -> Option<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    loop {
        if let Ok(answer) = ask().await {
            return Some(answer);
        }
        context
            .shutdown
            .run_until_cancelled(tokio::time::sleep(CHECK_INTERVAL))
            .await?;
    }
}

async fn watch<F, Fut>(context: Context, name: &'static str, every: Duration, look: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<(), String>>,
{
    loop {
        let found = tokio::time::timeout(Duration::from_secs(5), look()).await;
        context.health.set(
            name,
            found.unwrap_or_else(|_| Err("no answer within 5 s".to_owned())),
        );
        if context
            .shutdown
            .run_until_cancelled(tokio::time::sleep(every))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// How to connect to PostgreSQL.
///
/// # Errors
/// A [`SettingsError`] when the URL is missing.
pub fn database_options(
    application_name: &'static str,
    settings: &Settings,
) -> Result<storage::Options, SettingsError> {
    let database = &settings.database;
    Ok(storage::Options {
        url: database.required_url()?.expose_secret().to_owned(),
        ca_file: database.ca_file.clone(),
        application_name,
        pool_size: database.pool_size,
        connect_timeout: database.connect_timeout,
        pool_wait: database.pool_wait,
        statement_timeout: database.statement_timeout,
    })
}

fn redis_options(settings: &Settings) -> Result<queue::Options, SettingsError> {
    let redis = &settings.redis;
    let tls = redis.ca_file.as_deref().map(|file| {
        let tls = storage::tls::verified(Some(file));
        tls.map_err(|error| SettingsError::new("AUTORATER__REDIS__CA_FILE", error.to_string()))
    });
    Ok(queue::Options {
        // Serving was refused without one.
        url: redis
            .url
            .as_ref()
            .map(|url| url.expose_secret().to_owned())
            .unwrap_or_default(),
        tls: tls.transpose()?.map(Arc::new),
        key_prefix: redis.key_prefix.clone(),
        connect_timeout: redis.connect_timeout,
        command_timeout: redis.command_timeout,
    })
}
