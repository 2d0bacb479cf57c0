//! Several simulated providers, and a settings file that names them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use local_stack::{MockLlm, StackBuilder};

use crate::support::{System, quick};

/// Providers, and a stack whose workers read a settings file about them.
pub(crate) struct Site {
    pub(crate) providers: Vec<MockLlm>,
    pub(crate) system: System,
    file: PathBuf,
}

/// What the file of a site says, `{0}` and `{1}` being the providers' addresses.
fn filled(text: &str, providers: &[MockLlm]) -> String {
    let mut text = text.to_owned();
    for (number, provider) in providers.iter().enumerate() {
        text = text.replace(&format!("{{{number}}}"), provider.url());
    }
    text
}

/// A folder of its own for a site, and its providers.
async fn provided(name: &str, count: usize) -> Result<(PathBuf, Vec<MockLlm>)> {
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
        providers.push(MockLlm::start(&logs).await?);
    }
    Ok((home, providers))
}

impl Site {
    /// So many providers, and a stack with this file.
    pub(crate) async fn start(name: &str, count: usize, text: &str) -> Result<Self> {
        Self::with(name, count, text, quick()).await
    }

    /// As [`Site::start`], with providers that are prepared before anybody asks them.
    pub(crate) async fn start_with(
        name: &str,
        count: usize,
        text: &str,
        prepare: impl AsyncFnOnce(&[MockLlm]) -> Result<()>,
    ) -> Result<Self> {
        let (home, providers) = provided(name, count).await?;
        prepare(&providers).await?;
        Self::before(&home, providers, text, quick()).await
    }

    pub(crate) async fn with(
        name: &str,
        count: usize,
        text: &str,
        builder: StackBuilder,
    ) -> Result<Self> {
        let (home, providers) = provided(name, count).await?;
        Self::before(&home, providers, text, builder).await
    }

    /// A stack whose providers there are.
    async fn before(
        home: &Path,
        providers: Vec<MockLlm>,
        text: &str,
        builder: StackBuilder,
    ) -> Result<Self> {
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

/// One provider for all models.
pub(crate) const ONE: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [models."*"]
    deployments = ["only"]
"#;

/// The two that a settings file names `first` and `second`.
pub(crate) const TWO: &str = r#"
    [providers.first]
    base_url = "{0}/v1"
    [providers.second]
    base_url = "{1}/v1"
    [models."*"]
    deployments = ["first", "second"]
"#;
