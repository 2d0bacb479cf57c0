//! What every HTTP request goes through, and the server.

mod app;
pub mod body;
mod caller;
mod connection;
mod correlation;
mod correlation_id;
pub mod docs;
mod expect;
mod fallback;
mod framework;
mod header;
mod in_flight;
mod media_type;
mod method;
mod query;
mod resource;
mod server;

pub use self::{
    app::app,
    caller::Caller,
    correlation::correlation,
    correlation_id::{CORRELATION_HEADER, CorrelationId},
    fallback::{default_not_found, extractors},
    header::single,
    media_type::expect_media_type,
    query::{Parameters, wrong as wrong_parameter},
    resource::{Resource, calls, refuse_body},
    server::{bind, serve},
};
