//! `cargo xtask demo`

pub(crate) mod history;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use api::{Accepted, Evaluation, RubricVersion};
use domain::EvaluationId;
use local_stack::{ApiClient, Refused, eventually};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::interrupt::Interrupt;
use crate::launch::{Launched, Wish, launch};
use crate::paint::{Paint, say, width};
use crate::progress::{Board, Row};
use crate::report::{Style, render};
use crate::state::State;
use crate::workspace;

/// How long the server may be away (a restart) before the demo gives up.
const OUTAGE_BOUND: Duration = Duration::from_secs(60);

/// The file beside the examples with the simulated provider's replies to them.
pub(crate) const SCRIPT: &str = "judge.script.json";
/// What the simulated provider's calls are said to cost.
pub(crate) const PRICES: &str = include_str!("../../demo/prices.toml");

/// Judge some examples and show the assessments.
///
/// Uses the running stack, or starts one for the time of the demo. The examples are the files in xtask/demo.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only examples whose file name contains one of these texts.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Judge again what has been judged before (and pay again with a real provider).
    #[arg(long)]
    fresh: bool,
    /// Seconds after which unfinished ones are given up.
    #[arg(long, default_value_t = 1800, value_name = "SECONDS")]
    timeout: u64,
    /// An ingest-api elsewhere; its API key is taken from the variable AUTORATER_API_KEY.
    #[arg(long, requires = "status_url", value_name = "URL")]
    ingest_url: Option<String>,
    /// The status-api that belongs to it.
    #[arg(long, requires = "ingest_url", value_name = "URL")]
    status_url: Option<String>,
    /// If a stack must be started: build and run the release profile.
    #[arg(long)]
    release: bool,
}

/// An example: its body and the title in its metadata.
struct Example {
    title: String,
    body: Value,
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let examples = examples(&args)?;
    if let Some((ingest, status)) = args.ingest_url.as_deref().zip(args.status_url.as_deref()) {
        let key = std::env::var("AUTORATER_API_KEY").ok();
        let api = client(ingest, status, key.as_deref())?;
        return judge(&api, examples, args.timeout).await;
    }
    let mut interrupt = Interrupt::catch()?;
    let wish = Wish {
        workers: 1,
        release: args.release,
        reset: false,
        show_logs: false,
    };
    say("looking for a running stack, or starting one …");
    match Box::pin(launch(&wish, &mut interrupt)).await? {
        Launched::Interrupted => Ok(ExitCode::FAILURE),
        Launched::Theirs(state) => {
            say(format!("using the stack at {}", state.ingest_url));
            let api = ApiClient::new(&state.ingest_url, &state.status_url)?;
            let outcome = judge(&api, examples, args.timeout).await?;
            history::leave(&state, &api).await?;
            say(format!("the dashboard: {}", state.status_url));
            Ok(outcome)
        }
        Launched::Ours(running) => {
            let api = ApiClient::new(&running.state.ingest_url, &running.state.status_url)?;
            let outcome = tokio::select! {
                outcome = judge_and_remember(&api, examples, args.timeout, &running.state) => outcome,
                () = interrupt.wait() => Ok(ExitCode::FAILURE),
            };
            let stopped = running.stop().await;
            let code = outcome?;
            stopped?;
            say(
                "all of it is kept: `bin/serve` starts the system again, and its status-api shows the dashboard",
            );
            Ok(code)
        }
    }
}

async fn judge_and_remember(
    api: &ApiClient,
    examples: Vec<Example>,
    seconds: u64,
    state: &State,
) -> Result<ExitCode> {
    let outcome = judge(api, examples, seconds).await?;
    history::leave(state, api).await?;
    Ok(outcome)
}

fn examples(args: &Args) -> Result<Vec<Example>> {
    let dir = workspace::root()?.join("xtask/demo");
    let mut files: Vec<_> = fs::read_dir(&dir)?
        .collect::<Result<Vec<_>, _>>()?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".json")
            && !name.ends_with(SCRIPT)
            && (args.names.is_empty() || args.names.iter().any(|wanted| name.contains(wanted)))
    });
    files.sort();
    ensure!(
        !files.is_empty(),
        "no example in {} has such a name",
        dir.display()
    );
    let run = args
        .fresh
        .then(|| format!("demo {}", jiff::Timestamp::now()));
    let read = files.iter().map(|file| {
        let mut body: Value =
            serde_json::from_slice(&fs::read(file)?).with_context(|| file.display().to_string())?;
        let title = body
            .pointer("/metadata/title")
            .and_then(Value::as_str)
            .unwrap_or("untitled")
            .to_owned();
        if let Some((run, object)) = run.clone().zip(body.as_object_mut()) {
            object.insert("run".to_owned(), run.into());
        }
        Ok(Example { title, body })
    });
    read.collect()
}

/// Judges all examples on a stack elsewhere.
pub(crate) async fn elsewhere(ingest: &str, status: &str, key: &str) -> Result<ExitCode> {
    let args = Args {
        names: Vec::new(),
        fresh: false,
        timeout: 1800,
        ingest_url: None,
        status_url: None,
        release: false,
    };
    let api = client(ingest, status, Some(key))?;
    Box::pin(judge(&api, examples(&args)?, args.timeout)).await
}

fn client(ingest: &str, status: &str, key: Option<&str>) -> Result<ApiClient> {
    let api = ApiClient::new(ingest, status)?;
    key.map_or(Ok(api.clone()), |key| api.with_key(key))
}

/// Posts all, follows them side by side, prints them in order.
async fn judge(api: &ApiClient, examples: Vec<Example>, seconds: u64) -> Result<ExitCode> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let board = Board::new();
    let mut under_way = JoinSet::new();
    for (index, example) in examples.into_iter().enumerate() {
        let (api, row) = (api.clone(), board.row(&example.title));
        under_way.spawn(async move {
            let outcome = one(&api, &example, row, deadline).await;
            (index, example.title, outcome)
        });
    }
    let mut done = under_way.join_all().await;
    done.sort_by_key(|(index, ..)| *index);

    let style = Style {
        paint: Paint::for_stdout(),
        width: width(),
    };
    let mut scored = 0;
    let all = done.len();
    say("");
    for (_index, title, outcome) in done {
        match outcome {
            Ok(evaluation) => {
                scored += usize::from(evaluation.is_scored());
                let mark = pass_mark(api, &evaluation.rubric).await;
                say(render(&title, &evaluation, mark, style));
            }
            Err(error) => say(style.paint.red(format!("── {title}\n{error:#}\n"))),
        }
    }
    say(format!("{scored} of {all} scored"));
    Ok(if scored == all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn one(
    api: &ApiClient,
    example: &Example,
    mut row: Row,
    deadline: Instant,
) -> Result<Evaluation> {
    let accepted: Accepted = api.submit(&example.body).await?;
    if !accepted.created {
        row.known_already();
    }
    let followed = timeout_at(deadline, follow(api, accepted.id, &mut row)).await;
    followed.with_context(|| format!("{} was not finished in time", accepted.id))?
}

async fn follow(api: &ApiClient, id: EvaluationId, row: &mut Row) -> Result<Evaluation> {
    let mut seen: Option<String> = None;
    loop {
        let tag = seen.as_deref();
        let news = eventually(OUTAGE_BOUND, async || match api.news(id, tag).await {
            Err(error) if error.is::<Refused>() => Ok(Err(error)),
            news => news.map(Ok),
        });
        let news = news.await??;
        let Some((evaluation, tag)): Option<(Evaluation, _)> = news else {
            continue;
        };
        row.show(&evaluation);
        if evaluation.status.is_terminal() {
            return Ok(evaluation);
        }
        // Without a tag every request would return at once.
        let Some(tag) = tag else {
            bail!("the server sends no ETag")
        };
        seen = Some(tag);
    }
}

/// From which score on a rubric's verdict is "passed", if the server tells.
async fn pass_mark(api: &ApiClient, rubric: &str) -> Option<f64> {
    let path = format!("/v1/rubrics/{rubric}");
    let version: RubricVersion = api.get(&path).await.ok()?;
    version.rubric.pass_threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_request_of_the_public_surface() {
        let args = Args {
            names: Vec::new(),
            fresh: true,
            timeout: 1,
            ingest_url: None,
            status_url: None,
            release: false,
        };
        let fields = [
            "input",
            "output",
            "trajectory",
            "change",
            "reference",
            "context",
            "rubric",
            "metadata",
            "run",
        ];
        let rubrics = [
            "general-quality",
            "code-correctness",
            "code-change",
            "agent-trajectory",
            "grounded-answer",
        ];
        for Example { title, body } in examples(&args).unwrap() {
            assert_ne!(title, "untitled");
            let rubric = body.get("rubric").and_then(Value::as_str).unwrap();
            assert!(rubrics.contains(&rubric), "{title}: {rubric}");
            for field in body.as_object().unwrap().keys() {
                assert!(fields.contains(&field.as_str()), "{title}: {field}");
            }
        }
    }
}
