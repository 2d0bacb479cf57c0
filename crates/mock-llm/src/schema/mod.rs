//! Making values that fit a JSON schema, in the schema's own order.

mod marks;
mod numbers;
mod options;
mod place;
mod resolution;
mod strings;
mod walker;

pub(crate) use marks::places;
pub(crate) use walker::Walker;
