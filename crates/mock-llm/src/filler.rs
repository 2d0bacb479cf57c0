//! What is said where no script says it: plain values that fit the asked form, the same for the same request.

use serde_json::Number;

use crate::ask::Ask;
use crate::material::Material;
use crate::ordered::Ordered;
use crate::rng::SeededRng;
use crate::schema::{kind, resolved};
use crate::tokens;

/// Steps from the root after which a schema that contains itself is given up.
const MAX_DEPTH: usize = 16;
/// How much choices of one request differ, as a share of the scale.
const WOBBLE: f64 = 0.03;

/// Fills schemas and writes prose on some material.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filler<'a> {
    /// What is judged.
    pub(crate) material: &'a Material<'a>,
    /// What makes one choice differ from another.
    pub(crate) rng: SeededRng,
    /// What the prompt says of the form of the reply: which of several objects is asked for.
    pub(crate) form: &'a str,
}

/// Where in a value we are.
#[derive(Clone, Copy)]
struct SchemaPosition<'p> {
    /// The property, or that of the array it is an item of.
    name: &'p str,
    /// The property around it: the criterion that a score is about.
    subject: &'p str,
    index: usize,
    depth: usize,
}

impl Filler<'_> {
    /// A value of a schema, its properties in the schema's order.
    pub(crate) fn fill(&self, schema: &Ordered) -> Ordered {
        let place = SchemaPosition {
            name: "overall",
            subject: "overall",
            index: 0,
            depth: 0,
        };
        self.value(schema, schema, place)
    }

    /// A line with a score, or whatever the prompt asks for in double brackets.
    pub(crate) fn prose(&self, ask: &Ask) -> String {
        let asks = |text: &str| ask.turns.iter().any(|turn| turn.text.contains(text));
        let reason = self.sentence("the task");
        if asks("[[A]]") && asks("[[B]]") {
            let options = ["A", "B", "C"].map(|name| Ordered::String(name.to_owned()));
            let among = if asks("[[C]]") { 3 } else { 2 };
            let side = self.side(options.get(..among).unwrap_or_default(), "overall");
            return format!("{reason}\n\n[[{}]]", side.as_str().unwrap_or_default());
        }
        let score = self.on_scale(1.0, 5.0, "overall").round();
        if asks("[[") {
            format!("{reason}\n\nRating: [[{score}]]")
        } else {
            format!("{reason}\n\nScore: {score}")
        }
    }

    /// A sentence on a subject that quotes the material and claims no more.
    pub(crate) fn sentence(&self, subject: &str) -> String {
        let quote = self.material.quote(self.rng.on("cited"), 0);
        format!(
            "A simulated word on {subject}, where it says \"{}\".",
            tokens::clip(quote, 60)
        )
    }

    fn value(&self, root: &Ordered, schema: &Ordered, place: SchemaPosition<'_>) -> Ordered {
        let schema = resolved(root, schema);
        if place.depth > MAX_DEPTH {
            return Ordered::Null;
        }
        let inner = SchemaPosition {
            depth: place.depth + 1,
            ..place
        };
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(options) = schema.get("enum").and_then(Ordered::as_array) {
            let full = options.iter().filter(|option| **option != Ordered::Null);
            return self.option(&full.cloned().collect::<Vec<_>>(), place.subject);
        }
        let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"));
        if let Some(branches) = branches.and_then(Ordered::as_array) {
            let full = |branch: &&Ordered| kind(resolved(root, branch)) != "null";
            let asked_for = |branch: &&Ordered| self.is_asked_for(resolved(root, branch));
            let branch = branches.iter().find(asked_for);
            let branch = branch.or_else(|| branches.iter().find(full));
            let branch = branch.or_else(|| branches.first());
            return branch.map_or(Ordered::Null, |branch| self.value(root, branch, inner));
        }
        match kind(schema) {
            // Nothing fails here, unless a script says so.
            _ if place.name == "failure_step" => Ordered::Null,
            // Where only the moderator is asked for it.
            "boolean" if place.name == "consensus" && self.form.contains("\"consensus\": null") => {
                Ordered::Null
            }
            "object" => {
                let properties = schema.get("properties").and_then(Ordered::as_object);
                let subject = if place.depth == 0 {
                    "overall"
                } else {
                    place.name
                };
                let filled = properties.unwrap_or_default().iter().map(|(name, schema)| {
                    let place = SchemaPosition {
                        name,
                        subject,
                        ..inner
                    };
                    (name.clone(), self.value(root, schema, place))
                });
                Ordered::Object(filled.collect())
            }
            "array" => {
                let size =
                    |name: &str| Some(usize::try_from(schema.get(name)?.as_u64()?).unwrap_or(0));
                let any = Ordered::Object(Vec::new());
                let items = schema.get("items").unwrap_or(&any);
                let usual = if kind(resolved(root, items)) == "string" {
                    2
                } else {
                    1
                };
                let count = usual
                    .max(size("minItems").unwrap_or(0))
                    .min(size("maxItems").unwrap_or(1_000));
                let item = |index| self.value(root, items, SchemaPosition { index, ..inner });
                Ordered::Array((0..count).map(item).collect())
            }
            "integer" => self.number(schema, place.subject, f64::round),
            "number" => self.number(schema, place.subject, |value| (value * 10.0).round() / 10.0),
            // A debate that comes to a moderator is to come to an end.
            "boolean" if place.name == "consensus" => Ordered::Bool(true),
            "boolean" => Ordered::Bool(self.on_scale(0.0, 1.0, place.subject) >= 0.5),
            "null" => Ordered::Null,
            _ => Ordered::String(self.text(schema, place)),
        }
    }

    /// Whether the form in the prompt has the properties of an object.
    fn is_asked_for(&self, object: &Ordered) -> bool {
        let properties = object.get("properties").and_then(Ordered::as_object);
        properties.is_some_and(|properties| {
            !properties.is_empty()
                && properties.iter().all(|(name, _)| {
                    let name = Ordered::String(name.clone()).render();
                    self.form.contains(&format!("{name}: "))
                })
        })
    }

    fn text(&self, schema: &Ordered, place: SchemaPosition<'_>) -> String {
        let quotes = ["evidence", "quote", "citation"]
            .iter()
            .any(|stem| place.name.contains(stem));
        let text = match (quotes, place.index) {
            (true, index) => self.material.quote(self.rng.on("quote"), index).to_owned(),
            (false, 0) => self.sentence(place.subject),
            (false, index) => format!("{} ({})", self.sentence(place.subject), index + 1),
        };
        match schema.get("maxLength").and_then(Ordered::as_u64) {
            Some(most) => text
                .chars()
                .take(usize::try_from(most).unwrap_or(usize::MAX))
                .collect(),
            None => text,
        }
    }

    /// A side of a comparison, or the option that stands as high in the list as the quality does on its scale.
    fn option(&self, options: &[Ordered], subject: &str) -> Ordered {
        let sides = ["A", "B"].map(|side| Ordered::String(side.to_owned()));
        if sides.iter().all(|side| options.contains(side)) {
            return self.side(options, subject);
        }
        let last = options.len().saturating_sub(1);
        #[expect(clippy::cast_precision_loss, reason = "there are a few options")]
        let most = last as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to the last"
        )]
        let index = self.on_scale(0.0, most, subject).round() as usize;
        options.get(index).cloned().unwrap_or(Ordered::Null)
    }

    /// The better of A and B; the third option, if there is one, where they are equal.
    fn side(&self, options: &[Ordered], subject: &str) -> Ordered {
        let difference = self.material.difference(subject);
        let other = options
            .iter()
            .find(|option| !["A", "B"].map(Some).contains(&option.as_str()));
        match other {
            Some(equal) if difference.abs() < 1e-9 => equal.clone(),
            _ if difference < 0.0 => Ordered::String("B".to_owned()),
            _ => Ordered::String("A".to_owned()),
        }
    }

    fn number(&self, schema: &Ordered, subject: &str, rounded: impl Fn(f64) -> f64) -> Ordered {
        let bound = |name: &str| schema.get(name).and_then(Ordered::as_f64);
        let low = bound("minimum").unwrap_or(1.0);
        let high = bound("maximum").unwrap_or(low + 4.0);
        let value = rounded(self.on_scale(low, high, subject)).clamp(low, high.max(low));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is whole, and saturates"
        )]
        let number = match value.fract() == 0.0 {
            true => Some(Number::from(value as i64)),
            false => Number::from_f64(value),
        };
        number.map_or(Ordered::Null, Ordered::Number)
    }

    fn on_scale(&self, low: f64, high: f64, subject: &str) -> f64 {
        let wobble = self.rng.on(subject).swing() * WOBBLE;
        let quality = (self.material.quality(subject) + wobble).clamp(0.0, 1.0);
        (high - low).mul_add(quality, low)
    }
}

#[cfg(test)]
mod tests;
