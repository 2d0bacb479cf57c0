//! What every service of autorater shares: settings, telemetry, metrics, problem documents, HTTP
//! middleware, admin endpoints and the frame of the process.
//!
//! Suggested reading order: [`run`] shows how a process lives, [`settings`] what an operator may
//! say, [`http`] and [`problem`] what a client sees, [`telemetry`], [`metrics`] and [`admin`] what
//! the operator sees.

mod name;

pub mod admin;
pub mod auth;
pub mod backends;
pub mod http;
pub mod limits;
pub mod metrics;
pub mod problem;
pub mod queue_stats;
pub mod quota;
pub mod resolver;
pub mod run;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod webhook_check;

pub use name::ServiceName;
