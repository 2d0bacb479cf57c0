//! The pool: bounded in size, in waiting and in the time of each statement.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};

use tokio_postgres::Row;

use crate::connection::Connection;
use crate::error::{Error, Result};
use crate::group_commit::{self, Write};
use crate::grouped::Grouped;
use crate::inputs::{self, Inputs, InputsOf};
use crate::statement_failures::Refusals;
use crate::tls;

/// How to connect. Every wait has a bound.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://…`, with `sslmode` as libpq knows it.
    pub url: String,
    /// A PEM file of the certificate authorities of the server, in place of `sslrootcert` in the URL.
    pub ca_file: Option<String>,
    /// Shown by the server for each connection.
    pub application_name: &'static str,
    /// Connections at most.
    pub pool_size: usize,
    /// For making a connection.
    pub connect_timeout: Duration,
    /// For a free connection of the pool.
    pub pool_wait: Duration,
    /// For each statement, enforced by the server.
    pub statement_timeout: Duration,
}

/// A handle on the database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool,
    /// Of one connection.
    aside: Pool,
    /// For each statement, on this side.
    bound: Duration,
    refusals: Refusals,
    /// Where several share transactions.
    sharing: Option<Sharing>,
}

/// What is done together for all who have a clone of the same [`Database::sharing`].
#[derive(Debug, Clone)]
struct Sharing {
    writes: Grouped<Write, Option<Row>>,
    inputs: Grouped<InputsOf, Inputs>,
}

/// How much longer than the server the client waits for a statement.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(2);

impl Database {
    /// Prepares a pool. Nothing is connected yet: a server that is not there shows with the first use.
    ///
    /// # Errors
    /// [`Error::Settings`] when the URL cannot be read or its TLS parameters do not fit together.
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Self {
            pool: pool(options, options.pool_size)?,
            aside: pool(options, 1)?,
            bound: options.statement_timeout + TIMEOUT_MARGIN,
            refusals: Refusals::default(),
            sharing: None,
        })
    }

    /// A handle on one connection beside those of this one: whoever is short of these does not wait for them.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self {
            pool: self.aside.clone(),
            sharing: None,
            ..self.clone()
        }
    }

    /// A handle whose clones share transactions: what owners write, and what claims begin with, is done in groups by the
    /// returned task, which ends when the last clone of the handle is gone. It uses the connections of this one.
    pub fn sharing(&self) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let alone = Self {
            sharing: None,
            ..self.clone()
        };
        let (writes, written) = group_commit::start(alone.clone());
        let (inputs, read) = inputs::start(alone.clone());
        let sharing = Self {
            sharing: Some(Sharing { writes, inputs }),
            ..alone
        };
        (sharing, async {
            futures::join!(written, read);
        })
    }

    pub(crate) fn shared_writes(&self) -> Option<&Grouped<Write, Option<Row>>> {
        self.sharing.as_ref().map(|sharing| &sharing.writes)
    }

    pub(crate) fn shared_inputs(&self) -> Option<&Grouped<InputsOf, Inputs>> {
        self.sharing.as_ref().map(|sharing| &sharing.inputs)
    }

    /// A connection, for as long as it takes to run a few statements.
    pub(crate) async fn connection(&self) -> Result<Connection> {
        let object = self.pool.get().await?;
        Ok(Connection::new(object, self.bound, self.refusals.clone()))
    }

    /// What the server has lately refused, for a reason that lies in no record: somebody has to take it away, and
    /// until then whoever needs it waits. `with_slowness`: also what took too long. `None`: nothing.
    #[must_use]
    pub fn missing_privileges(&self, with_slowness: bool) -> Option<String> {
        self.refusals.current(with_slowness)
    }

    /// What the server has against many records in a row, which points to a constraint, a type or a trigger that is
    /// wrong: whoever writes one waits, but for the first, which may have had a fault of its own. `None`: nothing.
    #[must_use]
    pub fn refusal_of_records(&self) -> Option<String> {
        self.refusals.of_records()
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        self.connection().await?.execute("SELECT 1", &[]).await?;
        Ok(())
    }
}

fn pool(options: &Options, connections: usize) -> Result<Pool> {
    let (config, tls) = configure(options)?;
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config, tls, recycling);
    Pool::builder(manager)
        .max_size(connections)
        // Each connection keeps the buffers of the largest thing it carried, here and at the server.
        .queue_mode(QueueMode::Lifo)
        .wait_timeout(Some(options.pool_wait))
        .create_timeout(Some(options.connect_timeout))
        .recycle_timeout(Some(Duration::from_secs(1)))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| Error::Settings(error.to_string()))
}

/// Whether a URL can be used: its form, its parameters, its TLS mode and the certificates that this needs.
///
/// # Errors
/// [`Error::Settings`].
pub fn check_url(url: &str, ca_file: Option<&str>) -> Result<()> {
    let (_, mode) = read_url(url, ca_file)?;
    tls::connector(&mode).map(|_| ())
}

fn read_url(url: &str, ca_file: Option<&str>) -> Result<(tokio_postgres::Config, tls::Mode)> {
    let (url, mode) = tls::split_mode(url, ca_file)?;
    let mut config: tokio_postgres::Config = url
        .parse()
        .map_err(|error| Error::Settings(format!("not a PostgreSQL URL: {error}")))?;
    // The driver would find it at each connection anew.
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(Error::Settings(
            "not a PostgreSQL URL: it names no host; expected `postgres://USER:PASSWORD@HOST/DATABASE`"
                .to_owned(),
        ));
    }
    config.ssl_mode(mode.as_tokio_postgres());
    Ok((config, mode))
}

pub(crate) fn configure(options: &Options) -> Result<(tokio_postgres::Config, tls::Connector)> {
    let (mut config, mode) = read_url(&options.url, options.ca_file.as_deref())?;
    config.application_name(options.application_name);
    config.connect_timeout(options.connect_timeout);
    config.keepalives_idle(Duration::from_secs(30));
    let milliseconds = options.statement_timeout.as_millis();
    // Dropping a future does not stop its query: only the server can, so it is told to. Compiling a short
    // statement takes longer than running it. Plans are kept, those of foreign keys included: to read the whole of a
    // table that is nearly empty is quick, and goes on being done when it has a million rows, until its next ANALYZE.
    let bounds = format!(
        "-c jit=off -c enable_seqscan=off -c statement_timeout={milliseconds} -c lock_timeout={milliseconds} -c idle_in_transaction_session_timeout=30000"
    );
    let given = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{bounds} {given}").trim());
    Ok((config, tls::connector(&mode)?))
}
