//! status-api
fn main() {}
