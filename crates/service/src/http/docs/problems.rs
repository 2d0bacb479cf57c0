//! The problems that a call may answer, for its documentation.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder};

use crate::problem::{CONTENT_TYPE, ProblemCode};

/// What any call may answer: its head was wrong, late or too large, or the service is at fault.
const ANY: [ProblemCode; 6] = [
    ProblemCode::InvalidHeader,
    ProblemCode::MethodNotAllowed,
    ProblemCode::RequestTimeout,
    ProblemCode::TargetTooLong,
    ProblemCode::HeadTooLarge,
    ProblemCode::Internal,
];

/// What a call may answer that is not for everybody.
const OF_CALLERS: [ProblemCode; 4] = [
    ProblemCode::RateLimited,
    ProblemCode::Unauthenticated,
    ProblemCode::Forbidden,
    ProblemCode::DependencyUnavailable,
];

/// The responses of a call that takes an API key and has these problems beside those that any call has; one for each status.
#[must_use]
pub fn problems(codes: &[ProblemCode]) -> BTreeMap<String, RefOr<Response>> {
    responses(&[codes, &OF_CALLERS].concat())
}

fn responses(codes: &[ProblemCode]) -> BTreeMap<String, RefOr<Response>> {
    let mut of_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    for code in codes.iter().chain(&ANY) {
        let known = of_status.entry(code.status()).or_default();
        if !known.contains(code) {
            known.push(*code);
        }
    }
    let responses = of_status.into_iter().map(|(status, codes)| {
        let described: Vec<_> = codes
            .iter()
            .map(|code| format!("`{code}`: {}", code.meaning()))
            .collect();
        let schema = Ref::from_schema_name("Problem");
        let mut response = ResponseBuilder::new()
            .description(described.join(" "))
            .content(
                CONTENT_TYPE,
                ContentBuilder::new().schema(Some(schema)).build(),
            );
        if codes.contains(&ProblemCode::Unauthenticated) {
            response = response.header("WWW-Authenticate", Header::default());
        }
        if codes.iter().any(|code| code.may_pass()) {
            response = response.header("Retry-After", Header::default());
        }
        if codes.contains(&ProblemCode::RateLimited) {
            response = response.header("RateLimit-Policy", Header::default());
            response = response.header("RateLimit", Header::default());
        }
        (status.to_string(), response.build().into())
    });
    responses.collect()
}

/// The problems that any call has.
pub(super) struct Common;

impl IntoResponses for Common {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&[])
    }
}
