//! Whose request it is.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use actix_web::web::{self, Data};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use domain::Tenant;
use domain::api_key::{ApiKey, KeyId, Scope};
use uuid::Uuid;

use super::body::Incoming;
use crate::auth::{Authenticator, FRESH, Principal};
use crate::limits::{self, TenantLimits};
use crate::problem::{Problem, ProblemCode};

/// Who sent a request. A handler that reads or writes anything of a tenant takes it as an argument: there is no other way to
/// a [`Tenant`], so none can be forgotten.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose evaluations and rubrics the request is about. Without API keys there is one tenant.
    pub tenant: Tenant,
    proof: Arc<Proof>,
    limits: TenantLimits,
}

/// By what a caller was let in.
#[derive(Debug)]
struct Proof {
    authenticator: Authenticator,
    key: Option<ApiKey>,
    scopes: &'static [Scope],
}

impl Caller {
    /// The key that it showed; `None` while keys are off.
    #[must_use]
    pub fn key_id(&self) -> Option<&KeyId> {
        self.proof.key.as_ref().map(ApiKey::id)
    }

    /// What its tenant may ask for.
    #[must_use]
    pub fn limits(&self) -> &TenantLimits {
        &self.limits
    }

    /// Whether its key is still good for what it asked: whoever answers for long looks now and then.
    ///
    /// # Errors
    /// As at the beginning: 401, 403 or 503.
    pub async fn recheck(&self) -> Result<(), Problem> {
        let Proof {
            authenticator,
            key,
            scopes,
        } = &*self.proof;
        let now = authenticator.authenticate(key.as_ref()).await?;
        permit(scopes, &now)
    }

    /// Waits until its key is good no more; for ever while keys are off.
    pub async fn rejected(&self) -> Problem {
        loop {
            tokio::time::sleep(FRESH).await;
            if let Err(problem) = self.recheck().await {
                return problem;
            }
        }
    }
}

fn permit(scopes: &[Scope], principal: &Principal) -> Result<(), Problem> {
    let is_granted = |scope: &Scope| scope.is_granted_by(&principal.scopes);
    if scopes.iter().any(is_granted) {
        return Ok(());
    }
    let names: Vec<_> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    let detail = format!("the API key lacks the scope {}", names.join(" or "));
    Err(Problem::new(ProblemCode::Forbidden).with_detail(detail))
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(known.ok_or_else(|| {
            Problem::internal(anyhow::anyhow!("a call that takes a caller is public"))
        }))
    }
}

/// Names the tenant, and the evaluation that a request is about, in the lines that are logged on its behalf.
fn identify(request: &ServiceRequest, tenant: &Tenant) {
    let span = tracing::Span::current();
    span.record("tenant", tenant.as_str());
    let pattern = request.match_pattern().unwrap_or_default();
    // Only what is an id: anything may stand in a path.
    let id = request.match_info().get("id").map(Uuid::try_parse);
    if pattern.starts_with("/v1/evaluations/{id}")
        && let Some(Ok(id)) = id
    {
        span.record("evaluation_id", tracing::field::display(id));
    }
}

/// Lets a request pass whose sender may do what needs one of `scopes`, and says who that is.
pub(super) async fn authorize<B: MessageBody>(
    scopes: &'static [Scope],
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let authenticator = request.app_data::<Data<Authenticator>>().ok_or_else(|| {
        Problem::internal(anyhow::anyhow!("nobody is there to tell callers apart"))
    })?;
    let authenticator = authenticator.get_ref().clone();
    let key = authenticator.key(request.method(), request.headers())?;
    let principal = authenticator.authenticate(key.as_ref()).await?;
    identify(&request, &principal.tenant);
    let limits = request.app_data::<Data<TenantLimits>>().ok_or_else(|| {
        Problem::internal(anyhow::anyhow!(
            "nobody is there to say what tenants may ask for"
        ))
    })?;
    let (tenant, limits) = (principal.tenant.clone(), limits.get_ref().clone());
    let counted = limits.request(&tenant);
    let mut response = match (counted, permit(scopes, &principal)) {
        (Err(problem), _) => {
            discard_small(&mut request).await;
            request.error_response(problem).map_into_right_body()
        }
        (Ok(()), Err(problem)) => request.error_response(problem).map_into_right_body(),
        (Ok(()), Ok(())) => {
            let proof = Arc::new(Proof {
                authenticator,
                key,
                scopes,
            });
            let caller = Caller {
                tenant: tenant.clone(),
                proof,
                limits: limits.clone(),
            };
            request.extensions_mut().insert(caller);
            next.call(request).await?.map_into_left_body()
        }
    };
    limits::write(response.headers_mut(), &limits.quotas(&tenant));
    Ok(response)
}

/// Reads a body that is soon read, so that the connection can be kept: whoever sends too much would otherwise make one for each
/// request, which costs more than the refusal.
async fn discard_small(request: &mut ServiceRequest) {
    const SMALL: u64 = 64 * 1024;
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length <= SMALL)
        && let Ok(payload) = request.extract::<web::Payload>().await
    {
        Incoming::new(payload).discard(Duration::from_secs(1)).await;
    }
}
