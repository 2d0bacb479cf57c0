//! A database and a key prefix of one's own on the servers that all tests of a run share.

use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};

use crate::names::random_name;
use crate::postgres::Postgres;
use crate::redis::Redis;

/// The variable with the URL of the PostgreSQL server that the tests of a run share.
pub const DATABASE_VARIABLE: &str = "AUTORATER_TEST_DATABASE_URL";
/// The variable with the URL of the Redis server that the tests of a run share.
pub const REDIS_VARIABLE: &str = "AUTORATER_TEST_REDIS_URL";

fn from_environment(variable: &str) -> Result<String> {
    std::env::var(variable).ok().filter(|url| !url.is_empty()).with_context(|| {
        format!("{variable} is not set: run the tests with `cargo xtask test`, which starts the servers they need")
    })
}

/// An empty database with a random name, dropped when this value is dropped.
pub struct TestDatabase {
    server: Arc<Postgres>,
    name: String,
    url: String,
}

impl TestDatabase {
    /// On the shared server.
    ///
    /// # Errors
    ///
    /// Not run by `cargo xtask test`, or the server does not answer.
    pub async fn create() -> Result<Self> {
        let url = from_environment(DATABASE_VARIABLE)?;
        Self::create_on(Arc::new(Postgres::shared(url))).await
    }

    /// On this server.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn create_on(server: Arc<Postgres>) -> Result<Self> {
        let name = random_name("autorater_test");
        server.create_database(&name).await?;
        let url = server.url(&name)?;
        Ok(Self { server, name, url })
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server it is on.
    pub fn server(&self) -> &Arc<Postgres> {
        &self.server
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (Arc::clone(&self.server), self.name.clone());
        // A server that the test has stopped takes the database with it.
        clean_up(async move { server.drop_database(&name).await });
    }
}

/// A key prefix of one's own; its keys are deleted when this value is dropped.
pub struct TestRedis {
    server: Arc<Redis>,
    key_prefix: String,
}

impl TestRedis {
    /// On the shared server.
    ///
    /// # Errors
    ///
    /// Not run by `cargo xtask test`.
    pub fn attach() -> Result<Self> {
        Ok(Self::attach_to(Arc::new(Redis::shared(from_environment(
            REDIS_VARIABLE,
        )?))))
    }

    /// On this server.
    pub fn attach_to(server: Arc<Redis>) -> Self {
        Self {
            server,
            key_prefix: random_name("test"),
        }
    }

    /// The URL of the server.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// What every key of the test begins with.
    pub fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    /// The server it is on.
    pub fn server(&self) -> &Arc<Redis> {
        &self.server
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        let (server, prefix) = (Arc::clone(&self.server), self.key_prefix.clone());
        clean_up(async move { server.remove_keys(&prefix).await });
    }
}

/// Runs on a thread and a runtime of its own, because the caller's may be shutting down. A failure is ignored: the
/// shared servers are thrown away at the end of the run.
fn clean_up(work: impl Future<Output = Result<()>> + Send + 'static) {
    let worker = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(work)
    });
    drop(worker.join());
}
