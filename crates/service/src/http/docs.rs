//! `GET /openapi.json` and `GET /docs`: the API for programs and for people.

mod page;
mod problems;

use std::collections::BTreeSet;
use std::future::{Ready, ready};

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, X_CONTENT_TYPE_OPTIONS};
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

pub use self::problems::problems;
use super::Resource;

/// What every service's document has: these two calls, and the problem document.
#[derive(OpenApi)]
#[openapi(paths(describe, browse), components(schemas(api::Problem)))]
struct Common;

/// How callers are told apart, by its name in the documents.
const SCHEME: &str = "api_key";

/// Both answers, made once; clones are cheap.
#[derive(Clone)]
pub struct Docs {
    document: openapi::OpenApi,
    json: Bytes,
    page: Bytes,
    policy: String,
}

impl Docs {
    /// Of an API's own calls; those of the description itself are added.
    ///
    /// # Errors
    /// When the document cannot be rendered.
    pub fn new(mut document: openapi::OpenApi) -> anyhow::Result<Self> {
        document.merge(Common::openapi());
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("An API key, unless `auth.mode` is `off`."));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme(SCHEME, SecurityScheme::Http(bearer.build()));
        let needed: [&str; 0] = [];
        document.security = Some(vec![SecurityRequirement::new(SCHEME, needed)]);
        Ok(Self {
            json: serde_json::to_vec(&document)?.into(),
            page: page::render(&document)?.into(),
            policy: page::policy(),
            document,
        })
    }

    /// The document as it is served.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// `/openapi.json` and `/docs`.
    #[must_use]
    pub fn resources(&self) -> [Resource; 2] {
        let (json, docs) = (self.json.clone(), self.clone());
        [
            // Parameters change nothing of a file; some add one to get past a cache.
            Resource::at("/openapi.json")
                .get(move || describe(json.clone()))
                .with_parameters()
                .public(),
            Resource::at("/docs")
                .get(move || browse(docs.clone()))
                .with_parameters()
                .public(),
        ]
    }

    /// The calls that are documented, such as `GET /v1/things/{id}`.
    #[must_use]
    pub fn calls(&self) -> BTreeSet<String> {
        let paths = &self.document.paths.paths;
        let calls = paths.iter().flat_map(|(path, item)| {
            let methods = [
                ("GET", &item.get),
                ("PUT", &item.put),
                ("POST", &item.post),
                ("DELETE", &item.delete),
                ("OPTIONS", &item.options),
                ("HEAD", &item.head),
                ("PATCH", &item.patch),
                ("TRACE", &item.trace),
            ];
            methods
                .into_iter()
                .filter(|(_, call)| call.is_some())
                .map(move |(method, _)| format!("{method} {path}"))
        });
        calls.collect()
    }
}

/// This API for programs: an OpenAPI document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    security(()),
    responses(
        (status = 200, description = "The OpenAPI 3.1 document.", content_type = "application/json", body = Object),
        problems::Common
    )
)]
fn describe(json: Bytes) -> Ready<HttpResponse> {
    let mut response = HttpResponse::Ok();
    ready(response.content_type(ContentType::json()).body(json))
}

/// This API for people: the same as a page.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    security(()),
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String),
        problems::Common
    )
)]
fn browse(docs: Docs) -> Ready<HttpResponse> {
    let mut response = HttpResponse::Ok();
    response
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, docs.policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    ready(response.body(docs.page))
}
