//! What every HTTP request goes through, and the server.

mod correlation;
mod correlation_id;
mod fallback;
mod framework;
mod in_flight;
mod media_type;
mod server;

pub use self::{
    correlation::correlation,
    correlation_id::{CORRELATION_HEADER, CorrelationId},
    fallback::{default_not_found, extractors, method_not_allowed},
    media_type::expect_media_type,
    server::{bind, serve},
};
