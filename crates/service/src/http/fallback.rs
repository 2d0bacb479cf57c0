//! What answers when no handler does.

use std::future::{Ready, ready};

use actix_web::{
    ResponseError as _, Route,
    error::JsonPayloadError,
    web::{self, JsonConfig, PathConfig, QueryConfig, ServiceConfig},
};

use crate::problem::{Problem, ProblemCode};

/// Answers 404, for `App::default_service(web::to(default_not_found))`.
pub fn default_not_found() -> Ready<Problem> {
    ready(Problem::new(ProblemCode::NotFound).with_detail("there is no such path"))
}

/// Answers 405 and names the methods that are allowed, such as `GET, POST`.
pub(super) fn method_not_allowed(allow: String) -> Route {
    web::to(move || ready(Problem::method_not_allowed(allow.as_str())))
}

/// Makes the extractors `Json`, `Query` and `Path` answer with problem documents; `body_limit` is
/// in bytes. For `App::configure`.
pub fn extractors(body_limit: usize) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(
                JsonConfig::default()
                    .limit(body_limit)
                    .error_handler(|error, _| json(&error).into()),
            )
            .app_data(QueryConfig::default().error_handler(|error, _| {
                Problem::new(ProblemCode::InvalidQuery)
                    .with_detail(error.to_string())
                    .into()
            }))
            // A path that does not parse names nothing that exists.
            .app_data(
                PathConfig::default()
                    .error_handler(|_, _| Problem::new(ProblemCode::NotFound).into()),
            );
    }
}

fn json(error: &JsonPayloadError) -> Problem {
    match error {
        JsonPayloadError::ContentType => {
            Problem::new(ProblemCode::UnsupportedMediaType).with_detail("expected application/json")
        }
        JsonPayloadError::Deserialize(error) if error.is_data() => {
            Problem::new(ProblemCode::InvalidRequest).with_detail(error.to_string())
        }
        JsonPayloadError::Deserialize(error) => {
            Problem::new(ProblemCode::MalformedJson).with_detail(error.to_string())
        }
        other => Problem::new(ProblemCode::of_status(other.status_code().as_u16())),
    }
}
