//! What the private servers have in common: one child at a time, started, stopped and killed again and again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::child::{Child, Launch};
use crate::poll::eventually;
use crate::process::tail;
use crate::signal::Signal;

const BOUND: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    launch: Launch,
    child: Mutex<Option<Arc<Child>>>,
}

impl Server {
    pub(crate) fn new(launch: Launch) -> Self {
        Self {
            launch,
            child: Mutex::new(None),
        }
    }

    /// Starts it and waits until `ping` succeeds, or fails as soon as it ends.
    pub(crate) async fn start(&self, ping: impl AsyncFn() -> Result<()>) -> Result<()> {
        let name = &self.launch.name;
        ensure!(self.running().is_none(), "{name} already runs");
        let child = Arc::new(self.launch.start()?);
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&child));
        let (child, ping) = (&child, &ping);
        let answers = eventually(BOUND, async || match child.exit_status() {
            Some(status) => Ok(Err(status)),
            None => ping().await.map(Ok),
        });
        let log = || tail(&self.launch.log);
        match answers.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(status)) => bail!("{name} ended with {status}{}", log()),
            Err(error) => Err(error).with_context(|| format!("{name} does not answer{}", log())),
        }
    }

    /// Asks it to end by this signal. Fine when it is down.
    pub(crate) async fn stop(&self, signal: Signal) -> Result<()> {
        if let Some(child) = self.running() {
            child.signal(signal)?;
            child.wait_exit(BOUND).await?;
        }
        Ok(())
    }

    pub(crate) async fn kill(&self) -> Result<()> {
        match self.running() {
            Some(child) => child.kill_tree().await,
            None => Ok(()),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.running();
        child
            .with_context(|| format!("{} is down", self.launch.name))?
            .signal(signal)
    }

    fn running(&self) -> Option<Arc<Child>> {
        let child = self
            .child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        child.filter(|child| child.exit_status().is_none())
    }
}
