//! Reading a rubric as a client wrote it.

use std::collections::BTreeMap;

use super::{Criterion, Rubric, RubricReference, Scale, parse_custom};
use crate::assessment::NOT_APPLICABLE;
use crate::fields::{Errors, Fields, as_number, pointer_to, short_text_problem};
use crate::json::Json;
use crate::label::{is_criterion_name, is_rubric_name};
use crate::webhook::{self, RubricWebhook};

const MAX_CRITERIA: usize = 50;
const MAX_DESCRIPTION: usize = 16 * 1024;
const MAX_VALUES: usize = 50;

/// Reads a rubric; everything wrong is noted in `errors`.
pub fn parse(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Option<Rubric> {
    let mut fields = Fields::of(value, pointer, errors)?;
    let name = fields.short_text("name", crate::label::MAX_NAME, errors);
    if let Some(name) = &name
        && !is_rubric_name(name)
    {
        errors.add(&fields.pointer("name"), NAME_RULE);
    }
    let description = fields
        .short_text("description", MAX_DESCRIPTION, errors)
        .unwrap_or_default();
    let pass_threshold = fields.number("pass_threshold", (0.0, 1.0), errors);
    let model = fields.line("model", 256, errors);
    let fallback = fields.boolean("fallback", errors).unwrap_or(true);
    let criteria_pointer = fields.pointer("criteria");
    let criteria = match fields.require("criteria", errors) {
        Some(value) => criteria(value, &criteria_pointer, errors),
        None => None,
    };
    let [steps_place, prompt_place, reply_place, webhook_place] =
        ["steps", "prompt", "reply", "webhook"].map(|key| fields.pointer(key));
    let steps = fields
        .take("steps")
        .map(|value| parse_custom::steps(value, &steps_place, errors))
        .unwrap_or_default();
    let prompt = fields.take("prompt");
    let reply = fields.take("reply");
    if prompt.is_some() && !steps.is_empty() {
        errors.add(
            &steps_place,
            "are gone through in our own prompts only, and the rubric has a `prompt`",
        );
    }
    if reply.is_some() && prompt.is_none() {
        errors.add(
            &reply_place,
            "is how the reply to a `prompt` is read, and there is none",
        );
    }
    if prompt.is_some() {
        let criteria = criteria.iter().flatten().enumerate();
        for (index, _) in criteria.filter(|(_, criterion)| criterion.locate) {
            errors.add(
                &format!("{criteria_pointer}/{index}/locate"),
                "is asked for in our own prompts only, and the rubric has a `prompt`",
            );
        }
    }
    let prompt = prompt.and_then(|value| parse_custom::prompt(value, &prompt_place, errors));
    let reply = reply
        .zip(criteria.as_ref())
        .and_then(|(value, criteria)| parse_custom::reply(value, &reply_place, criteria, errors));
    let webhook = fields
        .take("webhook")
        .and_then(|value| webhook::url(value, &webhook_place, errors))
        .map(|url| RubricWebhook { url: url.into() });
    fields.finish(errors);
    Some(Rubric {
        name: name.map(Into::into),
        description: description.into(),
        pass_threshold,
        model: model.map(Into::into),
        fallback,
        criteria: criteria?,
        steps,
        prompt,
        reply,
        webhook,
    })
}

/// What a rubric's name may be, as a sentence.
const NAME_RULE: &str =
    "must be 1 to 64 letters, digits, `-`, `_` or `.`, and start with a letter or digit";

/// Reads `name` or `name@version`.
///
/// # Errors
/// A sentence for the person who wrote it.
pub fn parse_reference(text: &str) -> Result<RubricReference, &'static str> {
    let (name, version) = match text.split_once('@') {
        None => (text, None),
        Some((name, version)) => (name, Some(version)),
    };
    if !is_rubric_name(name) {
        return Err(NAME_RULE);
    }
    let version = match version {
        None => None,
        Some(digits) => match digits.parse::<u32>() {
            Ok(number) if number > 0 => Some(number),
            _ => return Err("the version after `@` must be a whole number from 1"),
        },
    };
    Ok(RubricReference {
        name: name.to_owned(),
        version,
    })
}

fn criteria(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Option<Vec<Criterion>> {
    let Json::Array(items) = value else {
        errors.add(
            pointer,
            format!("expected an array, found {}", value.kind()),
        );
        return None;
    };
    if items.is_empty() || items.len() > MAX_CRITERIA {
        errors.add(
            pointer,
            format!(
                "must hold 1 to {MAX_CRITERIA} criteria, holds {}",
                items.len()
            ),
        );
        return None;
    }
    let mut read: Vec<Criterion> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = format!("{pointer}/{index}");
        if let Some(criterion) = criterion(item, &place, errors) {
            if read.iter().any(|other| other.name == criterion.name) {
                errors.add(
                    &pointer_to(&place, "name"),
                    format!("`{}` is named twice", criterion.name),
                );
            }
            read.push(criterion);
        }
    }
    (read.len() == items.len()).then_some(read)
}

fn criterion(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Option<Criterion> {
    let mut fields = Fields::of(value, pointer, errors)?;
    let name = match fields.require("name", errors) {
        Some(Json::String(name)) if is_criterion_name(name) => Some(name.clone()),
        Some(_) => {
            errors.add(
                &fields.pointer("name"),
                "must be a string of 1 to 64 characters without control characters or quotes",
            );
            None
        }
        None => None,
    };
    let description = fields
        .short_text("description", MAX_DESCRIPTION, errors)
        .unwrap_or_default();
    let weight = fields
        .number("weight", (0.0, 1_000_000.0), errors)
        .unwrap_or(1.0);
    if weight <= 0.0 {
        errors.add(&fields.pointer("weight"), "must be more than 0");
    }
    let scale_pointer = fields.pointer("scale");
    let scale = match fields.take("scale") {
        None => Some(Scale::one_to_five()),
        Some(value) => scale(value, &scale_pointer, errors),
    };
    let may_not_apply = fields.boolean("may_not_apply", errors).unwrap_or(false);
    if may_not_apply
        && let Some(Scale::Categories { values }) = &scale
        && values.contains_key(NOT_APPLICABLE)
    {
        errors.add(
            &format!("{scale_pointer}/values/{NOT_APPLICABLE}"),
            "is the label of a criterion that does not apply, and this one may not",
        );
    }
    let locate = fields.boolean("locate", errors).unwrap_or(false);
    fields.finish(errors);
    Some(Criterion {
        name: name?.into(),
        description: description.into(),
        weight,
        scale: scale?,
        may_not_apply,
        locate,
    })
}

fn scale(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Option<Scale> {
    let mut fields = Fields::of(value, pointer, errors)?;
    let type_pointer = fields.pointer("type");
    let scale = match fields.require("type", errors)?.as_str() {
        Some("numeric") => numeric(&mut fields, errors),
        Some("boolean") => Some(Scale::Boolean),
        Some("categories") => categories(&mut fields, errors),
        _ => {
            errors.add(
                &type_pointer,
                "must be `numeric`, `boolean` or `categories`",
            );
            return None;
        }
    };
    fields.finish(errors);
    scale
}

fn numeric(fields: &mut Fields<'_, '_>, errors: &mut Errors) -> Option<Scale> {
    const MAX_SCALE_WIDTH: (f64, f64) = (-1e9, 1e9);
    for key in ["min", "max"] {
        fields.require(key, errors);
    }
    let (min, max) = (
        fields.number("min", MAX_SCALE_WIDTH, errors)?,
        fields.number("max", MAX_SCALE_WIDTH, errors)?,
    );
    if min >= max {
        errors.add(
            &fields.pointer("max"),
            format!("must be more than `min`, which is {min}"),
        );
        return None;
    }
    let pointer = fields.pointer("anchors");
    let mut anchors = BTreeMap::new();
    let mut anchored: Vec<(f64, &str)> = Vec::new();
    for (key, text) in members(fields.take("anchors"), &pointer, errors) {
        let place = pointer_to(&pointer, key);
        if let Ok(number) = key.parse::<f64>() {
            match anchored.iter().find(|(other, _)| *other == number) {
                Some((_, other)) => {
                    errors.add_at_intake(&place, format!("is the same value as `{other}`"));
                }
                None => anchored.push((number, key)),
            }
        }
        match (key.parse::<f64>(), text) {
            (Ok(number), Json::String(words)) if (min..=max).contains(&number) => {
                if let Some(problem) = short_text_problem(words, MAX_DESCRIPTION) {
                    errors.add(&place, problem);
                }
                anchors.insert(key.to_owned(), words.clone().into());
            }
            (Ok(_), Json::String(_)) => {
                errors.add(&place, format!("is off the scale: {min} to {max}"));
            }
            (Ok(_), other) => {
                errors.add(&place, format!("expected a string, found {}", other.kind()));
            }
            (Err(_), _) => errors.add(&place, "the key must be a number on the scale"),
        }
    }
    Some(Scale::Numeric { min, max, anchors })
}

fn categories(fields: &mut Fields<'_, '_>, errors: &mut Errors) -> Option<Scale> {
    let pointer = fields.pointer("values");
    let given = fields.require("values", errors)?;
    let mut values = BTreeMap::new();
    for (key, worth) in members(Some(given), &pointer, errors) {
        let place = pointer_to(&pointer, key);
        if !is_criterion_name(key) {
            errors.add(
                &place,
                "the category must be 1 to 64 characters without control characters or quotes",
            );
        }
        match as_number(worth) {
            Ok(number) if (0.0..=1.0).contains(&number) => {
                values.insert(key.to_owned(), number);
            }
            Ok(number) => errors.add(&place, format!("must be between 0 and 1, not {number}")),
            Err(problem) => errors.add(&place, problem),
        }
    }
    if matches!(given, Json::Object(members) if members.len() < 2) {
        errors.add(&pointer, "must hold at least two categories");
        return None;
    }
    Some(Scale::Categories { values })
}

fn members<'j>(
    value: Option<&'j Json<'_>>,
    pointer: &str,
    errors: &mut Errors,
) -> Vec<(&'j str, &'j Json<'j>)> {
    match value {
        None => Vec::new(),
        Some(Json::Object(members)) if members.len() <= MAX_VALUES => members
            .iter()
            .map(|(key, value)| (key.as_ref(), value))
            .collect(),
        Some(Json::Object(members)) => {
            errors.add(
                pointer,
                format!(
                    "must hold at most {MAX_VALUES} entries, holds {}",
                    members.len()
                ),
            );
            Vec::new()
        }
        Some(other) => {
            errors.add(
                pointer,
                format!("expected an object, found {}", other.kind()),
            );
            Vec::new()
        }
    }
}
