//! What survives when parts die: built binaries, real PostgreSQL and Redis, real signals.

mod audit;
mod bulk;
mod check;
mod crash;
mod drain;
mod frozen;
mod liveness;
mod memory;
mod postgres;
mod provider;
mod queue_gauges;
mod redis;
mod refusals;
mod refused_redis;
mod settings;
mod sharing;
mod start;
mod stream;
mod studies;
mod support;
mod waiting;
