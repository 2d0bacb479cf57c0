//! Bringing the schema up to date, and knowing whether it is.

use std::time::Duration;

use crate::database::{self, Database, Options};
use crate::error::{Error, Result};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Any number works, as long as no other program on the same database takes it for something else.
const ADVISORY_LOCK: i64 = 0x6175_746f_7261_7465;

const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Indexes of large tables, by name: made concurrently, which a migration cannot do, because it is a transaction. Made
/// within one they would hold up every write for as long as they take. Nothing needs them but speed.
const CONCURRENT_INDEXES: [(&str, &str); 15] = [
    (
        "evaluations_metadata",
        "ON evaluations USING gin (metadata jsonb_path_ops)",
    ),
    (
        "evaluations_correlation",
        "ON evaluations (tenant, correlation_id, created_at DESC, id DESC)",
    ),
    (
        "evaluations_rubric",
        "ON evaluations (tenant, rubric, created_at DESC, id DESC)",
    ),
    // The few that people look for among the many.
    (
        "evaluations_unscored",
        "ON evaluations (tenant, outcome, created_at DESC, id DESC) WHERE outcome <> 'scored'",
    ),
    (
        "evaluations_cancelled",
        "ON evaluations (tenant, created_at DESC, id DESC) WHERE state = 'cancelled'",
    ),
    (
        "evaluations_labelled",
        "ON evaluations (tenant, created_at DESC, id DESC) WHERE labelled",
    ),
    // For a worker of the release before.
    (
        "assessments_to_fill",
        "ON assessments (evaluation_id) WHERE criteria IS NULL",
    ),
    (
        "assessments_undated",
        "ON assessments (evaluation_id) WHERE posted_at IS NULL",
    ),
    (
        "assessments_reason",
        "ON assessments (tenant, reason, posted_at DESC, evaluation_id DESC) WHERE reason IS NOT NULL",
    ),
    (
        "assessments_passed",
        "ON assessments (tenant, passed, posted_at DESC, evaluation_id DESC) WHERE passed IS NOT NULL",
    ),
    (
        "assessments_flags",
        "ON assessments USING gin (flags) WHERE cardinality(flags) > 0",
    ),
    (
        "assessments_score",
        "ON assessments (tenant, score) WHERE score IS NOT NULL",
    ),
    // A range of scores, and a flag, in the order of lists and without a look into the table.
    (
        "assessments_scored",
        "ON assessments (tenant, posted_at DESC, evaluation_id DESC) INCLUDE (score) WHERE score IS NOT NULL",
    ),
    (
        "assessments_flagged",
        "ON assessments (tenant, posted_at DESC, evaluation_id DESC) INCLUDE (flags) WHERE cardinality(flags) > 0",
    ),
    // By target (`webhook_deliveries::lease`): tenant and URL without its query. That by host is the release before's.
    (
        "webhook_deliveries_due_of_target",
        "ON webhook_deliveries (hashtextextended(tenant || ' ' || split_part(url, '?', 1), 0), next_at) WHERE state = 'pending'",
    ),
];

/// Applies what is missing and says what that was. Several at once wait for one another.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Migration`].
pub async fn migrate(options: &Options) -> Result<Vec<String>> {
    let (mut config, tls) = database::configure(options)?;
    // A migration may take longer than a request's statement, and waits for others that migrate.
    config.options("");
    let connected = config.connect(tls).await;
    let (mut client, connection) = connected.map_err(|error| Error::connecting(&error))?;
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    acquire_migration_lock(&client).await?;
    let report = embedded::migrations::runner().run_async(&mut client).await;
    let applied = report?;
    for (name, definition) in CONCURRENT_INDEXES {
        create_concurrent_index(&client, name, definition).await?;
    }
    let applied = applied.applied_migrations();
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Asks again and again: one that waits within a statement holds up every index that is made concurrently, and is
/// itself held up by whoever makes it.
async fn acquire_migration_lock(client: &tokio_postgres::Client) -> Result<()> {
    const SQL: &str = "SELECT pg_try_advisory_lock($1)";
    while !client
        .query_one(SQL, &[&ADVISORY_LOCK])
        .await?
        .get::<_, bool>(0)
    {
        tokio::time::sleep(LOCK_RETRY_INTERVAL).await;
    }
    Ok(())
}

/// Makes an index that is not there, or whose making was broken off.
async fn create_concurrent_index(
    client: &tokio_postgres::Client,
    name: &str,
    definition: &str,
) -> Result<()> {
    const UNFINISHED: &str =
        "SELECT FROM pg_index WHERE indexrelid = to_regclass($1::text) AND NOT indisvalid";
    if client.query_opt(UNFINISHED, &[&name]).await?.is_some() {
        let drop = format!("DROP INDEX CONCURRENTLY {name}");
        client.batch_execute(&drop).await?;
    }
    let create = format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} {definition}");
    Ok(client.batch_execute(&create).await?)
}

/// Whether every migration of this build is there. A newer schema counts as current: migrations only expand.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_current(database: &Database) -> Result<bool> {
    let client = database.connection().await?;
    let there = client
        .query_one(
            "SELECT to_regclass('refinery_schema_history') IS NOT NULL",
            &[],
        )
        .await?;
    if !there.get::<_, bool>(0) {
        return Ok(false);
    }
    let newest = client
        .query_one(
            "SELECT coalesce(max(version), 0)::int8 FROM refinery_schema_history",
            &[],
        )
        .await?;
    let wanted = embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(refinery::Migration::version)
        .max();
    Ok(newest.get::<_, i64>(0) >= wanted.unwrap_or_default().into())
}
