//! A LiteLLM proxy and the simulated provider behind it, started by the first test that asks and shared by all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::{MockLlm, Process, ports};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::ask::says;
use crate::support::{System, quick};

/// Names the program. Set by `cargo xtask test`.
const PROGRAM: &str = "AUTORATER_LITELLM";
/// It imports hundreds of modules: some ten seconds, more on a machine that is busy.
const START: Duration = Duration::from_secs(120);
/// LiteLLM refuses to start with a key that is easily guessed.
const KEY: &str = "sk-3fb2c87ad10e4c6f9a51d0b7";

/// A model of OpenAI.
pub(crate) const GPT: &str = "gpt-4o";
/// A model of Anthropic.
pub(crate) const CLAUDE: &str = "claude-sonnet";
/// A model whose answer stands in LiteLLM's settings.
pub(crate) const CANNED: &str = "canned";
/// The score in that answer.
pub(crate) const CANNED_SCORE: u32 = 4;

/// The proxy, and what is behind it.
pub(crate) struct Proxy {
    litellm: Process,
    home: PathBuf,
    url: String,
    provider: MockLlm,
}

/// The shared proxy.
pub(crate) async fn proxy() -> Result<&'static Proxy> {
    static PROXY: OnceCell<Proxy> = OnceCell::const_new();
    PROXY.get_or_try_init(Proxy::start).await
}

/// A stack whose judge is this model of the proxy.
pub(crate) async fn judged_by(model: &str) -> Result<System> {
    let url = format!("{}/v1", proxy().await?.url);
    let builder = quick()
        .mock(false)
        .env("OPENAI_BASE_URL", url)
        .env("OPENAI_API_KEY", KEY)
        .env("SCORING_MODEL", model);
    System::start(builder).await
}

/// A stack that asks this model of the proxy over the responses API.
pub(crate) async fn judged_over_responses(model: &str) -> Result<System> {
    let proxy = proxy().await?;
    let file = proxy.home.join("autorater.toml");
    let text = format!(
        "[providers.litellm]\nbase_url = \"{}/v1\"\napi = \"responses\"\napi_key = \"{KEY}\"\n\
         [models.\"*\"]\ndeployments = [\"litellm\"]\n",
        proxy.url
    );
    std::fs::write(&file, text)?;
    let builder = quick()
        .mock(false)
        .worker_env(
            "AUTORATER_CONFIG",
            file.to_str().context("a path that is no text")?,
        )
        .env("SCORING_MODEL", model);
    System::start(builder).await
}

/// The text that brings a fault about when it stands in a candidate for this model.
pub(crate) fn fault(name: &str, model: &str) -> String {
    format!("[fault: {name}, {model}]")
}

impl Proxy {
    async fn start() -> Result<Self> {
        let program = std::env::var_os(PROGRAM)
            .context("this needs LiteLLM: run `cargo xtask test -p system-tests --test litellm`")?;
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("litellm");
        // The logs of the run before.
        drop(std::fs::remove_dir_all(&home));
        std::fs::create_dir_all(&home)?;
        let provider = MockLlm::start(&home).await?;
        provider.set(&json!({ "faults": faults() })).await?;
        let port = ports::free();
        let config = home.join("config.yaml");
        // JSON is YAML.
        std::fs::write(&config, settings(provider.url()).to_string())?;
        let litellm = Process::builder("litellm", PathBuf::from(program), &home)
            .arg("--config")
            .arg(config.to_str().context("a path that is no text")?)
            .arg("--host")
            .arg("127.0.0.1")
            .arg("--port")
            .arg(port.to_string())
            // Without it the list of prices is fetched from the network.
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .start()?;
        let url = format!("http://127.0.0.1:{port}");
        let ready = format!("{url}/health/liveliness");
        litellm.wait_ready(&ready, START).await?;
        Ok(Self {
            litellm,
            home,
            url,
            provider,
        })
    }

    /// The requests that came to the provider and contain this text: path and body.
    pub(crate) async fn asked(&self, text: &str) -> Result<Vec<Value>> {
        let mut requests = self.provider.requests().await?;
        requests.retain(|request| {
            let body = request["body"].as_str();
            body.is_some_and(|body| body.contains(text))
        });
        Ok(requests)
    }

    /// What LiteLLM wrote.
    pub(crate) fn log(&self) -> String {
        self.litellm.log()
    }
}

fn settings(provider: &str) -> Value {
    let model =
        |name: &str, parameters: Value| json!({"model_name": name, "litellm_params": parameters});
    json!({
        "model_list": [
            model(GPT, json!({
                "model": "openai/gpt-4o", "api_base": format!("{provider}/v1"), "api_key": "sk-behind",
            })),
            model(CLAUDE, json!({
                "model": "anthropic/claude-sonnet-4-5", "api_base": provider, "api_key": "sk-ant-behind",
            })),
            model(CANNED, json!({
                "model": "openai/gpt-4o", "api_key": "sk-unused", "mock_response": says(CANNED_SCORE),
            })),
        ],
        "litellm_settings": {"num_retries": 0},
        // An error is for us to deal with. One test's errors must not make LiteLLM refuse the calls of another.
        "router_settings": {"num_retries": 0, "disable_cooldowns": true},
        "general_settings": {"master_key": KEY},
    })
}

fn faults() -> Vec<Value> {
    let rule = |name: &str, what: Value| {
        [GPT, CLAUDE].map(|model| {
            let mut rule = what.clone();
            rule["match"] = fault(name, model).into();
            rule
        })
    };
    [
        rule(
            "429 once",
            json!({"fault": "rate_limit", "retry_after": 1, "times": 1}),
        ),
        rule(
            "500 once",
            json!({"fault": "status", "status": 500, "times": 1}),
        ),
        rule("context length", json!({"fault": "context_length"})),
        rule("content filter", json!({"fault": "content_filter"})),
        rule("401", json!({"fault": "status", "status": 401})),
    ]
    .concat()
}
