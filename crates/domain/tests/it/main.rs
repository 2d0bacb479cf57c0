//! Properties of the vocabulary.

mod canonical;
mod identity;
mod json;
mod state;
mod submission;
