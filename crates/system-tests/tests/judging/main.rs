//! Every way of judging through real processes: ingest, worker, status, and a simulated provider.

mod alone;
mod ask;
mod audit;
mod cascade;
mod comparison;
mod debate;
mod failure_step;
mod own;
mod steps;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
