//! The whole system behind a real LiteLLM proxy, whose providers are simulated: OpenAI's API and Anthropic's.
//! Needs LiteLLM: run by `cargo xtask verify`, or by `cargo xtask test -p system-tests --test litellm`.

#[expect(dead_code, reason = "shared with a test program that uses more of it")]
#[path = "../judging/ask.rs"]
mod ask;
mod choices;
mod errors;
mod models;
mod proxy;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
