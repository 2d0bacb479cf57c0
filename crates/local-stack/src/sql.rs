//! SQL statements of tools: those that make and remove databases, and whatever a caller gives.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::Url;
use tokio::time::timeout;
use tokio_postgres::NoTls;

const BOUND: Duration = Duration::from_secs(30);

/// Runs statements over a connection of their own.
///
/// # Errors
/// PostgreSQL does not answer, or refuses one.
pub async fn execute(url: &str, statement: &str) -> Result<()> {
    let run = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::select! {
            done = client.batch_execute(statement) => done,
            // While the client is there it ends only by breaking.
            broken = connection => broken,
        }
    };
    timeout(BOUND, run)
        .await
        .context("PostgreSQL does not answer")??;
    Ok(())
}

/// The one number that a query returns, over a connection of its own.
///
/// # Errors
/// PostgreSQL does not answer, refuses the query, or returns something else.
pub async fn query_number(url: &str, query: &str) -> Result<f64> {
    let ask = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let row = tokio::select! {
            row = client.query_one(query, &[]) => row?,
            broken = connection => bail!("the connection ended: {broken:?}"),
        };
        Ok(row.try_get(0)?)
    };
    timeout(BOUND, ask)
        .await
        .context("PostgreSQL does not answer")?
}

pub(crate) async fn create_database(admin_url: &str, name: &str) -> Result<()> {
    let statement = format!("CREATE DATABASE {}", quoted(name));
    execute(admin_url, &statement)
        .await
        .with_context(|| format!("creating the database {name}"))
}

pub(crate) async fn drop_database(admin_url: &str, name: &str) -> Result<()> {
    let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    execute(admin_url, &statement)
        .await
        .with_context(|| format!("dropping the database {name}"))
}

/// The same server, another database.
pub(crate) fn with_database(url: &str, name: &str) -> Result<String> {
    let mut url = Url::parse(url).context("not a PostgreSQL URL")?;
    url.set_path(name);
    Ok(url.into())
}

/// The same database, another user.
pub(crate) fn with_user(url: &str, user: &str) -> Result<String> {
    let mut url = Url::parse(url).context("not a PostgreSQL URL")?;
    if url.set_username(user).is_err() {
        bail!("no user fits into the URL");
    }
    Ok(url.into())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(crate) async fn has_database(admin_url: &str, name: &str) -> Result<bool> {
    let ask = async {
        let (client, connection) = tokio_postgres::connect(admin_url, NoTls).await?;
        let query = async {
            let row = client
                .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
                .await;
            Ok(row?.is_some())
        };
        tokio::select! {
            found = query => found,
            broken = connection => bail!("the connection ended: {broken:?}"),
        }
    };
    timeout(BOUND, ask)
        .await
        .context("PostgreSQL does not answer")?
}
