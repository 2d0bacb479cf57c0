//! Prompts of a rubric's own: what passes the check can be filled in, whatever the values are, within its bounds.
#![no_main]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use domain::rubric::template::{MAX_RENDERED, RenderError, check, names, render, uses};
use domain::rubric::{Prompt, Syntax};
use judging_fuzz::split;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((shape, text)) = split(data) else {
        return;
    };
    // The message and a value that is put into it.
    let (user, value) = text
        .split_once('\u{1}')
        .unwrap_or((text, "{{ input }} {% for x in y %}"));
    let prompt = Prompt {
        system: None,
        user: user.to_owned(),
        syntax: if shape[0] % 2 == 0 {
            Syntax::Jinja
        } else {
            Syntax::Format
        },
    };
    if !check(&prompt).is_empty() {
        return;
    }
    let used = names(&prompt);
    let values: BTreeMap<_, _> = used
        .iter()
        .map(|name| (*name, Cow::Borrowed(value)))
        .collect();
    match render(&prompt, &values) {
        Ok(rendered) => assert!(rendered.user.len() <= MAX_RENDERED),
        // A branch may hang on what a value says.
        Err(RenderError::Absent(_) | RenderError::TooLong | RenderError::TooManySteps) => {}
        Err(error) => panic!("passed the check: {error}"),
    }
    let found = uses(&prompt, &BTreeSet::new());
    assert!(found.missing.iter().all(|name| used.contains(name)));
});
