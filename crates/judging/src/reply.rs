//! Reading a judge's reply. Strict in what it takes for a score: what cannot be read is an error with a
//! reason, never a number.

mod custom;
mod extract;
mod failure_step;
mod grade;
mod json;
mod layout;
mod logprobs;
mod reasoning_block;
mod siblings;
mod steps;
mod structured;
mod unasked;
mod verdict;
mod word_list;

pub(crate) use custom::read_custom;
pub(crate) use logprobs::Values;
pub(crate) use steps::steps;
pub(crate) use structured::{comparison, direct};
pub(crate) use verdict::{CriterionVerdict, Grade, Verdict};
