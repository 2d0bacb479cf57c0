//! Any model at any provider, and a bad day at the provider: several simulated providers behind one worker.

#[expect(dead_code, reason = "shared with a test program that uses more of it")]
#[path = "../judging/ask.rs"]
mod ask;
mod bad_day;
mod batch_tier;
mod budgets;
mod choices;
mod fallback;
mod learned;
mod limits;
mod one_breaker;
mod settings_file;
mod site;
mod slots_wanted;
mod states;
mod stuck;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
mod wrong_key;
