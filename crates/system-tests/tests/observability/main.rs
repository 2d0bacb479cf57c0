//! What operators see of running services, and what nobody may see: log lines and their levels, canaries.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod levels;
mod lines;
mod log;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/receiver.rs"]
mod receiver;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/system.rs"]
mod system;
