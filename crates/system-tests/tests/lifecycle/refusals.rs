//! Servers on which it would not be safe to serve: refused at the start, in one line that names the variable.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Process, Role, StackBuilder};

use crate::support::{System, quick};

const ROLES: [Role; 3] = [Role::Ingest, Role::Status, Role::Worker];
/// A debug build on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(20);

fn bare() -> StackBuilder {
    quick()
        .mock(false)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0)
        .worker_env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
}

/// Starts a service by hand, which has to refuse, and returns its error line.
async fn refusal(system: &System, role: Role, variables: &[(&str, &str)]) -> Result<String> {
    let name = format!("refused-{}", role.binary());
    let mut command =
        Process::builder(name, system.bin_dir().join(role.binary()), system.log_dir())
            .envs(system.service_env(role));
    for (name, value) in variables {
        command = command.env(*name, *value);
    }
    let process = command.start()?;
    let exit = process.wait_exit(AT_ONCE).await;
    let log = process.log();
    let exit = exit.with_context(|| log.clone())?;
    ensure!(exit.code() == Some(64), "{exit}: {log}");
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    ensure!(errors.len() == 1, "{log}");
    Ok(errors.concat())
}

#[tokio::test]
async fn a_redis_that_may_throw_work_away_is_refused() -> Result<()> {
    let system = System::start(bare().private_redis(true)).await?;
    let policy = ["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"];
    system.redis().cli(&policy).await?;
    for role in ROLES {
        let line = refusal(&system, role, &[]).await?;
        for word in ["REDIS_URL: ", "allkeys-lru", "noeviction"] {
            assert!(line.contains(word), "{line}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn more_connections_than_the_server_takes_are_refused() -> Result<()> {
    let system = System::start(bare()).await?;
    let there = system
        .number("SELECT current_setting('max_connections')::int8")
        .await?;
    let variables = [
        ("AUTORATER__DATABASE__POOL_SIZE", "10"),
        (
            "AUTORATER__DATABASE__PROCESSES",
            &*(there / 10 + 1).to_string(),
        ),
    ];
    for role in ROLES {
        let line = refusal(&system, role, &variables).await?;
        for word in [
            "AUTORATER__DATABASE__POOL_SIZE: ",
            "10 connections",
            "the server takes",
        ] {
            assert!(line.contains(word), "{line}");
        }
    }
    Ok(())
}
