//! Programs that look at the chart, built from Go modules into `target/tools` when they are not there yet.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// Helm: what is linted and rendered with.
const HELM: (&str, &str) = ("helm.sh/helm/v4/cmd/helm", "v4.3.1");
/// Runs the tests of the chart. It renders with Helm 3, so the chart is tried with both.
const UNITTEST: (&str, &str) = ("github.com/helm-unittest/helm-unittest", "v1.1.2");
/// Whose definitions of custom resources manifests are held against; nothing of it is built.
const KEDA: (&str, &str) = ("github.com/kedacore/keda/v2", "v2.21.0");
/// What an installation needs.
const NEEDS: &str = "that needs Go 1.26 or newer, and the network";

/// Where they are.
pub(crate) struct Tools {
    pub(crate) helm: PathBuf,
    pub(crate) unittest: PathBuf,
    /// Ours, in `xtask/manifests`: asks the API server's code whether a manifest is valid.
    pub(crate) manifests: PathBuf,
    /// A directory with the definitions of KEDA's custom resources.
    pub(crate) definitions: PathBuf,
}

/// Whether there is a Go to build them with.
pub(crate) async fn has_go() -> bool {
    let version = Command::new("go").arg("version").output().await;
    version.is_ok_and(|output| output.status.success())
}

/// All of them, installed where they were missing or of another version.
pub(crate) async fn installed() -> Result<Tools> {
    let home = workspace::target()?.join("tools");
    std::fs::create_dir_all(&home)?;
    let tools = Tools {
        helm: home.join("helm"),
        unittest: home.join("helm-unittest"),
        manifests: home.join("manifests"),
        definitions: module(KEDA).await.context(NEEDS)?.join("config/crd/bases"),
    };
    if is_missing(&tools.helm, HELM.1) {
        announce(HELM, &home);
        let module = format!("{}@{}", HELM.0, HELM.1);
        let mut go = Command::new("go");
        go.args(["install", &module]).env("GOBIN", &home);
        child::succeed(&mut go).await.context(NEEDS)?;
        note(&tools.helm, HELM.1)?;
    }
    if is_missing(&tools.unittest, UNITTEST.1) {
        announce(UNITTEST, &home);
        build_unittest(&tools.unittest).await.context(NEEDS)?;
        note(&tools.unittest, UNITTEST.1)?;
    }
    // Go itself knows whether anything has changed.
    build(
        &workspace::root()?.join("xtask/manifests"),
        ".",
        &tools.manifests,
    )
    .await
    .with_context(|| format!("building xtask/manifests: {NEEDS}"))?;
    Ok(tools)
}

/// An OpenTelemetry collector, which `xtask/collector` is. It has nothing to do with the chart, but is built in the same way.
pub(crate) async fn collector() -> Result<PathBuf> {
    let program = workspace::target()?.join("tools").join("collector");
    if !program.is_file() {
        say("building an OpenTelemetry collector, once; this takes minutes");
    }
    build(&workspace::root()?.join("xtask/collector"), ".", &program)
        .await
        .with_context(|| format!("building xtask/collector: {NEEDS}"))?;
    Ok(program)
}

/// Ours, in `xtask/manifests/layout`: makes an OCI layout of a package.
pub(crate) async fn layout() -> Result<PathBuf> {
    let program = workspace::target()?.join("tools").join("layout");
    let module = workspace::root()?.join("xtask/manifests");
    build(&module, "./layout", &program)
        .await
        .with_context(|| format!("building xtask/manifests/layout: {NEEDS}"))?;
    Ok(program)
}

/// Whether ours finds the faults that it is there to find.
pub(crate) async fn test_manifests() -> Result<()> {
    let mut go = Command::new("go");
    go.args(["test", "-buildvcs=false", "./..."])
        .current_dir(workspace::root()?.join("xtask/manifests"));
    child::succeed(&mut go).await
}

fn announce((module, version): (&str, &str), home: &Path) {
    say(format!(
        "installing {module} {version} into {}, once; this takes minutes",
        home.display()
    ));
}

/// `go install` refuses modules that replace others, as this one does; built in its own directory it is the main one.
async fn build_unittest(program: &Path) -> Result<()> {
    build(&module(UNITTEST).await?, "./cmd/helm-unittest", program).await
}

/// The sources of a module, downloaded where they are not there yet.
async fn module((path, version): (&str, &str)) -> Result<PathBuf> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Module {
        dir: PathBuf,
    }
    let output = Command::new("go")
        .args(["mod", "download", "-json"])
        .arg(format!("{path}@{version}"))
        .current_dir(std::env::temp_dir())
        .output()
        .await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "downloading {path}: {complaint}");
    let module: Module = serde_json::from_slice(&output.stdout)?;
    Ok(module.dir)
}

async fn build(module: &Path, package: &str, program: &Path) -> Result<()> {
    let mut go = Command::new("go");
    go.args(["build", "-buildvcs=false", "-o"])
        .arg(program)
        .arg(package)
        .current_dir(module);
    child::succeed(&mut go).await
}

/// The note is written last, so that an installation that was broken off is not taken for one.
fn note(program: &Path, version: &str) -> Result<()> {
    Ok(std::fs::write(program.with_extension("version"), version)?)
}

fn is_missing(program: &Path, version: &str) -> bool {
    let noted = std::fs::read_to_string(program.with_extension("version"));
    !program.is_file() || !noted.is_ok_and(|noted| noted == version)
}
