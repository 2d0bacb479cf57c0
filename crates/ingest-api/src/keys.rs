//! `ingest-api keys`: API keys of any tenant, for whoever reaches the database.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::Tenant;
use domain::api_key::{ApiKey, KeyId, Scope};
use domain::fields::line_problem;
use jiff::Timestamp;
use service::ServiceName;
use service::backends::database_options;
use service::settings::Settings;
use storage::Database;
use storage::api_keys::{self, NewKey, StoredKey};

use crate::arguments::{period, tenant};

/// What is done with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, only this once
    Create(Create),
    /// List the keys, the newest first
    List {
        /// Only those of this tenant
        #[arg(long, value_parser = tenant)]
        tenant: Option<Tenant>,
    },
    /// Revoke a key; services refuse it within seconds
    Revoke {
        /// The part between `autorater_` and the second underscore
        #[arg(value_parser = key_id)]
        id: KeyId,
    },
}

/// A key to be made.
#[derive(Debug, Args)]
pub struct Create {
    /// Whose calls it makes
    #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
    tenant: Tenant,
    /// What it is good for, several times or separated by commas: ingest, read, admin
    #[arg(long = "scope", visible_alias = "scopes", value_parser = scope, value_delimiter = ',', required = true)]
    scopes: Vec<Scope>,
    /// What it is for
    #[arg(long, value_parser = name, default_value = "made on the command line")]
    name: String,
    /// For how long it is good, such as 90d or 12h; until it is revoked where nothing is said
    #[arg(long, value_parser = period, value_name = "PERIOD")]
    expires_in: Option<Duration>,
    /// The id of a key of the same tenant whose place it takes
    #[arg(long, value_parser = key_id, value_name = "ID")]
    replaces: Option<KeyId>,
    /// For how long that one is still good
    #[arg(long, value_parser = period, value_name = "PERIOD", default_value = "1d", requires = "replaces")]
    overlap: Duration,
    /// Only where there is no key yet, of any tenant; else nothing is made, which is no error
    #[arg(long, conflicts_with = "replaces")]
    only_first: bool,
    /// Store the key that stands in a file, in place of a new one, and print nothing
    #[arg(long, value_name = "PATH")]
    key_file: Option<PathBuf>,
}

/// Runs a command.
///
/// # Errors
/// A setting is missing, PostgreSQL does not answer, or there is no such key.
pub(crate) async fn command(command: KeysCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    let options = database_options(ServiceName::IngestApi.as_str(), settings)?;
    let database = Database::new(&options)?;
    match command {
        KeysCommand::Create(mut wanted) => {
            wanted.scopes.sort_unstable();
            wanted.scopes.dedup();
            let key = match &wanted.key_file {
                None => ApiKey::generate(),
                Some(path) => of_file(path)?,
            };
            let new = NewKey {
                tenant: wanted.tenant,
                name: wanted.name,
                scopes: wanted.scopes,
                lasts: wanted.expires_in,
                replaces: wanted.replaces.map(|id| (id, wanted.overlap)),
                by: None,
                only_first: wanted.only_first,
            };
            if api_keys::create(&database, &key, &new).await?.is_none() {
                if wanted.only_first {
                    tracing::info!("there is an API key already, none was made");
                    return Ok(ExitCode::SUCCESS);
                }
                bail!(
                    "the key that it is to replace is not this tenant's, is good no more, or was replaced before"
                );
            }
            tracing::info!(key_id = %key.id(), tenant = %new.tenant, "API key made");
            if wanted.key_file.is_none() {
                print(key.expose())?;
            }
        }
        KeysCommand::List { tenant } => {
            let now = Timestamp::now();
            for key in api_keys::list(&database, tenant.as_ref()).await? {
                print(&line(&key, now))?;
            }
        }
        KeysCommand::Revoke { id } => {
            if !api_keys::revoke(&database, None, &id).await? {
                bail!("there is no key {id}");
            }
            tracing::info!(key_id = %id, "API key revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The key that somebody else has made. What the file holds is not shown: it may be half a secret.
fn of_file(path: &Path) -> anyhow::Result<ApiKey> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--key-file {} cannot be read", path.display()))?;
    ApiKey::parse(text.trim_end()).with_context(|| {
        format!(
            "--key-file {} holds no key; expected `autorater_`, 16 hexadecimal digits, `_` and 64 more",
            path.display()
        )
    })
}

fn print(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

/// Separated by tabs, for programs as well.
fn line(key: &StoredKey, now: Timestamp) -> String {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at:.0}"),
        (None, Some(at)) if at <= now => format!("expired {at:.0}"),
        (None, Some(at)) => format!("until {at:.0}"),
        (None, None) => "good".to_owned(),
    };
    let used = key
        .last_used_at
        .map_or_else(|| "never used".to_owned(), |at| format!("used {at:.0}"));
    let parts = [
        key.id.as_str(),
        key.tenant.as_str(),
        &scopes.join(","),
        &state,
        &used,
        &key.name,
    ];
    parts.join("\t")
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::parse(name).ok_or_else(|| "expected ingest, read or admin".to_owned())
}

/// A whole key is taken, too: refused, it would stand in the error.
pub(crate) fn key_id(text: &str) -> Result<KeyId, String> {
    let of_key = || ApiKey::parse(text).map(|key| key.id().clone());
    let id = KeyId::parse(text).or_else(of_key);
    id.ok_or_else(|| "expected 16 hexadecimal digits".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    match line_problem(text) {
        Some(problem) => Err(problem),
        None if text.is_empty() || text.len() > 200 => Err("expected 1 to 200 bytes".to_owned()),
        None => Ok(text.to_owned()),
    }
}
