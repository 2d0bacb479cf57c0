//! Nothing but tests: of the built binaries together, as an operator runs them. See `tests/`.
//!
//! `cargo xtask test` builds the binaries, starts PostgreSQL and Redis, and runs these among all others.
