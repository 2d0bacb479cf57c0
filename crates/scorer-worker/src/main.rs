//! scorer-worker
fn main() {}
