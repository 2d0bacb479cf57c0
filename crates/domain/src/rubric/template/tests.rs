//! What prompts may use and what becomes of them.

mod absent;
mod available;
mod bounds;
mod recorded;
mod values;

use super::*;
use crate::rubric::Syntax;

fn jinja(user: &str) -> Prompt {
    Prompt {
        system: None,
        user: user.to_owned(),
        syntax: Syntax::Jinja,
    }
}

fn format(user: &str) -> Prompt {
    Prompt {
        syntax: Syntax::Format,
        ..jinja(user)
    }
}

fn values<'v>(values: &[(&'static str, &'v str)]) -> BTreeMap<&'static str, Cow<'v, str>> {
    values
        .iter()
        .map(|(name, value)| (*name, Cow::Borrowed(*value)))
        .collect()
}

fn missing(prompt: &Prompt, present: &BTreeSet<&'static str>) -> Vec<&'static str> {
    uses(prompt, present).missing.clone()
}

#[track_caller]
fn rendered(prompt: &Prompt, given: &[(&'static str, &str)]) -> String {
    render(prompt, &values(given)).unwrap().user
}

#[track_caller]
fn refused(prompt: &Prompt, word: &str) {
    let problems = check(prompt);
    assert!(
        problems
            .iter()
            .any(|(part, problem)| *part == "user" && problem.contains(word)),
        "no {word:?} in {problems:?}"
    );
}

#[track_caller]
fn passes(prompt: &Prompt) {
    assert_eq!(check(prompt), [], "{prompt:?}");
}

const ALL: [(&str, &str); 3] = [("input", "Why?"), ("output", "So."), ("nonce", "n")];
