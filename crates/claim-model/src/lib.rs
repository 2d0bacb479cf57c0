//! The protocol of claims and epochs, small enough to look at every state of it.
//!
//! Two workers, one or two evaluations of two paid calls each, and a bounded number of faults. The checks in
//! `tests` walk through every order in which the steps can happen and hold each state against the
//! [`properties`]. They also switch off single [`Rule`]s and expect a counterexample, so that it is known
//! that the model can fail, and which rules only back up others.
//!
//! # What stands for what
//!
//! | here | in the code |
//! | --- | --- |
//! | [`state::Row`] | a row of `evaluations`, with what `replies` and `assessments` hold for it |
//! | [`state::Entry`] | an entry of a stream of `queue::stream`, with its place in the pending list |
//! | [`state::Worker`] | a process of scorer-worker; its life as its row in `workers` shows it |
//! | [`state::Hand`] | what `scorer_worker::intake::claim` has been given |
//! | [`state::Task`] | a run of `engine::Engine::run`, with its `Ownership` |
//! | initial states | after `storage::evaluations::submit`, with and without `announced` |
//! | [`Action::Ring`], [`Action::Announce`], [`Action::ForgetLost`] | `ingest_api::stream_publisher`, `scorer_worker::relay`, `storage::evaluations::{announce, forget_lost}` |
//! | [`Action::Deliver`], [`Action::TakeOver`], [`Action::PutBack`] | `Reader::take`, `Redis::take_over`, `Redis::put_back` |
//! | [`Action::Claim`], [`Action::Dismiss`] | `storage::evaluations::claim`, `Redis::dismiss`, in this order |
//! | [`Action::Load`], [`Action::Call`], [`Action::Commit`] | `inputs::load`, `engine::calls`, `replies::commit` |
//! | [`Action::Finish`] | `assessments::finish` |
//! | [`Action::Sweep`], [`Action::Beat`] | `storage::evaluations::sweep`, `workers::heartbeat` |
//! | [`Action::Isolate`] | `storage::evaluations::claim_suspects` |
//! | [`Action::Depart`] | `storage::evaluations::give_back`, `Worker::leave` |
//! | [`Action::Withdraw`] | `storage::evaluations::expire`; a cancellation is the same |
//!
//! # Time
//!
//! There is no clock. A lease that *may* be over is one that the sweep may find over at any moment: that of
//! a process which is gone, stands still, or has woken up and not beaten yet. An entry may be taken over
//! when its worker is one of the first two; then it stands in the stream again. A mark counts as lost when the stream holds neither its entry
//! nor an older one, which is what the comparison of ages in `forget_lost` comes to; being wrong about it is
//! a fault, [`Action::ForgetEarly`].
//!
//! The workers are alike, so that of two states which differ only in their names one is looked at. The
//! largest check comes to some 360,000 states.
//!
//! # What the checks show
//!
//! With the rules as they are implemented and any of the faults of [`Faults`], everything holds. The check of the epoch in every write, one rise of the epoch between two claims, the look at
//! `state` in a claim, the loading of replies, a new name at every start and the four ways back into the
//! queue (sweep, take-over, `forget_lost`, recall) carry the protocol: without any one of them there is a
//! counterexample. The checks of owner and state, and the second of the two rises, back them up.
//!
//! # What is left out
//!
//! Handled failures and their delays (`release`, `next_run_at`), tries of one call (`providers::retry`),
//! plans, priorities, memory (which entry a worker takes first: any may be), suspects that run several at a time, several
//! workers that die at once, batches, the size of the stream's window, and running an ended evaluation again. Replies that one
//! request brought are committed in one statement; here each is a commit, and anything may happen between two.

mod action;
pub mod properties;
mod rules;
mod scenario;
pub mod state;
mod step;
mod store;

pub use action::Action;
pub use rules::{Rule, Rules};
pub use scenario::Scenario;
pub use state::Faults;
