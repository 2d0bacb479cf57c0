//! Judging without a network: a plan, a submission, replies, and what comes next.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod direct;
mod evidence;
mod fixture;
mod prompt;
mod replies;
