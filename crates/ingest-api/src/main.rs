//! ingest-api: takes new evaluations and nothing else.

mod app;
mod body;
mod default_rubric;
mod intake;
mod migrate;
mod openapi;
mod routes;
mod rubrics;
mod state;
mod store;
mod stream_publisher;
mod writer;

use std::process::ExitCode;

use actix_web::{App, web};
use service::backends::Backends;
use service::run::{self, Context};
use service::{ServiceName, http};

/// Large bodies come and go: this allocator gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::main_with(ServiceName::IngestApi, serve, migrate::command)
}

async fn serve(context: Context) -> anyhow::Result<()> {
    // What is wrong with a setting is said before anything can be reached.
    let backends = Backends::connect(&context).await?;
    let docs = http::docs::Docs::new(openapi::document())?;
    let listener = http::bind(context.settings.http.listen_addr)?;
    let state = state::State::new(&context, backends.clone());
    let rubrics = rubrics::Rubrics::new(backends.database.clone());
    context
        .tasks
        .spawn(default_rubric::watch(context.clone(), rubrics));
    let drain = context.settings.http.drain;
    let app = move || {
        App::new()
            .configure(app::configure(state.clone(), docs.clone()))
            .default_service(web::to(http::default_not_found))
            .wrap(http::correlation(ServiceName::IngestApi))
    };
    tokio::select! {
        served = http::serve(listener, app, context.shutdown.clone(), drain, None) => Ok(served?),
        refusal = backends.incompatibility(&context) => Err(refusal.into()),
    }
}
