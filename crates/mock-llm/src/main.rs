//! mock-llm
fn main() {}
