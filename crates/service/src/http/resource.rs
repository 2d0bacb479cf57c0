//! Resources: a path, and what answers each of its methods.

use std::collections::BTreeSet;

use actix_web::{
    Error, FromRequest, Handler, Responder, Route,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING},
    },
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};

use domain::api_key::Scope;

use super::caller::authorize;
use super::{Parameters, fallback::method_not_allowed, method, query};
use crate::problem::Problem;

/// A path with its routes. Any other method is answered by 405 that names these.
pub struct Resource {
    path: &'static str,
    routes: Vec<Call>,
}

/// A method of a resource.
struct Call {
    method: Method,
    route: Route,
    /// Whether its handler reads the parameters of the query itself.
    has_parameters: bool,
    /// What its sender's key has to be good for, one of these; `None`: everybody may call.
    scopes: Option<&'static [Scope]>,
}

impl Resource {
    /// A resource that has no route yet, at a path such as `/v1/things/{id}`.
    #[must_use]
    pub fn at(path: &'static str) -> Self {
        Self {
            path,
            routes: Vec::new(),
        }
    }

    /// The handler that was named last takes [`Parameters`] and refuses those that it does not know. For any other all are
    /// refused: a misspelt one must not look as if it were heard. Nor must a body: whatever else such a call is sent is refused, by
    /// [`refuse_body`] in the handler where the path names something, which may not be there.
    #[must_use]
    pub fn with_parameters(mut self) -> Self {
        if let Some(call) = self.routes.last_mut() {
            call.has_parameters = true;
        }
        self
    }

    /// The handler that was named last is for keys with one of these scopes. Without it GET takes one that may read, and any other
    /// method an administrator's: a call that nobody thought about is open to few.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &'static [Scope]) -> Self {
        if let Some(call) = self.routes.last_mut() {
            call.scopes = Some(scopes);
        }
        self
    }

    /// The handler that was named last is for everybody, and takes no [`super::Caller`].
    #[must_use]
    pub fn public(mut self) -> Self {
        if let Some(call) = self.routes.last_mut() {
            call.scopes = None;
        }
        self
    }

    /// Answers GET, and HEAD as GET.
    #[must_use]
    pub fn get<F, A>(self, handler: F) -> Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.with(Method::GET, method::get().to(handler))
    }

    /// Answers POST.
    #[must_use]
    pub fn post<F, A>(self, handler: F) -> Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.with(Method::POST, web::post().to(handler))
    }

    /// Answers PUT.
    #[must_use]
    pub fn put<F, A>(self, handler: F) -> Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.with(Method::PUT, web::put().to(handler))
    }

    /// Answers DELETE.
    #[must_use]
    pub fn delete<F, A>(self, handler: F) -> Self
    where
        F: Handler<A>,
        A: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.with(Method::DELETE, web::delete().to(handler))
    }

    fn with(mut self, method: Method, route: Route) -> Self {
        let scopes: &[Scope] = if method == Method::GET {
            &[Scope::Read]
        } else {
            &[Scope::Admin]
        };
        self.routes.push(Call {
            method,
            route,
            has_parameters: false,
            scopes: Some(scopes),
        });
        self
    }

    /// Its calls, such as `GET /v1/things/{id}`; HEAD goes without saying.
    pub fn calls(&self) -> impl Iterator<Item = String> {
        self.routes
            .iter()
            .map(|call| format!("{} {}", call.method, self.path))
    }

    /// Its calls as a table of the documents has them: a row with the method and the path, and one with the scope.
    pub fn rows(&self) -> impl Iterator<Item = String> {
        self.routes.iter().map(|call| {
            let scopes = call.scopes.map_or_else(
                || "none".to_owned(),
                |scopes| {
                    let names = scopes.iter().map(|scope| format!("`{scope}`"));
                    names.collect::<Vec<_>>().join(" or ")
                },
            );
            format!("| `{} {}` | {scopes} |", call.method, self.path)
        })
    }

    /// The methods that it takes, for `Allow`.
    fn allow(&self) -> String {
        let methods: Vec<_> = self
            .routes
            .iter()
            .map(|call| match call.method {
                Method::GET => "GET, HEAD",
                ref other => other.as_str(),
            })
            .collect();
        methods.join(", ")
    }

    /// Adds it to an `App`.
    pub fn register(self, config: &mut ServiceConfig) {
        let refusal = method_not_allowed(self.allow());
        let resource = web::resource(self.path);
        let resource = self.routes.into_iter().fold(resource, |resource, call| {
            let names_something = self.path.contains('{');
            let route = match (call.has_parameters, call.method) {
                (true, Method::GET) => call.route,
                (true, _) if names_something => call.route,
                (true, _) => call.route.wrap(from_fn(without_body)),
                (false, _) => call.route.wrap(from_fn(without_parameters)),
            };
            // What is wrapped last comes first: who may not call learns nothing of how to.
            resource.route(match call.scopes {
                None => route,
                Some(scopes) => route.wrap(from_fn(move |request, next| {
                    authorize(scopes, request, next)
                })),
            })
        });
        config.service(resource.default_service(refusal));
    }
}

async fn without_parameters(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let given = Parameters::read(request.query_string().as_bytes())?;
    if let Some((name, _)) = given.0.first() {
        return Err(query::wrong(name, "is unknown; no parameter is known here").into());
    }
    next.call(request).await
}

/// Some clients send an empty object where they have nothing to say.
const NOTHING: u64 = "{}".len() as u64;

async fn without_body(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    refuse_body(request.headers())?;
    next.call(request).await
}

/// Refuses a body, for a call whose options stand in its query.
///
/// # Errors
/// 422 where the headers announce more than an empty object.
pub fn refuse_body(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers.get(CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length > Some(NOTHING) || headers.contains_key(TRANSFER_ENCODING) {
        let message = "is no body that is read: what is asked for stands in the query";
        return Err(Problem::invalid_field("", message));
    }
    Ok(())
}

/// The calls of several resources.
#[must_use]
pub fn calls(resources: &[Resource]) -> BTreeSet<String> {
    resources.iter().flat_map(Resource::calls).collect()
}
