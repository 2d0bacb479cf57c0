//! The choices of a reply form, and what they mean.

use std::collections::BTreeMap;

use super::{MAX_CHOICE, MAX_CHOICES};
use crate::fields::{Errors, Fields, as_number, pointer_to, short_text_problem};
use crate::json::Json;
use crate::rubric::{Criterion, Meaning, Scale, Side};

/// What each text means: a side, or a value on the scale of each of the criteria.
pub(super) fn choices(
    fields: &mut Fields<'_, '_>,
    criteria: &[&Criterion],
    errors: &mut Errors,
) -> Option<BTreeMap<String, Meaning>> {
    let pointer = fields.pointer("choices");
    let members = match fields.take("choices")? {
        Json::Object(members) if (2..=MAX_CHOICES).contains(&members.len()) => members,
        Json::Object(members) => {
            errors.add(
                &pointer,
                format!(
                    "must hold 2 to {MAX_CHOICES} choices, holds {}",
                    members.len()
                ),
            );
            return None;
        }
        other => {
            errors.add(
                &pointer,
                format!("expected an object, found {}", other.kind()),
            );
            return None;
        }
    };
    let mut choices = BTreeMap::new();
    for (text, value) in members {
        let place = pointer_to(&pointer, text);
        if let Some(problem) = short_text_problem(text.trim(), MAX_CHOICE) {
            errors.add(&place, format!("the choice {problem}"));
        } else if text != text.trim() || text.contains(['\n', '\r']) {
            // Replies are read by their lines, without the blanks around these.
            errors.add(
                &place,
                "the choice must not begin or end with a blank, nor hold a line break",
            );
        }
        match meaning(value, criteria) {
            Ok(meaning) => {
                choices.insert(text.clone().into(), meaning);
            }
            Err(problem) => errors.add(&place, problem),
        }
    }
    let sides = choices
        .values()
        .filter(|meaning| matches!(meaning, Meaning::Side(_)))
        .count();
    if sides > 0 && sides < choices.len() {
        errors.add(
            &pointer,
            "must be sides of a comparison or values, not both",
        );
    }
    Some(choices)
}

fn meaning(value: &Json<'_>, criteria: &[&Criterion]) -> Result<Meaning, String> {
    let side = match value.as_str() {
        Some("first") => Some(Side::First),
        Some("second") => Some(Side::Second),
        Some("tie") => Some(Side::Tie),
        _ => None,
    };
    if let Some(side) = side {
        let is_category = |criterion: &&&Criterion| match &criterion.scale {
            Scale::Categories { values } => value
                .as_str()
                .is_some_and(|label| values.contains_key(label)),
            Scale::Numeric { .. } | Scale::Boolean => false,
        };
        if let Some(criterion) = criteria.iter().find(is_category) {
            return Err(format!(
                "is a side of a comparison, and a category of `{}` too: give the category another name",
                criterion.name
            ));
        }
        return Ok(Meaning::Side(side));
    }
    let meaning = match value {
        Json::Bool(truth) => Meaning::Truth(*truth),
        Json::String(label) => Meaning::Label(label.clone().into()),
        other => Meaning::Number(as_number(other)?),
    };
    for criterion in criteria {
        let fits = match (&meaning, &criterion.scale) {
            (Meaning::Truth(_), Scale::Boolean) => true,
            (Meaning::Number(number), scale @ Scale::Numeric { .. }) => {
                scale.normalize_number(*number).is_some()
            }
            (Meaning::Label(label), Scale::Categories { values }) => values.contains_key(label),
            _ => false,
        };
        if !fits {
            return Err(format!(
                "is neither `first`, `second`, `tie` nor a value on the scale of `{}`",
                criterion.name
            ));
        }
    }
    Ok(meaning)
}
