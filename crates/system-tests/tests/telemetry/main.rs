//! What is exported over OTLP, over real processes and into a real receiver.

mod batches;
mod canaries;
mod collector;
mod failing;
mod one_trace;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/receiver.rs"]
mod receiver;
mod results;
mod spans;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/system.rs"]
mod system;
mod traces;
