//! PostgreSQL, the truth: one module per table, and the migrations.
//!
//! Functions take a [`Database`] and write what they are given; leases and delays use the database's clock.
//! No connection is held when a function returns. Nothing here knows HTTP or Redis.

pub mod agreement;
pub mod api_keys;
pub mod assessments;
pub mod budgets;
pub mod bulk_commands;
pub mod capacity;
mod columns;
mod connection;
mod database;
pub mod default_webhooks;
pub mod deployment_states;
mod document;
pub mod endpoint_capabilities;
mod error;
pub mod evaluations;
mod group_commit;
mod grouped;
pub mod inputs;
pub mod labels;
pub mod model_lists;
mod ownership;
pub mod payloads;
pub mod plans;
pub mod provider_loads;
pub mod queue_figures;
pub mod replies;
pub mod retention;
pub mod rubric_steps;
pub mod rubrics;
pub mod schema;
pub mod slots_wanted;
mod statement_failures;
pub mod stats;
pub mod studies;
pub mod timeline;
pub mod tls;
pub mod waiting;
pub mod webhook_deliveries;
pub mod webhook_secrets;
pub mod workers;

pub use database::{Database, Options, check_url};
pub use error::{Error, Result};
pub use ownership::Ownership;
