//! The promises in numbers, with the settings of production: minutes, not seconds. Run by `cargo xtask verify`,
//! or by `cargo xtask test -p system-tests --test chaos`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod lost_postgres;
mod lost_redis;
mod refused_rights;
mod rolling;
mod workers_die;
