//! Errors of the framework as problem documents.

use actix_web::{
    body::{BodySize, MessageBody},
    dev::ServiceResponse,
};

use crate::problem::{Problem, ProblemCode};

/// The problem that a response stands for: the one that a handler returned, or one made of what
/// the framework answered. `None` for a success and for an error page that a handler wrote itself.
pub(super) fn problem_of<B: MessageBody>(response: &ServiceResponse<B>) -> Option<Problem> {
    if let Some(problem) = response.response().extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let error = response.response().error();
    let is_empty = matches!(
        response.response().body().size(),
        BodySize::None | BodySize::Sized(0)
    );
    match error {
        Some(error) => Some(of_error(error)),
        None if is_empty => Some(Problem::new(ProblemCode::of_status(status.as_u16()))),
        None => None,
    }
}

/// The problem that an error of the framework stands for.
pub(super) fn of_error(error: &actix_web::Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let status = error.as_response_error().status_code();
    let code = ProblemCode::of_status(status.as_u16());
    if status.is_server_error() {
        // Handlers' own errors are problems and were logged where they arose; this one was not.
        tracing::error!(%error, "the framework failed");
        return Problem::new(code);
    }
    Problem::new(code).with_detail(error.to_string())
}
