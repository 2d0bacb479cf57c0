//! What ingest-api can do besides serving.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use service::settings::Settings;

use crate::budgets::{self, BudgetsCommand};
use crate::keys::{self, KeysCommand};
use crate::migrate;
use crate::webhook_commands::{self, WebhooksCommand};

/// What ingest-api can do besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Apply the migrations that are missing; several at once wait for one another
    Migrate {
        /// How many seconds to wait for a PostgreSQL that is not there yet
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        wait: u32,
    },
    /// Set, list and remove budgets: what tenants and keys may spend
    Budgets {
        /// Which of these.
        #[command(subcommand)]
        command: BudgetsCommand,
    },
    /// Make, list and revoke API keys
    Keys {
        /// Which of these.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Secrets of webhooks, and where they go by default
    Webhooks {
        /// Which of these.
        #[command(subcommand)]
        command: WebhooksCommand,
    },
}

/// Runs a command.
///
/// # Errors
/// A setting is missing, PostgreSQL does not answer or refuses, or there is no such thing.
pub async fn run(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Migrate { wait } => {
            migrate::command(Duration::from_secs(wait.into()), &settings).await
        }
        Command::Budgets { command } => budgets::command(command, &settings).await,
        Command::Keys { command } => keys::command(command, &settings).await,
        Command::Webhooks { command } => webhook_commands::command(command, &settings).await,
    }
}
