//! Prompts of our own. Each has a version (see [`crate::prompt_version`]) that changes with its words.

mod candidate;
mod custom;
mod debate;
mod earlier;
mod guidance;
mod judge;
mod rubric;
pub(crate) mod schema;
mod steps;

pub(crate) use candidate::{conversation, first_number};
pub(crate) use custom::fill_in;
pub(crate) use debate::{
    Argument, Seat, moderator, moderator_shape, opening, round, round_shape, turn_shape,
};
pub(crate) use earlier::{has_one_schema, is_earlier, is_written};
pub(crate) use judge::{cot, direct};
pub(crate) use steps::steps;

use crate::call::Message;

/// Tells the second sample and those after it from the first: a cache between us and the model would give the
/// same reply again, and n equal replies look like certainty. It stands at the end, so that a provider's cache of
/// prefixes serves all of them.
pub(crate) fn sample(mut messages: Vec<Message>, number: u32) -> Vec<Message> {
    if number > 1
        && let Some(last) = messages.last_mut()
    {
        last.content
            .push_str(&format!(" (Reading {number}: judge afresh.)"));
    }
    messages
}

/// Asks once more for a reply that could not be read.
pub(crate) fn repair(problem: &str) -> String {
    format!(
        "Your reply could not be used: {problem}. Give the whole assessment again, as one JSON object in exactly the \
         form that was asked for and with nothing before or after it. Keep your judgement; mend only the form."
    )
}

/// The same where the form is the one that a rubric's own prompt asks for.
pub(crate) fn repair_custom(problem: &str) -> String {
    format!(
        "Your reply could not be used: {problem}. Answer again in exactly the form that was asked for. Keep your \
         judgement; mend only the form."
    )
}
