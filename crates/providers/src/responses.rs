//! The responses API on the wire (`POST /responses`).

mod output;
mod request;
mod response;
mod streamed;

pub(crate) use request::Request;
pub(crate) use response::Response;
