//! Reading a cascade: `{"kind": "cascade", "first": …, "then": …, "when": …}`.

use super::{MAX_MODEL_LENGTH, by_kind, with_options};
use crate::fields::{Errors, Fields};
use crate::json::Json;
use crate::strategy::{Cascade, EscalationRule, Stage, Strategy};
use crate::submission::parse::MAX_SAMPLES;

pub(super) fn read(fields: &mut Fields<'_, '_>, comparison: bool, errors: &mut Errors) -> Cascade {
    let usual = Cascade::default();
    let mut stage_of = |key: &'static str, usual: Stage, errors: &mut Errors| {
        let pointer = fields.pointer(key);
        let Some(value) = fields.take(key) else {
            return usual;
        };
        // What cannot be read is noted: nothing is made of the request.
        stage(value, &pointer, comparison, errors).unwrap_or_default()
    };
    let first = stage_of("first", usual.first, errors);
    let then = stage_of("then", usual.then, errors);
    let pointer = fields.pointer("when");
    let when = fields.take("when");
    let when = when.and_then(|value| rule(value, &pointer, errors));
    Cascade {
        first,
        then,
        when: when.unwrap_or_default(),
    }
}

/// A strategy's name, or an object with `kind`, the strategy's options, `model` and, of a judge that works alone, `samples`;
/// or `model` and `samples` alone, of a judge that scores at once.
fn stage(value: &Json<'_>, pointer: &str, comparison: bool, errors: &mut Errors) -> Option<Stage> {
    if let Json::String(kind) = value {
        return Some(Stage {
            strategy: stage_strategy(kind, pointer, errors)?,
            ..Stage::default()
        });
    }
    let mut fields = Fields::of(value, pointer, errors)?;
    let kind = fields.take("kind");
    let model = fields.line("model", MAX_MODEL_LENGTH, errors);
    let place = fields.pointer("kind");
    let strategy = match kind {
        None => Strategy::default(),
        Some(Json::String(kind)) => {
            let usual = stage_strategy(kind, &place, errors)?;
            with_options(usual, &mut fields, comparison, errors)
        }
        Some(other) => {
            errors.add(&place, format!("expected a string, found {}", other.kind()));
            return None;
        }
    };
    let samples = match strategy {
        Strategy::Debate(_) => None,
        _ => fields.integer("samples", (1, MAX_SAMPLES), errors),
    };
    fields.finish(errors);
    Some(Stage {
        strategy,
        model: model.map(Into::into),
        samples: samples.unwrap_or(1),
    })
}

fn stage_strategy(kind: &str, pointer: &str, errors: &mut Errors) -> Option<Strategy> {
    match by_kind(kind) {
        Some(Strategy::Cascade(_)) => {
            errors.add(
                pointer,
                "must not be a cascade: a stage is one of the others",
            );
            None
        }
        None => {
            errors.add(pointer, "must be `direct`, `cot` or `debate`");
            None
        }
        found => found,
    }
}

fn rule(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Option<EscalationRule> {
    let mut fields = Fields::of(value, pointer, errors)?;
    let usual = EscalationRule::default();
    let rule = EscalationRule {
        interval: fields.boolean("interval", errors).unwrap_or(usual.interval),
        margin: fields
            .number("margin", (0.0, 1.0), errors)
            .unwrap_or(usual.margin),
        disagreement: fields
            .number("disagreement", (0.0, 1.0), errors)
            .unwrap_or(usual.disagreement),
        unscorable: fields
            .boolean("unscorable", errors)
            .unwrap_or(usual.unscorable),
    };
    if !rule.can_escalate() {
        errors.add(
            pointer,
            "never asks the second stage: `interval` and `unscorable` are false, and `disagreement` is 1",
        );
    }
    fields.finish(errors);
    Some(rule)
}
