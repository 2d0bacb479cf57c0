//! Reading a submission: every field known, every error with its place.

use std::collections::BTreeMap;

use super::{Candidate, Change, Conversation, Output, Prose, Submission, strategy};
use crate::Priority;
use crate::fields::{Errors, FieldError, Fields, line_problem, pointer_to, short_text_problem};
use crate::json::Json;
use crate::rubric::{self, RubricChoice};
use crate::strategy::Strategy;
use crate::webhook;

const MAX_METADATA: usize = 64;
const MAX_METADATA_KEY: usize = 64;
const MAX_METADATA_VALUE: usize = 1024;
/// How many times one judge is asked at most.
pub(super) const MAX_SAMPLES: u32 = 32;
const MAX_OUTPUT_ID: usize = 256;
const MAX_DEADLINE_SECONDS: u32 = 7 * 24 * 3600;

/// Reads a payload.
///
/// # Errors
/// Everything that is wrong with it, up to [`Errors::MAX_ERRORS`], each with a JSON pointer.
pub fn parse<'a>(payload: &Json<'a>) -> Result<Submission<'a>, Vec<FieldError>> {
    parse_with(payload, Errors::default())
}

/// Reads a payload that was accepted, maybe by a release that refused less than this one.
///
/// # Errors
/// As [`parse`].
pub fn parse_accepted<'a>(payload: &Json<'a>) -> Result<Submission<'a>, Vec<FieldError>> {
    parse_with(payload, Errors::of_accepted())
}

fn parse_with<'a>(
    payload: &Json<'a>,
    mut errors: Errors,
) -> Result<Submission<'a>, Vec<FieldError>> {
    let submission = read(payload, &mut errors);
    match submission {
        Some(submission) if errors.is_empty() => Ok(submission),
        _ => Err(errors.into_vec()),
    }
}

fn read<'a>(payload: &Json<'a>, errors: &mut Errors) -> Option<Submission<'a>> {
    let mut fields = Fields::of(payload, "", errors)?;
    let input = match fields.take("input") {
        None => None,
        Some(Json::String(text)) => Some(Prose::Text(text.clone())),
        Some(messages @ Json::Array(_)) => {
            conversation(messages, "/input", errors).map(Prose::Messages)
        }
        Some(other) => {
            errors.add(
                "/input",
                format!("expected a string or chat messages, found {}", other.kind()),
            );
            None
        }
    };
    let candidate = candidate(&mut fields, errors);
    let reference = fields.text("reference", errors);
    let context = fields.text("context", errors);
    let rubric = fields
        .take("rubric")
        .and_then(|value| rubric_choice(value, errors));
    let strategy = fields
        .take("strategy")
        .and_then(|value| {
            let comparison = candidate
                .as_ref()
                .is_some_and(|candidate| candidate.outputs.is_some());
            strategy::read(value, comparison, errors)
        })
        .unwrap_or_default();
    let model = fields.line("model", 256, errors).map(Into::into);
    let samples = fields
        .integer("samples", (1, MAX_SAMPLES), errors)
        .unwrap_or(1);
    if samples > 1 && matches!(strategy, Strategy::Debate(_)) {
        errors.add("/samples", "a debate is not sampled; add debaters instead");
    }
    if samples > 1 && matches!(strategy, Strategy::Cascade(_)) {
        errors.add(
            "/samples",
            "the stages of a cascade are sampled: `/strategy/first/samples`",
        );
    }
    let temperature = fields.number("temperature", (0.0, 2.0), errors);
    let priority = priority(&mut fields, errors);
    let deadline_seconds = fields.integer("deadline_seconds", (1, MAX_DEADLINE_SECONDS), errors);
    let webhook_url = fields
        .take("webhook")
        .and_then(|value| webhook::url(value, "/webhook", errors));
    let metadata = fields
        .take("metadata")
        .map(|value| metadata(value, errors))
        .unwrap_or_default();
    // `run` only makes an otherwise equal payload another evaluation: it does its work in the identity.
    fields.short_text("run", 1024, errors);
    fields.finish(errors);
    Some(Submission {
        input,
        candidate: candidate?,
        reference,
        context,
        rubric,
        strategy,
        samples,
        model,
        temperature,
        priority,
        deadline_seconds,
        webhook_url,
        metadata,
    })
}

fn candidate<'a>(fields: &mut Fields<'_, 'a>, errors: &mut Errors) -> Option<Candidate<'a>> {
    let output = fields.take("output");
    let trajectory = fields.take("trajectory");
    let change = fields.take("change");
    if let Some(outputs) = fields.take("outputs") {
        let others = [
            ("output", output.is_some()),
            ("trajectory", trajectory.is_some()),
            ("change", change.is_some()),
        ];
        for (other, _) in others.into_iter().filter(|(_, given)| *given) {
            errors.add("/outputs", format!("is mutually exclusive with `{other}`"));
        }
        return Some(Candidate {
            outputs: Some(read_outputs(outputs, errors)?),
            ..Candidate::default()
        });
    }
    if output.is_none() && trajectory.is_none() && change.is_none() {
        errors.add(
            "",
            "nothing to judge: one of `output`, `outputs`, `trajectory`, `change` is required",
        );
        return None;
    }
    let output = match output {
        Some(Json::String(text)) => Some(text.clone()),
        Some(other) => {
            errors.add(
                "/output",
                format!("expected a string, found {}", other.kind()),
            );
            None
        }
        None => None,
    };
    Some(Candidate {
        output,
        outputs: None,
        trajectory: trajectory.and_then(|value| conversation(value, "/trajectory", errors)),
        change: change.and_then(|value| read_change(value, errors)),
    })
}

fn read_outputs<'a>(value: &Json<'a>, errors: &mut Errors) -> Option<[Output<'a>; 2]> {
    let Json::Array(items) = value else {
        errors.add(
            "/outputs",
            format!(
                "expected an array of two candidates, found {}",
                value.kind()
            ),
        );
        return None;
    };
    let [first, second] = items.as_slice() else {
        errors.add(
            "/outputs",
            format!("must hold exactly two candidates, holds {}", items.len()),
        );
        return None;
    };
    let outputs = [
        read_output(first, "/outputs/0", errors),
        read_output(second, "/outputs/1", errors),
    ];
    let [Some(first), Some(second)] = outputs else {
        return None;
    };
    if first.id == second.id {
        errors.add(
            "/outputs/1/id",
            format!("`{}` is the first one's", &*second.id),
        );
    }
    Some([first, second])
}

fn read_output<'a>(value: &Json<'a>, pointer: &str, errors: &mut Errors) -> Option<Output<'a>> {
    let mut fields = Fields::of(value, pointer, errors)?;
    for key in ["id", "text"] {
        fields.require(key, errors);
    }
    let (id, text) = (
        fields.short_text("id", MAX_OUTPUT_ID, errors),
        fields.text("text", errors),
    );
    fields.finish(errors);
    Some(Output {
        id: id?,
        text: text?,
    })
}

fn conversation<'a>(
    value: &Json<'a>,
    pointer: &str,
    errors: &mut Errors,
) -> Option<Conversation<'a>> {
    let Json::Array(messages) = value else {
        errors.add(
            pointer,
            format!("expected an array of chat messages, found {}", value.kind()),
        );
        return None;
    };
    if messages.is_empty() {
        errors.add(pointer, "must hold at least one message");
    }
    for (index, message) in messages.iter().enumerate() {
        let place = format!("{pointer}/{index}");
        match message {
            Json::Object(_) => match message.get("role") {
                Some(Json::String(_)) => {}
                Some(other) => errors.add(
                    &pointer_to(&place, "role"),
                    format!("expected a string, found {}", other.kind()),
                ),
                None => errors.add(&pointer_to(&place, "role"), "is required"),
            },
            other => errors.add(
                &place,
                format!(
                    "expected a chat message (an object), found {}",
                    other.kind()
                ),
            ),
        }
    }
    Some(Conversation(messages.clone()))
}

fn read_change<'a>(value: &Json<'a>, errors: &mut Errors) -> Option<Change<'a>> {
    let mut fields = Fields::of(value, "/change", errors)?;
    fields.require("patch", errors);
    let (base, patch, test_log) = (
        fields.text("base", errors),
        fields.text("patch", errors),
        fields.text("test_log", errors),
    );
    fields.finish(errors);
    Some(Change {
        base,
        patch: patch?,
        test_log,
    })
}

fn rubric_choice(value: &Json<'_>, errors: &mut Errors) -> Option<RubricChoice> {
    match value {
        Json::String(name) => match rubric::parse_reference(name) {
            Ok(reference) => Some(RubricChoice::Named(reference)),
            Err(problem) => {
                errors.add("/rubric", problem);
                None
            }
        },
        Json::Object(_) => rubric::parse(value, "/rubric", errors)
            .map(|rubric| RubricChoice::Inline(Box::new(rubric))),
        other => {
            errors.add(
                "/rubric",
                format!("expected a name or a rubric, found {}", other.kind()),
            );
            None
        }
    }
}

fn priority(fields: &mut Fields<'_, '_>, errors: &mut Errors) -> Priority {
    let Some(name) = fields.text("priority", errors) else {
        return Priority::default();
    };
    Priority::parse(&name).unwrap_or_else(|| {
        errors.add("/priority", "must be `interactive` or `batch`");
        Priority::default()
    })
}

fn metadata(value: &Json<'_>, errors: &mut Errors) -> BTreeMap<String, String> {
    let Json::Object(members) = value else {
        errors.add(
            "/metadata",
            format!("expected an object, found {}", value.kind()),
        );
        return BTreeMap::new();
    };
    if members.len() > MAX_METADATA {
        errors.add(
            "/metadata",
            format!(
                "must hold at most {MAX_METADATA} entries, holds {}",
                members.len()
            ),
        );
        return BTreeMap::new();
    }
    let mut read = BTreeMap::new();
    for (key, value) in members {
        let place = pointer_to("/metadata", key);
        if let Some(problem) = short_text_problem(key, MAX_METADATA_KEY) {
            errors.add(&place, format!("the key {problem}"));
        } else if let Some(problem) = line_problem(key) {
            errors.add_at_intake(&place, format!("the key {problem}"));
        }
        match value {
            Json::String(text) if text.len() <= MAX_METADATA_VALUE && !text.contains('\0') => {
                read.insert(key.clone().into_owned(), text.clone().into());
            }
            Json::String(_) => {
                errors.add(
                    &place,
                    format!("must be at most {MAX_METADATA_VALUE} bytes without U+0000"),
                );
            }
            other => errors.add(&place, format!("expected a string, found {}", other.kind())),
        }
    }
    read
}
