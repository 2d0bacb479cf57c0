//! Reading a judge's reply. Strict in what it takes for a score: what cannot be read is an error with a
//! reason, never a number.

mod extract;
mod grade;
mod json;
mod own;
mod steps;
mod structured;
mod thought;
mod verdict;
mod weigh;

pub(crate) use own::own;
pub(crate) use steps::steps;
pub(crate) use structured::{comparison, direct};
pub(crate) use verdict::{CriterionVerdict, Grade, Verdict};
pub(crate) use weigh::Values;
