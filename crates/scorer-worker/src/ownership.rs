//! What this worker holds, and finding out what it holds no longer.
//!
//! An evaluation is lost when its sender cancels it, its deadline passes, or this process was silent for
//! longer than its lease. Its writes would change nothing; but its calls cost money, so they are stopped.
//!
//! The other way round, a row may be this worker's without being held: the answer to its claim got lost, or its
//! end could not be written. As long as this worker lives nobody else takes it, so this worker lets it go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::EvaluationId;
use storage::{Ownership, evaluations};
use tokio_util::sync::CancellationToken;

use crate::worker::Worker;

/// How often it looks. Calls under way stop within this and the time of one query: promised are 10 s.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Everything that is held; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnedEvaluations(Arc<Mutex<HashMap<EvaluationId, (i64, CancellationToken)>>>);

/// One evaluation that is held, until this is dropped.
#[derive(Debug)]
pub(crate) struct OwnershipGuard {
    registry: OwnedEvaluations,
    id: EvaluationId,
    epoch: i64,
    /// Cancelled when it turns out to be lost.
    pub(crate) lost: CancellationToken,
}

impl OwnedEvaluations {
    /// Begins to hold.
    pub(crate) fn register(&self, ownership: &Ownership) -> OwnershipGuard {
        let lost = CancellationToken::new();
        let before = self
            .map()
            .insert(ownership.id, (ownership.epoch, lost.clone()));
        // It came back to us before we noticed that it was gone: nobody would look for the earlier one again.
        if let Some((_, earlier)) = before {
            earlier.cancel();
        }
        OwnershipGuard {
            registry: self.clone(),
            id: ownership.id,
            epoch: ownership.epoch,
            lost,
        }
    }

    fn epochs(&self) -> Vec<(EvaluationId, i64)> {
        self.map()
            .iter()
            .map(|(id, (epoch, _))| (*id, *epoch))
            .collect()
    }

    /// Unless it has come back meanwhile, under another epoch.
    fn revoke(&self, id: EvaluationId, epoch: i64) {
        if let Some((_, lost)) = self.map().get(&id).filter(|(held, _)| *held == epoch) {
            lost.cancel();
        }
    }

    fn map(&self) -> MutexGuard<'_, HashMap<EvaluationId, (i64, CancellationToken)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OwnershipGuard {
    fn drop(&mut self) {
        let mut map = self.registry.map();
        // It may have come back to us in the meantime, under a later epoch.
        if map
            .get(&self.id)
            .is_some_and(|(epoch, _)| *epoch == self.epoch)
        {
            map.remove(&self.id);
        }
    }
}

/// Looks until the process is asked to stop and nothing is held any more: what is cancelled in a drain stops too.
pub(crate) async fn run(worker: Worker) {
    let drained = async {
        worker.shutdown.cancelled().await;
        worker.evaluations.close();
        worker.evaluations.wait().await;
    };
    let mut drained = std::pin::pin!(drained);
    while tokio::time::timeout(CHECK_INTERVAL, &mut drained)
        .await
        .is_err()
    {
        // Without the database nobody can have taken them either.
        let looked = check(&worker).await;
        worker.report("ownership", "cannot look for what was lost", &looked);
    }
}

async fn check(worker: &Worker) -> storage::Result<()> {
    let held = worker.owned.epochs();
    if !held.is_empty() {
        let lost = evaluations::lost(&worker.database, worker.id, &held).await?;
        lost.into_iter()
            .for_each(|(id, epoch)| worker.owned.revoke(id, epoch));
    }
    // A claim that is under way is younger than this.
    let age = worker.settings.worker.lease;
    let let_go = evaluations::requeue_orphaned(&worker.database, worker.id, &held, age).await?;
    if let_go > 0 {
        tracing::warn!(
            let_go,
            "evaluations queued again: they were ours and not held"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::Tenant;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_came_back_is_not_lost_with_what_it_was_before() {
        let held = OwnedEvaluations::default();
        let ownership = |epoch| Ownership {
            id: EvaluationId(Uuid::nil()),
            tenant: Tenant::default(),
            owner: Uuid::nil(),
            epoch,
        };
        let [before, now] = [3, 5].map(|epoch| held.register(&ownership(epoch)));
        assert!(before.lost.is_cancelled());
        held.revoke(now.id, 3);
        assert!(!now.lost.is_cancelled());
        held.revoke(now.id, 5);
        assert!(now.lost.is_cancelled());
    }
}
