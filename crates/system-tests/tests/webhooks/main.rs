//! Webhooks over real processes: what a receiver gets, and what becomes of those that it does not take.

mod defaults;
mod failures;
mod many;
mod messages;
mod receiver;
mod refusals;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
mod system;
