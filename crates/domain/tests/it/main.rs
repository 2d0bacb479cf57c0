//! Properties of the vocabulary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canonical;
mod identity;
mod json;
mod own;
mod state;
mod strategy;
mod submission;
