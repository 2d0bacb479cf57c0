//! Reading a judge's reply. Strict in what it takes for a score: what cannot be read is an error with a
//! reason, never a number.

mod extract;
mod verdict;

pub(crate) use verdict::{CriterionVerdict, Verdict, direct};
