//! Chat completions on the wire. Types of our own: compatible providers differ in what they leave out and in
//! which words they use, and a closed enumeration would turn that into an error.

mod logprobs;
mod message;
mod request;
mod response;

pub(crate) use request::Request;
pub(crate) use response::{Read, read};
