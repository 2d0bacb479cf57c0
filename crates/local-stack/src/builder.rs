//! What a [`Stack`] shall consist of.

use std::path::PathBuf;

use crate::child::LineTap;
use crate::data::{self, Data};
use crate::plan::Plan;
use crate::service::Role;
use crate::stack::Stack;
use anyhow::{Context as _, Result};

/// Where a stack keeps its data and logs.
#[derive(Debug, Clone, Default)]
pub enum Home {
    /// In a temporary directory, removed at the end; after a panic it stays, for its logs.
    #[default]
    Temporary,
    /// In this directory, durably: the next start finds it again.
    Kept(PathBuf),
}

/// Ports to use while they are free; others are taken otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct PreferredPorts {
    /// PostgreSQL.
    pub postgres: Option<u16>,
    /// Redis.
    pub redis: Option<u16>,
    /// The first `ingest-api`.
    pub ingest: Option<u16>,
    /// The first `status-api`.
    pub status: Option<u16>,
    /// The mock provider.
    pub mock: Option<u16>,
}

/// Describes a [`Stack`] before it is started. Without further words: one of each service and the mock provider on the
/// servers that the test run shares.
#[derive(Clone)]
pub struct StackBuilder {
    pub(crate) ingest: usize,
    pub(crate) status: usize,
    pub(crate) workers: usize,
    pub(crate) mock: bool,
    pub(crate) mock_args: Vec<String>,
    pub(crate) mock_prices: Option<String>,
    pub(crate) migrate: bool,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) role_env: Vec<(Role, String, String)>,
    pub(crate) ports: PreferredPorts,
    pub(crate) tap: Option<LineTap>,
    private_postgres: bool,
    plain_role: bool,
    private_redis: bool,
    home: Home,
    bin_dir: Option<PathBuf>,
}

impl Default for StackBuilder {
    fn default() -> Self {
        Self {
            ingest: 1,
            status: 1,
            workers: 1,
            mock: true,
            mock_args: Vec::new(),
            mock_prices: None,
            migrate: true,
            env: Vec::new(),
            role_env: Vec::new(),
            ports: PreferredPorts::default(),
            tap: None,
            private_postgres: false,
            plain_role: false,
            private_redis: false,
            home: Home::default(),
            bin_dir: None,
        }
    }
}

impl StackBuilder {
    /// How many `ingest-api`.
    #[must_use]
    pub fn ingest_replicas(mut self, count: usize) -> Self {
        self.ingest = count;
        self
    }

    /// How many `status-api`.
    #[must_use]
    pub fn status_replicas(mut self, count: usize) -> Self {
        self.status = count;
        self
    }

    /// How many `scorer-worker` at the start; [`Stack::start_worker`] adds more.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// Whether to start `mock-llm` and point the services at it.
    #[must_use]
    pub fn mock(mut self, yes: bool) -> Self {
        self.mock = yes;
        self
    }

    /// Adds a command-line argument for `mock-llm serve`.
    #[must_use]
    pub fn mock_arg(mut self, arg: impl Into<String>) -> Self {
        self.mock_args.push(arg.into());
        self
    }

    /// What the calls of `mock-llm` cost: the tables `prices` of its provider, as TOML. Without them no cost is known.
    #[must_use]
    pub fn mock_prices(mut self, tables: impl Into<String>) -> Self {
        self.mock_prices = Some(tables.into());
        self
    }

    /// Whether to apply the migrations before the services start.
    #[must_use]
    pub fn migrate(mut self, yes: bool) -> Self {
        self.migrate = yes;
        self
    }

    /// Sets an environment variable for all three services.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets an environment variable for the services of one role.
    #[must_use]
    pub fn role_env(
        mut self,
        role: Role,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.role_env.push((role, name.into(), value.into()));
        self
    }

    /// Sets an environment variable for `ingest-api`.
    #[must_use]
    pub fn ingest_env(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.role_env(Role::Ingest, name, value)
    }

    /// Sets an environment variable for `status-api`.
    #[must_use]
    pub fn status_env(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.role_env(Role::Status, name, value)
    }

    /// Sets an environment variable for `scorer-worker`.
    #[must_use]
    pub fn worker_env(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.role_env(Role::Worker, name, value)
    }

    /// A PostgreSQL server of one's own, which the test may stop and kill.
    #[must_use]
    pub fn private_postgres(mut self, yes: bool) -> Self {
        self.private_postgres = yes;
        self
    }

    /// The services connect as [`SERVICES_ROLE`](crate::SERVICES_ROLE), which is no superuser: a test may take rights from
    /// it. With a PostgreSQL server of one's own.
    #[must_use]
    pub fn plain_role(mut self, yes: bool) -> Self {
        self.plain_role = yes;
        self.private_postgres |= yes;
        self
    }

    /// A Redis server of one's own, which the test may stop, kill and flush.
    #[must_use]
    pub fn private_redis(mut self, yes: bool) -> Self {
        self.private_redis = yes;
        self
    }

    /// Where data and logs are. A kept home implies private, durable servers.
    #[must_use]
    pub fn home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    /// Ports to use while they are free.
    #[must_use]
    pub fn ports(mut self, ports: PreferredPorts) -> Self {
        self.ports = ports;
        self
    }

    /// The directory of the built binaries. Otherwise `AUTORATER_BIN_DIR`, or the one this executable was built into.
    #[must_use]
    pub fn bin_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.bin_dir = Some(dir.into());
        self
    }

    /// Also hands each line that a service writes to `tap`.
    #[must_use]
    pub fn tap(mut self, tap: LineTap) -> Self {
        self.tap = Some(tap);
        self
    }

    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Something is not installed, not built, or does not come up. What was started is stopped again.
    pub async fn start(self) -> Result<Stack> {
        let bin_dir = self.bin_dir.clone().map_or_else(built_binaries, Ok)?;
        let (dir, temporary) = data::home(&self.home)?;
        let data = match self.home {
            Home::Kept(_) => Data::kept(&dir, self.ports).await?,
            Home::Temporary => {
                Data::throw_away(&dir, self.private_postgres, self.private_redis).await?
            }
        };
        let services_url = if self.plain_role {
            data.plain_role().await?
        } else {
            data.database_url.clone()
        };
        let plan = Plan::new(self, bin_dir, dir.join("logs"), &data, services_url)?;
        Stack::start(plan, data, temporary).await
    }
}

/// Where the services were built, or where `AUTORATER_BIN_DIR` says.
pub(crate) fn built_binaries() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("AUTORATER_BIN_DIR") {
        return Ok(dir.into());
    }
    let executable = std::env::current_exe().context("finding this executable")?;
    let dir = executable
        .parent()
        .context("this executable has no directory")?;
    // Test executables are one level below the binaries.
    let dir = if dir.ends_with("deps") {
        dir.parent().unwrap_or(dir)
    } else {
        dir
    };
    Ok(dir.to_owned())
}
