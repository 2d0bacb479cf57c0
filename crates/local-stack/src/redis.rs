//! A Redis server: a private one in a directory of its own, or somebody else's by URL.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use tokio::time::timeout;

use crate::child::{Launch, find_program};
use crate::poll::eventually;
use crate::ports;
use crate::server::Server;
use crate::signal::Signal;

const BOUND: Duration = Duration::from_secs(30);

/// How a private server runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct RedisOptions {
    /// Keep the data over restarts (append-only file).
    pub appendonly: bool,
    /// The port on 127.0.0.1; a free one when absent.
    pub port: Option<u16>,
}

/// A Redis server. Methods take `&self`, so that a test can kill it while requests are under way.
pub struct Redis {
    url: String,
    own: Option<Server>,
}

impl Redis {
    /// Starts a server with its data in `dir`, on 127.0.0.1 only.
    ///
    /// # Errors
    ///
    /// Redis is not installed or does not come up; with its log.
    pub async fn launch(dir: &Path, options: RedisOptions) -> Result<Self> {
        let program =
            find_program("redis-server").context("no redis-server on PATH; run `bin/setup`")?;
        let data = dir.join("redis");
        std::fs::create_dir_all(&data).with_context(|| format!("creating {}", data.display()))?;
        let port = options.port.unwrap_or_else(ports::free);
        let launch = Launch {
            name: "redis".to_owned(),
            program,
            args: arguments(&data.canonicalize()?, port, options.appendonly),
            env: Vec::new(),
            account: None,
            log: dir.join("redis.log"),
            tap: None,
            when_orphaned: "KILL",
        };
        let url = format!("redis://127.0.0.1:{port}");
        let redis = Self {
            url,
            own: Some(Server::new(launch)),
        };
        redis.start().await?;
        Ok(redis)
    }

    /// A server that somebody else started.
    pub fn shared(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            own: None,
        }
    }

    /// The server's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Starts it again, on the same port and data, and waits until it answers.
    ///
    /// # Errors
    ///
    /// It does not come up, or it is not ours.
    pub async fn start(&self) -> Result<()> {
        self.own()?.start(async || self.ping().await).await
    }

    /// Waits until it answers and has loaded its data.
    ///
    /// # Errors
    ///
    /// Not within `bound`.
    pub async fn wait_ready(&self, bound: Duration) -> Result<()> {
        eventually(bound, async || self.ping().await)
            .await
            .context("Redis does not answer")
    }

    /// Orderly shutdown. Fine when it is down.
    ///
    /// # Errors
    ///
    /// It does not end in time, or it is not ours.
    pub async fn stop(&self) -> Result<()> {
        self.own()?.stop(Signal::Terminate).await
    }

    /// `SIGKILL`.
    ///
    /// # Errors
    ///
    /// It is not ours.
    pub async fn kill(&self) -> Result<()> {
        self.own()?.kill().await
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

    /// Freezes the server (`SIGSTOP`): connections stay open and nothing answers. [`thaw`](Self::thaw) ends it.
    ///
    /// # Errors
    ///
    /// It is not running, or it is not ours.
    pub fn freeze(&self) -> Result<()> {
        self.own()?.signal(Signal::Stop)
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    ///
    /// It is not running, or it is not ours.
    pub fn thaw(&self) -> Result<()> {
        self.own()?.signal(Signal::Continue)
    }

    /// Runs one command with `redis-cli` and returns what it prints, without the last line end.
    ///
    /// # Errors
    ///
    /// The server does not answer, or answers with an error.
    pub async fn cli(&self, command: &[&str]) -> Result<String> {
        let mut cli = Command::new(
            find_program("redis-cli").context("no redis-cli on PATH; run `bin/setup`")?,
        );
        cli.args(["-u", &self.url, "-e"])
            .args(command)
            .kill_on_drop(true);
        let output = timeout(BOUND, cli.output())
            .await
            .context("Redis does not answer")??;
        let printed = String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "redis-cli {}: {}{printed}",
            command.join(" "),
            complaint.trim()
        );
        Ok(printed)
    }

    /// Deletes every key that begins with `prefix`.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn remove_keys(&self, prefix: &str) -> Result<()> {
        let keys = self
            .cli(&["--scan", "--pattern", &format!("{prefix}*")])
            .await?;
        let keys: Vec<&str> = keys.lines().collect();
        for some in keys.chunks(500) {
            self.cli(&[&["UNLINK"], some].concat()).await?;
        }
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        let answer = timeout(Duration::from_secs(2), self.cli(&["PING"]))
            .await
            .context("no answer to PING")??;
        ensure!(answer == "PONG", "{answer}");
        Ok(())
    }

    fn own(&self) -> Result<&Server> {
        self.own
            .as_ref()
            .context("this Redis is shared; ask for `private_redis(true)` to stop or kill it")
    }
}

fn arguments(data: &Path, port: u16, appendonly: bool) -> Vec<String> {
    let port = port.to_string();
    let data = data.display().to_string();
    [
        ["--port", &port],
        ["--bind", "127.0.0.1"],
        ["--dir", &data],
        // Evicting would lose work silently; a full server must say so instead.
        ["--maxmemory-policy", "noeviction"],
        ["--appendonly", if appendonly { "yes" } else { "no" }],
        ["--save", ""],
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .collect()
}
