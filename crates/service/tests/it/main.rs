//! The crate from outside: log lines, HTTP, the admin address, a whole process.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod admin;
mod http;
mod logs;
mod process;
