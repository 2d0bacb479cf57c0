//! What a person says of a candidate: a label, to hold the judges against.

use crate::fields::{Errors, Fields, as_number};
use crate::json::Json;
use crate::rubric::{Rubric, Scale, Side};

/// The longest name of a rater, in bytes.
const MAX_RATER: usize = 200;
/// The longest name of a criterion, in bytes; no rubric has a longer one.
const MAX_CRITERION: usize = 256;
/// The longest note, in bytes.
const MAX_NOTE: usize = 10_000;

/// A label.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanLabel {
    /// Who gives it.
    pub rater: String,
    /// The criterion that it is about; `None`: the whole.
    pub criterion: Option<String>,
    /// On the criterion's own scale, or from 0 to 1 for the whole.
    pub score: Option<f64>,
    /// Which of two candidates is better.
    pub preference: Option<Side>,
    /// In words.
    pub note: Option<String>,
}

/// What is labelled.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'r> {
    /// What it is judged by; `None` when that is not known any more.
    pub rubric: Option<&'r Rubric>,
    /// Whether two candidates are compared; `None` when that is not known any more.
    pub is_comparison: Option<bool>,
}

/// Reads a label strictly: what it says has to fit what it is about.
pub fn parse(json: &Json<'_>, labelled: Labelled<'_>, errors: &mut Errors) -> Option<HumanLabel> {
    let mut fields = Fields::of(json, "", errors)?;
    fields.require("rater", errors);
    let rater = fields.line("rater", MAX_RATER, errors);
    let criterion = fields.short_text("criterion", MAX_CRITERION, errors);
    let scale = match (&criterion, labelled.rubric) {
        (None, _) => None,
        (Some(_), None) => {
            errors.add("/criterion", "its rubric is not known any more");
            None
        }
        (Some(name), Some(rubric)) => scale_of(rubric, name.as_str(), errors),
    };
    // A score of a criterion that there is not is on no scale.
    let score = fields.take("score").and_then(|value| {
        let score = as_number(value);
        let fits = |score: &f64| match (criterion.is_some(), scale) {
            (false, _) => in_unit(*score),
            (true, None) => Ok(()),
            (true, Some(scale)) => on_scale(scale, *score),
        };
        let read = score.and_then(|score| fits(&score).map(|()| score));
        let read = match labelled.is_comparison {
            Some(true) => Err("a comparison has a preference, and no score".to_owned()),
            _ => read,
        };
        read.map_err(|problem| errors.add("/score", problem)).ok()
    });
    let preference = fields.text("preference", errors).and_then(|side| {
        let side = Side::parse(side.as_str()).ok_or("must be first, second or tie");
        let side = match labelled.is_comparison {
            Some(true) => side,
            Some(false) => Err("is only for comparisons of two candidates"),
            None => Err("whether it is a comparison is not known any more"),
        };
        side.map_err(|problem| errors.add("/preference", problem))
            .ok()
    });
    let note = fields.short_text("note", MAX_NOTE, errors);
    let says_something = ["score", "preference", "note"].into_iter().any(|field| {
        json.get(field)
            .is_some_and(|value| !matches!(value, Json::Null))
    });
    if !says_something {
        errors.add("", "one of score, preference and note is required");
    }
    fields.finish(errors);
    Some(HumanLabel {
        rater: rater?.as_str().to_owned(),
        criterion: criterion.map(|name| name.as_str().to_owned()),
        score,
        preference,
        note: note.map(|note| note.as_str().to_owned()),
    })
    .filter(|_| errors.is_empty())
}

fn scale_of<'r>(rubric: &'r Rubric, name: &str, errors: &mut Errors) -> Option<&'r Scale> {
    let found = rubric
        .criteria
        .iter()
        .find(|criterion| criterion.name == name);
    if found.is_none() {
        let names: Vec<_> = rubric
            .criteria
            .iter()
            .map(|criterion| criterion.name.as_str())
            .collect();
        let known = format!("is none of the rubric's: {}", names.join(", "));
        errors.add("/criterion", known);
    }
    found.map(|criterion| &criterion.scale)
}

fn in_unit(score: f64) -> Result<(), String> {
    let fits = (0.0..=1.0).contains(&score);
    fits.then_some(())
        .ok_or_else(|| format!("must be between 0 and 1, not {score}"))
}

fn on_scale(scale: &Scale, score: f64) -> Result<(), String> {
    let allowed = match scale {
        Scale::Numeric { min, max, .. } if (*min..=*max).contains(&score) => return Ok(()),
        Scale::Numeric { min, max, .. } => format!("between {min} and {max}"),
        Scale::Boolean if score == 0.0 || score == 1.0 => return Ok(()),
        Scale::Boolean => "1 for true or 0 for false".to_owned(),
        Scale::Categories { values } if values.values().any(|worth| *worth == score) => {
            return Ok(());
        }
        Scale::Categories { values } => {
            let worths: Vec<_> = values
                .iter()
                .map(|(word, worth)| format!("{worth} ({word})"))
                .collect();
            format!("one of {}", worths.join(", "))
        }
    };
    Err(format!("must be {allowed}, not {score}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rubric() -> Rubric {
        let text = json!({"criteria": [
            {"name": "merit"},
            {"name": "safe", "scale": {"type": "boolean"}},
            {"name": "style", "scale": {"type": "categories", "values": {"poor": 0, "fair": 0.5, "good": 1}}},
        ]})
        .to_string();
        let json = Json::parse(text.as_bytes()).unwrap();
        crate::rubric::parse(&json, "", &mut Errors::default()).unwrap()
    }

    /// The label, or the pointers of what is wrong.
    fn read(label: &Value, is_comparison: bool) -> Result<HumanLabel, Vec<String>> {
        let text = label.to_string();
        let json = Json::parse(text.as_bytes()).unwrap();
        let rubric = rubric();
        let labelled = Labelled {
            rubric: Some(&rubric),
            is_comparison: Some(is_comparison),
        };
        let mut errors = Errors::default();
        let label = parse(&json, labelled, &mut errors);
        let pointers = errors.into_vec().into_iter().map(|error| error.pointer);
        label.ok_or_else(|| pointers.collect())
    }

    #[test]
    fn what_fits_its_scale_is_taken() {
        for label in [
            json!({"rater": "ann", "score": 0.25}),
            json!({"rater": "ann", "note": "line one\nline two"}),
            json!({"rater": "ann", "criterion": "merit", "score": 4.5}),
            json!({"rater": "ann", "criterion": "merit", "score": null, "note": "hm"}),
            json!({"rater": "ann", "criterion": "safe", "score": 0}),
            json!({"rater": "ann", "criterion": "style", "score": 0.5}),
        ] {
            assert!(read(&label, false).is_ok(), "{label}");
        }
        for label in [
            json!({"rater": "ann", "preference": "tie"}),
            json!({"rater": "ann", "criterion": "safe", "preference": "first", "note": "by far"}),
        ] {
            assert!(read(&label, true).is_ok(), "{label}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_at_its_place() {
        let rater = "r".repeat(201);
        for (label, is_comparison, pointers) in [
            (json!({"score": 1}), false, vec!["/rater"]),
            (json!({"rater": "", "score": 1}), false, vec!["/rater"]),
            (json!({"rater": rater, "score": 1}), false, vec!["/rater"]),
            (json!({"rater": "a\nb", "score": 1}), false, vec!["/rater"]),
            (json!({"rater": "ann"}), false, vec![""]),
            (
                json!({"rater": "ann", "criterion": "merit"}),
                false,
                vec![""],
            ),
            (
                json!({"rater": "ann", "score": 1.01}),
                false,
                vec!["/score"],
            ),
            (json!({"rater": "ann", "score": "1"}), false, vec!["/score"]),
            (
                json!({"rater": "ann", "criterion": "merit", "score": 0.5}),
                false,
                vec!["/score"],
            ),
            (
                json!({"rater": "ann", "criterion": "safe", "score": 0.5}),
                false,
                vec!["/score"],
            ),
            (
                json!({"rater": "ann", "criterion": "style", "score": 0.7}),
                false,
                vec!["/score"],
            ),
            (
                json!({"rater": "ann", "criterion": "other", "score": 9}),
                false,
                vec!["/criterion"],
            ),
            (
                json!({"rater": "ann", "preference": "first"}),
                false,
                vec!["/preference"],
            ),
            (
                json!({"rater": "ann", "preference": "third"}),
                true,
                vec!["/preference"],
            ),
            (json!({"rater": "ann", "score": 1}), true, vec!["/score"]),
            (
                json!({"rater": "ann", "note": "", "stars": 5}),
                false,
                vec!["/note", "/stars"],
            ),
        ] {
            assert_eq!(
                read(&label, is_comparison).unwrap_err(),
                pointers,
                "{label}"
            );
        }
    }

    #[test]
    fn what_is_not_known_any_more_cannot_be_checked_and_is_refused() {
        let labelled = Labelled {
            rubric: None,
            is_comparison: None,
        };
        for (text, expected) in [
            (r#"{"rater": "ann", "score": 1, "note": "good"}"#, vec![]),
            (
                r#"{"rater": "ann", "criterion": "merit", "score": 1}"#,
                vec!["/criterion"],
            ),
            (
                r#"{"rater": "ann", "preference": "tie"}"#,
                vec!["/preference"],
            ),
        ] {
            let mut errors = Errors::default();
            let json = Json::parse(text.as_bytes()).unwrap();
            let label = parse(&json, labelled, &mut errors);
            let pointers: Vec<_> = errors
                .into_vec()
                .into_iter()
                .map(|each| each.pointer)
                .collect();
            assert_eq!(pointers, expected, "{text}");
            assert_eq!(label.is_some(), expected.is_empty(), "{text}");
        }
    }
}
