//! Replies that a careful person would ask about, beside such as look like them and are plain: one in each line of
//! `two_readings.jsonl`, with what is read of it, where something is.

use std::collections::BTreeMap;

use domain::rubric::{Meaning, ReplyFormat, Scale, Take};
use serde_json::Value;

use crate::custom_replies::{choice, letters, reader, says, says_nothing};
use crate::recorded::{Reader, criterion, reading, rubric};

/// The reader of a line: `form` with its `min` and `max` (1 and 5), and `take`.
fn reader_of(line: &Value) -> Reader {
    let (min, max) = (
        line["min"].as_f64().unwrap_or(1.0),
        line["max"].as_f64().unwrap_or(5.0),
    );
    let mut read = match line["form"].as_str() {
        None => reader(ReplyFormat::Number { min, max }, None, false),
        Some("numbers") => Reader {
            rubric: rubric(["a", "b"].map(|name| criterion(name, min, max)).into()),
            ..reader(ReplyFormat::Numbers { count: 2 }, None, false)
        },
        Some("regex") => {
            let pattern = r"Score: (?P<score>\d+)".to_owned();
            let choices = BTreeMap::new();
            reader(ReplyFormat::Regex { pattern, choices }, None, false)
        }
        Some("yn") => {
            let yes_or_no = [("Yes", Meaning::Truth(true)), ("No", Meaning::Truth(false))];
            let mut truth = choice(&yes_or_no, false);
            truth.rubric.criteria[0].scale = Scale::Boolean;
            truth
        }
        Some("pk") => {
            let values = [("poor", 1.0), ("fair", 3.0), ("good", 5.0)];
            choice(
                &values.map(|(word, value)| (word, Meaning::Number(value))),
                false,
            )
        }
        Some("letters") => letters(),
        Some("ci") => {
            let words = [("C", Meaning::Truth(true)), ("I", Meaning::Truth(false))];
            let mut truth = choice(&words, false);
            truth.rubric.criteria[0].scale = Scale::Boolean;
            truth
        }
        Some("pf") => {
            let verdicts = [
                ("PASS", Meaning::Truth(true)),
                ("FAIL", Meaning::Truth(false)),
            ];
            let mut truth = choice(&verdicts, false);
            truth.rubric.criteria[0].scale = Scale::Boolean;
            truth
        }
        Some("digits") => {
            let pattern = r"(?P<score>\d+)".to_owned();
            let choices = BTreeMap::new();
            reader(ReplyFormat::Regex { pattern, choices }, None, false)
        }
        Some(other) => panic!("{other} is no form"),
    };
    if let Some(name) = line["name"].as_str() {
        name.clone_into(&mut read.rubric.criteria[0].name);
    }
    read.form.take = match line["take"].as_str() {
        Some("first") => Some(Take::First),
        Some("last") => Some(Take::Last),
        _ => None,
    };
    read
}

#[test]
fn a_reply_with_two_readings_has_none() {
    let lines = include_str!("two_readings.jsonl").lines();
    let wrong: Vec<String> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .filter_map(|line: Value| {
            let said = reading(&reader_of(&line), line["reply"].as_str().unwrap());
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
        "I give 4\nI give no more.",
        "4",
    );
}
