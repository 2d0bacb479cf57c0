//! Prompts of our own. Each has a version (beside its strategy) that changes with its words.

mod candidate;
mod direct;
mod rubric;
pub(crate) mod schema;

pub(crate) use candidate::conversation;
pub(crate) use direct::direct;

/// Asks once more for a reply that could not be read.
pub(crate) fn repair(problem: &str) -> String {
    format!(
        "Your reply could not be used: {problem}. Give the whole assessment again, as one JSON object in exactly the \
         form that was asked for and with nothing before or after it. Keep your judgement; mend only the form."
    )
}
