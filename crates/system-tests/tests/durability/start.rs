//! Services that start before what they need.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Process, Role, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System, payload, quick};

/// A service started by hand.
struct Started {
    process: Process,
    url: String,
    admin: String,
}

impl Started {
    fn new(system: &System, role: Role, command: &str) -> Result<Self> {
        Self::with(system, role, command, &[])
    }

    fn with(system: &System, role: Role, command: &str, more: &[&str]) -> Result<Self> {
        Self::in_env(system, role, command, more, &[])
    }

    /// With other settings than those of the system.
    fn in_env(
        system: &System,
        role: Role,
        command: &str,
        more: &[&str],
        other: &[(&str, &str)],
    ) -> Result<Self> {
        let mut env = system.service_env(role);
        env.retain(|(name, _)| other.iter().all(|(other, _)| other != name));
        env.extend(
            other
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned())),
        );
        let addresses: HashMap<_, _> = env.iter().cloned().collect();
        let url = |name: &str| {
            let address = addresses.get(name).map_or("", String::as_str);
            format!("http://{address}")
        };
        let (url, admin) = (url("LISTEN_ADDR"), url("ADMIN_ADDR"));
        let name = format!("{}-{command}", role.binary());
        let program = system.bin_dir().join(role.binary());
        let process = Process::builder(name, program, system.log_dir()).arg(command);
        let process = more
            .iter()
            .fold(process, |process, argument| process.arg(*argument))
            .envs(env)
            .start()?;
        Ok(Self {
            process,
            url,
            admin,
        })
    }

    /// Waits until `/readyz` refuses and gives this as the reason, while `/livez` says that all is well.
    async fn waits_because_of(&self, system: &System, words: &str) -> Result<()> {
        let get = |path: &str| system.http().get(format!("{}/{path}", self.admin)).send();
        eventually(SOON, async || {
            let answer = get("readyz").await?;
            let status = answer.status();
            let report: Value = answer.json().await?;
            let reason = report["checks"]["postgres"]["reason"].as_str();
            ensure!(
                status == 503 && reason.is_some_and(|reason| reason.contains(words)),
                "{status}: {report}"
            );
            anyhow::Ok(())
        })
        .await
        .with_context(|| self.process.log())?;
        assert_eq!(get("livez").await?.status(), 200);
        Ok(())
    }

    async fn is_ready(&self) -> Result<()> {
        let url = format!("{}/readyz", self.admin);
        self.process.wait_ready(&url, SOON).await
    }
}

/// Who does not look at `/readyz` is told to come back later.
async fn nothing_is_served(system: &System, ingest: &Started, status: &Started) -> Result<()> {
    let post = system
        .http()
        .post(format!("{}/v1/evaluations", ingest.url))
        .json(&payload("Too early."));
    let get = system.http().get(format!("{}/v1/evaluations", status.url));
    for request in [post, get] {
        let answer = request.send().await?;
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
        let problem: Value = answer.json().await?;
        assert_eq!(problem["code"], "dependency_unavailable", "{problem}");
    }
    Ok(())
}

#[tokio::test]
async fn services_wait_for_postgresql_and_then_for_the_schema() -> Result<()> {
    let bare = quick()
        .private_postgres(true)
        .migrate(false)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0);
    let system = System::start(bare).await?;
    system.postgres().stop().await?;
    let serve = |role| Started::new(&system, role, "serve");
    let services = [
        serve(Role::Ingest)?,
        serve(Role::Status)?,
        serve(Role::Worker)?,
    ];
    for service in &services {
        service
            .waits_because_of(&system, "PostgreSQL is not available")
            .await?;
    }
    let [ingest, status, _] = &services;
    nothing_is_served(&system, ingest, status).await?;

    system.postgres().start().await?;
    for service in &services {
        service.waits_because_of(&system, "not migrated").await?;
    }
    nothing_is_served(&system, ingest, status).await?;
    let migrate = Started::new(&system, Role::Ingest, "migrate")?.process;
    let exit = migrate.wait_exit(SOON).await?;
    assert_eq!(exit.code(), Some(0), "{}", migrate.log());
    for service in &services {
        service.is_ready().await?;
    }

    let answer = system
        .http()
        .post(format!("{}/v1/evaluations", ingest.url))
        .json(&payload("In time."))
        .send()
        .await?;
    assert_eq!(answer.status(), 202);
    let posted: Value = answer.json().await?;
    let id = posted["id"].as_str().context("no id")?;
    let url = format!("{}/v1/evaluations/{id}", status.url);
    eventually(SOON, async || {
        let evaluation: Value = system.http().get(&url).send().await?.json().await?;
        ensure!(evaluation["status"] == "succeeded", "{evaluation}");
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn a_migration_waits_for_postgresql_if_it_is_told_to() -> Result<()> {
    let bare = quick()
        .private_postgres(true)
        .migrate(false)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0);
    let system = System::start(bare).await?;
    system.postgres().stop().await?;
    let impatient = Started::new(&system, Role::Ingest, "migrate")?.process;
    let exit = impatient.wait_exit(SOON).await?;
    assert_eq!(exit.code(), Some(1), "{}", impatient.log());
    let patient = Started::with(&system, Role::Ingest, "migrate", &["--wait", "300"])?.process;
    eventually(SOON, async || {
        let log = patient.log();
        ensure!(log.contains("waiting for the database"), "{log}");
        anyhow::Ok(())
    })
    .await?;
    system.postgres().start().await?;
    let exit = patient.wait_exit(SOON).await?;
    assert_eq!(exit.code(), Some(0), "{}", patient.log());
    Ok(())
}

#[tokio::test]
async fn a_database_that_redis_has_not_stops_the_services_before_they_listen() -> Result<()> {
    let bare = quick()
        .private_redis(true)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0);
    let system = System::start(bare).await?;
    let url = format!("{}/99", system.redis().url().trim_end_matches('/'));
    let words = "DB index is out of range";
    for role in [Role::Ingest, Role::Status, Role::Worker] {
        let wrong = [("REDIS_URL", &*url)];
        let refused = Started::in_env(&system, role, "serve", &[], &wrong)?;
        let exit = refused.process.wait_exit(SOON).await?;
        let log = refused.process.log();
        assert_eq!(exit.code(), Some(64), "{log}");
        assert!(log.contains("REDIS_URL") && log.contains(words), "{log}");
    }

    // One that is down is waited for, and then it says so.
    system.redis().stop().await?;
    let wrong = [("REDIS_URL", &*url)];
    let waiting = Started::in_env(&system, Role::Ingest, "serve", &[], &wrong)?;
    let get = system.http().get(format!("{}/v1/evaluations", waiting.url));
    eventually(SOON, async || {
        let answer = get.try_clone().context("a request")?.send().await?;
        ensure!(answer.status() == 405, "{}", answer.status());
        anyhow::Ok(())
    })
    .await
    .with_context(|| waiting.process.log())?;
    system.redis().start().await?;
    let exit = waiting.process.wait_exit(SOON).await?;
    assert_eq!(exit.code(), Some(64), "{}", waiting.process.log());
    assert!(waiting.process.log().contains(words));
    Ok(())
}

#[tokio::test]
async fn a_default_rubric_that_is_not_there_is_told_at_the_start() -> Result<()> {
    let builder = quick()
        .workers(0)
        .mock(false)
        .ingest_env("AUTORATER__JUDGE__DEFAULT_RUBRIC", "house-rules");
    let system = System::start(builder).await?;
    let ingest = &system.ingest()[0];
    let told = async || {
        let admin = ingest.admin_url().unwrap_or_default();
        let answer = system.http().get(format!("{admin}/readyz")).send().await?;
        let status = answer.status();
        let report: Value = answer.json().await?;
        anyhow::Ok((status, report["checks"]["default_rubric"].clone()))
    };
    eventually(SOON, async || {
        let (status, check) = told().await?;
        let reason = check["reason"].as_str().unwrap_or_default();
        ensure!(
            status == 200 && reason.contains("there is no rubric `house-rules`"),
            "{status}: {check}"
        );
        anyhow::Ok(())
    })
    .await?;
    let log = ingest.log();
    let line = log.lines().find(|line| line.contains("house-rules"));
    assert!(line.is_some_and(|line| line.contains("ERROR")), "{log}");

    // It may be stored later.
    let rubric = json!({"criteria": [{"name": "one", "description": "Is it?"}]});
    let url = format!("{}/v1/rubrics/house-rules", system.status_url());
    let stored = system.http().put(url).json(&rubric).send().await?;
    assert_eq!(stored.status(), 201);
    eventually(SOON, async || {
        let (status, check) = told().await?;
        ensure!(status == 200 && check["ok"] == true, "{status}: {check}");
        anyhow::Ok(())
    })
    .await?;
    system.post("By the house's rules.").await?;
    Ok(())
}
