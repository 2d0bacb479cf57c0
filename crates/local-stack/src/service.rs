//! One service of the stack: a process and where it answers, startable again on the same addresses.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::process::{Process, ProcessBuilder};
use crate::signal::Signal;

/// Start-up in a debug build on a busy machine.
const READY_BOUND: Duration = Duration::from_secs(60);

/// What a process of the stack does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `ingest-api`
    Ingest,
    /// `status-api`
    Status,
    /// `scorer-worker`
    Worker,
    /// `mock-llm`
    Mock,
}

impl Role {
    /// The file name of its binary.
    pub fn binary(self) -> &'static str {
        match self {
            Self::Ingest => "ingest-api",
            Self::Status => "status-api",
            Self::Worker => "scorer-worker",
            Self::Mock => "mock-llm",
        }
    }
}

/// A started service. Killed when dropped.
pub struct Service {
    command: ProcessBuilder,
    url: Option<String>,
    admin_url: Option<String>,
    process: Mutex<Arc<Process>>,
}

impl Service {
    pub(crate) fn start(
        command: ProcessBuilder,
        url: Option<String>,
        admin_url: Option<String>,
    ) -> Result<Self> {
        let process = Mutex::new(Arc::new(command.start()?));
        Ok(Self {
            command,
            url,
            admin_url,
            process,
        })
    }

    /// The base URL of its public address; a worker has none.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The base URL of `/livez`, `/readyz` and `/metrics`; the mock provider has none.
    pub fn admin_url(&self) -> Option<&str> {
        self.admin_url.as_deref()
    }

    /// The process as it is now; a restart replaces it.
    pub fn process(&self) -> Arc<Process> {
        Arc::clone(&self.process.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    ///
    /// It ended or was not ready within a minute; with the end of its log.
    pub async fn wait_ready(&self) -> Result<()> {
        let url = match (&self.admin_url, &self.url) {
            (Some(admin), _) => format!("{admin}/readyz"),
            (None, url) => format!("{}/mock/stats", url.as_deref().unwrap_or_default()),
        };
        self.process().wait_ready(&url, READY_BOUND).await
    }

    /// Sends a signal.
    ///
    /// # Errors
    ///
    /// It has already ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process().signal(signal)
    }

    /// `SIGKILL`, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// The kernel did not end it.
    pub async fn kill(&self) -> Result<()> {
        self.process().kill().await
    }

    /// `SIGTERM`, and waits for the end.
    ///
    /// # Errors
    ///
    /// It has not ended within `bound`; then it has been killed.
    pub async fn stop(&self, bound: Duration) -> Result<ExitStatus> {
        self.process().stop(bound).await
    }

    /// Starts an ended service again, on the same addresses with the same settings, without waiting for readiness.
    ///
    /// # Errors
    ///
    /// It still runs, or cannot be started.
    pub fn start_again(&self) -> Result<()> {
        let process = self.process();
        ensure!(
            process.exit_status().is_some(),
            "{} still runs",
            process.name()
        );
        let started = Arc::new(self.command.start()?);
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = started;
        Ok(())
    }

    /// Everything it has written so far, over all its starts.
    pub fn log(&self) -> String {
        self.process().log()
    }
}
