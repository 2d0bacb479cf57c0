//! Whose request it is.

use std::future::{Ready, ready};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use domain::Tenant;
use domain::api_key::Scope;

use crate::auth::{Authenticator, Principal};
use crate::problem::{Problem, ProblemCode};

/// Who sent a request. A handler that reads or writes anything of a tenant takes it as an argument: there is no other way to
/// a [`Tenant`], so none can be forgotten.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose evaluations and rubrics the request is about. Without API keys there is one tenant.
    pub tenant: Tenant,
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

/// Lets a request pass whose sender may do what needs `scope`, and says who that is.
pub(super) async fn authorize<B: MessageBody>(
    scope: Scope,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let authenticator = request.app_data::<Data<Authenticator>>().ok_or_else(|| {
        Problem::internal(anyhow::anyhow!("nobody is there to tell callers apart"))
    })?;
    let Principal { tenant, scopes } = authenticator.authenticate(request.headers()).await?;
    if !scope.is_granted_by(&scopes) {
        let detail = format!("the API key lacks the scope `{scope}`");
        return Err(Problem::new(ProblemCode::Forbidden)
            .with_detail(detail)
            .into());
    }
    request.extensions_mut().insert(Caller { tenant });
    next.call(request).await
}
