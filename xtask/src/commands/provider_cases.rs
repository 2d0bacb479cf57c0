//! `cargo xtask provider-cases`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::{Accepted, Evaluation};
use local_stack::{ApiClient, Stack, eventually};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::cases::{self, Case, Expectation, Outcome, Provider};
use crate::paint::say;
use crate::workspace;

/// Judge with providers that answer to the byte what a file says, and show what becomes of it.
///
/// Each line of the file is a case: `id`, `request`, `provider` with the answers in order (`status`, `headers`, `body`);
/// also `provider_nonstream`, `setup`, `api`, and `expect`: words that name what may become of it (`scored 0.75 or unscorable;
/// never 0.5`). Fails where a case comes out otherwise. Starts a stack of its own. AUTORATER_BIN_DIR names other binaries.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file, one JSON object a line.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only cases whose id contains one of these texts.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// JSON of an earlier run, to be shown beside this one.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Seconds after which a case that has not ended is shown as it stands.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let text = fs::read_to_string(&args.file).context("reading the cases")?;
    let mut cases = cases::read(&text)?;
    cases.retain(|case| args.ids.is_empty() || args.ids.iter().any(|id| case.id.contains(id)));
    let before = args.compare.as_deref().map(earlier).transpose()?;
    let expected: Vec<Option<Expectation>> = cases.iter().map(|case| case.expect.clone()).collect();
    let outcomes = judge(cases, Duration::from_secs(args.timeout)).await?;
    if args.json {
        say(serde_json::to_string_pretty(&outcomes)?);
    } else {
        say(cases::markdown(&outcomes, before.as_deref()));
    }
    let differing: Vec<String> = outcomes
        .iter()
        .zip(&expected)
        .filter_map(|(outcome, expected)| {
            let expected = expected
                .as_ref()
                .filter(|expected| !expected.is_met(outcome))?;
            Some(format!("{} is expected to be: {}", outcome.id, expected.0))
        })
        .collect();
    if differing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    anyhow::bail!(
        "{} of {} cases came out otherwise than expected:\n{}",
        differing.len(),
        outcomes.len(),
        differing.join("\n")
    );
}

fn earlier(file: &Path) -> Result<Vec<Outcome>> {
    let text = fs::read_to_string(file).context("reading the earlier run")?;
    serde_json::from_str(&text).context("the earlier run cannot be read")
}

/// Judges all cases, side by side.
async fn judge(cases: Vec<Case>, bound: Duration) -> Result<Vec<Outcome>> {
    let provider = Arc::new(Provider::start().await?);
    let home = workspace::target()?.join("provider-cases");
    fs::create_dir_all(&home)?;
    let settings = home.join("autorater.toml");
    fs::write(&settings, cases::settings(&cases, &provider.address))?;
    let settings = settings.to_str().context("a path that is no text")?;
    let stack = Stack::builder()
        .bin_dir(workspace::binaries(false).await?)
        .private_postgres(true)
        .private_redis(true)
        .mock(false)
        .worker_env("AUTORATER_CONFIG", settings);
    let stack = Box::pin(stack.start()).await?;
    let desk = Desk {
        api: ApiClient::new(stack.ingest_url(0), stack.status_url())?,
        provider,
        bound,
    };
    let mut under_way = JoinSet::new();
    for (number, case) in cases.into_iter().enumerate() {
        let desk = desk.clone();
        under_way.spawn(async move { (number, desk.one(number, &case).await) });
    }
    let mut outcomes = under_way.join_all().await;
    stack.stop().await?;
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What a case needs.
#[derive(Clone)]
struct Desk {
    api: ApiClient,
    provider: Arc<Provider>,
    bound: Duration,
}

impl Desk {
    async fn one(&self, number: usize, case: &Case) -> Result<Outcome> {
        for before in &case.setup {
            self.provider.answers(number, &before.provider, None);
            self.judged(number, &before.request)
                .await
                .with_context(|| format!("{}, before it", case.id))?;
        }
        let whole = case.provider_nonstream.as_ref();
        self.provider.answers(number, &case.provider, whole);
        let evaluation = self.judged(number, &case.request).await;
        let evaluation = evaluation.with_context(|| case.id.clone())?;
        let (requests, keys_shared) = self.provider.asked(number);
        Ok(Outcome {
            requests,
            keys_shared,
            ..outcome(&case.id, &serde_json::to_value(&evaluation)?)
        })
    }

    /// An evaluation when it has ended, or as it stands after the bound.
    async fn judged(&self, number: usize, request: &Value) -> Result<Evaluation> {
        let mut body = request.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("model".to_owned(), json!(cases::model(number)));
        }
        let accepted: Accepted = self.api.submit(&body).await?;
        let path = format!("/v1/evaluations/{}", accepted.id);
        let ended = eventually(self.bound, async || {
            let evaluation: Evaluation = self.api.get(&path).await?;
            anyhow::ensure!(evaluation.status.is_terminal());
            Ok(evaluation)
        });
        match ended.await {
            Ok(evaluation) => Ok(evaluation),
            Err(_) => self.api.get(&path).await,
        }
    }
}

fn outcome(id: &str, evaluation: &Value) -> Outcome {
    let text = |path: &str| {
        evaluation
            .pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let count = |path: &str| {
        evaluation
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let models = evaluation
        .pointer("/assessment/model_used")
        .and_then(Value::as_array);
    let models = models.into_iter().flatten().filter_map(Value::as_str);
    let criteria = evaluation
        .pointer("/assessment/criteria")
        .and_then(Value::as_array);
    let criteria = criteria.into_iter().flatten();
    let criteria = criteria.filter_map(|criterion| criterion.get("score")?.as_f64());
    Outcome {
        id: id.to_owned(),
        outcome: text("/assessment/outcome")
            .or_else(|| text("/status"))
            .unwrap_or_default(),
        score: evaluation
            .pointer("/assessment/score")
            .and_then(Value::as_f64),
        reason: text("/assessment/reason")
            .or_else(|| text("/error/code"))
            .unwrap_or_default(),
        message: text("/error/message")
            .or_else(|| text("/progress/message"))
            .unwrap_or_default(),
        criteria: criteria.collect(),
        model_used: models.map(str::to_owned).collect(),
        input_tokens: count("/usage/input_tokens"),
        output_tokens: count("/usage/output_tokens"),
        cost_usd: text("/usage/cost_usd"),
        calls: count("/usage/calls"),
        ..Outcome::default()
    }
}
