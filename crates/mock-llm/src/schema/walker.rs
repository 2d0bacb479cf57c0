//! The walk over a schema.

use std::cell::RefCell;

use crate::judge::debate::Position;
use crate::judge::mind::Mind;
use crate::judge::spread::Spread;
use crate::judge::steps::steps;
use crate::ordered::Ordered;
use crate::schema::marks::Judged;
use crate::schema::place::{DEEP, Place, admits_null, kind, outermost, prefers_null};
use crate::schema::resolution::resolve;
use crate::schema::{numbers, options, strings};

/// A schema which requires itself has no finite value; give up on it.
const DEEPEST: usize = 48;

/// Makes one value of a schema.
pub(crate) struct Walker<'a> {
    root: &'a Ordered,
    mind: &'a Mind<'a>,
    judged: RefCell<Vec<Judged>>,
}

impl<'a> Walker<'a> {
    /// A walker for a whole schema document.
    pub(crate) fn new(root: &'a Ordered, mind: &'a Mind<'a>) -> Self {
        Self {
            root,
            mind,
            judged: RefCell::default(),
        }
    }

    /// The value, and the scores in it in the order of their places.
    pub(crate) fn value(&self) -> (Ordered, Vec<Judged>) {
        // What is written first may depend on what is decided further down: reasons on scores, and what changed a
        // mind on all of them. The second time everything is decided, and decided in the same way.
        self.walk();
        self.judged.borrow_mut().clear();
        let value = self.walk();
        (value, self.judged.take())
    }

    fn walk(&self) -> Ordered {
        let path = self.mind.sample.on("#");
        let place = Place {
            name: "overall",
            subject: "overall",
            index: 0,
            depth: 0,
            path,
        };
        self.fill(self.root, place)
    }

    fn fill(&self, schema: &Ordered, place: Place<'_>) -> Ordered {
        if place.depth > DEEPEST {
            return Ordered::Null;
        }
        let schema = &*resolve(self.root, schema);
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if place.name == "moved_by" {
            return self.mover(schema);
        }
        if let Some(allowed) = schema.get("enum").and_then(Ordered::as_array) {
            return self.choose(allowed, place);
        }
        let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"));
        if let Some(branches) = branches.and_then(Ordered::as_array) {
            return self.branch(branches, place);
        }
        match kind(schema, place) {
            "object" => self.object(schema, place),
            "array" => self.array(schema, place),
            "integer" => {
                let made = numbers::integer(schema, |low, high| self.on_scale(low, high, place));
                self.noted(place, made)
            }
            "number" => {
                let decide = |low, high| self.on_scale(low, high, place);
                let made = numbers::number(place.name, schema, self.mind.whole, decide);
                self.noted(place, made)
            }
            "boolean" if place.name == "consensus" => Ordered::Bool(self.mind.consensus()),
            "boolean" => {
                let both = [Ordered::Bool(false), Ordered::Bool(true)];
                self.choose(&both, place)
            }
            "null" => Ordered::Null,
            _ => {
                let slot = strings::Slot {
                    name: place.name,
                    subject: place.subject,
                    index: place.index,
                };
                Ordered::String(strings::fill(&slot, schema, self.mind, place.path))
            }
        }
    }

    fn choose(&self, allowed: &[Ordered], place: Place<'_>) -> Ordered {
        // A list of judgements names each criterion once: take the names in turn.
        if ["criterion", "criterion_id", "name", "id", "key"].contains(&place.name) {
            let index = place.index % allowed.len().max(1);
            return allowed.get(index).cloned().unwrap_or(Ordered::Null);
        }
        let full: Vec<Ordered> = allowed
            .iter()
            .filter(|option| **option != Ordered::Null)
            .cloned()
            .collect();
        if full.len() < allowed.len() && (full.is_empty() || prefers_null(place)) {
            return Ordered::Null;
        }
        let picked = options::pick(&full, place.subject, self.mind, place.path);
        picked.map_or(Ordered::Null, |picked| self.noted(place, picked))
    }

    /// The quality at a place with a scale.
    fn on_scale(&self, low: f64, high: f64, place: Place<'_>) -> f64 {
        let share = |position: &Position<'_>| {
            let number = position.number()?;
            (high > low).then(|| ((number - low) / (high - low)).clamp(0.0, 1.0))
        };
        self.mind.decide(place.subject, share)
    }

    /// Keeps what else might have been written at a place.
    fn noted(&self, place: Place<'_>, (value, spread): (Ordered, Spread)) -> Ordered {
        self.judged.borrow_mut().push(Judged {
            name: place.name.to_owned(),
            written: value.render(),
            spread,
        });
        value
    }

    /// The argument that changed the judge's mind, by the name that the schema has for it.
    fn mover(&self, schema: &Ordered) -> Ordered {
        let Some(mover) = self.mind.moved_by() else {
            return if admits_null(self.root, schema) {
                Ordered::Null
            } else {
                Ordered::String(String::new())
            };
        };
        let allowed = schema.get("enum").and_then(Ordered::as_array);
        let Some(allowed) = allowed else {
            return Ordered::String(mover);
        };
        // Listed by their whole names, or only by those who brought them forward.
        let (of, _) = mover.split_once('.').unwrap_or((&mover, ""));
        let listed = [mover.as_str(), of]
            .into_iter()
            .find(|name| allowed.iter().any(|option| option.as_str() == Some(name)));
        listed.map_or(Ordered::Null, |name| Ordered::String(name.to_owned()))
    }

    fn branch(&self, branches: &[Ordered], place: Place<'_>) -> Ordered {
        let null = |branch: &&Ordered| {
            resolve(self.root, branch)
                .get("type")
                .and_then(Ordered::as_str)
                == Some("null")
        };
        let nullable = branches.iter().any(|branch| null(&branch));
        let full: Vec<&Ordered> = branches.iter().filter(|branch| !null(branch)).collect();
        if nullable && (full.is_empty() || prefers_null(place)) {
            return Ordered::Null;
        }
        // Deep down a branch without a reference cannot recurse.
        let flat: Vec<&Ordered> = full
            .iter()
            .copied()
            .filter(|branch| branch.get("$ref").is_none())
            .collect();
        let among = if place.depth > DEEP && !flat.is_empty() {
            flat
        } else {
            full
        };
        let picked = place.path.on("branch").pick(&among);
        picked.map_or(Ordered::Null, |branch| {
            self.fill(
                branch,
                Place {
                    depth: place.depth + 1,
                    ..place
                },
            )
        })
    }

    fn object(&self, schema: &Ordered, place: Place<'_>) -> Ordered {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Ordered::as_array)
            .map(|names| names.iter().filter_map(Ordered::as_str).collect())
            .unwrap_or_default();
        let known = schema
            .get("properties")
            .and_then(Ordered::as_object)
            .unwrap_or_default();
        let free = schema
            .get("additionalProperties")
            .cloned()
            .unwrap_or(Ordered::Bool(true));
        let extra = required
            .iter()
            .filter(|name| known.iter().all(|(key, _)| key != *name));
        let listed = known
            .iter()
            .map(|(name, schema)| (name.as_str(), schema))
            .filter(|(name, _)| place.depth <= DEEP || required.contains(name))
            .chain(extra.map(|name| (*name, &free)));
        let mut fields: Vec<(String, Ordered)> = Vec::new();
        let mut subject = if place.depth == 0 {
            None
        } else {
            Some(place.name.to_owned())
        };
        for (name, schema) in listed {
            let inner = Place {
                name,
                subject: subject.as_deref().unwrap_or_else(|| outermost(name)),
                index: place.index,
                depth: place.depth + 1,
                path: place.path.on(name),
            };
            let value = self.fill(schema, inner);
            // An item that names its criterion is about that criterion.
            if ["criterion", "criterion_id", "name", "id", "key"].contains(&name) {
                subject = value.as_str().map(str::to_owned).or(subject);
            }
            fields.push((name.to_owned(), value));
        }
        Ordered::Object(fields)
    }

    fn array(&self, schema: &Ordered, place: Place<'_>) -> Ordered {
        if place.name == "steps" && schema.get("prefixItems").is_none() {
            return self.steps(schema, place);
        }
        let size = |name: &str| {
            let size = schema.get(name).and_then(Ordered::as_u64)?;
            usize::try_from(size).ok()
        };
        let least = size("minItems").unwrap_or(0);
        let most = size("maxItems").unwrap_or_else(|| least.max(2));
        let wanted = if place.depth > DEEP {
            0
        } else {
            1 + place.path.on("size").below(2)
        };
        let first = schema
            .get("prefixItems")
            .and_then(Ordered::as_array)
            .unwrap_or_default();
        let any = Ordered::Bool(true);
        let rest = schema
            .get("items")
            .filter(|items| items.as_bool() != Some(false));
        let count = wanted.max(first.len()).max(least).min(most).min(1_000);
        let unique = schema.get("uniqueItems").and_then(Ordered::as_bool) == Some(true);
        let mut items: Vec<Ordered> = Vec::new();
        for index in 0..count {
            let item = first.get(index).or(rest).unwrap_or(&any);
            // Quotes differ by their index, everything else by its own rng.
            let own = !strings::quotes(place.name) && index > 0;
            let path = if own {
                place.path.nth(index)
            } else {
                place.path
            };
            let inner = Place {
                index,
                depth: place.depth + 1,
                path,
                ..place
            };
            let value = self.fill(item, inner);
            if unique && items.contains(&value) && items.len() >= least {
                break;
            }
            items.push(value);
        }
        Ordered::Array(items)
    }

    /// Three or four steps through the criteria, or through the one that they are for.
    fn steps(&self, schema: &Ordered, place: Place<'_>) -> Ordered {
        let size = |name: &str| {
            let size = schema.get(name).and_then(Ordered::as_u64)?;
            usize::try_from(size).ok()
        };
        let least = size("minItems").unwrap_or(0).min(1_000);
        let most = size("maxItems").unwrap_or(usize::MAX).max(least);
        let wanted = 3 + place.path.on("size").below(2);
        let listed = self.mind.material.criteria();
        let own = [place.subject];
        // Of the outermost object all the criteria are spoken of.
        let criteria = if place.depth <= 1 {
            listed.as_slice()
        } else {
            &own
        };
        let steps = steps(criteria, wanted.clamp(least, most), place.path);
        Ordered::Array(steps.into_iter().map(Ordered::String).collect())
    }
}

#[cfg(test)]
mod tests;
