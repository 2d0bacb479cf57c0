//! `cargo xtask compose-test`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::{Accepted, Evaluation, EvaluationSummary, Page};
use domain::EvaluationId;
use local_stack::{ApiClient, MockLlm, eventually};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::compose::Compose;
use crate::confinement;
use crate::docker::{self, docker, output};
use crate::interrupt::Interrupt;
use crate::paint::{complain, say};

/// Evaluations that are under way when a worker is killed.
const LOAD: usize = 100;
/// How long each call to the judge takes then: time enough to kill in the middle.
const LATENCY_MS: u64 = 5000;
/// A lease (30 s), the sweep after it, the call made again, and a machine that is slow.
const BOUND: Duration = Duration::from_secs(120);

/// Run docker-compose.yml and see that it keeps its promises, then remove it with its data.
///
/// Containers must be confined, a post must be judged, and with a worker killed by `docker kill` all must be judged
/// nevertheless. Where official images cannot be pulled, `xtask/cluster/stand-ins` makes others in their place.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use the images that there are.
    #[arg(long)]
    no_build: bool,
    /// Arguments for `docker build`, as `--network host`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    args: Vec<String>,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    docker::engine().await?;
    let compose = Compose::find().await?;
    if !args.no_build {
        docker::build(&args.args).await?;
    }
    let mut interrupt = Interrupt::catch()?;
    let outcome = tokio::select! {
        outcome = test(&compose) => outcome,
        () = interrupt.wait() => Err(anyhow::Error::msg("interrupted")),
    };
    if outcome.is_err() {
        say(compose.logs().await.unwrap_or_default());
    }
    // What went wrong first is what one wants to read, so this goes beside it.
    if let Err(error) = compose.down().await {
        complain(&error.context("what was started may still be there"));
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn test(compose: &Compose) -> Result<()> {
    let images = compose.images_of_others().await?;
    let shell = images.iter().find(|image| image.starts_with("postgres:"));
    let shell = shell.context("no postgres in docker-compose.yml")?;
    for image in images.iter().filter(|image| !image.starts_with("grafana/")) {
        docker::provide(image).await?;
    }

    let start = Instant::now();
    compose
        .up(&[
            "--scale",
            "scorer-worker=2",
            "ingest-api",
            "status-api",
            "scorer-worker",
        ])
        .await?;
    say(format!(
        "up and well after {:.1} s",
        start.elapsed().as_secs_f64()
    ));

    confined(compose, shell).await?;
    let api = ApiClient::new(&compose.url("INGEST_PORT"), &compose.url("STATUS_PORT"))?;
    let nobody = api.post(&json!({"output": "No key."})).await?.status();
    ensure!(nobody == 401, "{nobody} without a key");
    let api = api.with_key(&compose.admin_key().await?)?;
    one_is_judged(&api).await?;
    monitored(compose).await?;
    a_killed_worker_loses_nothing(compose, &api).await?;
    all_stop_when_asked(compose).await
}

/// Every container of ours, and the kernel's word for those that still run.
async fn confined(compose: &Compose, shell: &str) -> Result<()> {
    let mut looked_at = 0;
    for service in ["migrate", "admin-key"].iter().chain(&docker::TARGETS) {
        let containers = compose.containers(service).await?;
        ensure!(!containers.is_empty(), "no container of {service}");
        for container in containers {
            let about = || format!("a container of {service}");
            confinement::told(&container).await.with_context(about)?;
            if !["migrate", "admin-key"].contains(service) {
                confinement::is_so(&container, shell)
                    .await
                    .with_context(about)?;
            }
            looked_at += 1;
        }
    }
    say(format!(
        "{looked_at} containers: uid 65532, root file system read-only, no capabilities, no new privileges, seccomp"
    ));
    Ok(())
}

async fn one_is_judged(api: &ApiClient) -> Result<()> {
    let id = post(api, "one").await?;
    let evaluation = ended(api, id).await?;
    ensure!(evaluation.is_scored(), "not scored: {evaluation:?}");
    let score = evaluation
        .assessment
        .and_then(|assessment| assessment.score);
    say(format!(
        "one evaluation: score {:.2}",
        score.context("no score")?
    ));
    Ok(())
}

/// Prometheus finds every process, both workers too, and Grafana the dashboard.
async fn monitored(compose: &Compose) -> Result<()> {
    compose.up(&["prometheus"]).await?;
    let url = format!("{}/api/v1/query?query=up", compose.url("PROMETHEUS_PORT"));
    let client = Client::builder().no_proxy().build()?;
    let up = eventually(BOUND, async || {
        let answer: Value = client
            .get(&url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let results = answer.pointer("/data/result").and_then(Value::as_array);
        let is_up = |result: &&Value| result.pointer("/value/1") == Some(&json!("1"));
        let up = results.into_iter().flatten().filter(is_up).count();
        ensure!(up == 4, "{up} of 4 targets are up");
        Ok(up)
    });
    say(format!("Prometheus scrapes {} processes", up.await?));
    let images = compose.images_of_others().await?;
    let grafana = images.iter().find(|image| image.starts_with("grafana/"));
    let grafana = grafana.context("no grafana in docker-compose.yml")?;
    if !docker::has_or_pulls(grafana).await? {
        say(format!("not tested: {grafana} cannot be pulled"));
        return Ok(());
    }
    compose.up(&["grafana"]).await?;
    let url = format!(
        "{}/api/dashboards/uid/autorater",
        compose.url("GRAFANA_PORT")
    );
    eventually(BOUND, async || {
        client.get(&url).send().await?.error_for_status()
    })
    .await?;
    say("Grafana has the dashboard");
    Ok(())
}

async fn a_killed_worker_loses_nothing(compose: &Compose, api: &ApiClient) -> Result<()> {
    let mock = MockLlm::at(&compose.url("MOCK_PORT"))?;
    mock.set(&json!({"latency_ms": LATENCY_MS})).await?;
    let mut ids = Vec::new();
    for number in 0..LOAD {
        ids.push(post(api, &format!("killed {number}")).await?);
    }
    eventually(BOUND, async || {
        let page: Page<EvaluationSummary> =
            api.get("/v1/evaluations?status=running&limit=200").await?;
        let running = page.items.len();
        ensure!(running >= LOAD / 2, "{running} are under way");
        Ok(())
    })
    .await?;
    let workers = compose.containers("scorer-worker").await?;
    let worker = workers.first().context("no worker")?;
    output(&mut docker(&["kill", worker])?).await?;
    let killed = Instant::now();

    let mut taken_over = 0;
    for id in ids {
        let evaluation = ended(api, id).await?;
        ensure!(evaluation.is_scored(), "not scored: {evaluation:?}");
        taken_over += usize::from(evaluation.attempts > 1);
    }
    ensure!(
        taken_over > 0,
        "the killed worker held nothing, so this has shown nothing"
    );
    say(format!(
        "docker kill of a worker: {LOAD} of {LOAD} scored {:.1} s later, {taken_over} of them taken over from it",
        killed.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// A first process that takes SIGTERM for nothing would be killed after the grace period.
async fn all_stop_when_asked(compose: &Compose) -> Result<()> {
    output(&mut compose.command(&["stop"])?).await?;
    for service in docker::TARGETS {
        let mut codes = Vec::new();
        for container in compose.containers(service).await? {
            let code = ["inspect", "--format={{.State.ExitCode}}", &container];
            codes.push(output(&mut docker(&code)?).await?);
        }
        codes.sort();
        // 137 is the worker that was killed.
        let wanted: &[&str] = if service == "scorer-worker" {
            &["0", "137"]
        } else {
            &["0"]
        };
        ensure!(
            codes == wanted,
            "{service} ended with {codes:?}, not {wanted:?}"
        );
    }
    say("all stop when asked, with exit code 0");
    Ok(())
}

async fn post(api: &ApiClient, run: &str) -> Result<EvaluationId> {
    let body = json!({
        "input": "Write a median function.",
        "output": "def median(xs):\n    xs = sorted(xs)\n    return xs[len(xs) // 2]",
        "rubric": "code-correctness",
        "run": run,
    });
    let accepted: Accepted = api.submit(&body).await?;
    Ok(accepted.id)
}

async fn ended(api: &ApiClient, id: EvaluationId) -> Result<Evaluation> {
    eventually(BOUND, async || {
        let news = api.news(id, None).await?;
        let (evaluation, _tag): (Evaluation, _) = news.context("no answer")?;
        ensure!(
            evaluation.status.is_terminal(),
            "{id} is {}",
            evaluation.status
        );
        Ok(evaluation)
    })
    .await
}
