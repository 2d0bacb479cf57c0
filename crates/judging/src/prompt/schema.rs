//! The JSON schema of a reply. Its properties stand in the order in which the judge should write them: the
//! rationale before the score, because a score that comes first is explained and not reasoned.

use domain::rubric::{Criterion, Rubric, Scale};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::context::EvaluationContext;

/// An object schema. `serde_json` maps would sort the properties by name, so they are written by hand.
struct Object(Vec<(String, Property)>);

enum Property {
    Text(&'static str),
    TextOrNull(&'static str),
    Texts(&'static str),
    Quotes,
    Number {
        kind: &'static str,
        min: f64,
        max: f64,
    },
    Boolean,
    /// The place of something that is numbered from 0, or null.
    IndexOrNull(&'static str),
    OneOf(Vec<String>),
    /// One of several objects.
    AnyOf(Vec<Object>),
    /// Another one, or null.
    OrNull(Box<Property>),
    Object(Object),
}

/// What a reply has besides a verdict on every criterion and a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    /// A side in the place of each score.
    pub(crate) comparison: bool,
    /// Whole numbers on numeric scales with whole ends: a score has to be one token to be weighed by its
    /// probability.
    pub(crate) whole: bool,
    /// The reasoning, step by step, before everything else.
    pub(crate) reasoning: bool,
    /// The argument of another that changed the judge's mind.
    pub(crate) moved_by: bool,
    /// Whether there is a verdict at all.
    pub(crate) consensus: bool,
    /// The message of the trajectory at which a criterion failed, of those that ask for it.
    pub(crate) locate: bool,
    /// What the other calls of a debate have as well, null where this one does not ask for it: so all of them have one schema.
    pub(crate) any_turn: bool,
}

impl Shape {
    /// What every reply about a case has.
    pub(crate) fn of(case: &EvaluationContext<'_>) -> Self {
        Self {
            comparison: case.is_comparison(),
            locate: case.messages().is_some(),
            ..Self::default()
        }
    }

    /// Whether the failure of a criterion is located.
    pub(super) fn locates(self, criterion: &Criterion) -> bool {
        self.locate && criterion.locate
    }
}

/// The schema of a verdict: every criterion in the rubric's order, then the summary. It keeps to what
/// strict structured output takes: all properties required, no others allowed.
pub(crate) fn verdict(rubric: &Rubric, shape: Shape) -> Box<RawValue> {
    let criteria = rubric.criteria.iter().map(|each| property(each, shape));
    whole_reply(Property::Object(Object(criteria.collect())), shape)
}

/// The schema of a verdict on one of several criteria, whichever it is: the same for the calls of all of them.
pub(crate) fn any_criterion(rubric: &Rubric, shape: Shape) -> Box<RawValue> {
    let criteria = rubric.criteria.iter();
    let each = criteria.map(|each| Object(vec![property(each, shape)]));
    whole_reply(Property::AnyOf(each.collect()), shape)
}

/// A criterion's name, and what is said of it.
fn property(criterion: &Criterion, shape: Shape) -> (String, Property) {
    let (key, value) = if shape.comparison {
        let sides = ["A", "B", "tie"].map(str::to_owned);
        ("better", Property::OneOf(sides.to_vec()))
    } else {
        ("score", on_scale(&criterion.scale, shape))
    };
    let value = if criterion.may_not_apply {
        Property::OrNull(Box::new(value))
    } else {
        value
    };
    let mut verdict = vec![
        (
            "rationale".to_owned(),
            Property::Text("Two to four sentences, written before the score."),
        ),
        ("evidence".to_owned(), Property::Quotes),
    ];
    if shape.locates(criterion) {
        // Without a maximum: it would be another schema for each trajectory, and schemas are kept with prompts.
        let words = "The number of the message at which it first failed, or null.";
        verdict.push((FAILURE_STEP.to_owned(), Property::IndexOrNull(words)));
    }
    verdict.push((key.to_owned(), value));
    (criterion.name.clone(), Property::Object(Object(verdict)))
}

fn whole_reply(criteria: Property, shape: Shape) -> Box<RawValue> {
    let mut properties = Vec::new();
    if shape.reasoning {
        let words = "The reasoning, one entry for each step, without any score.";
        properties.push(("reasoning".to_owned(), Property::Texts(words)));
    }
    properties.push(("criteria".to_owned(), criteria));
    properties.push((
        "summary".to_owned(),
        Property::Text("One or two sentences on the whole."),
    ));
    if shape.moved_by || shape.any_turn {
        let words = "The name of the argument that changed your position, or null.";
        properties.push(("moved_by".to_owned(), Property::TextOrNull(words)));
    }
    if shape.any_turn {
        let boolean = Property::OrNull(Box::new(Property::Boolean));
        properties.push(("consensus".to_owned(), boolean));
    } else if shape.consensus {
        properties.push(("consensus".to_owned(), Property::Boolean));
    }
    raw(&Object(properties))
}

/// The key of the message at which a criterion failed.
pub(crate) const FAILURE_STEP: &str = "failure_step";

/// The schema of evaluation steps.
pub(crate) fn steps() -> Box<RawValue> {
    let words = "Three to seven steps, in order.";
    raw(&Object(vec![("steps".to_owned(), Property::Texts(words))]))
}

fn raw(schema: &Object) -> Box<RawValue> {
    to_raw_value(schema).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Whether a score on a scale from `min` to `max` is to be a whole number.
pub(super) fn is_whole(shape: Shape, min: f64, max: f64) -> bool {
    shape.whole && min.fract() == 0.0 && max.fract() == 0.0
}

fn on_scale(scale: &Scale, shape: Shape) -> Property {
    match scale {
        Scale::Numeric { min, max, .. } => Property::Number {
            kind: if is_whole(shape, *min, *max) {
                "integer"
            } else {
                "number"
            },
            min: *min,
            max: *max,
        },
        Scale::Boolean => Property::Boolean,
        Scale::Categories { .. } => {
            Property::OneOf(scale.categories().into_iter().map(str::to_owned).collect())
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Properties<'p>(&'p [(String, Property)]);
        impl Serialize for Properties<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, property)| (name, property)))
            }
        }
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Properties(&self.0))?;
        map.serialize_entry(
            "required",
            &self.0.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        )?;
        map.serialize_entry("additionalProperties", &false)?;
        map.end()
    }
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Self::Object(object) => return object.serialize(serializer),
            Self::Text(description) => {
                serde_json::json!({"type": "string", "description": description})
            }
            Self::TextOrNull(description) => {
                serde_json::json!({"type": ["string", "null"], "description": description})
            }
            Self::Texts(description) => serde_json::json!({
                "type": "array",
                "description": description,
                "items": {"type": "string"},
            }),
            Self::Quotes => serde_json::json!({
                "type": "array",
                "description": "Exact quotations from the material, at most three.",
                "items": {"type": "string"},
            }),
            Self::Number { kind, min, max } => {
                serde_json::json!({"type": kind, "minimum": whole(*min), "maximum": whole(*max)})
            }
            Self::IndexOrNull(description) => serde_json::json!({
                "type": ["integer", "null"],
                "description": description,
                "minimum": 0,
            }),
            Self::Boolean => serde_json::json!({"type": "boolean"}),
            Self::OrNull(property) => {
                let mut value =
                    serde_json::to_value(property).map_err(serde::ser::Error::custom)?;
                let kind = value["type"].take();
                value["type"] = serde_json::json!([kind, "null"]);
                if let Some(words) = value.get_mut("enum").and_then(|it| it.as_array_mut()) {
                    words.push(serde_json::Value::Null);
                }
                value
            }
            Self::AnyOf(objects) => serde_json::json!({
                "anyOf": objects.iter().map(to_raw_value).collect::<Result<Vec<_>, _>>().map_err(serde::ser::Error::custom)?,
            }),
            Self::OneOf(words) => serde_json::json!({"type": "string", "enum": words}),
        };
        value.serialize(serializer)
    }
}

/// `5` instead of `5.0`: some validators in front of models compare numbers as text.
fn whole(number: f64) -> serde_json::Value {
    serde_json::from_str(&number.to_string()).unwrap_or_else(|_| number.into())
}
