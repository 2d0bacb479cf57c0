//! One service process: started with a clean environment, watched, signalled.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::Client;

use crate::child::{Child, Launch, LineTap};
use crate::poll::eventually;
use crate::signal::Signal;

const TAIL_LINES: usize = 30;

/// Describes a [`Process`] before it is started.
#[derive(Clone)]
pub struct ProcessBuilder {
    launch: Launch,
}

impl ProcessBuilder {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.launch.args.push(arg.into());
        self
    }

    /// Sets an environment variable; the last value wins.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.launch.env.push((name.into(), value.into()));
        self
    }

    /// Sets environment variables.
    #[must_use]
    pub fn envs(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.launch.env.extend(variables);
        self
    }

    /// Also hands each line of output to `tap`.
    #[must_use]
    pub fn tap(mut self, tap: Option<LineTap>) -> Self {
        self.launch.tap = tap;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// The binary is missing or cannot be started.
    pub fn start(&self) -> Result<Process> {
        Ok(Process {
            name: self.launch.name.clone(),
            log: self.launch.log.clone(),
            child: self.launch.start()?,
        })
    }
}

/// A running child. Killed when dropped, and by the kernel when this process dies.
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// A process named `name` that writes its output to `log_dir/name.log`.
    ///
    /// Its environment is `PATH` and `HOME` and what the builder adds, nothing else.
    pub fn builder(
        name: impl Into<String>,
        program: impl Into<PathBuf>,
        log_dir: &Path,
    ) -> ProcessBuilder {
        let name = name.into();
        ProcessBuilder {
            launch: Launch {
                log: log_dir.join(format!("{name}.log")),
                name,
                program: program.into(),
                args: Vec::new(),
                env: Vec::new(),
                account: None,
                tap: None,
                when_orphaned: "KILL",
            },
        }
    }

    /// The name given to the builder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// The exit status once it has ended.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.child.exit_status()
    }

    /// Waits until `url` answers with a 2xx status.
    ///
    /// # Errors
    ///
    /// The process ended (at once, not after `bound`) or was not ready in time; both with the end of its log.
    pub async fn wait_ready(&self, url: &str, bound: Duration) -> Result<()> {
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(2))
            .build()?;
        let client = &client;
        let ready = eventually(bound, async || {
            if let Some(status) = self.exit_status() {
                return Ok(Err(status));
            }
            match client.get(url).send().await {
                Ok(answer) if answer.status().is_success() => Ok(Ok(())),
                Ok(answer) => Err(format!("{url} answers {}", answer.status())),
                Err(error) => Err(format!("{url}: {error}")),
            }
        });
        match ready.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(status)) => bail!(
                "{} ended with {status} before it was ready{}",
                self.name,
                self.tail()
            ),
            Err(error) => {
                Err(error).with_context(|| format!("{} is not ready{}", self.name, self.tail()))
            }
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    ///
    /// It has already ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.child.signal(signal)
    }

    /// Stops those of its threads that are meant, given their ids and names, until the answer is dropped. The
    /// first thread has the id of the process. The kernel keeps 15 bytes of a name.
    ///
    /// # Errors
    ///
    /// None is meant, or this system forbids to trace one's own children.
    #[cfg(target_os = "linux")]
    pub fn stop_threads(
        &self,
        is_meant: impl Fn(u32, &str) -> bool,
    ) -> Result<crate::threads::StoppedThreads> {
        crate::threads::stop(self.pid(), is_meant)
            .with_context(|| format!("stopping threads of {}", self.name))
    }

    /// Waits for the end.
    ///
    /// # Errors
    ///
    /// It has not ended within `bound`.
    pub async fn wait_exit(&self, bound: Duration) -> Result<ExitStatus> {
        self.child.wait_exit(bound).await
    }

    /// `SIGTERM`, then the exit status. Fine on a process that has already ended.
    ///
    /// # Errors
    ///
    /// It has not ended within `bound`; then it has been killed.
    pub async fn stop(&self, bound: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.exit_status() {
            return Ok(status);
        }
        // It may end by itself between the look and the signal: that is no error.
        drop(self.signal(Signal::Terminate));
        match self.wait_exit(bound).await {
            Ok(status) => Ok(status),
            Err(error) => {
                self.kill().await?;
                Err(error).with_context(|| {
                    format!(
                        "{} was killed because SIGTERM did not end it{}",
                        self.name,
                        self.tail()
                    )
                })
            }
        }
    }

    /// `SIGKILL` for it and everything it started, and waits until they are gone.
    ///
    /// # Errors
    ///
    /// The kernel did not end it.
    pub async fn kill(&self) -> Result<()> {
        self.child.kill_tree().await
    }

    /// Everything it has written so far, over all its starts.
    pub fn log(&self) -> String {
        read_log(&self.log)
    }

    /// The file with its output.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    fn tail(&self) -> String {
        tail(&self.log)
    }
}

fn read_log(path: &Path) -> String {
    std::fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// The last lines of a log file, as the end of an error message.
pub(crate) fn tail(path: &Path) -> String {
    let log = read_log(path);
    let lines: Vec<&str> = log.lines().collect();
    let skipped = lines.len().saturating_sub(TAIL_LINES);
    let shown = lines.get(skipped..).unwrap_or_default().join("\n  ");
    if shown.is_empty() {
        return format!("; it wrote nothing to {}", path.display());
    }
    format!("; the end of {}:\n  {shown}", path.display())
}
