//! The walk over a schema.

use crate::dice::Dice;
use crate::judge::material::Material;
use crate::judge::quality::Quality;
use crate::ordered::Ordered;
use crate::schema::place::{DEEP, Place, kind, outermost, prefers_null};
use crate::schema::resolution::resolve;
use crate::schema::{numbers, options, strings};

/// A schema which requires itself has no finite value; give up on it.
const DEEPEST: usize = 48;

/// Makes one value of a schema.
pub(crate) struct Walker<'a> {
    root: &'a Ordered,
    material: &'a Material<'a>,
    quality: Quality,
    sample: Dice,
}

impl<'a> Walker<'a> {
    /// A walker for a whole schema document.
    pub(crate) fn new(
        root: &'a Ordered,
        material: &'a Material<'a>,
        quality: Quality,
        sample: Dice,
    ) -> Self {
        Self {
            root,
            material,
            quality,
            sample,
        }
    }

    /// The value.
    pub(crate) fn value(&self) -> Ordered {
        let path = self.sample.on("#");
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
        let quality = self.quality.on(place.subject);
        if let Some(allowed) = schema.get("enum").and_then(Ordered::as_array) {
            return self.choose(allowed, quality, place);
        }
        let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"));
        if let Some(branches) = branches.and_then(Ordered::as_array) {
            return self.branch(branches, place);
        }
        match kind(schema, place) {
            "object" => self.object(schema, place),
            "array" => self.array(schema, place),
            "integer" => numbers::integer(schema, quality),
            "number" => numbers::number(place.name, schema, quality),
            "boolean" => Ordered::Bool(quality >= 0.5),
            "null" => Ordered::Null,
            _ => {
                let slot = strings::Slot {
                    name: place.name,
                    subject: place.subject,
                    index: place.index,
                    quality,
                };
                Ordered::String(strings::fill(&slot, schema, self.material, place.path))
            }
        }
    }

    fn choose(&self, allowed: &[Ordered], quality: f64, place: Place<'_>) -> Ordered {
        // A list of judgements names each criterion once: take the names in turn.
        if ["criterion", "criterion_id", "name", "id", "key"].contains(&place.name) {
            let index = place.index % allowed.len().max(1);
            return allowed.get(index).cloned().unwrap_or(Ordered::Null);
        }
        options::pick(allowed, quality, self.material, place.path).unwrap_or(Ordered::Null)
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
            // Quotes differ by their index, everything else by its own dice.
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
}

#[cfg(test)]
mod tests;
