//! Judging without a network: a plan, a submission, replies, and what comes next.

mod direct;
mod evidence;
mod fixture;
mod prompt;
mod replies;
