//! The metrics of the queue, which are needed most when no worker is there to give them.

use service::queue_stats::{self, REFRESH_INTERVAL};
use service::run::Context;
use storage::Database;

/// Exports them until the process is asked to stop.
pub(crate) async fn run(context: Context, database: Database) {
    loop {
        let counted = queue_stats::load(&database, &context.settings.worker).await;
        let failing = |error: &_| format!("the queue is not counted: {error}");
        let report = counted.as_ref().map(drop).map_err(failing);
        context.health.set("figures", report);
        queue_stats::export(counted.as_ref().ok());
        let pause = tokio::time::sleep(REFRESH_INTERVAL);
        if context.shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}
