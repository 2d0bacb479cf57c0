//! `worker_slots_wanted`: how many slots there should be, for autoscalers that ask PostgreSQL.
//!
//! They read `SELECT slots FROM worker_slots_wanted WHERE counted_at > now() - interval '1 minute'`: what is not known has
//! no row, and is not 0.

use std::time::Duration;

use crate::database::Database;
use crate::error::Result;

/// Says how many slots there should be, where that was said longer ago than `every`.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn publish(database: &Database, slots: u64, every: Duration) -> Result<()> {
    const SQL: &str = "
        UPDATE worker_slots_wanted SET slots = $1, counted_at = now()
        WHERE counted_at <= now() - make_interval(secs => $2)";
    let slots = i64::try_from(slots).unwrap_or(i64::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(&statement, &[&slots, &every.as_secs_f64()])
        .await?;
    Ok(())
}
