//! Cancelling and retrying: one statement each, for one evaluation or for a batch of a command for all that match.

use std::sync::LazyLock;
use std::time::Duration;

use domain::state::Event;
use domain::{EvaluationId, Tenant};
use uuid::Uuid;

use super::filter::Position;
use super::transition::{By, To, Transition};
use crate::columns::seconds;
use crate::database::Database;
use crate::error::Result;

/// What a sender may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkKind {
    /// Taking evaluations back.
    Cancel,
    /// Having them run again.
    Retry,
}

/// An evaluation that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which one.
    pub id: EvaluationId,
    /// The strategy's name, for metrics.
    pub strategy: String,
    /// How long ago it was posted.
    pub age: Duration,
}

/// A batch of a command: the way from one place to the next.
pub(crate) struct Step {
    pub(crate) command: Uuid,
    pub(crate) from: Position,
    pub(crate) to: Position,
    /// Whether there is nothing behind it.
    pub(crate) is_last: bool,
}

macro_rules! may_cancel {
    () => {
        "e.state IN ('queued', 'running')"
    };
}

macro_rules! may_retry {
    () => {
        "(e.state IN ('failed', 'cancelled') OR (e.state = 'succeeded' AND e.outcome = 'unscorable'))"
    };
}

/// The evaluations `$1` of a tenant `$2`; none where a command `$3` is not any more at the place `$4`, `$5`.
macro_rules! batch {
    ($columns:literal, $may:expr, $lock:literal) => {
        concat!(
            "command AS (
                SELECT id FROM bulk_commands
                WHERE id = $3 AND finished_at IS NULL AND (next_at, next_id) = ($4, $5) FOR NO KEY UPDATE
            ), target AS (
                SELECT ", $columns, "
                WHERE e.id = ANY($1) AND e.tenant = $2 AND ($3::uuid IS NULL OR EXISTS (SELECT FROM command)) AND ", $may, "
                ORDER BY e.id ", $lock, "
            )"
        )
    };
}

/// The command stands at `$6`, `$7` afterwards, and `$8` says whether that is the end.
const MOVE: &str = ", moved AS (
        UPDATE bulk_commands b
        SET next_at = $6, next_id = $7, done = b.done + (SELECT count(*) FROM changed), leased_until = now(),
            finished_at = CASE WHEN $8 THEN now() END
        FROM command WHERE b.id = command.id
    )";
const SELECT: &str = "c.id, c.strategy, extract(epoch FROM c.updated_at - c.created_at)::float8";

/// Its worker, if it has one, loses it with this: what it has under way stops as soon as it looks, and whatever it writes
/// changes nothing.
static CANCEL: LazyLock<String> = LazyLock::new(|| {
    let transition = Transition {
        by: By::Other {
            target: concat!(
                batch!(
                    "e.id, e.owner FROM evaluations e",
                    may_cancel!(),
                    "FOR NO KEY UPDATE"
                ),
                ", taken AS (
                    UPDATE workers SET taken_at = now() FROM (
                        SELECT id FROM workers WHERE id IN (SELECT owner FROM target) ORDER BY id FOR NO KEY UPDATE
                    ) its WHERE workers.id = its.id
                )"
            ),
        },
        to: To::Always(Event::Cancel),
        set: "",
        with: MOVE,
        detail: "NULL::jsonb",
        select: SELECT,
    };
    transition.sql()
});

/// What was paid for stays, and the plan with it; where nothing was, the plan is made anew, so that a mended setting
/// counts. Failures and crashes are counted anew, and a deadline that has passed counts no more. Both rows are locked:
/// retention may be about to remove either.
static RETRY: LazyLock<String> = LazyLock::new(|| {
    let transition = Transition {
        by: By::Other {
            target: concat!(
                batch!(
                    "e.id FROM evaluations e JOIN payloads p ON p.evaluation_id = e.id",
                    may_retry!(),
                    "FOR NO KEY UPDATE OF e FOR KEY SHARE OF p"
                ),
                ", forgotten AS (
                    DELETE FROM plans USING target
                    WHERE plans.evaluation_id = target.id
                      AND NOT EXISTS (SELECT FROM replies r WHERE r.evaluation_id = target.id)
                )"
            ),
        },
        to: To::Always(Event::Retry),
        set: "
            round = e.round + 1, failures = 0, crashes = 0, company = NULL, outcome = NULL, error_code = NULL,
            error_message = NULL, started_at = NULL, next_run_at = now(), announced_at = NULL,
            deadline_at = CASE WHEN e.deadline_at > now() THEN e.deadline_at END",
        with: MOVE,
        detail: "jsonb_build_object('round', c.round)",
        select: SELECT,
    };
    transition.sql()
});

impl BulkKind {
    /// The name in rows and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Cancel, Self::Retry]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    /// Which evaluations `e` it changes.
    pub(crate) fn may(self) -> &'static str {
        match self {
            Self::Cancel => may_cancel!(),
            Self::Retry => concat!(
                may_retry!(),
                " AND EXISTS (SELECT FROM payloads p WHERE p.evaluation_id = e.id)"
            ),
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Cancel => &CANCEL,
            Self::Retry => &RETRY,
        }
    }
}

/// Changes those of a tenant's evaluations whose state allows it, all in one statement; with it a command takes a step, or
/// nothing happens where it does not stand any more where the step begins.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub(crate) async fn apply(
    database: &Database,
    kind: BulkKind,
    tenant: &Tenant,
    ids: &[Uuid],
    step: Option<&Step>,
) -> Result<Vec<Changed>> {
    let command = step.map(|step| step.command);
    let (from, from_id) = step
        .map(|step| (step.from.created_at, step.from.id.0))
        .unzip();
    let (to, to_id) = step.map(|step| (step.to.created_at, step.to.id.0)).unzip();
    let is_last = step.is_some_and(|step| step.is_last);
    let client = database.connection().await?;
    let statement = client.prepare_cached(kind.sql()).await?;
    let rows = client
        .query(
            &statement,
            &[
                &ids,
                &tenant.as_str(),
                &command,
                &from,
                &from_id,
                &to,
                &to_id,
                &is_last,
            ],
        )
        .await?;
    let changed = rows.iter().map(|row| Changed {
        id: EvaluationId(row.get(0)),
        strategy: row.get(1),
        age: seconds(row, 2),
    });
    Ok(changed.collect())
}
