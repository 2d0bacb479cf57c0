//! The servers of a stack and what on them belongs to it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::account::is_root;
use crate::builder::{Home, PreferredPorts};
use crate::ports;
use crate::postgres::{Postgres, PostgresOptions};
use crate::redis::{Redis, RedisOptions};
use crate::shared::{TestDatabase, TestRedis};
use crate::sql;

/// The database on a server of the stack's own.
const OWN_DATABASE: &str = "autorater";
/// The start of all Redis keys on a server of the stack's own.
const OWN_KEY_PREFIX: &str = "autorater";

/// The role that the services connect as where a test wants to take rights from it. What they migrate is its own.
pub const SERVICES_ROLE: &str = "services";

/// Servers and what on them belongs to the stack.
pub(crate) struct Data {
    pub(crate) database_url: String,
    pub(crate) key_prefix: String,
    // Before the servers, so that they are cleaned up while their servers still run.
    pub(crate) database: Option<TestDatabase>,
    pub(crate) keys: Option<TestRedis>,
    pub(crate) postgres: Arc<Postgres>,
    pub(crate) redis: Arc<Redis>,
}

impl Data {
    /// Durable, found again at the next start.
    pub(crate) async fn kept(dir: &Path, wanted: PreferredPorts) -> Result<Self> {
        let postgres = PostgresOptions {
            fsync: true,
            port: wanted.postgres.map(ports::free_or),
        };
        let postgres = Postgres::launch(dir, postgres).await?;
        if !postgres.has_database(OWN_DATABASE).await? {
            postgres.create_database(OWN_DATABASE).await?;
        }
        let redis = RedisOptions {
            appendonly: true,
            port: wanted.redis.map(ports::free_or),
        };
        let redis = Redis::launch(dir, redis).await?;
        Ok(Self {
            database_url: postgres.url(OWN_DATABASE)?,
            key_prefix: OWN_KEY_PREFIX.to_owned(),
            database: None,
            keys: None,
            postgres: Arc::new(postgres),
            redis: Arc::new(redis),
        })
    }

    /// Makes the role of the services, and says by which URL they connect.
    pub(crate) async fn plain_role(&self) -> Result<String> {
        let make = format!(
            "CREATE ROLE {SERVICES_ROLE} LOGIN; GRANT ALL ON SCHEMA public TO {SERVICES_ROLE}"
        );
        sql::execute(&self.database_url, &make).await?;
        sql::with_user(&self.database_url, SERVICES_ROLE)
    }

    /// For one test.
    pub(crate) async fn throw_away(
        dir: &Path,
        private_postgres: bool,
        private_redis: bool,
    ) -> Result<Self> {
        // A private server goes as a whole, and the test may have left it dead or frozen: what is on it is nobody's
        // to remove.
        let (postgres, database_url, database) = if private_postgres {
            let server = Postgres::launch(dir, PostgresOptions::default()).await?;
            server.create_database(OWN_DATABASE).await?;
            let url = server.url(OWN_DATABASE)?;
            (Arc::new(server), url, None)
        } else {
            let database = TestDatabase::create().await?;
            let url = database.url().to_owned();
            (Arc::clone(database.server()), url, Some(database))
        };
        let (redis, key_prefix, keys) = if private_redis {
            // Append-only, so that a restart keeps its data and only a kill or a flush loses some.
            let options = RedisOptions {
                appendonly: true,
                port: None,
            };
            let server = Redis::launch(dir, options).await?;
            (Arc::new(server), OWN_KEY_PREFIX.to_owned(), None)
        } else {
            let keys = TestRedis::attach()?;
            let prefix = keys.key_prefix().to_owned();
            (Arc::clone(keys.server()), prefix, Some(keys))
        };
        Ok(Self {
            database_url,
            key_prefix,
            database,
            keys,
            postgres,
            redis,
        })
    }
}

/// The directory of a stack, made if need be; a temporary one is removed with the second value.
pub(crate) fn home(home: &Home) -> Result<(PathBuf, Option<TempDir>)> {
    match home {
        Home::Kept(dir) => Ok((dir.clone(), None)),
        Home::Temporary => {
            let temporary = temporary_home()?;
            Ok((temporary.path().to_owned(), Some(temporary)))
        }
    }
}

fn temporary_home() -> Result<TempDir> {
    // As root, PostgreSQL runs under another account that must get through.
    let mode = if is_root() { 0o755 } else { 0o700 };
    let mut builder = tempfile::Builder::new();
    builder
        .prefix("autorater-")
        .permissions(Permissions::from_mode(mode));
    builder.tempdir().context("making a temporary directory")
}
