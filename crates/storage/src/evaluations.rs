//! `evaluations`: the state of every evaluation, and every change of it.
//!
//! Each function that changes a state does so in one conditional statement, so that of two at once one
//! changes nothing; together they allow what [`domain::State::after`] allows.

mod backlog;
mod claim;
mod ending;
mod held;
mod list;
mod parking;
mod read;
mod submit;
mod suspects;
mod sweep;
mod wishes;

pub use backlog::{Doorbell, announce, announced, forget_lost, queued, unannounce};
pub use claim::{Claimed, claim};
pub use ending::{Aside, Release, fail, give_back, release};
pub use held::{let_go, lost};
pub use list::{Filter, Page, Position, list};
pub use parking::{park, wake};
pub use read::{Evaluation, Usage, find};
pub use submit::{NewEvaluation, Submitted, submit};
pub use suspects::{claim_suspects, reserve_suspects};
pub use sweep::{Swept, expire, sweep};
pub use wishes::{Granted, cancel, retry};
