//! The engine with PostgreSQL, Redis and a simulated provider, and without the loops of a worker.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod claims;
mod losses;
mod memory;
mod support;
