//! `POST /v1/evaluations`.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{Accepted, Submission};
use domain::identity::IdempotencyKey;
use service::http::{Caller, CorrelationId, single};
use service::problem::{Problem, ProblemCode};

use crate::body::{self, Body};
use crate::intake::{self, Origin, Trace};
use crate::openapi::PostProblems;
use crate::state::State;

/// Posts something to be judged.
///
/// It is durable when this answers. The id is made of the payload, or of the `Idempotency-Key`: posting again is harmless.
#[utoipa::path(
    post,
    path = "/v1/evaluations",
    operation_id = "post_evaluation",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Names the evaluation in the payload's place: 1 to 255 printable ASCII characters.", min_length = 1, max_length = 255),
    ),
    request_body(content = Submission, content_type = "application/json", description = "Also with `Content-Encoding: gzip` or `zstd`."),
    responses(
        (status = 202, description = "It is new.", content_type = "application/json", body = Accepted, headers(("Location" = String, description = "Its status URL."))),
        (status = 200, description = "It exists already, and stays as it is.", content_type = "application/json", body = Accepted, headers(("Location" = String, description = "Its status URL."))),
        PostProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
    correlation_id: CorrelationId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    caller.limits().may_read(&caller.tenant)?;
    state.quota.look(&caller.tenant).await?;
    let key = idempotency_key(&request)?;
    let Body { bytes, memory } = body::read(&state, &caller, &request, payload).await?;
    let origin = origin(caller, &correlation_id, Trace::OfRequest);
    let size = bytes.len();
    let is_named = key.is_some();
    let incoming = intake::read(&state, origin, key, bytes).await?;
    let digest = incoming.identity.digest;
    let strategy = incoming.strategy;
    let span = tracing::Span::current();
    span.record(
        "evaluation_id",
        tracing::field::display(incoming.identity.id),
    );
    let submitted = state.writer.take(incoming, memory).await?;
    if is_named && submitted.digest != digest {
        return Err(
            Problem::new(ProblemCode::IdempotencyKeyReused).with_detail(format!(
                "this Idempotency-Key was sent with another payload before; that is evaluation {}",
                submitted.id
            )),
        );
    }
    tracing::info!(
        evaluation_id = %submitted.id,
        strategy,
        model = submitted.model,
        created = submitted.created,
        size,
        cloud_tasks.queue = cloud_tasks(&request, "x-cloudtasks-queuename"),
        cloud_tasks.task = cloud_tasks(&request, "x-cloudtasks-taskname"),
        cloud_tasks.retry = cloud_tasks(&request, "x-cloudtasks-taskretrycount"),
        "evaluation accepted"
    );
    let status_url = format!(
        "{}/v1/evaluations/{}",
        state.settings.http.status_base(),
        submitted.id
    );
    let mut response = if submitted.created {
        HttpResponse::Accepted()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header((LOCATION, status_url.clone()))
        .json(Accepted {
            id: submitted.id,
            status: submitted.state.into(),
            created: submitted.created,
            status_url,
            rubric: submitted.rubric,
            model: submitted.model,
        }))
}

/// Where a request comes from.
pub(crate) fn origin(caller: Caller, correlation_id: &CorrelationId, trace: Trace) -> Origin {
    Origin {
        api_key: caller.key_id().cloned(),
        tenant: caller.tenant,
        correlation_id: correlation_id.as_str().to_owned(),
        trace,
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = single(request.headers(), "idempotency-key")? else {
        return Ok(None);
    };
    let parsed = value
        .to_str()
        .map_err(|_| "must be 1 to 255 printable ASCII characters")
        .and_then(IdempotencyKey::parse);
    parsed.map(Some).map_err(|problem| {
        Problem::new(ProblemCode::InvalidHeader).with_detail(format!("Idempotency-Key {problem}"))
    })
}

/// A header that Cloud Tasks sends, for the log. What such a name or number cannot be is anybody's text and stays out.
fn cloud_tasks<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    // The limit of Cloud Tasks on the names of tasks.
    const MAX: usize = 500;
    let value = request.headers().get(name)?.to_str().ok()?;
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
    (value.len() <= MAX && value.bytes().all(is_of_name)).then_some(value)
}
