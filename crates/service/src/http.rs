//! What every HTTP request goes through, and the server.

pub mod body;
mod connection;
mod correlation;
mod correlation_id;
mod fallback;
mod framework;
mod header;
mod in_flight;
mod media_type;
mod method;
mod query;
mod server;

pub use self::{
    correlation::correlation,
    correlation_id::{CORRELATION_HEADER, CorrelationId},
    fallback::{default_not_found, extractors, method_not_allowed},
    header::single,
    media_type::expect_media_type,
    method::get,
    query::{Parameters, wrong as wrong_parameter},
    server::{bind, serve},
};
