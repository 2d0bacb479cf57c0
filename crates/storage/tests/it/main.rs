//! Storage against a real PostgreSQL, a database of its own for each test.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are outside of test functions"
)]

mod backlog;
mod budgets;
mod bulk_commands;
mod claim;
mod deployment_states;
mod endpoints;
mod fencing;
mod list;
mod list_plans;
mod outage;
mod provider_loads;
mod queue_figures;
mod records;
mod refusals;
mod replies;
mod rubric_steps;
mod rubrics;
mod schema;
mod sharing;
mod states;
mod stats;
mod submit;
mod support;
mod sweep;
mod timeline;
mod tls;
mod webhooks;
