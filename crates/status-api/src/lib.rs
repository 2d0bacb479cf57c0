//! status-api: everything about what exists.

mod agreement;
mod app;
mod body;
mod command;
mod command_runner;
mod csv;
mod cursor;
mod dashboard;
mod deployments;
mod etag;
mod figures;
mod headers;
mod hub;
mod openapi;
mod query;
mod queue_gauges;
mod reader;
mod routes;
mod state;
mod studies;
mod views;
mod waiting;

use actix_web::middleware::from_fn;
use service::backends::Backends;
use service::run::Context;
use service::{ServiceName, http};

pub use app::configure;
pub use command::{AuditOptions, Command, run as run_command};
pub use command_runner::run_commands;
pub use openapi::docs;
pub use query::ListQuery;
pub use state::State;

/// Serves until the process is asked to stop.
///
/// # Errors
/// A setting is wrong, or the address cannot be bound.
pub async fn serve(context: Context) -> anyhow::Result<()> {
    // Takes a while, in which nobody may think that it is ready.
    let docs = docs()?;
    // What is wrong with a setting is said before anything can be reached.
    let backends = Backends::connect(&context).await?;
    let listener = http::bind(context.settings.http.listen_addr)?;
    let state = State::new(
        &context.settings,
        &context.tasks,
        &context.shutdown,
        backends.clone(),
    )?;
    let exported = queue_gauges::run(context.clone(), backends.database.clone());
    context.tasks.spawn(exported);
    let drain = context.settings.http.drain;
    context
        .tasks
        .spawn(run_commands(state.clone(), context.health.clone()));
    let authenticator = state.authenticator.clone();
    let app = move || {
        let configure = configure(state.clone(), docs.clone());
        http::app(ServiceName::StatusApi, configure).wrap(from_fn(headers::protect))
    };
    tokio::select! {
        served = http::serve(listener, app, context.shutdown.clone(), drain, None, Some(authenticator)) => Ok(served?),
        refusal = backends.incompatibility(&context) => Err(refusal.into()),
    }
}
