//! Wrong settings against the built binaries: one line that names the variable, and exit code 64.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::{Process, Role, eventually};

use crate::support::{System, quick};

/// Nothing is connected before the settings are known to be right.
const AT_ONCE: Duration = Duration::from_secs(20);

/// Service, the variables that make it wrong, what the line begins with, and a word that it holds.
type Case<'c> = (Role, &'c [(&'c str, &'c str)], &'c str, &'c str);

const CASES: &[Case<'_>] = &[
    (
        Role::Ingest,
        &[("DATABASE_URL", "")],
        "DATABASE_URL: ",
        "required",
    ),
    (
        Role::Status,
        &[("REDIS_URL", "")],
        "REDIS_URL: ",
        "required",
    ),
    (
        Role::Worker,
        &[("OPENAI_BASE_URL", ""), ("OPENAI_API_KEY", "")],
        "OPENAI_BASE_URL: ",
        "required",
    ),
    (
        Role::Worker,
        &[("AUTORATER__WORKER__SLOTZ", "5")],
        "AUTORATER__WORKER__SLOTZ: ",
        "did you mean AUTORATER__WORKER__SLOTS",
    ),
    (
        Role::Ingest,
        &[("AUTORATER__WEBHOOKS__ALLOWED_NETWORKS", "10.0.0.0/33")],
        "AUTORATER__WEBHOOKS__ALLOWED_NETWORKS: ",
        "no range of addresses",
    ),
    (
        Role::Worker,
        &[("AUTORATER__OTEL__EXPLANATIONS", "always")],
        "AUTORATER__OTEL__EXPLANATIONS: ",
        "expected `true` or `false`",
    ),
    (
        Role::Status,
        &[("AUTORATER__NONSENSE", "5")],
        "AUTORATER__NONSENSE: ",
        "unknown",
    ),
    (
        Role::Worker,
        &[("AUTORATER__WORKER__LEASE", "30")],
        "AUTORATER__WORKER__LEASE: ",
        "has no unit",
    ),
    (
        Role::Worker,
        &[
            ("AUTORATER__WORKER__HEARTBEAT", "10s"),
            ("AUTORATER__WORKER__LEASE", "20s"),
        ],
        "AUTORATER__WORKER__LEASE: ",
        "three times",
    ),
    (
        Role::Worker,
        &[("AUTORATER__WORKER__SLOTS", "0")],
        "AUTORATER__WORKER__SLOTS: ",
        "1 to 100000",
    ),
    (
        Role::Worker,
        &[
            ("OPENAI_API_KEY", "one"),
            ("OPENAI_API_KEY_FILE", "/nowhere"),
        ],
        "OPENAI_API_KEY and OPENAI_API_KEY_FILE: ",
        "both are set",
    ),
    (
        Role::Ingest,
        &[("DATABASE_URL", ""), ("DATABASE_URL_FILE", "/nowhere")],
        "DATABASE_URL_FILE: ",
        "cannot read",
    ),
    (
        Role::Status,
        &[
            ("REDIS_URL", "redis://one"),
            ("AUTORATER__REDIS__URL", "redis://two"),
        ],
        "REDIS_URL and AUTORATER__REDIS__URL: ",
        "contradictory",
    ),
    (
        Role::Status,
        &[("AUTORATER__AUTH__MODE", "of")],
        "AUTORATER__AUTH__MODE: ",
        "`keys` or `off`",
    ),
    (
        Role::Ingest,
        &[("LISTEN_ADDR", "0.0.0.0:0")],
        "AUTORATER__AUTH__MODE: ",
        "ALLOW_PUBLIC",
    ),
    (
        Role::Status,
        &[("LISTEN_ADDR", "localhost:80")],
        "LISTEN_ADDR: ",
        "`IP:PORT`",
    ),
    (
        Role::Ingest,
        &[
            ("LISTEN_ADDR", "127.0.0.1:8123"),
            ("ADMIN_ADDR", "127.0.0.1:8123"),
        ],
        "ADMIN_ADDR: ",
        "clashes",
    ),
    (
        Role::Ingest,
        &[("DATABASE_URL", "postgres://db/x?sslmode=perhaps")],
        "DATABASE_URL: ",
        "sslmode",
    ),
    (
        Role::Ingest,
        &[("AUTORATER__DATABASE__CA_FILE", "/nowhere.pem")],
        "AUTORATER__DATABASE__CA_FILE: ",
        "sslmode=disable looks at no certificate",
    ),
    (
        Role::Status,
        &[
            ("AUTORATER__REDIS__CA_FILE", "/nowhere.pem"),
            ("REDIS_URL", "rediss://127.0.0.1:6379"),
        ],
        "AUTORATER__REDIS__CA_FILE: ",
        "/nowhere.pem",
    ),
    (
        Role::Worker,
        &[("AUTORATER__REDIS__CA_FILE", "/nowhere.pem")],
        "AUTORATER__REDIS__CA_FILE: ",
        "`rediss://`",
    ),
    (
        Role::Worker,
        &[("DATABASE_URL", "mysql://db/x")],
        "DATABASE_URL: ",
        "postgres://",
    ),
    (
        Role::Worker,
        &[("REDIS_URL", "redis-cluster://db")],
        "REDIS_URL: ",
        "Cluster",
    ),
    (
        Role::Ingest,
        &[("AUTORATER__DATABASE__POOL_WAIT", "40s")],
        "AUTORATER__DATABASE__POOL_WAIT: ",
        "request_timeout",
    ),
    (
        Role::Status,
        &[("AUTORATER__DATABASE__POOL_SIZE", "many")],
        "AUTORATER__DATABASE__POOL_SIZE: ",
        "expected",
    ),
    (
        Role::Status,
        &[("LOG_FORMAT", "xml")],
        "LOG_FORMAT: ",
        "`json` or `pretty`",
    ),
    (
        Role::Ingest,
        &[("AUTORATER_CONFIG", "/nowhere.toml")],
        "AUTORATER_CONFIG: ",
        "cannot read",
    ),
];

#[tokio::test]
async fn a_wrong_setting_stops_each_service_with_one_line_that_names_it() -> Result<()> {
    let bare = quick()
        .mock(false)
        .migrate(false)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0)
        .worker_env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    let system = System::start(bare).await?;
    let mut wrong = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        if let Err(error) = refused(&system, index, case).await {
            wrong.push(format!("{:?}: {error:#}", case.1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

async fn refused(system: &System, index: usize, case: &Case<'_>) -> Result<()> {
    let (role, variables, beginning, word) = *case;
    let program = system.bin_dir().join(role.binary());
    let mut command = Process::builder(format!("wrong-{index}"), program, system.log_dir())
        .envs(system.service_env(role));
    for (name, value) in variables {
        command = command.env(*name, *value);
    }
    let process = command.start()?;
    let exit = process.wait_exit(AT_ONCE).await;
    let log = read(process.log_path())?;
    anyhow::ensure!(exit?.code() == Some(64), "{log}");
    anyhow::ensure!(log.lines().count() == 1, "more than a line: {log}");
    anyhow::ensure!(log.starts_with(beginning), "{log}");
    anyhow::ensure!(log.contains(word), "{log}");
    Ok(())
}

/// Stands in every secret.
const CANARY: &str = "canary-0f6d";

/// Secrets come from files. Redis refuses its password, PostgreSQL is not there, and everything is logged: nothing shows them.
#[tokio::test]
async fn secrets_of_files_are_in_no_log_no_error_no_list_of_processes_and_no_shown_setting()
-> Result<()> {
    let bare = quick()
        .mock(false)
        .migrate(false)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0);
    let system = System::start(bare).await?;
    let host = system
        .redis()
        .url()
        .trim_start_matches("redis://")
        .to_owned();
    let files = tempfile::tempdir()?;
    let file = |name: &str, secret: String| -> Result<(String, String)> {
        let path = files.path().join(name);
        std::fs::write(&path, secret)?;
        Ok((format!("{name}_FILE"), path.display().to_string()))
    };
    let secrets = [
        file(
            "DATABASE_URL",
            format!("postgres://{CANARY}-user:{CANARY}@127.0.0.1:9/x?sslmode=disable"),
        )?,
        file("REDIS_URL", format!("redis://:{CANARY}@{host}"))?,
        file("OPENAI_API_KEY", format!("sk-{CANARY}"))?,
    ];
    let shows = |what: &str, text: &str| {
        // Names of users are no secrets.
        let text = text.replace(&format!("{CANARY}-user"), "");
        anyhow::ensure!(!text.contains(CANARY), "{what} shows a secret: {text}");
        Ok(())
    };
    for role in [Role::Ingest, Role::Status, Role::Worker] {
        let program = system.bin_dir().join(role.binary());
        let builder = |name: &str| {
            let name = format!("{name}-{}", role.binary());
            Process::builder(name, program.clone(), system.log_dir())
                .envs(system.service_env(role))
                .envs(
                    ["DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY"]
                        .map(|name| (name.to_owned(), String::new())),
                )
                .envs(secrets.clone())
                .env("AUTORATER__AUTH__MODE", "keys")
                .env("RUST_LOG", "trace")
        };
        let printed = builder("print").arg("print-config").start()?;
        printed.wait_exit(AT_ONCE).await?;
        let text = read(printed.log_path())?;
        anyhow::ensure!(text.contains("[database]"), "{text}");
        shows("print-config", &text)?;

        let process = builder("secret").start()?;
        let log = process.log_path();
        eventually(AT_ONCE, async || {
            let log = read(log)?;
            anyhow::ensure!(log.contains("postgres") && log.contains("redis"), "{log}");
            anyhow::Ok(())
        })
        .await?;
        for list in ["cmdline", "environ"] {
            let listed = std::fs::read(format!("/proc/{}/{list}", process.pid()))?;
            shows(list, &String::from_utf8_lossy(&listed))?;
        }
        process.stop(AT_ONCE).await?;
        shows("the log", &read(log)?)?;
    }
    Ok(())
}

fn read(log: &Path) -> Result<String> {
    std::fs::read_to_string(log).with_context(|| log.display().to_string())
}
