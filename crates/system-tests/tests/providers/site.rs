//! Several simulated providers, and a settings file that names them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use local_stack::{Process, StackBuilder, ports};
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

/// A simulated provider.
pub(crate) struct Provider {
    pub(crate) url: String,
    process: Process,
    http: Client,
}

impl Provider {
    async fn start(home: &Path) -> Result<Self> {
        let binaries = std::env::var_os("AUTORATER_BIN_DIR").map(PathBuf::from);
        let built = std::env::current_exe()?;
        let built = built.ancestors().nth(2).map(Path::to_owned);
        let binary = binaries.or(built).context("no binaries")?.join("mock-llm");
        let address = format!("127.0.0.1:{}", ports::free());
        let url = format!("http://{address}");
        let process = Process::builder("mock-llm", binary, home)
            .arg("serve")
            .arg("--listen")
            .arg(address)
            .start()?;
        process
            .wait_ready(&format!("{url}/mock/health"), SOON)
            .await?;
        let http = Client::builder().no_proxy().timeout(SOON).build()?;
        Ok(Self { url, process, http })
    }

    pub(crate) async fn kill(&self) -> Result<()> {
        self.process.kill().await
    }

    /// Sets the whole of its settings.
    pub(crate) async fn is(&self, settings: Value) -> Result<()> {
        let answer = self.http.put(format!("{}/mock/config", self.url));
        answer.json(&settings).send().await?.error_for_status()?;
        Ok(())
    }

    /// Rules for everything that follows.
    pub(crate) async fn fails(&self, rules: Value) -> Result<()> {
        self.is(json!({"faults": rules})).await
    }

    /// One of its figures.
    pub(crate) async fn count(&self, name: &str) -> Result<u64> {
        let url = format!("{}/mock/stats", self.url);
        let stats: Value = self.http.get(url).send().await?.json().await?;
        stats[name].as_u64().context("no such figure")
    }

    /// Its requests with their bodies, oldest first.
    pub(crate) async fn requests(&self) -> Result<Vec<Value>> {
        let url = format!("{}/mock/requests?bodies=true", self.url);
        let mut list: Value = self.http.get(url).send().await?.json().await?;
        let Value::Array(mut requests) = list["requests"].take() else {
            anyhow::bail!("no list of requests");
        };
        for request in &mut requests {
            let body = request["body"].as_str().unwrap_or("null");
            request["body"] = serde_json::from_str(body)?;
        }
        Ok(requests)
    }
}

/// Providers, and a stack whose workers read a settings file about them.
pub(crate) struct Site {
    pub(crate) providers: Vec<Provider>,
    pub(crate) system: System,
    file: PathBuf,
}

/// What the file of a site says, `{0}` and `{1}` being the providers' addresses.
fn filled(text: &str, providers: &[Provider]) -> String {
    let mut text = text.to_owned();
    for (number, provider) in providers.iter().enumerate() {
        text = text.replace(&format!("{{{number}}}"), &provider.url);
    }
    text
}

impl Site {
    /// So many providers, and a stack with this file.
    pub(crate) async fn start(name: &str, count: usize, text: &str) -> Result<Self> {
        Self::with(name, count, text, quick()).await
    }

    pub(crate) async fn with(
        name: &str,
        count: usize,
        text: &str,
        builder: StackBuilder,
    ) -> Result<Self> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("providers")
            .join(name);
        // The logs of the run before.
        drop(std::fs::remove_dir_all(&home));
        std::fs::create_dir_all(&home)?;
        let mut providers = Vec::new();
        for number in 0..count {
            let logs = home.join(number.to_string());
            std::fs::create_dir_all(&logs)?;
            providers.push(Provider::start(&logs).await?);
        }
        let file = home.join("autorater.toml");
        std::fs::write(&file, filled(text, &providers))?;
        let config = file.to_str().context("a path that is no text")?;
        let builder = builder.mock(false).worker_env("AUTORATER_CONFIG", config);
        let system = System::start(builder).await?;
        Ok(Self {
            providers,
            system,
            file,
        })
    }

    /// Replaces the file, as an editor does.
    pub(crate) fn edit(&self, text: &str) -> Result<()> {
        let new = self.file.with_extension("new");
        std::fs::write(&new, filled(text, &self.providers))?;
        Ok(std::fs::rename(new, &self.file)?)
    }

    /// A metric of the first worker, as it stands in the exposition.
    pub(crate) async fn metric(&self, series: &str) -> Result<Option<f64>> {
        let worker = self.system.worker(0);
        let url = worker.admin_url().context("no admin address")?;
        let text = self.system.http().get(format!("{url}/metrics"));
        let text = text.send().await?.text().await?;
        let value = text.lines().find_map(|line| line.strip_prefix(series));
        Ok(value.map(str::trim).map(str::parse).transpose()?)
    }
}

/// The two that a settings file names `first` and `second`.
pub(crate) const TWO: &str = r#"
    [providers.first]
    base_url = "{0}/v1"
    [providers.second]
    base_url = "{1}/v1"
    [models."*"]
    deployments = ["first", "second"]
"#;
