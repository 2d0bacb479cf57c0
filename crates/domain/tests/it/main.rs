//! Properties of the vocabulary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canonical;
mod cascade;
mod custom;
mod custom_fit;
mod identity;
mod json;
mod state;
mod strategy;
mod submission;
