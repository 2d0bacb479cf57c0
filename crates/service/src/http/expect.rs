//! `Expect: 100-continue`: a sender asks before it sends a body. The server itself would let it go on before anybody looked.

use actix_http::{HttpMessage as _, Request, Response, header::map::HeaderMap};
use actix_web::HttpResponse;
use actix_web::ResponseError as _;
use actix_web::body::BoxBody;

use super::{CORRELATION_HEADER, CorrelationId, header::hint};
use crate::auth::Authenticator;
use crate::problem::Problem;

/// Lets a sender go on that has a key; what the key is good for, its route says. Only calls with a body ask. One of them is public:
/// a login, whose few bytes nobody asks about; who does is refused as all others without a key.
pub(super) async fn admit(
    authenticator: Option<Authenticator>,
    request: Request,
) -> Result<Request, Response<BoxBody>> {
    let Some(authenticator) = authenticator else {
        return Ok(request);
    };
    match admitted(&authenticator, &request).await {
        Ok(()) => Ok(request),
        Err(problem) => Err(refusal(request.headers(), problem)),
    }
}

async fn admitted(authenticator: &Authenticator, request: &Request) -> Result<(), Problem> {
    let key = authenticator.key(request.method(), request.headers())?;
    authenticator.authenticate(key.as_ref()).await.map(drop)
}

/// It never reaches the middleware that answers all others.
fn refusal(headers: &HeaderMap, problem: Problem) -> Response<BoxBody> {
    let id = hint(headers, CORRELATION_HEADER)
        .and_then(CorrelationId::parse)
        .unwrap_or_else(CorrelationId::generate);
    let status = problem.code().status();
    tracing::debug!(status, correlation_id = id.as_str(), "request refused");
    let mut response: HttpResponse = problem.with_correlation_id(id.as_str()).error_response();
    // Whether its body comes nevertheless, nobody knows.
    response
        .head_mut()
        .set_connection_type(actix_http::ConnectionType::Close);
    response.into()
}
