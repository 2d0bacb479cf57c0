//! The rubric in words, and the form of the reply.

use std::fmt::Write as _;

use domain::rubric::{Criterion, Rubric, Scale};

use super::schema::{FAILURE_STEP, Shape, is_whole};

/// The rubric, criterion by criterion.
pub(super) fn block(rubric: &Rubric) -> String {
    let mut text = String::from("# Rubric\n");
    if !rubric.description.is_empty() {
        text.push_str(&rubric.description);
        text.push('\n');
    }
    for (index, criterion) in rubric.criteria.iter().enumerate() {
        describe(&mut text, index + 1, criterion);
    }
    text
}

/// What the reply has to look like. It is spelled out although most providers enforce a schema, because some
/// only pass the prompt on.
pub(super) fn form(rubric: &Rubric, shape: Shape) -> String {
    let mut text = String::from("# Form of the reply\n{");
    if shape.reasoning {
        text.push_str("\"reasoning\": [\"…\"], ");
    }
    text.push_str("\"criteria\": {");
    for (index, criterion) in rubric.criteria.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let name = serde_json::Value::from(criterion.name.as_str());
        let or = if criterion.may_not_apply {
            ", or null where it does not apply"
        } else {
            ""
        };
        let score = match &criterion.scale {
            _ if shape.comparison => format!("\"better\": \"<A, B or tie{or}>\""),
            Scale::Numeric { min, max, .. } => {
                let kind = if is_whole(shape, *min, *max) {
                    "whole number"
                } else {
                    "number"
                };
                format!("\"score\": <{kind} from {min} to {max}{or}>")
            }
            Scale::Boolean => format!("\"score\": <true or false{or}>"),
            Scale::Categories { .. } => format!("\"score\": \"<one of the categories{or}>\""),
        };
        let step = if shape.locates(criterion) {
            format!("\"{FAILURE_STEP}\": <the number of a message, or null>, ")
        } else {
            String::new()
        };
        put(
            &mut text,
            format_args!(
                "{comma}{name}: {{\"rationale\": \"…\", \"evidence\": [\"…\"], {step}{score}}}"
            ),
        );
    }
    text.push_str("}, \"summary\": \"…\"");
    if shape.moved_by {
        text.push_str(", \"moved_by\": <the name of an argument, or null>");
    } else if shape.any_turn {
        text.push_str(", \"moved_by\": null");
    }
    if shape.consensus {
        text.push_str(", \"consensus\": <true or false>");
    } else if shape.any_turn {
        text.push_str(", \"consensus\": null");
    }
    text.push('}');
    if rubric.criteria.iter().any(|each| shape.locates(each)) {
        text.push_str(LOCATE);
    }
    text
}

fn describe(text: &mut String, number: usize, criterion: &Criterion) {
    put(text, format_args!("\n## {number}. {}\n", criterion.name));
    if !criterion.description.is_empty() {
        put(text, format_args!("{}\n", criterion.description));
    }
    match &criterion.scale {
        Scale::Numeric { min, max, anchors } => {
            put(
                text,
                format_args!("Scale: a number from {min} (worst) to {max} (best).\n"),
            );
            let mut anchors: Vec<_> = anchors
                .iter()
                .filter_map(|(key, words)| Some((key.parse::<f64>().ok()?, words)))
                .collect();
            anchors.sort_by(|left, right| left.0.total_cmp(&right.0));
            for (value, words) in anchors {
                put(text, format_args!("- {value}: {words}\n"));
            }
        }
        Scale::Boolean => text.push_str("Scale: true or false. True is the better answer.\n"),
        Scale::Categories { .. } => {
            put(
                text,
                format_args!(
                    "Scale: one of these categories, from worst to best: {}.\n",
                    criterion.scale.categories().join(", ")
                ),
            );
        }
    }
    if criterion.may_not_apply {
        text.push_str(MAY_NOT_APPLY);
    }
}

/// What a judge is told of a criterion that may not apply.
const MAY_NOT_APPLY: &str = "It may not apply: where the material gives nothing that it could be judged by, say so in the \
    rationale and give null. Never give null because the work is bad.\n";

/// What a judge is told where the failure of a criterion is located.
const LOCATE: &str = "\n\nUnder `failure_step` give the number of the one message of the trajectory at which the criterion first \
    failed, as it stands behind the mark: where the fault was made, not where it showed or was regretted. Quote from that message. \
    Give null where the criterion was met in full, does not apply, or failed by something that no one message shows.";

/// Appends formatted text. Writing to a `String` cannot fail.
fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(words);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}
