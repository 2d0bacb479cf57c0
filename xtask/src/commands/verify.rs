//! `cargo xtask verify`

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::check::has_deny;
use super::dashboard;
use crate::chart::tools::has_go;
use crate::checks::{Checks, Outcome};
use crate::{child, docker, workspace};

/// Check what takes longer: known vulnerabilities, the release build, long runs of the property tests, the promises in numbers, the
/// version before beside this one, providers behind a LiteLLM proxy, traces through an OpenTelemetry collector, both APIs beside their documents, metrics and alerts by Prometheus, the dashboard in a browser, the Helm chart, the container images.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Cases per property test.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    cases: u32,
    /// Seconds for each fuzz target.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    fuzz: u32,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    let mut checks = Checks::new();
    // Further long checks are added here, one line each.
    checks.must("cargo-deny is installed", install_deny()).await;
    checks
        .must(
            "licences, bans, sources",
            cargo(&["deny", "check", "bans", "licenses", "sources"]),
        )
        .await;
    checks.check("known vulnerabilities", advisories()).await;
    checks.must("what is shipped, listed", sbom()).await;
    checks
        .must(
            "release build",
            cargo(&["build", "--workspace", "--release", "--quiet"]),
        )
        .await;
    checks
        .must("property tests, long", property_tests(args.cases))
        .await;
    checks
        .check("what reads bytes from outside, fuzzed", fuzz(args.fuzz))
        .await;
    checks
        .must("promises in numbers (minutes)", promises())
        .await;
    checks
        .must("limits over eight workers, for a minute", limits())
        .await;
    checks.must("beside the version before", beside()).await;
    checks
        .must("behind a LiteLLM proxy", behind_litellm())
        .await;
    checks
        .check("through an OpenTelemetry collector", through_collector())
        .await;
    checks
        .must("both APIs are as documented", schemathesis())
        .await;
    checks
        .must("metrics and alerts, by Prometheus", prometheus())
        .await;
    checks
        .must("the receiver of webhooks in docs", receiver())
        .await;
    checks
        .check(
            "the dashboard in a browser",
            dashboard::browser_where_there_is_one(),
        )
        .await;
    checks.check("the Helm chart", helm_chart()).await;
    checks.check("container images", containers()).await;
    Ok(checks.finish())
}

async fn cargo(args: &[&str]) -> Result<()> {
    child::succeed(&mut workspace::cargo(args)?).await
}

async fn install_deny() -> Result<()> {
    let setup = workspace::root()?.join("bin/setup");
    child::succeed(Command::new(setup).arg("--checks")).await?;
    ensure!(has_deny().await, "bin/setup could not install it");
    Ok(())
}

async fn advisories() -> Result<Outcome> {
    // Fetched apart, so that "could not look" is not taken for "found one".
    let fetched = workspace::cargo(&["deny", "fetch", "db"])?
        .output()
        .await
        .context("running cargo-deny")?;
    if !fetched.status.success() {
        return Ok(Outcome::Skipped(
            "the advisory database cannot be fetched (no network?)".to_owned(),
        ));
    }
    cargo(&["deny", "check", "--disable-fetch", "advisories"]).await?;
    Ok(Outcome::Passed)
}

/// Dead workers, a lost Redis, a rolling restart, with the settings of production.
async fn promises() -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let args = [
        "test",
        "-p",
        "system-tests",
        "--test",
        "chaos",
        "--",
        "--nocapture",
        "--test-threads=2",
    ];
    child::succeed(command.args(args)).await
}

/// A provider's limits over eight workers while Redis is restarted, at full length.
async fn limits() -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env("AUTORATER_FULL_SIZE", "1");
    let args = ["test", "-p", "system-tests", "--test", "providers", "--"];
    child::succeed(
        command
            .args(args)
            .args(["eight_workers_use", "--nocapture"]),
    )
    .await
}

/// The readers of all bytes from outside, on what a fuzzer finds. Needs a nightly compiler and cargo-fuzz.
async fn fuzz(seconds: u32) -> Result<Outcome> {
    let root = workspace::root()?;
    // By name: only rustup's `cargo`, not the one that runs us, knows other toolchains.
    let nightly = |args: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(["+nightly", "fuzz"]).args(args);
        command.current_dir(&root).env_remove("RUSTUP_TOOLCHAIN");
        command
    };
    let there = nightly(&["--version"]).output().await;
    if !there.is_ok_and(|output| output.status.success()) {
        return Ok(Outcome::Skipped(
            "needs a nightly toolchain and `cargo install cargo-fuzz`".to_owned(),
        ));
    }
    let limit = format!("-max_total_time={seconds}");
    let dictionary = "-dict=fuzz/reply.dict";
    for (target, options) in [
        ("api_key", &["-max_len=200"][..]),
        ("body", &["-max_len=4000"]),
        ("payload", &["-max_len=4000"]),
        ("query", &["-max_len=1000"]),
        ("reply_json", &[dictionary, "-max_len=2000"]),
        ("reply_own", &[dictionary, "-max_len=2000"]),
        ("stream_entry", &["-max_len=1000"]),
        ("template", &["-max_len=2000", "-timeout=10"]),
        ("webhook_url", &["-max_len=3000"]),
    ] {
        let mut run = vec!["run", "--features", "services", target, "--", &limit];
        run.extend(options);
        child::succeed(&mut nightly(&run)).await?;
    }
    Ok(Outcome::Passed)
}

/// A bill of materials for each service.
async fn sbom() -> Result<()> {
    child::succeed(Command::new(std::env::current_exe()?).arg("sbom")).await
}

/// The worker of the version before, beside this one.
async fn beside() -> Result<()> {
    child::succeed(Command::new(std::env::current_exe()?).arg("beside")).await
}

/// Providers behind a real LiteLLM, which is installed for it.
async fn behind_litellm() -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let args = ["test", "-p", "system-tests", "--test", "litellm"];
    child::succeed(command.args(args)).await
}

/// A trace through a real collector. Needs Go.
async fn through_collector() -> Result<Outcome> {
    if !has_go().await {
        return Ok(Outcome::Skipped("needs Go 1.26 or newer".to_owned()));
    }
    let mut command = Command::new(std::env::current_exe()?);
    let args = ["test", "-p", "system-tests", "--test", "collector"];
    child::succeed(command.args(args)).await?;
    Ok(Outcome::Passed)
}

/// Both APIs beside their OpenAPI documents.
async fn schemathesis() -> Result<()> {
    child::succeed(Command::new(std::env::current_exe()?).arg("schemathesis")).await
}

/// A webhook that the published Python package verifies.
async fn receiver() -> Result<()> {
    child::succeed(Command::new(std::env::current_exe()?).arg("receiver")).await
}

/// Metrics and alerts, by a real Prometheus.
async fn prometheus() -> Result<()> {
    child::succeed(Command::new(std::env::current_exe()?).arg("prometheus")).await
}

/// The chart and the manifests made from it. Needs Go.
async fn helm_chart() -> Result<Outcome> {
    if !has_go().await {
        return Ok(Outcome::Skipped("needs Go 1.26 or newer".to_owned()));
    }
    child::succeed(Command::new(std::env::current_exe()?).arg("chart")).await?;
    Ok(Outcome::Passed)
}

/// The images, and docker-compose.yml with them.
async fn containers() -> Result<Outcome> {
    if let Err(error) = docker::engine().await {
        return Ok(Outcome::Skipped(format!("{error}")));
    }
    child::succeed(Command::new(std::env::current_exe()?).arg("compose-test")).await?;
    Ok(Outcome::Passed)
}

/// The tests again, with more cases where a test draws them.
async fn property_tests(cases: u32) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    child::succeed(command.arg("test").env("PROPTEST_CASES", cases.to_string())).await
}
