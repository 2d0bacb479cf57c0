//! What those who watch an evaluation see of it: read once for all of them, and again when it has changed.

use std::sync::Arc;
use std::time::Duration;

use api::{ProgressEvent, TimelineEvent};
use domain::{EvaluationId, State as Stage, Tenant};
use queue::progress::Recorded;
use serde_json::value::RawValue;
use service::problem::Problem;
use storage::evaluations;
use storage::timeline;
use tokio::sync::Mutex;

use super::Watch;
use crate::state::State;
use crate::views;

/// Events that are read at once.
pub(crate) const MAX_EVENTS: u16 = 1_000;
/// Progress is a cache: without it the record has to do, and nobody waits long for it.
const PROGRESS_TIMEOUT: Duration = Duration::from_millis(200);

/// The last snapshot, and the count of changes when it was begun.
#[derive(Default)]
pub(super) struct Cache(Mutex<Option<(u64, Arc<Snapshot>)>>);

/// An evaluation with what happened to it.
pub(crate) struct Snapshot {
    tenant: Tenant,
    /// As clients see it.
    pub(crate) evaluation: api::Evaluation<Box<RawValue>>,
    /// What happened, the oldest first.
    pub(crate) events: Vec<TimelineEvent>,
}

impl Snapshot {
    /// Its progress as the stream tells it.
    pub(crate) fn progress(&self, event: Option<TimelineEvent>) -> ProgressEvent {
        ProgressEvent {
            status: self.evaluation.status,
            progress: self.evaluation.progress.clone(),
            event,
        }
    }
}

impl Watch {
    /// The evaluation as it was after the last change; `None` where the tenant has none of this id.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn snapshot(
        &mut self,
        state: &State,
        tenant: &Tenant,
    ) -> Result<Option<Arc<Snapshot>>, Problem> {
        let mut kept = self.watched.snapshot.0.lock().await;
        // Before it is read: what changes meanwhile is worth another look.
        let count = *self.changes.borrow_and_update();
        if let Some((as_of, snapshot)) = &*kept
            && *as_of == count
        {
            return Ok((snapshot.tenant == *tenant).then(|| Arc::clone(snapshot)));
        }
        let known = kept.as_ref().map(|(_, snapshot)| Arc::clone(snapshot));
        let known = known.filter(|snapshot| snapshot.tenant == *tenant);
        // On its own while it lasts: whoever watches would keep room for it, ten times what he takes himself.
        let read = Box::pin(read(state, tenant, self.id, known.as_deref()));
        let Some(snapshot) = read.await? else {
            return Ok(None);
        };
        let snapshot = Arc::new(snapshot);
        *kept = Some((count, Arc::clone(&snapshot)));
        Ok(Some(snapshot))
    }
}

async fn read(
    state: &State,
    tenant: &Tenant,
    id: EvaluationId,
    known: Option<&Snapshot>,
) -> Result<Option<Snapshot>, Problem> {
    let Some(evaluation) = evaluations::find(&state.database, tenant, id).await? else {
        return Ok(None);
    };
    let mut events = known.map_or_else(Vec::new, |known| known.events.clone());
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let more = timeline::load(&state.database, tenant, id, after, MAX_EVENTS).await?;
        let more = more.unwrap_or_default();
        let is_all = more.len() < usize::from(MAX_EVENTS);
        events.extend(more.into_iter().map(views::event));
        if is_all {
            break;
        }
    }
    // It may have ended between the two.
    let has_ended = events.last().is_some_and(TimelineEvent::is_terminal);
    let evaluation = match evaluation {
        evaluation if evaluation.state.is_terminal() || !has_ended => evaluation,
        _ => match evaluations::find(&state.database, tenant, id).await? {
            Some(evaluation) => evaluation,
            None => return Ok(None),
        },
    };
    let recorded = progress(state, id, evaluation.state).await;
    Ok(Some(Snapshot {
        tenant: tenant.clone(),
        evaluation: representation::evaluation(evaluation, recorded),
        events,
    }))
}

/// What the worker says of an evaluation, if that runs.
pub(crate) async fn progress(state: &State, id: EvaluationId, stage: Stage) -> Option<Recorded> {
    if stage != Stage::Running {
        return None;
    }
    let recorded = state.redis.read_progress(id);
    let recorded = tokio::time::timeout(PROGRESS_TIMEOUT, recorded).await;
    recorded.ok().and_then(Result::ok).flatten()
}
