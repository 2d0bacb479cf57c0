//! Where requests are served: from the arrival of the body to the response.

use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::answer::Answer;
use crate::call::{Api, Call};
use crate::control::rule::{Fault, Sight};
use crate::course::{self, Course, Ending};
use crate::delivery;
use crate::errors::ApiError;
use crate::identity::Identity;
use crate::ledger::exchange::Exchange;
use crate::simulator::Simulator;

/// A body, or why there is none.
pub(crate) type Payload = Result<Bytes, Error>;

/// `POST /v1/chat/completions`
pub(crate) async fn chat(
    request: HttpRequest,
    body: Payload,
    simulator: Data<Simulator>,
) -> HttpResponse {
    serve(Api::Chat, request, body, simulator).await
}

/// `POST /v1/responses`
pub(crate) async fn responses(
    request: HttpRequest,
    body: Payload,
    simulator: Data<Simulator>,
) -> HttpResponse {
    serve(Api::Responses, request, body, simulator).await
}

/// `GET /v1/models`
pub(crate) async fn models(
    request: HttpRequest,
    body: Payload,
    simulator: Data<Simulator>,
) -> HttpResponse {
    serve(Api::Models, request, body, simulator).await
}

/// Any other path.
pub(crate) async fn unknown(request: HttpRequest) -> HttpResponse {
    let message = format!("Invalid URL ({} {})", request.method(), request.path());
    refused(&ApiError::new(404, "invalid_request_error", None, message))
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

async fn serve(
    api: Api,
    request: HttpRequest,
    body: Payload,
    simulator: Data<Simulator>,
) -> HttpResponse {
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let status = error.as_response_error().status_code().as_u16();
            return refused(&ApiError {
                status,
                ..ApiError::body(format!("The body could not be read: {error}"))
            });
        }
    };
    let (course, decision, exchange, identity) = {
        let call = Call::read(api, &body);
        let sight = Sight {
            path: request.path(),
            model: call
                .as_ref()
                .ok()
                .and_then(Call::ask)
                .map(|ask| ask.model.as_str()),
            // A body that is no text was no JSON either and is refused below.
            body: std::str::from_utf8(&body).unwrap_or_default(),
            generates: api != Api::Models,
        };
        let mut decision = simulator.switchboard.decide(sight);
        if call.is_err() {
            decision.rule = None;
        }
        let rule = decision.rule.as_ref();
        let fault = rule.map(|rule| rule.fault).map(Fault::name);
        let ask = call.as_ref().ok().and_then(Call::ask);
        let exchange = Exchange::open(&simulator.ledger, &request, ask, &body, fault);
        let identity = Identity::of(exchange.number());
        let course = match &call {
            Ok(call) => course::lay(call, rule, simulator.seed, decision.character, identity),
            Err(error) => Course::Answer(Answer::from(error), Ending::Complete),
        };
        (course, decision, exchange, identity)
    };
    // Thousands may wait here: let go of everything that is no longer needed.
    drop(body);
    drop(request);
    if !decision.latency.is_zero() {
        tokio::time::sleep(decision.latency).await;
    }
    match course {
        Course::Answer(answer, ending) => {
            let spent = decision.latency.as_millis().to_string();
            let answer = answer
                .header("x-request-id", identity.name("req_"))
                .header("openai-processing-ms", spent);
            delivery::respond(answer, ending, decision.chunk_delay, exchange)
        }
        Course::Silence => {
            // The exchange is counted as cancelled when the client gives up.
            let _exchange = exchange;
            std::future::pending().await
        }
    }
}
