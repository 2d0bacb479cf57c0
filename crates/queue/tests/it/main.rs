//! The queue against a real Redis, a key prefix or a server of its own for each test.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are outside of test functions"
)]

mod circuit;
mod database;
mod limiter;
mod outage;
mod progress;
mod stream;
mod support;
mod take;
mod take_over;
mod tls;
mod wake;
mod wrong_type;
