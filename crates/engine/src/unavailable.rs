//! Waiting out a database that is not there, or that refuses for a reason that lies not in the record.

use std::time::Duration;

use crate::abort::Abort;

const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// Repeats a database operation until it is done: final is only what is wrong with the record's own data. What bounds the whole evaluation bounds this
/// too; a reply that was paid for is not let go of for less.
pub(crate) async fn retry_while_unavailable<T, F>(
    mut operation: impl FnMut() -> F,
) -> Result<T, Abort>
where
    F: Future<Output = storage::Result<T>>,
{
    let mut wait = MIN_PAUSE;
    loop {
        match operation().await {
            Ok(value) => return Ok(value),
            Err(error) => {
                if let Some(fault) = error.fault_of_record() {
                    // The evaluation's failure is the error; this is what it failed of.
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(error, "a record cannot be read or written");
                    return Err(Abort::unreadable(fault));
                }
                // Of all who wait health tells the operator, once.
                tracing::debug!(%error, "waiting for the database");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(MAX_PAUSE);
            }
        }
    }
}
