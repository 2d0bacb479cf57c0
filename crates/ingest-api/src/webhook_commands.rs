//! `ingest-api webhooks`: secrets and default targets of any tenant, for whoever reaches the database.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::Tenant;
use service::ServiceName;
use service::backends::database_options;
use service::settings::Settings;
use service::webhook_check::WebhookCheck;
use storage::{Database, default_webhooks, webhook_secrets};
use uuid::Uuid;
use webhooks::Secret;

use crate::arguments::{period, tenant};

/// What is done with webhooks.
#[derive(Debug, Subcommand)]
pub enum WebhooksCommand {
    /// Make a secret and print it, only this once
    CreateSecret {
        /// Whose messages it signs
        #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
        tenant: Tenant,
        /// For how long the secrets before sign as well
        #[arg(long, value_parser = period, value_name = "PERIOD", default_value = "1d")]
        overlap: Duration,
        /// Let the secrets before sign no more, at once
        #[arg(long, conflicts_with = "overlap")]
        no_overlap: bool,
    },
    /// List a tenant's secrets, the newest first, without themselves
    Secrets {
        /// Whose
        #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
        tenant: Tenant,
    },
    /// Remove a secret: it signs no more, at once
    RemoveSecret {
        /// Whose
        #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
        tenant: Tenant,
        /// Its id
        id: Uuid,
    },
    /// Set where a tenant's evaluations are told, unless their payload or rubric says otherwise
    SetDefault {
        /// Whose
        #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
        tenant: Tenant,
        /// Where to
        url: String,
    },
    /// Show a tenant's default
    Default {
        /// Whose
        #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
        tenant: Tenant,
    },
    /// Remove a tenant's default
    RemoveDefault {
        /// Whose
        #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
        tenant: Tenant,
    },
}

/// Runs a command.
///
/// # Errors
/// A setting is missing, PostgreSQL does not answer, there is no such thing, or the URL is refused.
pub(crate) async fn command(
    command: WebhooksCommand,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let options = database_options(ServiceName::IngestApi.as_str(), settings)?;
    let database = Database::new(&options)?;
    match command {
        WebhooksCommand::CreateSecret {
            tenant,
            overlap,
            no_overlap,
        } => {
            let overlap = if no_overlap { Duration::ZERO } else { overlap };
            let secret = Secret::of_random(rand::random());
            let stored =
                webhook_secrets::create(&database, &tenant, secret.as_bytes(), overlap).await?;
            tracing::info!(secret_id = %stored.id, %tenant, "webhook secret made");
            print(&secret.expose())?;
        }
        WebhooksCommand::Secrets { tenant } => {
            for secret in webhook_secrets::list(&database, &tenant).await? {
                let state = secret
                    .expires_at
                    .map_or_else(|| "good".to_owned(), |at| format!("until {at:.0}"));
                print(&format!("{}\t{:.0}\t{state}", secret.id, secret.created_at))?;
            }
        }
        WebhooksCommand::RemoveSecret { tenant, id } => {
            if !webhook_secrets::remove(&database, &tenant, id).await? {
                bail!("the tenant has no secret {id}");
            }
            tracing::info!(secret_id = %id, %tenant, "webhook secret removed");
        }
        WebhooksCommand::SetDefault { tenant, url } => {
            let check = WebhookCheck::new(&settings.webhooks, database.clone());
            let url = check.check(&tenant, &url, "").await?;
            let url = url.map_err(|error| anyhow::anyhow!("the webhook {}", error.message))?;
            default_webhooks::set(&database, &tenant, &url).await?;
            tracing::info!(%tenant, "default webhook set");
        }
        WebhooksCommand::Default { tenant } => {
            let found = default_webhooks::find(&database, &tenant).await?;
            print(&found.context("the tenant has no default webhook")?.url)?;
        }
        WebhooksCommand::RemoveDefault { tenant } => {
            if !default_webhooks::remove(&database, &tenant).await? {
                bail!("the tenant has no default webhook");
            }
            tracing::info!(%tenant, "default webhook removed");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
