//! References and combinations: from what is written to the schema that applies.

use std::borrow::Cow;

use crate::ordered::Ordered;

/// References followed in a row before a chain counts as a circle.
const HOPS: usize = 32;

/// The schema behind `$ref` and `allOf`.
pub(super) fn resolve<'a>(root: &'a Ordered, schema: &'a Ordered) -> Cow<'a, Ordered> {
    let mut schema = schema;
    for _ in 0..HOPS {
        let target = schema.get("$ref").and_then(Ordered::as_str);
        match target.and_then(|pointer| locate(root, pointer)) {
            Some(found) => schema = found,
            None => break,
        }
    }
    match schema.get("allOf").and_then(Ordered::as_array) {
        Some(parts) => Cow::Owned(merged(root, schema, parts)),
        None => Cow::Borrowed(schema),
    }
}

/// Follows a pointer such as `#/$defs/Criterion`.
fn locate<'a>(root: &'a Ordered, pointer: &str) -> Option<&'a Ordered> {
    let mut place = root;
    for step in pointer.strip_prefix('#')?.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        place = match place {
            Ordered::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            other => other.get(&step)?,
        };
    }
    Some(place)
}

/// One schema for all parts: properties and required names add up, the rest is taken over.
fn merged(root: &Ordered, schema: &Ordered, parts: &[Ordered]) -> Ordered {
    let own = schema.as_object().unwrap_or_default().iter();
    let mut fields: Vec<(String, Ordered)> =
        own.filter(|(key, _)| key != "allOf").cloned().collect();
    for part in parts {
        // A part of an `allOf` may itself be a reference, but circles end here.
        let part = part
            .get("$ref")
            .and_then(Ordered::as_str)
            .and_then(|pointer| locate(root, pointer))
            .unwrap_or(part);
        for (key, value) in part.as_object().unwrap_or_default() {
            match fields
                .iter_mut()
                .find(|(known, _)| known == key)
                .map(|(_, known)| known)
            {
                Some(Ordered::Object(known)) => {
                    known.extend_from_slice(value.as_object().unwrap_or_default());
                }
                Some(Ordered::Array(known)) => {
                    known.extend_from_slice(value.as_array().unwrap_or_default());
                }
                Some(_) => {}
                None => fields.push((key.clone(), value.clone())),
            }
        }
    }
    Ordered::Object(fields)
}
