//! `evaluations`: the state of every evaluation, and every change of it.
//!
//! Every change of a state is a `Transition`: one conditional statement, so that of two at once one changes
//! nothing; together they allow what [`domain::State::after`] allows.

mod backlog;
pub(crate) mod bulk;
mod claim;
mod client_transitions;
pub(crate) mod filter;
mod list;
mod orphans;
mod parking;
mod read;
mod read_together;
mod release;
mod submit;
mod suspects;
mod sweep;
pub(crate) mod transition;

pub use backlog::{
    QueuedEntry, count_published, has_queued, mark_published, reset_lost, unmark_published,
};
pub use claim::{Claimed, claim};
pub use client_transitions::{CommandResult, cancel, retry};
pub use filter::{Filter, Position};
pub use list::{Listed, Page, list, list_whole};
pub use orphans::{lost, requeue_orphaned};
pub use parking::{park, wake};
pub use read::{Evaluation, Usage, find};
pub use read_together::find_all;
pub use release::{Backoff, RequeueResult, fail, requeue_after_failure, requeue_uncharged};
pub use submit::{NewEvaluation, Submitted, submit};
pub use suspects::{claim_suspects, reserve_suspects};
pub use sweep::{Swept, expire, sweep};
