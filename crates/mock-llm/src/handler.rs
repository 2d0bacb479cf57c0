//! Where requests are served: from the arrival of the body to the response.

use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use bytes::Bytes;
use serde_json::json;

use crate::ask::FLEX_TIER;
use crate::call::{Api, Call};
use crate::control::parameters;
use crate::control::rule::{FaultRule, RequestView};
use crate::delivery;
use crate::errors::ApiError;
use crate::fields;
use crate::identity::Identity;
use crate::ledger::exchange::Exchange;
use crate::ordered::Ordered;
use crate::response_plan::{self, Ending, ResponsePlan};
use crate::simulator::Simulator;

/// A body, or why there is none.
pub(crate) type Payload = Result<Bytes, Error>;

/// Any other path.
pub(crate) async fn unknown(request: HttpRequest) -> HttpResponse {
    let message = format!("Invalid URL ({} {})", request.method(), request.path());
    refused(&ApiError::new(404, "invalid_request_error", None, message))
}

/// The list of models, where the settings give one.
pub(crate) async fn models(request: HttpRequest, simulator: Data<Simulator>) -> HttpResponse {
    match simulator.faults.config().models {
        Some(models) => HttpResponse::Ok().json(json!({"object": "list", "data": models})),
        None => unknown(request).await,
    }
}

/// A known path with another method.
pub(crate) async fn wrong_method(request: HttpRequest) -> HttpResponse {
    let message = format!("Not allowed to {} on {}.", request.method(), request.path());
    refused(&ApiError::new(
        405,
        "invalid_request_error",
        Some("method_not_supported"),
        message,
    ))
}

fn refused(error: &ApiError) -> HttpResponse {
    let code = actix_web::http::StatusCode::from_u16(error.status).unwrap_or_default();
    HttpResponse::build(code).json(error.render())
}

/// Serves a request to one of the APIs.
pub(crate) async fn serve(
    api: Api,
    request: HttpRequest,
    body: Payload,
    simulator: Data<Simulator>,
) -> HttpResponse {
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let status = error.as_response_error().status_code().as_u16();
            let message = format!("The body could not be read: {error}");
            return refused(&ApiError {
                status,
                ..ApiError::body(message)
            });
        }
    };
    let (plan, decision, exchange, identity, looked) = {
        let document = fields::parse(&body);
        let read = |document: &Ordered| Call::read(api, document);
        let call = document.as_ref().map_err(Clone::clone).and_then(read);
        let ask = call.as_ref().ok().map(|call| &call.ask);
        let view = RequestView {
            path: request.path(),
            model: ask.map(|ask| ask.model.as_str()),
            // A body that is no text was no JSON either and is refused below.
            body: std::str::from_utf8(&body).unwrap_or_default(),
            document: document.as_ref().ok(),
            turns: ask.map_or(&[], |ask| &ask.turns),
            streams: ask.is_some_and(|ask| ask.stream),
        };
        let mut decision = simulator.faults.decide(view);
        if call.is_err() {
            decision.rule = None;
            decision.ignored.clear();
        }
        let rule = decision.rule.as_ref();
        let ignores = (!decision.ignored.is_empty()).then_some("ignore");
        let fault = rule.map(FaultRule::name).or(ignores);
        let exchange = Exchange::open(&simulator.ledger, &request, ask, &body, fault);
        let identity = Identity::of(exchange.number());
        let heard = match (ignores, &document) {
            (Some(_), Ok(document)) => read(&parameters::without(document, &decision.ignored)),
            _ => call,
        };
        let mut looked = None;
        let heard = heard.and_then(|mut call| {
            let wants_flex = || {
                let tier = document.as_ref().ok()?.str_at("service_tier");
                tier.filter(|tier| *tier == FLEX_TIER)
            };
            if decision.has_flex && wants_flex().is_some() {
                call.ask.tier = FLEX_TIER;
            }
            if let Some(settings) = &decision.cache {
                let found = simulator.cache.look(settings, &call.ask)?;
                call.ask.cached = Some(found.used);
                looked = Some(found);
            }
            Ok(call)
        });
        let plan = match (&heard, &document) {
            (Ok(call), Ok(document)) => {
                response_plan::of((call, document), rule, simulator.seed, identity)
            }
            (Err(error), _) | (_, Err(error)) => {
                ResponsePlan::Answer(api.error(error), Ending::Complete)
            }
        };
        (plan, decision, exchange, identity, looked)
    };
    // Thousands may wait here: let go of everything that is no longer needed.
    drop(body);
    drop(request);
    let latency = decision.latency + plan.delay();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match plan {
        ResponsePlan::Answer(answer, ending) => {
            if let Some(looked) = looked.filter(|_| answer.status == 200) {
                simulator.cache.keep(&looked);
            }
            let spent = decision.latency.as_millis().to_string();
            let name = identity.name("req_");
            let answer = if api == Api::Messages {
                answer.header("request-id", name)
            } else {
                answer
                    .header("x-request-id", name)
                    .header("openai-processing-ms", spent)
            };
            delivery::respond(answer, ending, decision.chunk_delay, exchange)
        }
        ResponsePlan::Silence => {
            // The exchange is counted as cancelled when the client gives up.
            let _exchange = exchange;
            std::future::pending().await
        }
    }
}
