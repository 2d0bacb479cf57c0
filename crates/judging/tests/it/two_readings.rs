//! Replies that a careful person would ask about, beside such as look like them and are plain: one in each line of
//! `two_readings.jsonl`, and several of one kind in each of `two_readings_of_kinds.jsonl`, of `other_values.jsonl`, of
//! `not_the_judges.jsonl`, of `of_the_verdict.jsonl`, of `terse_tails.jsonl` and of `given_in_words.jsonl`, with what is read, where
//! something is.

use std::collections::BTreeMap;

use domain::rubric::{Meaning, Prompt, ReplyFormat, Scale, Syntax, Take};
use judging::reading::Form;
use serde_json::Value;

use crate::custom_replies::{choice, letters, reader, says, says_nothing};
use crate::recorded::{Reader, criterion, reading, rubric};

/// The reader of a line: `form` with its `min` and `max` (1 and 5), `name` and `take`.
fn reader_of(line: &Value) -> Reader {
    let bound = |key: &str, otherwise| line[key].as_f64().unwrap_or(otherwise);
    let (min, max) = (bound("min", 1.0), bound("max", 5.0));
    let two = |format| Reader {
        rubric: rubric(["a", "b"].map(|name| criterion(name, min, max)).into()),
        ..reader(format, None, false)
    };
    let regex = |pattern: &str, choices| {
        let pattern = pattern.to_owned();
        reader(ReplyFormat::Regex { pattern, choices }, None, false)
    };
    let mut read = match line["form"].as_str() {
        None => reader(ReplyFormat::Number { min, max }, None, false),
        Some("numbers") => two(ReplyFormat::Numbers { count: 2 }),
        Some("numbers of sides") => reader(ReplyFormat::Numbers { count: 2 }, None, true),
        Some("regex") => regex(r"Score: (?P<score>\d+)", BTreeMap::new()),
        Some("digits") => regex(r"(?P<score>\d+)", BTreeMap::new()),
        Some("regex of words") => {
            let words = [("PASS", true), ("FAIL", false)];
            let choices = words.map(|(word, holds)| (word.to_owned(), Meaning::Truth(holds)));
            let mut read = regex(r"Verdict: (?P<verdict>\w+)", choices.into());
            read.rubric.criteria[0].scale = Scale::Boolean;
            read
        }
        Some("json" | "direct") => Reader {
            rubric: rubric(vec![criterion("helpfulness", min, max)]),
            ..reader(ReplyFormat::Json, None, false)
        },
        Some("json of two") => two(ReplyFormat::Json),
        Some("json of sides") => reader(ReplyFormat::Json, None, true),
        Some("letters") => letters(),
        Some("yn") => truths("Yes", "No"),
        Some("ci") => truths("C", "I"),
        Some("correct") => truths("correct", "incorrect"),
        Some("pf") => truths("PASS", "FAIL"),
        Some("safe") => truths("SAFE", "UNSAFE"),
        Some("pk") => numbers(&[("poor", 1.0), ("fair", 3.0), ("good", 5.0)]),
        Some("grades") => numbers(&[("A", 5.0), ("B", 3.0), ("C", 1.0)]),
        Some("ten") => {
            let texts: Vec<String> = (1..=10).map(|number: i32| number.to_string()).collect();
            let number = |text: &String| text.parse().unwrap();
            let values: Vec<_> = texts.iter().map(|it| (it.as_str(), number(it))).collect();
            let mut read = numbers(&values);
            read.rubric.criteria[0] = criterion("helpfulness", 1.0, 10.0);
            read
        }
        Some(other) => panic!("{other} is no form"),
    };
    match line["scale"].as_str() {
        Some("truth") => read.rubric.criteria[0].scale = Scale::Boolean,
        // That of the form, as it is.
        Some("same") => read.rubric.criteria[0] = criterion("helpfulness", min, max),
        Some("words") => {
            let values = [("poor", 0.0), ("fair", 0.5), ("good", 1.0)];
            let values = values.map(|(word, worth)| (word.to_owned(), worth)).into();
            read.rubric.criteria[0].scale = Scale::Categories { values };
        }
        _ => {}
    }
    if let Some(name) = line["name"].as_str() {
        name.clone_into(&mut read.rubric.criteria[0].name);
    }
    read.rubric.prompt = line["prompt"].as_str().map(|user| Prompt {
        system: None,
        user: user.to_owned(),
        syntax: Syntax::default(),
    });
    read.form.take = match line["take"].as_str() {
        Some("first") => Some(Take::First),
        Some("last") => Some(Take::Last),
        _ => None,
    };
    read
}

fn truths(yes: &str, no: &str) -> Reader {
    let mut read = choice(
        &[(yes, Meaning::Truth(true)), (no, Meaning::Truth(false))],
        false,
    );
    read.rubric.criteria[0].scale = Scale::Boolean;
    read
}

fn numbers(values: &[(&str, f64)]) -> Reader {
    let values: Vec<_> = values
        .iter()
        .map(|(text, value)| (*text, Meaning::Number(*value)))
        .collect();
    choice(&values, false)
}

/// What is read of a line's reply.
fn said(line: &Value) -> Result<String, String> {
    let (read, reply) = (reader_of(line), line["reply"].as_str().unwrap());
    if line["form"] != "direct" {
        return reading(&read, reply);
    }
    let verdict = judging::reading::read(&read.rubric, Form::Direct, reply, None)?;
    Ok(verdict.criteria[0].score.unwrap().to_string())
}

#[test]
fn a_reply_with_two_readings_has_none() {
    let alone = include_str!("two_readings.jsonl").lines();
    let together = include_str!("two_readings_of_kinds.jsonl").lines();
    let beside = include_str!("other_values.jsonl").lines();
    let words = include_str!("not_the_judges.jsonl").lines();
    let of_verdict = include_str!("of_the_verdict.jsonl").lines();
    let terse = include_str!("terse_tails.jsonl").lines();
    let in_words = include_str!("given_in_words.jsonl").lines();
    let lines = alone
        .chain(together)
        .chain(beside)
        .chain(words)
        .chain(of_verdict)
        .chain(terse)
        .chain(in_words)
        .flat_map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let replies = line["replies"].as_array().cloned();
            let replies = replies.unwrap_or_else(|| vec![line["reply"].clone()]);
            let mut each = line;
            replies.into_iter().map(move |reply| {
                each["reply"] = reply;
                each["replies"].take();
                each.clone()
            })
        });
    let wrong: Vec<String> = lines
        .filter_map(|line: Value| {
            let said = said(&line);
            let wanted = line["reads"].as_str();
            (said.as_deref().ok() != wanted).then(|| format!("{said:?} of {line}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pattern_is_superseded_only_by_its_own_label() {
    let pattern = |pattern: &str| {
        let pattern = pattern.to_owned();
        let choices = BTreeMap::new();
        reader(
            ReplyFormat::Regex { pattern, choices },
            Some(Take::Last),
            false,
        )
    };
    let mark = pattern(r"Mark of it: (?P<mark>[0-9])");
    says_nothing(&mark, "Mark of it: 4\nOr not.\nMark of it: low");
    says(&mark, "Mark of it: 4\nMark of what it lacks: low", "4");
    says(
        &pattern("I give (?P<mark>[0-9])"),
        "I give 4\nI give no more, because it is slow.",
        "4",
    );
}
