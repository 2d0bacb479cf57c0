//! status-api: everything about what exists.

mod app;
mod cursor;
mod etag;
mod hub;
mod openapi;
mod query;
mod representation;
mod routes;
mod state;

use std::process::ExitCode;

use actix_web::{App, web};
use service::backends::Backends;
use service::run::{self, Context};
use service::{ServiceName, http};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::main(ServiceName::StatusApi, serve)
}

async fn serve(context: Context) -> anyhow::Result<()> {
    // What is wrong with a setting is said before anything can be reached.
    let backends = Backends::connect(&context).await?;
    let docs = http::docs::Docs::new(openapi::document())?;
    let listener = http::bind(context.settings.http.listen_addr)?;
    let state = state::State::new(&context, backends.clone())?;
    let drain = context.settings.http.drain;
    let app = move || {
        App::new()
            .configure(app::configure(state.clone(), docs.clone()))
            .default_service(web::to(http::default_not_found))
            .wrap(http::correlation(ServiceName::StatusApi))
    };
    tokio::select! {
        served = http::serve(listener, app, context.shutdown.clone(), drain, None) => Ok(served?),
        refusal = backends.incompatibility(&context) => Err(refusal.into()),
    }
}
