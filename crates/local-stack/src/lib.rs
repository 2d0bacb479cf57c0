//! Private PostgreSQL and Redis servers and the real service binaries, for tests and for `cargo xtask up`.
//!
//! Three levels, each usable alone:
//!
//! - [`TestDatabase`] and [`TestRedis`]: a database and a key prefix of one's own on the servers that
//!   `cargo xtask test` shares between all tests;
//! - [`Postgres`], [`Redis`], [`Process`]: one server or one service that a test stops, kills and restarts;
//! - [`Stack`]: everything together, migrated and ready.
//!
//! Every child dies with the process that started it, by `SIGKILL` too.

mod account;
mod api_client;
mod builder;
mod child;
mod data;
mod mock_llm;
mod names;
mod own_ca;
mod pg_tools;
mod plan;
mod poll;
pub mod ports;
mod postgres;
mod process;
mod redis;
mod server;
mod service;
mod shared;
mod signal;
mod sql;
mod stack;
#[cfg(target_os = "linux")]
mod threads;

pub use api_client::{ApiClient, Refused};
pub use builder::{Home, PreferredPorts, StackBuilder};
pub use child::LineTap;
pub use data::SERVICES_ROLE;
pub use mock_llm::MockLlm;
pub use own_ca::OwnCa;
pub use poll::{Answer, eventually};
pub use postgres::{Postgres, PostgresOptions};
pub use process::{Process, ProcessBuilder};
pub use redis::{Redis, RedisOptions};
pub use service::{Role, Service};
pub use shared::{DATABASE_VARIABLE, REDIS_VARIABLE, TestDatabase, TestRedis};
pub use signal::Signal;
pub use sql::{execute, query_number};
pub use stack::Stack;
#[cfg(target_os = "linux")]
pub use threads::StoppedThreads;
