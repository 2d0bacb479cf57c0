//! A PostgreSQL server: a private one in a directory of its own, or somebody else's by URL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::account::{self, Account, DataDir};
use crate::child::Launch;
use crate::pg_tools::{self, SUPERUSER};
use crate::poll::eventually;
use crate::server::Server;
use crate::signal::Signal;
use crate::{ports, sql};

const STOP_BOUND: Duration = Duration::from_secs(60);

/// How a private server runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresOptions {
    /// Survive a crash of the machine. Off, commits are much faster, and `SIGKILL` of the server still loses nothing:
    /// `synchronous_commit` stays on, and what is written is in the kernel.
    pub fsync: bool,
    /// The port on 127.0.0.1; a free one when absent.
    pub port: Option<u16>,
}

/// A PostgreSQL server. Methods take `&self`, so that a test can kill it while requests are under way.
pub struct Postgres {
    url: String,
    own: Option<Own>,
}

struct Own {
    data: DataDir,
    server: Server,
    durable: bool,
}

impl Postgres {
    /// Makes a server in `dir` if there is none yet, and starts it. Listens on 127.0.0.1 only and trusts
    /// whoever connects. As root it runs as the system user `postgres`.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, the directory cannot be used, or the server does not come up; with its log.
    pub async fn launch(dir: &Path, options: PostgresOptions) -> Result<Self> {
        let account = Account::for_postgres()?;
        let data = account::data_dir(&dir.join("postgres"), account)?;
        let bin = pg_tools::binaries(&data.path)?;
        eventually(STOP_BOUND, async || pg_tools::ensure_unused(&data.path)).await?;
        pg_tools::initialise(&bin, &data.path, account, options.fsync).await?;
        let port = options.port.unwrap_or_else(ports::free);
        let launch = Launch {
            name: "postgres".to_owned(),
            program: bin.join("postgres"),
            args: arguments(&data.path, port, options.fsync),
            env: Vec::new(),
            account,
            log: dir.join("postgres.log"),
            tap: None,
            // Ends the backends too and leaves clean data.
            when_orphaned: "INT",
        };
        let url = format!("postgres://{SUPERUSER}@127.0.0.1:{port}/postgres?sslmode=disable");
        let postgres = Self {
            url,
            own: Some(Own {
                data,
                server: Server::new(launch),
                durable: options.fsync,
            }),
        };
        postgres.start().await?;
        Ok(postgres)
    }

    /// A server that somebody else started, by the URL of a database from which others can be created.
    pub fn shared(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            own: None,
        }
    }

    /// Starts it again, on the same port and data, and waits until it answers.
    ///
    /// # Errors
    ///
    /// It does not come up, or it is not ours.
    pub async fn start(&self) -> Result<()> {
        let answers = async || sql::execute(&self.url, "SELECT 1").await;
        self.own()?.server.start(answers).await
    }

    /// Fast shutdown: open transactions are rolled back, clients are disconnected. Fine when it is down.
    ///
    /// # Errors
    ///
    /// It does not end in time, or it is not ours.
    pub async fn stop(&self) -> Result<()> {
        self.own()?.server.stop(Signal::Interrupt).await
    }

    /// `SIGKILL` for all its processes, as when the machine loses power (but the kernel keeps its page cache).
    ///
    /// # Errors
    ///
    /// It is not ours.
    pub async fn kill(&self) -> Result<()> {
        self.own()?.server.kill().await
    }

    /// [`stop`](Self::stop), then [`start`](Self::start).
    ///
    /// # Errors
    ///
    /// As these two.
    pub async fn restart(&self) -> Result<()> {
        self.stop().await?;
        self.start().await
    }

    /// The URL of a database of this server.
    ///
    /// # Errors
    ///
    /// The server's own URL cannot be read.
    pub fn url(&self, database: &str) -> Result<String> {
        sql::with_database(&self.url, database)
    }

    /// Creates an empty database.
    ///
    /// # Errors
    ///
    /// It exists, or the server does not answer.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        sql::create_database(&self.url, name).await
    }

    /// Drops a database if it is there, disconnecting whoever uses it.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn drop_database(&self, name: &str) -> Result<()> {
        sql::drop_database(&self.url, name).await
    }

    /// Whether a database of this name exists.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn has_database(&self, name: &str) -> Result<bool> {
        sql::has_database(&self.url, name).await
    }

    /// Where the data is, for a server of ours.
    pub fn data_dir(&self) -> Option<&Path> {
        self.own.as_ref().map(|own| own.data.path.as_path())
    }

    /// What a person should know about where the data is, if it is not where it was wished.
    pub fn note(&self) -> Option<&str> {
        self.own.as_ref()?.data.note.as_deref()
    }

    /// Removes the data of the server that was launched with this directory, wherever it was put.
    ///
    /// # Errors
    ///
    /// Something cannot be removed.
    pub fn remove_data(dir: &Path) -> Result<()> {
        account::remove_data_dir(&dir.join("postgres"))
    }

    fn own(&self) -> Result<&Own> {
        self.own.as_ref().context(
            "this PostgreSQL is shared; ask for `private_postgres(true)` to stop or kill it",
        )
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At the substitute place nobody else would remove a throw-away server's data.
        if let Some(Own {
            data,
            server,
            durable: false,
        }) = self.own.take()
            && data.note.is_some()
        {
            drop(server);
            drop(std::fs::remove_dir_all(&data.path));
        }
    }
}

fn arguments(data: &Path, port: u16, fsync: bool) -> Vec<String> {
    let data = PathBuf::from(data).display().to_string();
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        // A socket path may not be longer than 107 bytes, which a deep checkout exceeds.
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        format!("fsync={}", if fsync { "on" } else { "off" }),
        format!("full_page_writes={}", if fsync { "on" } else { "off" }),
        "max_wal_size=2GB".to_owned(),
        "logging_collector=off".to_owned(),
    ];
    let settings = settings
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting]);
    ["-D".to_owned(), data]
        .into_iter()
        .chain(settings)
        .collect()
}
