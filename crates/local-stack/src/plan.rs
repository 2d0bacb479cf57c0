//! How each service of a stack is started: binary, addresses, environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::builder::StackBuilder;
use crate::data::Data;
use crate::ports;
use crate::process::{Process, ProcessBuilder, tail};
use crate::service::{Role, Service};

const MIGRATE_BOUND: Duration = Duration::from_secs(120);

/// How each service is started.
pub(crate) struct Plan {
    pub(crate) wanted: StackBuilder,
    pub(crate) bin_dir: PathBuf,
    pub(crate) logs: PathBuf,
    env: Vec<(String, String)>,
    mock_port: u16,
    pub(crate) status_port: u16,
    /// Of the first.
    pub(crate) ingest_port: u16,
}

impl Plan {
    pub(crate) fn new(
        wanted: StackBuilder,
        bin_dir: PathBuf,
        logs: PathBuf,
        data: &Data,
        database_url: String,
    ) -> Result<Self> {
        std::fs::create_dir_all(&logs).with_context(|| format!("creating {}", logs.display()))?;
        let mock_port = wanted.ports.mock.map_or_else(ports::free, ports::free_or);
        let status_port = wanted.ports.status.map_or_else(ports::free, ports::free_or);
        let ingest_port = wanted.ports.ingest.map_or_else(ports::free, ports::free_or);
        let mut env = vec![
            ("DATABASE_URL", database_url),
            ("REDIS_URL", data.redis.url().to_owned()),
            ("AUTORATER__REDIS__KEY_PREFIX", data.key_prefix.clone()),
            ("AUTORATER__AUTH__MODE", "off".to_owned()),
            ("STATUS_URL", local(status_port)),
            ("INGEST_URL", local(ingest_port)),
            ("LOG_FORMAT", "json".to_owned()),
        ];
        if wanted.mock {
            let base_url = format!("{}/v1", local(mock_port));
            if let Some(prices) = &wanted.mock_prices {
                let file = logs.join("simulated-provider.toml");
                std::fs::write(&file, priced(&base_url, prices))
                    .with_context(|| format!("writing {}", file.display()))?;
                env.push(("AUTORATER_CONFIG", file.display().to_string()));
            } else {
                env.push(("OPENAI_BASE_URL", base_url));
                env.push(("OPENAI_API_KEY", "mock".to_owned()));
            }
        }
        let env = env
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Ok(Self {
            wanted,
            bin_dir,
            logs,
            env,
            mock_port,
            status_port,
            ingest_port,
        })
    }

    pub(crate) fn environment(&self, role: Role) -> Vec<(String, String)> {
        let own = self.wanted.role_env.iter().filter(|(of, ..)| *of == role);
        let own = own.map(|(_, name, value)| (name.clone(), value.clone()));
        self.env
            .iter()
            .chain(&self.wanted.env)
            .cloned()
            .chain(own)
            .collect()
    }

    fn command(&self, role: Role, name: &str) -> ProcessBuilder {
        self.command_from(&self.bin_dir, role, name)
    }

    fn command_from(&self, bin_dir: &Path, role: Role, name: &str) -> ProcessBuilder {
        Process::builder(name, bin_dir.join(role.binary()), &self.logs).tap(self.wanted.tap.clone())
    }

    pub(crate) fn service(&self, role: Role, name: &str, port: Option<u16>) -> Result<Service> {
        self.service_from(&self.bin_dir, role, name, port)
    }

    /// As [`service`](Self::service), with the binary of another build.
    pub(crate) fn service_from(
        &self,
        bin_dir: &Path,
        role: Role,
        name: &str,
        port: Option<u16>,
    ) -> Result<Service> {
        let admin = ports::free();
        let mut command = self
            .command_from(bin_dir, role, name)
            .envs(self.environment(role))
            .env("ADMIN_ADDR", address(admin));
        if let Some(port) = port {
            command = command.env("LISTEN_ADDR", address(port));
        }
        Service::start(command, port.map(local), Some(local(admin)))
    }

    pub(crate) fn mock(&self) -> Result<Service> {
        let mut command = self.command(Role::Mock, "mock-llm");
        command = command
            .arg("serve")
            .arg("--listen")
            .arg(address(self.mock_port));
        for arg in &self.wanted.mock_args {
            command = command.arg(arg);
        }
        Service::start(command, Some(local(self.mock_port)), None)
    }

    pub(crate) async fn migrate(&self) -> Result<()> {
        let command = self
            .command(Role::Ingest, "migrate")
            .envs(self.environment(Role::Ingest))
            .arg("migrate");
        let process = command.start()?;
        let status = process.wait_exit(MIGRATE_BOUND).await?;
        if !status.success() {
            bail!(
                "`ingest-api migrate` ended with {status}{}",
                tail(process.log_path())
            );
        }
        Ok(())
    }
}

/// The settings of a provider whose calls have prices: only a file can hold them.
fn priced(base_url: &str, prices: &str) -> String {
    format!(
        "[providers.simulated]\nbase_url = \"{base_url}\"\napi_key = \"mock\"\n{prices}\n[models.\"*\"]\ndeployments = [\"simulated\"]\n"
    )
}

pub(crate) fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn local(port: u16) -> String {
    format!("http://{}", address(port))
}
