//! Connections: every wait bounded, reconnecting for ever.

use std::sync::Arc;
use std::time::Duration;

use fred::clients::SubscriberClient;
use fred::prelude::*;
use fred::types::config::{TlsConnector, UnresponsiveConfig};
use fred::types::{InfoKind, RespVersion};

use rustls::ClientConfig;
use tokio_rustls::TlsConnector as RustlsConnector;

use crate::error::{Error, Result};
use crate::key_type::KeyType;

/// How to connect.
#[derive(Debug, Clone)]
pub struct Options {
    /// `redis://`, `rediss://` or `redis-sentinel://`.
    pub url: String,
    /// How certificates are looked at, for the URLs with TLS; `None`: by the system's root certificates.
    pub tls: Option<Arc<ClientConfig>>,
    /// Stands before every key, so that several systems can share a server.
    pub key_prefix: String,
    /// For making a connection.
    pub connect_timeout: Duration,
    /// For each command that does not block.
    pub command_timeout: Duration,
}

impl Options {
    /// As the client library has it.
    pub(crate) fn config(&self) -> Result<Config> {
        let Some(tls) = &self.tls else {
            return read_url(&self.url);
        };
        // Read without TLS, so that nobody looks for the system's certificates.
        let mut config = read_url(&plain(&self.url))?;
        config.tls = Some(TlsConnector::from(RustlsConnector::from(Arc::clone(tls))).into());
        Ok(config)
    }

    /// Whether the URL asks for TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.starts_with("rediss")
    }
}

fn plain(url: &str) -> String {
    url.strip_prefix("rediss")
        .map_or_else(|| url.to_owned(), |rest| format!("redis{rest}"))
}

/// A handle on Redis for commands that do not block; cheap to clone.
#[derive(Debug, Clone)]
pub struct Redis {
    pub(crate) client: Client,
    pub(crate) options: Options,
}

impl Redis {
    /// Starts to connect and keeps trying for ever; a server that is not there shows as
    /// [`Error::Unavailable`] with each use.
    ///
    /// # Errors
    /// [`Error::Settings`] when the URL cannot be read.
    pub fn new(options: &Options) -> Result<Self> {
        let client = builder(options, options.command_timeout)?.build()?;
        drop(client.connect());
        Ok(Self {
            client,
            options: options.clone(),
        })
    }

    /// Whether the server has the database that the URL names, asked on a connection of its own: the client goes on trying
    /// to connect for ever, and says of each try only that it was not in time.
    ///
    /// # Errors
    /// [`Error::Settings`], in the server's words, when it has not, [`Error::Unavailable`] when it cannot be asked.
    pub async fn check_database(&self) -> Result<()> {
        let mut config = self.options.config()?;
        let Some(database) = config.database.take().filter(|database| *database > 0) else {
            return Ok(());
        };
        // One try, on database 0, which every server has.
        let mut builder = with_bounds(config, &self.options, self.options.command_timeout);
        builder.with_config(|config| config.fail_fast = true);
        let client = builder.build()?;
        let connection = client.connect();
        let asking = async {
            client.wait_for_connect().await?;
            client.select(i64::from(database)).await
        };
        let bound = self.options.connect_timeout;
        let asked = tokio::time::timeout(bound, asking).await;
        connection.abort();
        match asked {
            Ok(Ok(())) => Ok(()),
            // `ERR DB index is out of range`, or `ERR SELECT is not allowed in cluster mode`.
            Ok(Err(error)) if error.details().starts_with("ERR ") => Err(Error::Settings(format!(
                "the server has no database {database}: {}",
                error.details()
            ))),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(Error::Unavailable(format!(
                "no answer within {} s",
                bound.as_secs()
            ))),
        }
    }

    /// Whether the server answers. The client's own idea of being connected is not to be trusted.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.client.ping::<()>(None).await?)
    }

    /// Whether the server takes writes. One that is full, a replica, or cannot write to its disk still answers a ping.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with the reason.
    pub async fn probe(&self) -> Result<()> {
        const SCRIPT: &str = "
            redis.call('HSET', KEYS[1], 'at', redis.call('TIME')[1])
            return redis.call('PEXPIRE', KEYS[1], ARGV[1])";
        let key = &self.key("probe");
        self.on(&[(key, KeyType::Hash)], || async {
            self.client
                .eval::<(), _, _, _>(SCRIPT, key, vec!["60000"])
                .await
        })
        .await
    }

    /// What the server does when its memory is full (`maxmemory-policy`); `None` when it does not say.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn eviction_policy(&self) -> Result<Option<String>> {
        // INFO, because managed servers often forbid CONFIG.
        let info: String = self.client.info(Some(InfoKind::Memory)).await?;
        let policy = info
            .lines()
            .find_map(|line| line.strip_prefix("maxmemory_policy:"));
        Ok(policy.map(|policy| policy.trim().to_owned()))
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.options.key_prefix)
    }

    /// A connection of its own for reads that block, each for at most `block`: a blocking read holds up
    /// everything else on its connection.
    pub(crate) fn blocking_client(&self, block: Duration) -> Result<Client> {
        // The client's time-out must be longer than the block, or entries are delivered to nobody.
        let client = builder(&self.options, block + Duration::from_secs(5))?.build()?;
        drop(client.connect());
        Ok(client)
    }

    pub(crate) fn subscriber_client(&self) -> Result<SubscriberClient> {
        Ok(builder(&self.options, self.options.command_timeout)?.build_subscriber_client()?)
    }
}

/// Whether a connection can be tried with this URL. Certificates are not looked for yet.
///
/// # Errors
/// [`Error::Settings`].
pub fn check_url(url: &str) -> Result<()> {
    only_what_is_read(url)?;
    read_url(&plain(url)).map(|_| ())
}

/// The client library passes over what it does not know, and takes half an escape as it stands: whoever writes
/// `?db=3` would be connected to database 0.
fn only_what_is_read(url: &str) -> Result<()> {
    const OF_SENTINELS: [&str; 2] = ["sentinelServiceName", "node"];
    let wrong = |problem: String| Err(Error::Settings(format!("not a Redis URL: {problem}")));
    let is_escape = |behind: &str| {
        let digits = behind.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.count() == 2
    };
    if !url.split('%').skip(1).all(is_escape) {
        return wrong("a `%` begins no escape; `%25` is the character itself".to_owned());
    }
    let (url, fragment) = url
        .split_once('#')
        .map_or((url, None), |(url, rest)| (url, Some(rest)));
    if fragment.is_some() {
        return wrong("it has a fragment; `%23` is the character `#`".to_owned());
    }
    let Some((address, query)) = url.split_once('?') else {
        return Ok(());
    };
    let known: &[&str] = if address.contains("-sentinel:") {
        &OF_SENTINELS
    } else {
        &[]
    };
    let mut seen = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split('=').next().unwrap_or_default();
        if !known.contains(&name) {
            let name: String = name.chars().take(40).collect();
            return wrong(format!("it has no parameter `{name}`"));
        }
        // There may be many nodes.
        if name != "node" && seen.contains(&name) {
            return wrong(format!("`{name}` is given more than once"));
        }
        seen.push(name);
    }
    Ok(())
}

fn read_url(url: &str) -> Result<Config> {
    let config = Config::from_url(url);
    config.map_err(|error| Error::Settings(format!("not a Redis URL: {error}")))
}

fn builder(options: &Options, command_timeout: Duration) -> Result<Builder> {
    let mut builder = with_bounds(options.config()?, options, command_timeout);
    // 0 attempts is for ever.
    builder.set_policy(ReconnectPolicy::new_exponential(0, 50, 2_000, 2));
    Ok(builder)
}

pub(crate) fn with_bounds(
    mut config: Config,
    options: &Options,
    command_timeout: Duration,
) -> Builder {
    config.version = RespVersion::RESP3;
    // Without this, a server that is away at the start would be away for ever.
    config.fail_fast = false;
    let mut builder = Builder::from_config(config);
    builder
        .with_performance_config(|performance| {
            performance.default_command_timeout = command_timeout;
        })
        .with_connection_config(|connection| {
            connection.connection_timeout = options.connect_timeout;
            connection.internal_command_timeout = options.connect_timeout;
            connection.max_command_buffer_len = 10_000;
            // A command that may have been executed is not sent again behind our back more than once.
            connection.max_command_attempts = 2;
            connection.unresponsive = UnresponsiveConfig {
                max_timeout: Some(command_timeout * 2),
                interval: Duration::from_secs(1),
            };
            connection.reconnect_on_auth_error = true;
        });
    builder
}
