//! The middleware that every request goes through first.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage as _,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::header::{CONTENT_LENGTH, HeaderName, HeaderValue},
    middleware::{Next, from_fn},
};
use domain::period::milliseconds;
use tracing::{Instrument as _, Span, field::Empty};

use super::{CORRELATION_HEADER, CorrelationId, framework, header::hint, in_flight::InFlight};
use crate::{
    ServiceName, metrics,
    problem::Problem,
    telemetry::{
        self, Annotate as _,
        conventions::{HTTP_RESPONSE_STATUS_CODE, URL_SCHEME, http_method},
    },
};

/// Gives each request its correlation id, its root span and its log line; makes each error a
/// problem document.
///
/// Wrap the `App` with it last, so that it is the outermost middleware.
pub fn correlation<S, B>(
    service: ServiceName,
) -> impl Transform<
    S,
    ServiceRequest,
    Response = ServiceResponse<EitherBody<B>>,
    Error = Error,
    InitError = (),
>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    // Known from the start on: an autoscaler takes what is missing for an outage.
    metrics::http_requests_in_flight(service).increment(0.0);
    from_fn(move |request: ServiceRequest, next: Next<B>| answer(service, request, next))
}

async fn answer<B: MessageBody + 'static>(
    service: ServiceName,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let _in_flight = InFlight::count(metrics::http_requests_in_flight(service));
    let begun = Instant::now();
    // What does not fit is replaced, not refused: a bad id must not cost a caller its request.
    let id = hint(request.headers(), CORRELATION_HEADER)
        .and_then(CorrelationId::parse)
        .unwrap_or_else(CorrelationId::generate);
    request.extensions_mut().insert(id.clone());

    let span = root_span(&request, &id);
    let method = http_method(request.method().as_str());
    async {
        let answered = next.call(request).await;
        let answered = match answered {
            Ok(response) => Ok(finish(response, &id)),
            // Only other middleware ends here; there is no request left to make a response of.
            Err(error) => Err(framework::of_error(&error).with_correlation_id(id.as_str())),
        };
        let status = match &answered {
            Ok(response) => response.status().as_u16(),
            Err(problem) => problem.code().status(),
        };
        if let Ok(response) = &answered
            && let Some(route) = response.request().match_pattern()
        {
            let span = Span::current();
            span.record("http.route", &route);
            span.rename(format!("{method} {route}"));
        }
        report(status, begun);
        answered.map_err(Error::from)
    }
    .instrument(span)
    .await
}

/// At the level ERROR, so that no filter but `off` takes away the correlation id of the lines
/// within, or the trace context that is passed on.
fn root_span(request: &ServiceRequest, id: &CorrelationId) -> Span {
    let method = http_method(request.method().as_str());
    let span = tracing::error_span!(
        "request",
        otel.kind = "server",
        otel.name = method,
        correlation_id = id.as_str(),
        http.method = method,
        http.route = Empty,
        http.status = Empty,
        tenant = Empty,
        evaluation_id = Empty,
        trace_id = Empty,
    );
    telemetry::set_parent(
        &span,
        hint(request.headers(), "traceparent").unwrap_or_default(),
    );
    span.annotate(URL_SCHEME, "http");
    span
}

/// Puts the correlation id into the header and, when it is a problem, into the body.
fn finish<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    id: &CorrelationId,
) -> ServiceResponse<EitherBody<B>> {
    let mut response = match framework::problem_of(&response) {
        None => response.map_into_left_body(),
        Some(problem) => with_problem(response, &problem.with_correlation_id(id.as_str())),
    };
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(CORRELATION_HEADER), value);
    }
    response
}

/// Replaces the body, and adds the headers of the problem to those that are already there (`Allow`,
/// `RateLimit`).
fn with_problem<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    problem: &Problem,
) -> ServiceResponse<EitherBody<B>> {
    let document = actix_web::ResponseError::error_response(problem);
    let mut response = response.map_body(|_, _| EitherBody::right(BoxBody::new(problem.body())));
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    for (name, value) in document.headers() {
        headers.insert(name.clone(), value.clone());
    }
    response
}

/// One line a request, without its path and query: those may hold what is not to be logged.
fn report(status: u16, begun: Instant) {
    let duration_ms = milliseconds(begun.elapsed());
    let span = Span::current();
    span.record("http.status", status);
    span.annotate(HTTP_RESPONSE_STATUS_CODE, i64::from(status));
    if status >= 500 {
        // What the caller did wrong is no error of this server.
        span.fail(&status.to_string());
    }
    if status == 500 {
        // Its cause was logged where it arose, with the same correlation id.
        tracing::debug!(status, duration_ms, "request failed");
    } else if status > 500 {
        tracing::warn!(status, duration_ms, "request failed");
    } else if status >= 400 {
        tracing::debug!(status, duration_ms, "request refused");
    } else {
        tracing::debug!(status, duration_ms, "request answered");
    }
}
