//! The whole system on this machine: servers, mock provider, services.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::join_all;
use tempfile::TempDir;

use crate::builder::StackBuilder;
use crate::data::Data;
use crate::plan::{Plan, address};
use crate::ports;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::service::{Role, Service};
use crate::signal::Signal;

/// A little more than the 30 s in which a service drains.
const STOP_BOUND: Duration = Duration::from_secs(40);

/// A running stack. Dropping it kills the services and removes what it made; [`stop`](Self::stop) does so in order.
///
/// Methods take `&self`, so that a test can kill one part while it talks to another.
pub struct Stack {
    // In the order in which they have to go.
    ingest: Vec<Service>,
    status: Vec<Service>,
    workers: Mutex<Vec<Arc<Service>>>,
    mock: Option<Service>,
    plan: Plan,
    data: Data,
    temporary: Option<TempDir>,
}

impl Stack {
    /// Describes a stack.
    pub fn builder() -> StackBuilder {
        StackBuilder::default()
    }

    pub(crate) async fn start(plan: Plan, data: Data, temporary: Option<TempDir>) -> Result<Self> {
        let workers = Mutex::default();
        let mut stack = Self {
            ingest: Vec::new(),
            status: Vec::new(),
            workers,
            mock: None,
            plan,
            data,
            temporary,
        };
        if stack.plan.wanted.migrate {
            stack.plan.migrate().await?;
        }
        if stack.plan.wanted.mock {
            stack.mock = Some(stack.plan.mock()?);
        }
        for index in 0..stack.plan.wanted.status {
            let port = if index == 0 {
                stack.plan.status_port
            } else {
                ports::free()
            };
            stack.status.push(stack.plan.service(
                Role::Status,
                &numbered("status-api", index),
                Some(port),
            )?);
        }
        for index in 0..stack.plan.wanted.ingest {
            let port = match index {
                0 => stack.plan.ingest_port,
                _ => ports::free(),
            };
            stack.ingest.push(stack.plan.service(
                Role::Ingest,
                &numbered("ingest-api", index),
                Some(port),
            )?);
        }
        for _ in 0..stack.plan.wanted.workers {
            stack.launch_worker(&stack.plan.bin_dir)?;
        }
        for service in stack.mock.iter().chain(&stack.status).chain(&stack.ingest) {
            service.wait_ready().await?;
        }
        for worker in stack.workers() {
            worker.wait_ready().await?;
        }
        Ok(stack)
    }

    /// The base URL of an `ingest-api`.
    pub fn ingest_url(&self, index: usize) -> &str {
        url_of(&self.ingest, index)
    }

    /// The base URL of the first `status-api`.
    pub fn status_url(&self) -> &str {
        url_of(&self.status, 0)
    }

    /// The base URL of a `status-api`.
    pub fn status_url_of(&self, index: usize) -> &str {
        url_of(&self.status, index)
    }

    /// The base URL of the mock provider; empty without one.
    pub fn mock_url(&self) -> &str {
        self.mock
            .as_ref()
            .and_then(Service::url)
            .unwrap_or_default()
    }

    /// The URL of the stack's database.
    pub fn database_url(&self) -> &str {
        &self.data.database_url
    }

    /// What every Redis key of the stack begins with.
    pub fn key_prefix(&self) -> &str {
        &self.data.key_prefix
    }

    /// The Redis server.
    pub fn redis(&self) -> &Redis {
        &self.data.redis
    }

    /// The PostgreSQL server.
    pub fn postgres(&self) -> &Postgres {
        &self.data.postgres
    }

    /// The services of `ingest-api`.
    pub fn ingest(&self) -> &[Service] {
        &self.ingest
    }

    /// The services of `status-api`.
    pub fn status(&self) -> &[Service] {
        &self.status
    }

    /// The mock provider.
    pub fn mock(&self) -> Option<&Service> {
        self.mock.as_ref()
    }

    /// All workers ever started, in order, dead ones included.
    pub fn workers(&self) -> Vec<Arc<Service>> {
        self.workers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A worker.
    ///
    /// # Panics
    ///
    /// So many workers were never started.
    pub fn worker(&self, index: usize) -> Arc<Service> {
        self.workers().swap_remove(index)
    }

    /// Starts one more worker, waits until it is ready and returns its index.
    ///
    /// # Errors
    ///
    /// It does not come up.
    pub async fn start_worker(&self) -> Result<usize> {
        self.start_worker_from(&self.plan.bin_dir).await
    }

    /// As [`start_worker`](Self::start_worker), with the binary of another build: that of another version.
    ///
    /// # Errors
    ///
    /// It is not there, or does not come up.
    pub async fn start_worker_from(&self, bin_dir: &Path) -> Result<usize> {
        let (index, worker) = self.launch_worker(bin_dir)?;
        worker.wait_ready().await?;
        Ok(index)
    }

    /// Starts one more `status-api` with the binary of another build, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// It is not there, or does not come up.
    pub async fn start_status_from(&self, bin_dir: &Path) -> Result<Service> {
        let name = numbered("status-api", self.status.len());
        let port = Some(ports::free());
        let service = self.plan.service_from(bin_dir, Role::Status, &name, port)?;
        service.wait_ready().await?;
        Ok(service)
    }

    /// `SIGKILL` for a worker, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// The kernel did not end it.
    pub async fn kill_worker(&self, index: usize) -> Result<()> {
        self.worker(index).kill().await
    }

    /// The environment with which the stack starts a service of this role, on free ports of its own: for starting a
    /// binary by hand.
    pub fn service_env(&self, role: Role) -> Vec<(String, String)> {
        let mut env = self.plan.environment(role);
        if matches!(role, Role::Ingest | Role::Status) {
            env.push(("LISTEN_ADDR".to_owned(), address(ports::free())));
        }
        env.push(("ADMIN_ADDR".to_owned(), address(ports::free())));
        env
    }

    /// `ingest-api keys …`, as an operator runs it: what it prints.
    ///
    /// # Errors
    ///
    /// It failed; with what it wrote.
    pub fn keys(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(self.bin_dir().join(Role::Ingest.binary()))
            .arg("keys")
            .args(arguments)
            .envs(self.service_env(Role::Ingest))
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {errors}");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Where the built binaries are.
    pub fn bin_dir(&self) -> &Path {
        &self.plan.bin_dir
    }

    /// Where the services write their logs.
    pub fn log_dir(&self) -> &Path {
        &self.plan.logs
    }

    /// Stops everything in order: the services, which drain side by side, then what they need.
    ///
    /// # Errors
    ///
    /// A service did not end by `SIGTERM` and was killed; the rest is stopped all the same.
    pub async fn stop(mut self) -> Result<()> {
        let mut result = Ok(());
        // All at once, so that they drain side by side; each gets one signal, because a second means now.
        let workers = self.workers();
        let services = || {
            self.ingest
                .iter()
                .chain(&self.status)
                .chain(workers.iter().map(AsRef::as_ref))
        };
        for service in services() {
            // A frozen one would never hear of it.
            drop(service.signal(Signal::Continue));
        }
        let stopped = join_all(services().map(|service| service.stop(STOP_BOUND))).await;
        for status in stopped {
            result = result.and_then(|()| status.map(drop));
        }
        if let Some(mock) = &self.mock {
            let status = mock.stop(STOP_BOUND).await;
            result = result.and_then(|()| status.map(drop));
        }
        // A shared server refuses, and a private one may have been killed by the test: neither matters.
        drop(self.data.database.take());
        drop(self.data.keys.take());
        drop(self.data.redis.stop().await);
        drop(self.data.postgres.stop().await);
        result
    }

    fn launch_worker(&self, bin_dir: &Path) -> Result<(usize, Arc<Service>)> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let index = workers.len();
        let worker = Arc::new(self.plan.service_from(
            bin_dir,
            Role::Worker,
            &format!("scorer-worker-{index}"),
            None,
        )?);
        workers.push(Arc::clone(&worker));
        Ok((index, worker))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(temporary) = self.temporary.take()
        {
            complain(&temporary.keep());
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a failed test's output is where one looks for it"
)]
fn complain(home: &Path) {
    eprintln!(
        "the logs of the services stay in {}",
        home.join("logs").display()
    );
}

fn url_of(services: &[Service], index: usize) -> &str {
    services
        .get(index)
        .and_then(Service::url)
        .unwrap_or_default()
}

fn numbered(name: &str, index: usize) -> String {
    if index == 0 {
        name.to_owned()
    } else {
        format!("{name}-{index}")
    }
}
