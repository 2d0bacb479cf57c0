//! The other service: bench/peer, in a virtual environment of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::{Process, Stack, ports};
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// A start of Python with all it imports.
const BOUND: Duration = Duration::from_secs(60);
/// Processes: one for each core of the machine that the figures are of.
const PROCESSES: &str = "2";
/// The database, on the same server.
pub(crate) const DATABASE: &str = "peer";

/// A running one.
pub(crate) struct Peer {
    _process: Process,
    pub(crate) url: String,
    pub(crate) database_url: String,
}

impl Peer {
    /// Gives it evaluations as status-api exports them (a line of JSON each): it then has the same ones.
    pub(crate) async fn fill(&self, export: &Path) -> Result<()> {
        // A line is one value of one column: nothing in JSON is quoted or divided by control characters.
        let copy = format!(
            r"\copy lines FROM '{}' WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')",
            export.display()
        );
        let mut psql = Command::new("psql");
        psql.args(["--quiet", "--set", "ON_ERROR_STOP=1"])
            .args(["--command", "CREATE UNLOGGED TABLE lines (line jsonb)"])
            .args(["--command", &copy])
            .args([
                "--command",
                "INSERT INTO evaluations SELECT filled.* FROM lines,
                 jsonb_populate_record(NULL::evaluations, line || '{\"payload\": \"\"}') AS filled",
            ])
            .args(["--command", "DROP TABLE lines"])
            .args(["--command", "VACUUM ANALYZE evaluations"])
            .arg(&self.database_url);
        child::succeed(&mut psql).await
    }

    /// Starts it on the servers of a stack.
    pub(crate) async fn start(stack: &Stack) -> Result<Self> {
        let venv = installed().await?;
        let postgres = stack.postgres();
        if !postgres.has_database(DATABASE).await? {
            postgres.create_database(DATABASE).await?;
        }
        let database_url = postgres.url(DATABASE)?;
        let home = workspace::root()?.join("bench/peer");
        let mut schema = Command::new("psql");
        schema
            .args(["--quiet", "--file"])
            .arg(home.join("schema.sql"));
        child::succeed(
            schema
                .env("PGOPTIONS", "-c client_min_messages=warning")
                .arg(&database_url),
        )
        .await?;
        let port = ports::free();
        let url = format!("http://127.0.0.1:{port}");
        let address = database_url
            .replacen("postgres://", "postgresql+asyncpg://", 1)
            .replace("?sslmode=disable", "");
        let process = Process::builder("peer", venv.join("bin/uvicorn"), stack.log_dir())
            .arg("app:app")
            .arg("--app-dir")
            .arg(home.display().to_string())
            .arg("--port")
            .arg(port.to_string())
            .arg("--workers")
            .arg(PROCESSES)
            .arg("--loop")
            .arg("uvloop")
            .arg("--http")
            .arg("httptools")
            .arg("--no-access-log")
            // Its source is in the checkout, which is no place for what Python makes of it.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PEER_DATABASE_URL", address)
            .env("PEER_REDIS_URL", stack.redis().url())
            .start()?;
        process.wait_ready(&format!("{url}/docs"), BOUND).await?;
        Ok(Self {
            _process: process,
            url,
            database_url,
        })
    }
}

/// The virtual environment, made when it is not there yet or of other requirements.
async fn installed() -> Result<PathBuf> {
    let requirements = workspace::root()?.join("bench/peer/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements)?;
    let home = workspace::target()?.join("bench/venv");
    let note = home.join("installed");
    if std::fs::read_to_string(&note).is_ok_and(|text| text == wanted) {
        return Ok(home);
    }
    say(format!(
        "installing the other service into {}",
        home.display()
    ));
    install(&home, &requirements)
        .await
        .context("that needs python3 with its venv module, and the network")?;
    std::fs::write(note, wanted)?;
    Ok(home)
}

async fn install(home: &Path, requirements: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(home);
    child::succeed(&mut venv).await?;
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(requirements);
    child::succeed(&mut pip).await
}
