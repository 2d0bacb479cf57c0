//! The control API.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::control::config::Config;
use crate::errors::ApiError;
use crate::simulator::Simulator;

/// Parameters of `GET /mock/requests`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    limit: Option<usize>,
    #[serde(default)]
    bodies: bool,
}

/// `GET /mock/config`
pub(crate) async fn config(simulator: Data<Simulator>) -> HttpResponse {
    json(&simulator.faults.config())
}

/// `PUT /mock/config`
pub(crate) async fn replace_config(simulator: Data<Simulator>, body: Bytes) -> HttpResponse {
    match Config::read(&body) {
        Ok(config) => {
            simulator.faults.replace(config.clone());
            simulator.cache.clear();
            json(&config)
        }
        Err(problem) => refused(&problem),
    }
}

/// `PATCH /mock/config`
pub(crate) async fn patch_config(simulator: Data<Simulator>, body: Bytes) -> HttpResponse {
    match simulator.faults.patch(&body) {
        Ok(config) => json(&config),
        Err(problem) => refused(&problem),
    }
}

/// `DELETE /mock/config`
pub(crate) async fn restore_config(simulator: Data<Simulator>) -> HttpResponse {
    simulator.cache.clear();
    json(&simulator.faults.restore())
}

/// `GET /mock/stats`
pub(crate) async fn stats(simulator: Data<Simulator>) -> HttpResponse {
    json(&simulator.ledger.stats())
}

/// `DELETE /mock/stats`
pub(crate) async fn reset_stats(simulator: Data<Simulator>) -> HttpResponse {
    simulator.ledger.reset();
    json(&simulator.ledger.stats())
}

/// `GET /mock/requests`
pub(crate) async fn requests(simulator: Data<Simulator>, listing: Query<Listing>) -> HttpResponse {
    let Listing { limit, bodies } = listing.into_inner();
    let requests = simulator.ledger.recent(limit.unwrap_or(usize::MAX), bodies);
    json(&json!({"requests": requests}))
}

/// `GET /mock/health`
pub(crate) async fn health() -> HttpResponse {
    json(&json!({"status": "ok"}))
}

fn refused(problem: &str) -> HttpResponse {
    let error = ApiError::new(400, "invalid_config", None, problem);
    HttpResponse::BadRequest()
        .insert_header(ContentType::json())
        .body(error.render().to_string())
}

fn json<T: Serialize>(value: &T) -> HttpResponse {
    let mut response: HttpResponseBuilder = HttpResponse::Ok();
    response.json(value)
}
