//! What is wrong with a prompt, for whoever stores the rubric.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::compiled::{Compiled, Failure};
use super::jinja::STEPS;
use super::{MAX_RENDERED, names, parts};
use crate::rubric::Prompt;

/// Everything that is wrong with a prompt: the message, `system` or `user`, and a sentence.
///
/// What passes can be filled in with any values, as far as the values that it needs are there and its branches do not
/// hang on what they say.
#[must_use]
pub fn check(prompt: &Prompt) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    for (part, source) in parts(prompt) {
        let found = match Compiled::new(prompt.syntax, source) {
            Ok(compiled) => wrong(part, &compiled),
            Err(found) => found,
        };
        problems.extend(found.into_iter().map(|problem| (part, problem)));
    }
    problems
}

/// A text for every value that is wanted.
pub(super) fn samples(
    wanted: impl Fn(&'static str) -> bool,
) -> BTreeMap<&'static str, Cow<'static, str>> {
    names::all()
        .filter(|name| wanted(name))
        .map(|name| (name, Cow::Borrowed("Some text.")))
        .collect()
}

fn wrong(part: &str, compiled: &Compiled<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    for name in compiled.names() {
        match names::canonical(&name) {
            None => problems.push(names::unknown(&name)),
            Some(known) if part == "system" && !names::is_given(known) => {
                problems.push(names::not_in_system(&name));
            }
            Some(_) => {}
        }
    }
    if problems.is_empty() {
        problems.extend(trial(compiled));
    }
    problems
}

/// What fails when the message is filled in with everything, and with no more than it needs.
fn trial(compiled: &Compiled<'_>) -> Vec<String> {
    let everything = samples(|_| true);
    let given = samples(names::is_given);
    let needed = compiled.lacking(&given, STEPS);
    let least = samples(|name| names::is_given(name) || needed.contains(&name));
    let mut problems: Vec<String> = [everything, least]
        .iter()
        .filter_map(|values| compiled.render(values).err())
        .map(|failure| match failure {
            Failure::Absent(name) => {
                format!("`{name}` is used in a way that needs it and in one that forbids it")
            }
            Failure::TooLong => format!("it becomes longer than {MAX_RENDERED} bytes"),
            Failure::TooManySteps => "it takes too many steps: its loops are too long".to_owned(),
            Failure::Other(reason) => reason,
        })
        .collect();
    problems.dedup();
    problems
}
