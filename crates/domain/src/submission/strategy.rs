//! Reading how a candidate is to be judged: `"debate"`, or `{"kind": "debate", …options}`.

mod cascade;

use crate::fields::{Errors, Fields};
use crate::json::Json;
use crate::strategy::{Debate, Debater, Options, Ruling, Stance, Strategy};

const MAX_MODEL_LENGTH: usize = 256;
const MAX_WEIGHT: f64 = 1_000_000.0;

/// Reads a strategy; everything wrong is noted in `errors`. `comparison` says whether there are two candidates,
/// since only those have an order to swap.
pub(super) fn read(value: &Json<'_>, comparison: bool, errors: &mut Errors) -> Option<Strategy> {
    match value {
        Json::String(kind) => by_kind(kind).or_else(|| {
            errors.add("/strategy", KINDS);
            None
        }),
        Json::Object(_) => {
            let mut fields = Fields::of(value, "/strategy", errors)?;
            fields.require("kind", errors)?;
            let kind = fields.text("kind", errors)?;
            let Some(strategy) = by_kind(&kind) else {
                errors.add("/strategy/kind", KINDS);
                return None;
            };
            let strategy = with_options(strategy, &mut fields, comparison, errors);
            fields.finish(errors);
            Some(strategy)
        }
        other => {
            errors.add(
                "/strategy",
                format!(
                    "expected a name or an object with `kind`, found {}",
                    other.kind()
                ),
            );
            None
        }
    }
}

fn with_options(
    strategy: Strategy,
    fields: &mut Fields<'_, '_>,
    comparison: bool,
    errors: &mut Errors,
) -> Strategy {
    match strategy {
        Strategy::Direct(_) => Strategy::Direct(options(fields, comparison, errors)),
        Strategy::Cot(_) => Strategy::Cot(options(fields, comparison, errors)),
        Strategy::Debate(_) => Strategy::Debate(debate(fields, comparison, errors)),
        Strategy::Cascade(_) => {
            Strategy::Cascade(Box::new(cascade::read(fields, comparison, errors)))
        }
    }
}

const KINDS: &str = "must be `direct`, `cot`, `debate` or `cascade`";

fn by_kind(kind: &str) -> Option<Strategy> {
    [
        Strategy::Direct(Options::default()),
        Strategy::Cot(Options::default()),
        Strategy::Debate(Debate::default()),
        Strategy::Cascade(Box::default()),
    ]
    .into_iter()
    .find(|strategy| strategy.as_str() == kind)
}

fn options(fields: &mut Fields<'_, '_>, comparison: bool, errors: &mut Errors) -> Options {
    Options {
        per_criterion: fields.boolean("per_criterion", errors).unwrap_or(false),
        logprobs: fields.boolean("logprobs", errors).unwrap_or(false),
        swap: swap(fields, comparison, errors),
    }
}

fn swap(fields: &mut Fields<'_, '_>, comparison: bool, errors: &mut Errors) -> bool {
    let swap = fields.boolean("swap", errors);
    if swap.is_some() && !comparison {
        errors.add(
            &fields.pointer("swap"),
            "needs `outputs`: only two candidates have an order",
        );
    }
    swap.unwrap_or(true)
}

fn debate(fields: &mut Fields<'_, '_>, comparison: bool, errors: &mut Errors) -> Debate {
    let usual = Debate::default();
    let debaters = debaters(fields, errors);
    let rounds = fields
        .integer("rounds", (0, Debate::MAX_ROUNDS), errors)
        .unwrap_or(usual.rounds);
    let verdict = one_of(fields, "verdict", &Ruling::ALL, Ruling::as_str, errors);
    let moderator = fields
        .line("moderator", MAX_MODEL_LENGTH, errors)
        .map(Into::into);
    let moderated = verdict.map_or(rounds > 0, |verdict| verdict == Ruling::Moderator);
    if moderator.is_some() && !moderated {
        errors.add(
            &fields.pointer("moderator"),
            "this debate has no moderator: `verdict` would have to be `moderator`",
        );
    }
    Debate {
        debaters,
        rounds,
        verdict,
        moderator,
        agreement: fields
            .number("agreement", (0.0, 1.0), errors)
            .unwrap_or(usual.agreement),
        window: fields
            .integer("window", (1, Debate::MAX_ROUNDS), errors)
            .unwrap_or(usual.window),
        swap: swap(fields, comparison, errors),
    }
}

/// `models` for those that differ in nothing else, or `debaters`.
fn debaters(fields: &mut Fields<'_, '_>, errors: &mut Errors) -> Vec<Debater> {
    let (models_place, debaters_place) = (fields.pointer("models"), fields.pointer("debaters"));
    match (fields.take("models"), fields.take("debaters")) {
        (None, None) => Vec::new(),
        (Some(_), Some(_)) => {
            errors.add(&models_place, "is mutually exclusive with `debaters`");
            Vec::new()
        }
        (Some(models), None) => each(models, &models_place, errors, |model, place, errors| {
            let Json::String(name) = model else {
                errors.add(place, format!("expected a string, found {}", model.kind()));
                return None;
            };
            if let Some(problem) = crate::fields::short_text_problem(name, MAX_MODEL_LENGTH) {
                errors.add(place, problem);
            } else if let Some(problem) = crate::fields::name_problem(name) {
                errors.add_at_intake(place, problem);
            }
            Some(Debater {
                model: Some(name.clone().into()),
                stance: Stance::Neutral,
                weight: 1.0,
            })
        }),
        (None, Some(debaters)) => each(debaters, &debaters_place, errors, debater),
    }
}

fn debater(value: &Json<'_>, place: &str, errors: &mut Errors) -> Option<Debater> {
    let mut fields = Fields::of(value, place, errors)?;
    let model = fields
        .line("model", MAX_MODEL_LENGTH, errors)
        .map(Into::into);
    let stance = one_of(&mut fields, "stance", &Stance::ALL, Stance::as_str, errors);
    let weight = fields.number("weight", (0.0, MAX_WEIGHT), errors);
    if weight == Some(0.0) {
        errors.add(&fields.pointer("weight"), "must be more than 0");
    }
    fields.finish(errors);
    Some(Debater {
        model,
        stance: stance.unwrap_or_default(),
        weight: weight.unwrap_or(1.0),
    })
}

fn each(
    list: &Json<'_>,
    pointer: &str,
    errors: &mut Errors,
    read: impl Fn(&Json<'_>, &str, &mut Errors) -> Option<Debater>,
) -> Vec<Debater> {
    let Json::Array(items) = list else {
        errors.add(pointer, format!("expected an array, found {}", list.kind()));
        return Vec::new();
    };
    if !(2..=Debate::MAX_DEBATERS).contains(&items.len()) {
        errors.add(
            pointer,
            format!(
                "must hold 2 to {} debaters, holds {}",
                Debate::MAX_DEBATERS,
                items.len()
            ),
        );
        return Vec::new();
    }
    items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| read(item, &format!("{pointer}/{index}"), errors))
        .collect()
}

fn one_of<T: Copy>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    errors: &mut Errors,
) -> Option<T> {
    let given = fields.text(key, errors)?;
    let found = all.iter().find(|each| name(**each) == &*given).copied();
    if found.is_none() {
        let names: Vec<String> = all
            .iter()
            .map(|each| format!("`{}`", name(*each)))
            .collect();
        errors.add(
            &fields.pointer(key),
            format!("must be one of {}", names.join(", ")),
        );
    }
    found
}
