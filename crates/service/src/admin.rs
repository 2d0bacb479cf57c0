//! What a service tells its operator: liveness, readiness, metrics; never on the public address.

mod health;
mod log_level;
mod outage;

use std::{future::Future, io, net::TcpListener, time::Duration};

use actix_web::{
    App, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::{self, Data},
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

pub use self::health::{CheckReport, Health, Liveness, Report};
use crate::{
    http::{self, Resource, default_not_found},
    metrics::Metrics,
    telemetry::LogLevels,
};

/// Probes are short: there is nothing to wait for.
const DRAIN: Duration = Duration::from_secs(1);

/// Serves `/livez`, `/readyz`, `/metrics` and `/log-level` until `stop` is cancelled. Must be called within a Tokio
/// runtime.
///
/// # Errors
///
/// When the listener cannot be used or the server fails.
pub fn serve(
    listener: TcpListener,
    health: Health,
    metrics: Metrics,
    levels: LogLevels,
    stop: CancellationToken,
) -> impl Future<Output = io::Result<()>> + Send {
    let app = move || {
        App::new()
            .app_data(Data::new(health.clone()))
            .app_data(Data::new(metrics.clone()))
            .app_data(Data::new(levels.clone()))
            .configure(routes)
    };
    http::serve(listener, app, stop, DRAIN, Some(1), None)
}

fn routes(config: &mut web::ServiceConfig) {
    for probe in [
        Resource::at("/livez").get(livez).public(),
        Resource::at("/readyz").get(readyz).public(),
        Resource::at("/metrics").get(exposition).public(),
        Resource::at("/log-level")
            .get(log_level::get)
            .public()
            .put(log_level::put)
            .public()
            .delete(log_level::delete)
            .public(),
    ] {
        probe.register(config);
    }
    config.default_service(web::to(default_not_found));
}

async fn livez(health: Data<Health>) -> HttpResponse {
    let report = health.liveness();
    answer(report.live, &report)
}

async fn readyz(health: Data<Health>) -> HttpResponse {
    let report = health.readiness();
    answer(report.ready, &report)
}

async fn exposition(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(metrics.render())
}

fn answer(is_good: bool, report: &impl Serialize) -> HttpResponse {
    let mut response = if is_good {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(report)
}
