//! The HTTP server.

use std::io::Write;
use std::time::Duration;

use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpRequest, HttpServer, Route};
use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::call::Api;
use crate::control::panel;
use crate::handler::{self, Payload};
use crate::simulator::Simulator;

/// Longest accepted body.
const BODY: usize = 64 << 20;
/// Thousands of requests may wait at a time.
const CONNECTIONS: usize = 100_000;

/// Serves until a signal comes.
pub(crate) async fn serve(listen: &str, simulator: Simulator) -> anyhow::Result<()> {
    let simulator = Data::new(simulator);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&simulator))
            .app_data(PayloadConfig::new(BODY))
            .configure(routes)
            .default_service(web::to(handler::unknown))
    })
    .backlog(8_192)
    .max_connections(CONNECTIONS)
    .max_connection_rate(4_096)
    .keep_alive(Duration::from_secs(75))
    // Under load a simulator must be slow, not answer 408 of its own accord.
    .client_request_timeout(Duration::ZERO)
    // A closed connection must drop its handler at once: that is how a cancelled request shows.
    .h1_allow_half_closed(false)
    .disable_signals()
    // Stalled and hanging answers would never end by themselves.
    .shutdown_timeout(1)
    .bind(listen)
    .with_context(|| format!("cannot listen on {listen}"))?;
    let bound = server
        .addrs()
        .first()
        .copied()
        .context("no address was bound")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    announce(&format!("mock-llm listening on http://{bound}"))?;
    server.shutdown_signal(stop).run().await?;
    Ok(())
}

/// Tests and scripts read the port from here.
fn announce(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

fn routes(config: &mut ServiceConfig) {
    let calls = [
        ("/chat/completions", Api::Chat),
        ("/responses", Api::Responses),
        ("/messages", Api::Messages),
    ];
    for (path, api) in calls {
        for prefix in ["", "/v1"] {
            let route = web::post().to(
                move |request: HttpRequest, body: Payload, simulator: Data<Simulator>| {
                    handler::serve(api, request, body, simulator)
                },
            );
            resource(config, &format!("{prefix}{path}"), [route]);
        }
    }
    for path in ["/models", "/v1/models"] {
        resource(config, path, [web::get().to(handler::models)]);
    }
    resource(
        config,
        "/mock/config",
        [
            web::get().to(panel::config),
            web::put().to(panel::replace_config),
            web::patch().to(panel::patch_config),
            web::delete().to(panel::restore_config),
        ],
    );
    resource(
        config,
        "/mock/stats",
        [
            web::get().to(panel::stats),
            web::delete().to(panel::reset_stats),
        ],
    );
    resource(config, "/mock/requests", [web::get().to(panel::requests)]);
    resource(config, "/mock/health", [web::get().to(panel::health)]);
}

/// A path whose other methods answer 405 rather than 404.
fn resource<const N: usize>(config: &mut ServiceConfig, path: &str, routes: [Route; N]) {
    let resource = web::resource(path).default_service(web::to(handler::wrong_method));
    config.service(
        routes
            .into_iter()
            .fold(resource, actix_web::Resource::route),
    );
}
