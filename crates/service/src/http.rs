//! What every HTTP request goes through, and the server.

mod correlation;
mod correlation_id;
mod fallback;
mod framework;
mod in_flight;
mod server;

pub use self::{
    correlation::correlation,
    correlation_id::{CORRELATION_HEADER, CorrelationId},
    fallback::{default_not_found, extractors, method_not_allowed},
    server::{bind, serve},
};
