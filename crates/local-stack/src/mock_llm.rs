//! The simulated provider as a test steers it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::builder::built_binaries;
use crate::ports;
use crate::process::Process;

/// For an answer, and for a start on a machine that is busy.
const BOUND: Duration = Duration::from_secs(30);

/// A client of a mock-llm's `/mock`.
pub struct MockLlm {
    url: String,
    http: Client,
    /// Where it is not part of a stack.
    process: Option<Process>,
}

impl MockLlm {
    /// One that runs.
    ///
    /// # Errors
    /// No client can be made on this machine.
    pub fn at(url: &str) -> Result<Self> {
        Ok(Self {
            url: url.to_owned(),
            http: Client::builder().no_proxy().timeout(BOUND).build()?,
            process: None,
        })
    }

    /// Starts one of its own, which writes its log into this directory.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start(logs: &Path) -> Result<Self> {
        Self::start_from(&built_binaries()?, logs).await
    }

    /// The same with the binary in this directory.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start_from(bin_dir: &Path, logs: &Path) -> Result<Self> {
        let address = format!("127.0.0.1:{}", ports::free());
        let program = bin_dir.join("mock-llm");
        let process = Process::builder("mock-llm", program, logs)
            .arg("--listen")
            .arg(&address)
            .start()?;
        let mut mock = Self::at(&format!("http://{address}"))?;
        let health = format!("{}/mock/health", mock.url);
        process.wait_ready(&health, BOUND).await?;
        mock.process = Some(process);
        Ok(mock)
    }

    /// Its base URL, without a version.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Kills it, if it was started here.
    ///
    /// # Errors
    /// The kernel did not end it.
    pub async fn kill(&self) -> Result<()> {
        match &self.process {
            Some(process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// Sets the whole of its settings.
    ///
    /// # Errors
    /// It refuses them.
    pub async fn set(&self, settings: &Value) -> Result<()> {
        self.ask(Method::PUT, "config", Some(settings)).await?;
        Ok(())
    }

    /// Sets rules for everything that follows, and leaves all else as it usually is.
    ///
    /// # Errors
    /// It refuses them.
    pub async fn faults(&self, rules: Value) -> Result<()> {
        self.set(&json!({"faults": rules})).await
    }

    /// Sets some of its settings.
    ///
    /// # Errors
    /// It refuses them.
    pub async fn change(&self, settings: &Value) -> Result<()> {
        self.ask(Method::PATCH, "config", Some(settings)).await?;
        Ok(())
    }

    /// Its figures.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn stats(&self) -> Result<Value> {
        self.ask(Method::GET, "stats", None).await
    }

    /// Begins its figures anew.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn forget(&self) -> Result<()> {
        self.ask(Method::DELETE, "stats", None).await?;
        Ok(())
    }

    /// One of its figures.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn count(&self, name: &str) -> Result<u64> {
        let stats = self.stats().await?;
        stats
            .get(name)
            .and_then(Value::as_u64)
            .context("no such figure")
    }

    /// The requests that it got, oldest first; `body` is their text.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn requests(&self) -> Result<Vec<Value>> {
        let mut list = self.ask(Method::GET, "requests?bodies=true", None).await?;
        match list.get_mut("requests").map(Value::take) {
            Some(Value::Array(requests)) => Ok(requests),
            _ => anyhow::bail!("no list of requests"),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self
            .http
            .request(method, format!("{}/mock/{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
