//! Methods.

use actix_web::{Route, guard, web};

/// A route that takes GET, and HEAD, which is GET without the body (RFC 9110 §9.3.2): the server leaves it out.
pub(super) fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
