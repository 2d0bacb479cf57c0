//! `cargo xtask receiver`

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::Accepted;
use local_stack::{ApiClient, Role, Stack, eventually};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::paint::say;
use crate::venv::Program;
use crate::{child, workspace};

/// The published package, and what the example is written with.
const PYTHON: Program = Program {
    name: "receiver",
    binary: "python",
    requirement: "standardwebhooks==1.1.0 flask==3.1.3",
};
/// The same for Node.js.
const NODE: [&str; 2] = ["standardwebhooks@1.1.1", "express@5.3.0"];
const BOUND: Duration = Duration::from_secs(60);

/// Send webhooks to the Python and the Node.js receiver of docs/webhooks.md, which verify them with the published packages.
///
/// Installs the packages below `target` and starts a stack of its own. A receiver with another secret has to refuse.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args) -> Result<ExitCode> {
    let python = PYTHON.path().await?;
    let home = workspace::target()?.join("receiver-run");
    fs::create_dir_all(&home)?;
    let docs = fs::read_to_string(workspace::root()?.join("docs/webhooks.md"))?;
    fs::write(home.join("receiver.py"), example(&docs, "python")?)?;
    let node = node_home().await?;
    fs::write(node.join("receiver.mjs"), example(&docs, "js")?)?;
    let stack = Stack::builder()
        .bin_dir(workspace::binaries(false).await?)
        .private_postgres(true)
        .private_redis(true)
        .env("AUTORATER__WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.0/8")
        .env("AUTORATER__WEBHOOKS__ALLOW_HTTP", "true");
    let stack = Box::pin(stack.start()).await?;
    let secret = create_secret(&stack).await?;
    let start = |is_node: bool, secret: &str| -> Result<(Child, u16)> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut receiver = Command::new(if is_node {
            "node".as_ref()
        } else {
            python.as_path()
        });
        if is_node {
            receiver.arg("receiver.mjs").env("PORT", port.to_string());
            receiver.current_dir(&node);
        } else {
            receiver.args(["-m", "flask", "--app", "receiver", "run", "--port"]);
            receiver.arg(port.to_string()).current_dir(&home);
        }
        receiver.env("AUTORATER_WEBHOOK_SECRET", secret);
        Ok((receiver.kill_on_drop(true).spawn()?, port))
    };
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for is_node in [false, true] {
        let (_right, right) = start(is_node, &secret)?;
        let (_wrong, wrong) = start(is_node, other)?;
        for (port, status, answer) in [(right, "delivered", 204), (wrong, "pending", 401)] {
            let delivery = told(&stack, port, status).await?;
            ensure!(delivery["last_status"] == answer, "{delivery}");
        }
    }
    stack.stop().await?;
    say(
        "the receivers of docs/webhooks.md take what is signed, and refuse what is signed with another secret",
    );
    Ok(ExitCode::SUCCESS)
}

/// The first program of this language.
fn example<'d>(docs: &'d str, language: &str) -> Result<&'d str> {
    let fence = format!("```{language}\n");
    let (_, program) = docs
        .split_once(&fence)
        .with_context(|| format!("no {language}"))?;
    Ok(program.split_once("```").context("no end")?.0)
}

/// A directory with the packages of the Node.js receiver.
async fn node_home() -> Result<PathBuf> {
    let home = workspace::target()?.join("receiver-node");
    fs::create_dir_all(&home)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]);
    child::succeed(npm.arg(&home).args(NODE)).await?;
    Ok(home)
}

async fn create_secret(stack: &Stack) -> Result<String> {
    let mut command = Command::new(stack.bin_dir().join(Role::Ingest.binary()));
    command.args(["webhooks", "create-secret"]);
    let output = command
        .envs(stack.service_env(Role::Ingest))
        .output()
        .await?;
    ensure!(output.status.success(), "{output:?}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Has an evaluation told to a receiver; its delivery, once it was tried and has this status.
async fn told(stack: &Stack, port: u16, status: &str) -> Result<Value> {
    eventually(BOUND, async || {
        anyhow::Ok(TcpStream::connect(("127.0.0.1", port)).map(drop)?)
    })
    .await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let url = format!("http://127.0.0.1:{port}/autorater");
    let payload = json!({"output": "Told.", "webhook": {"url": url}});
    let posted: Accepted = api.submit(&payload).await?;
    eventually(BOUND, async || {
        let path = format!("/v1/webhooks/deliveries?evaluation_id={}", posted.id);
        let page: Value = api.get(&path).await?;
        let delivery = page["items"][0].clone();
        let is_tried = delivery["last_status"].is_u64() && delivery["status"] == status;
        ensure!(is_tried, "{page}");
        anyhow::Ok(delivery)
    })
    .await
}
