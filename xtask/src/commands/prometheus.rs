//! `cargo xtask prometheus`

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::Accepted;
use local_stack::{ApiClient, Service, Stack, eventually};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::alerts;
use crate::paint::say;
use crate::{child, workspace};

/// How long Prometheus may take to have asked everybody and judged the rules.
const BOUND: Duration = Duration::from_secs(60);

/// Check the metrics, the alerts and their tests with a real Prometheus, which scrapes a stack of its own.
///
/// Takes prometheus and promtool of the PATH, else unpacks Debian's package below `target`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// First make deploy/alerts.yml anew from the chart's alerts.
    #[arg(long)]
    write: bool,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    if args.write {
        alerts::write()?;
    }
    alerts::check()?;
    let programs = programs().await?;
    let deploy = workspace::root()?.join("deploy");
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
        ["check", "config", "prometheus.yml"],
    ] {
        let mut promtool = Command::new(programs.join("promtool"));
        child::succeed(promtool.args(arguments).current_dir(&deploy)).await?;
    }
    let stack = Stack::builder()
        .bin_dir(workspace::binaries(false).await?)
        .private_postgres(true)
        .private_redis(true);
    let stack = Box::pin(stack.start()).await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let posted: Accepted = api
        .submit(&json!({"output": "Judged, to be counted."}))
        .await?;
    eventually(BOUND, async || {
        let path = format!("/v1/evaluations/{}", posted.id);
        let evaluation: Value = api.get(&path).await?;
        ensure!(evaluation["status"] == "succeeded", "{evaluation}");
        anyhow::Ok(())
    })
    .await?;
    let home = workspace::target()?.join("prometheus-run");
    fs::create_dir_all(&home)?;
    let workers = stack.workers();
    let services: Vec<&Service> = stack
        .ingest()
        .iter()
        .chain(stack.status())
        .chain(workers.iter().map(AsRef::as_ref))
        .collect();
    for service in &services {
        check_metrics(&programs, &home, service).await?;
    }
    scrape(&programs, &home, &services).await?;
    stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// The directory of prometheus and promtool.
async fn programs() -> Result<PathBuf> {
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        if directory.join("prometheus").is_file() && directory.join("promtool").is_file() {
            return Ok(directory);
        }
    }
    let home = workspace::target()?.join("prometheus");
    let programs = home.join("root/usr/bin");
    if !programs.join("promtool").is_file() {
        say("unpacking Debian's package prometheus below target, once");
        fs::create_dir_all(&home)?;
        let unpack = "apt-get -qq download prometheus && dpkg -x prometheus_*.deb root && rm prometheus_*.deb";
        let mut shell = Command::new("sh");
        child::succeed(shell.args(["-c", unpack]).current_dir(&home))
            .await
            .context("needs prometheus and promtool on the PATH, or apt-get and the network")?;
    }
    Ok(programs)
}

/// What Prometheus says of a service's exposition.
async fn check_metrics(programs: &Path, home: &Path, service: &Service) -> Result<()> {
    let url = format!("{}/metrics", admin(service)?);
    let text = reqwest::get(url).await?.error_for_status()?.text().await?;
    let file = home.join("metrics.txt");
    fs::write(&file, text)?;
    let mut promtool = Command::new(programs.join("promtool"));
    promtool.args(["check", "metrics"]);
    child::succeed(promtool.stdin(Stdio::from(fs::File::open(file)?))).await
}

fn admin(service: &Service) -> Result<&str> {
    service.admin_url().context("no admin address")
}

/// Has Prometheus ask all of them and judge the rules.
async fn scrape(programs: &Path, home: &Path, services: &[&Service]) -> Result<()> {
    let mut targets = Vec::new();
    for service in services {
        let url = admin(service)?;
        targets.push(url.strip_prefix("http://").unwrap_or(url));
    }
    let rules = workspace::root()?.join(alerts::MADE);
    // JSON is YAML.
    let config = json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [rules],
        "scrape_configs": [{"job_name": "autorater", "static_configs": [{"targets": targets}]}],
    });
    let file = home.join("prometheus.yml");
    fs::write(&file, config.to_string())?;
    let data = home.join("data");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let mut prometheus = Command::new(programs.join("prometheus"));
    prometheus.arg(format!("--config.file={}", file.display()));
    prometheus.arg(format!("--storage.tsdb.path={}", data.display()));
    prometheus.arg(format!("--web.listen-address={address}"));
    prometheus.arg("--log.level=warn").kill_on_drop(true);
    let _running = prometheus.spawn()?;
    let ask = async |path: &str| -> Result<Value> {
        let url = format!("http://{address}/api/v1/{path}");
        let answer: Value = reqwest::get(url).await?.error_for_status()?.json().await?;
        Ok(answer["data"].clone())
    };
    let up = eventually(BOUND, async || {
        let found = ask("targets").await?;
        let found = found["activeTargets"].as_array().context("no targets")?;
        let up = found.iter().filter(|each| each["health"] == "up").count();
        ensure!(up == targets.len(), "{found:#?}");
        anyhow::Ok(up)
    })
    .await?;
    let judged = eventually(BOUND, async || {
        let groups = ask("rules").await?;
        let rules = groups["groups"][0]["rules"]
            .as_array()
            .context("no rules")?;
        let judged = rules.iter().filter(|rule| rule["health"] == "ok").count();
        ensure!(judged == rules.len(), "{rules:#?}");
        anyhow::Ok(judged)
    })
    .await?;
    let query = "query?query=sum(autorater_evaluations_total%7Bstatus=%22succeeded%22%7D)";
    eventually(BOUND, async || {
        let counted = ask(query).await?;
        ensure!(counted["result"][0]["value"][1] == "1", "{counted}");
        anyhow::Ok(())
    })
    .await?;
    say(format!(
        "Prometheus scrapes {up} services and judges {judged} rules"
    ));
    Ok(())
}
