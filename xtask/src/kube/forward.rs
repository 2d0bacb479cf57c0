//! A port of a service in the cluster, reached from here.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::{eventually, ports};
use tokio::process::{Child, Command};

/// A forwarded port, until this is dropped.
pub(crate) struct Forward {
    url: String,
    _kubectl: Child,
}

impl Forward {
    /// Begins to forward a free port to the port of an object such as `service/NAME`.
    pub(crate) fn start(namespace: &str, object: &str, port: u16) -> Result<Self> {
        let here = ports::free();
        let kubectl = Command::new("kubectl")
            .args(["--namespace", namespace, "port-forward", object])
            .arg(format!("{here}:{port}"))
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting kubectl")?;
        Ok(Self {
            url: format!("http://127.0.0.1:{here}"),
            _kubectl: kubectl,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until something answers there, whatever it says.
    pub(crate) async fn answers(&self, bound: Duration) -> Result<()> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        eventually(bound, async || {
            client.get(&self.url).send().await?;
            anyhow::Ok(())
        })
        .await
        .with_context(|| format!("{} does not answer", self.url))
    }
}
