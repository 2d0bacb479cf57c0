//! `cargo xtask schemathesis`

use std::fs;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use api::Accepted;
use local_stack::{ApiClient, Stack};
use serde_json::json;
use tokio::process::Command;

use crate::paint::say;
use crate::venv::Program;
use crate::{child, workspace};

const SCHEMATHESIS: Program = Program {
    name: "schemathesis",
    binary: "schemathesis",
    requirement: "schemathesis==4.32.5",
};

/// Which checks are not made, and why.
const CONFIG: &str = include_str!("../../schemathesis/schemathesis.toml");

/// Ask real services what their OpenAPI documents allow, and what they do not.
///
/// Installs schemathesis below `target` and starts a stack of its own that asks for keys. No answer may be a 5xx, nor have a status, a media
/// type, a header or a body that is not documented, and what the document does not allow has to be refused.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Requests for each call and phase.
    #[arg(long, default_value_t = 200, value_name = "N")]
    examples: u32,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    let program = SCHEMATHESIS.path().await?;
    let home = workspace::target()?.join("schemathesis-run");
    fs::create_dir_all(&home)?;
    let stack = Stack::builder()
        .bin_dir(workspace::binaries(false).await?)
        .private_postgres(true)
        .private_redis(true)
        // What the documents say of keys holds where they are asked for.
        .env("AUTORATER__AUTH__MODE", "keys");
    let stack = Box::pin(stack.start()).await?;
    let key = stack.keys(&["create", "--tenant", "default", "--scope", "admin"])?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?.with_key(&key)?;
    let header = format!("Authorization: Bearer {key}");
    let known: Accepted = api.submit(&json!({"output": "Known to exist."})).await?;
    let known = known.id;
    // Ids that are drawn exist nowhere, so each API is also asked about one that does.
    let passes = [
        (stack.ingest_url(0), "nothing.toml", String::new()),
        (stack.status_url(), "nothing.toml", String::new()),
        (
            stack.status_url(),
            "known.toml",
            format!(
                "[parameters]\n\"path.id\" = \"{known}\"\n\"path.name\" = \"general-quality\"\n"
            ),
        ),
    ];
    let mut failed = Vec::new();
    for (url, name, config) in passes {
        let file = home.join(name);
        fs::write(&file, format!("{CONFIG}\n{config}"))?;
        let mut command = Command::new(&program);
        command.arg("--config-file").arg(&file);
        command.args(["run", &format!("{url}/openapi.json")]);
        command.args(["--max-examples", &args.examples.to_string()]);
        command.args(["--header", &header]);
        // A wait that is asked for may be long.
        command.args(["--request-timeout", "90", "--suppress-health-check", "all"]);
        // What fails once fails again. Not side by side: Python 3.11 loses count of its recursion then.
        command.args(["--generation-deterministic", "--workers", "1"]);
        command.args(["--continue-on-failure", "--warnings", "off"]);
        command.env("SCHEMATHESIS_HOOKS", "hooks");
        command.env("PYTHONPATH", workspace::root()?.join("xtask/schemathesis"));
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("NO_PROXY", "127.0.0.1").current_dir(&home);
        say(format!("{url} with {name}"));
        if !child::run(&mut command).await?.success() {
            failed.push(url.to_owned());
        }
    }
    stack.stop().await?;
    ensure!(
        failed.is_empty(),
        "schemathesis found something at {failed:?}"
    );
    Ok(ExitCode::SUCCESS)
}
