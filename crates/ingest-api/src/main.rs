//! ingest-api
fn main() {}
