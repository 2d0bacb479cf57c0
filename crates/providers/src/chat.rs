//! Chat completions on the wire. Types of our own: compatible providers differ in what they leave out and in
//! which words they use, and a closed enumeration would turn that into an error.

mod choice;
mod completion;
mod message;
mod request;
mod restarts;
mod stencil;

pub(crate) use completion::Completion;
pub(crate) use request::{Request, TOP_LOGPROBS};
