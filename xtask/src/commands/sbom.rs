//! `cargo xtask sbom`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// What makes the documents of programs in Rust; npm makes that of the dashboard.
const TOOL_VERSION: &str = "0.5.9";
/// What is shipped. Of each there is one document.
const SERVICES: [&str; 3] = ["ingest-api", "scorer-worker", "status-api"];
/// The end of the names that the tool gives.
const WRITTEN: &str = "_bin.cdx.json";

/// Write what each service and the dashboard are made of: CycloneDX 1.5, a bill of materials with versions, licences and checksums.
///
/// Installs cargo-cyclonedx below `target` the first time; the dashboard's needs Node.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the documents go; `target/sbom` unless given.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    let output = match &args.output {
        Some(dir) => dir.clone(),
        None => workspace::target()?.join("sbom"),
    };
    fs::create_dir_all(&output).with_context(|| format!("creating {}", output.display()))?;
    let home = workspace::target()?.join("cyclonedx");
    let tool = home.join("bin/cargo-cyclonedx");
    if !tool.is_file() {
        say(format!("installing cargo-cyclonedx {TOOL_VERSION}"));
        let mut install = workspace::cargo(&["install", "cargo-cyclonedx", "--locked", "--quiet"])?;
        install
            .args(["--version", TOOL_VERSION, "--root"])
            .arg(&home);
        child::succeed(&mut install).await?;
    }
    let root = workspace::root()?;
    let mut describe = Command::new(&tool);
    describe.args(["cyclonedx", "--quiet", "--format", "json"]);
    describe.args(["--spec-version", "1.5", "--describe", "binaries"]);
    child::succeed(describe.current_dir(&root)).await?;
    // It writes beside each manifest, and has no way to do otherwise.
    let written = written(&root)?;
    for service in SERVICES {
        let name = format!("{service}{WRITTEN}");
        let document = written.iter().find(|path| path.ends_with(&name));
        let document = document.with_context(|| format!("nothing was written of {service}"))?;
        let here = format!("file://{}/", root.display());
        let text = fs::read_to_string(document)?.replace(&here, "");
        keep(&output, service, &text)?;
    }
    for path in written {
        fs::remove_file(path)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]);
    npm.current_dir(root.join("dashboard"));
    let made = npm.output().await.context("running npm")?;
    ensure!(
        made.status.success(),
        "npm sbom: {}",
        String::from_utf8_lossy(&made.stderr).trim()
    );
    keep(&output, "dashboard", &String::from_utf8(made.stdout)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The documents that the tool wrote, beside the manifests of the workspace.
fn written(root: &Path) -> Result<Vec<PathBuf>> {
    let mut members: Vec<PathBuf> = vec![root.join("xtask")];
    for member in fs::read_dir(root.join("crates"))? {
        members.push(member?.path());
    }
    let mut found = Vec::new();
    for member in members.iter().filter(|member| member.is_dir()) {
        for entry in fs::read_dir(member)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(WRITTEN) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Writes a document and says how much is in it.
fn keep(output: &Path, name: &str, text: &str) -> Result<()> {
    let document: serde_json::Value =
        serde_json::from_str(text).with_context(|| format!("the document of {name}"))?;
    let components = document["components"].as_array().map_or(0, Vec::len);
    ensure!(components > 0, "the document of {name} lists nothing");
    let path = output.join(format!("{name}.cdx.json"));
    fs::write(&path, text)?;
    say(format!("{components:>5} components  {}", path.display()));
    Ok(())
}
