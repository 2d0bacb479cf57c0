//! ingest-api: takes new evaluations and nothing else.

mod app;
mod arguments;
mod body;
mod budgets;
pub mod command;
mod default_rubric;
mod intake;
mod keys;
mod memory;
mod migrate;
mod openapi;
mod prepare;
mod routes;
mod rubrics;
mod state;
mod store;
mod stream_publisher;
mod turns;
mod webhook_commands;
mod writer;

use service::backends::Backends;
use service::run::Context;
use service::{ServiceName, http};

pub use app::configure;
pub use openapi::docs;
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
    let state = State::new(&context.settings, &context.tasks, backends.clone());
    context.tasks.spawn(default_rubric::watch(
        context.clone(),
        backends.database.clone(),
    ));
    let drain = context.settings.http.drain;
    let authenticator = state.authenticator.clone();
    let app = move || {
        let configure = configure(state.clone(), docs.clone());
        http::app(ServiceName::IngestApi, configure)
    };
    tokio::select! {
        served = http::serve(listener, app, context.shutdown.clone(), drain, None, Some(authenticator)) => Ok(served?),
        refusal = backends.incompatibility(&context) => Err(refusal.into()),
    }
}
