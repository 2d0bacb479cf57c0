//! The JSON schema of a reply. Its properties stand in the order in which the judge should write them: the
//! rationale before the score, because a score that comes first is explained and not reasoned.

use domain::rubric::{Rubric, Scale};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// An object schema. `serde_json` maps would sort the properties by name, so they are written by hand.
struct Object(Vec<(String, Property)>);

enum Property {
    Text(&'static str),
    Quotes,
    Number { min: f64, max: f64 },
    Boolean,
    OneOf(Vec<String>),
    Object(Object),
}

/// The schema of a direct reply: every criterion in the rubric's order, then the summary. It keeps to what
/// strict structured output takes: all properties required, no others allowed.
pub(crate) fn direct(rubric: &Rubric) -> Box<RawValue> {
    let criteria = rubric.criteria.iter().map(|criterion| {
        let score = match &criterion.scale {
            Scale::Numeric { min, max, .. } => Property::Number {
                min: *min,
                max: *max,
            },
            Scale::Boolean => Property::Boolean,
            Scale::Categories { .. } => Property::OneOf(
                criterion
                    .scale
                    .categories()
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            ),
        };
        let verdict = Object(vec![
            (
                "rationale".to_owned(),
                Property::Text("Two to four sentences, written before the score."),
            ),
            ("evidence".to_owned(), Property::Quotes),
            ("score".to_owned(), score),
        ]);
        (criterion.name.clone(), Property::Object(verdict))
    });
    let schema = Object(vec![
        (
            "criteria".to_owned(),
            Property::Object(Object(criteria.collect())),
        ),
        (
            "summary".to_owned(),
            Property::Text("One or two sentences on the whole."),
        ),
    ]);
    to_raw_value(&schema).unwrap_or_else(|_| RawValue::NULL.to_owned())
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
            Self::Quotes => serde_json::json!({
                "type": "array",
                "description": "Exact quotations from the material, at most three.",
                "items": {"type": "string"},
            }),
            Self::Number { min, max } => {
                serde_json::json!({"type": "number", "minimum": whole(*min), "maximum": whole(*max)})
            }
            Self::Boolean => serde_json::json!({"type": "boolean"}),
            Self::OneOf(words) => serde_json::json!({"type": "string", "enum": words}),
        };
        value.serialize(serializer)
    }
}

/// `5` instead of `5.0`: some validators in front of models compare numbers as text.
fn whole(number: f64) -> serde_json::Value {
    serde_json::from_str(&number.to_string()).unwrap_or_else(|_| number.into())
}
