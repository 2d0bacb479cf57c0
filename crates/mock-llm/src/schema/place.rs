//! A place in the value being made, and what its name and schema say about it.

use crate::ordered::Ordered;
use crate::rng::SeededRng;
use crate::schema::resolution::resolve;
use crate::schema::strings;

/// From here on optional things are left out, so that recursive schemas come to an end.
pub(super) const DEEP: usize = 6;

/// Where in the value we are.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The property, or that of the array it is an item of.
    pub(super) name: &'p str,
    /// The criterion spoken of.
    pub(super) subject: &'p str,
    /// Position in the innermost array.
    pub(super) index: usize,
    /// Steps from the root.
    pub(super) depth: usize,
    /// SeededRng of this place alone.
    pub(super) path: SeededRng,
}

/// The type that is made: the first that is not null, as a rule.
pub(super) fn kind<'s>(schema: &'s Ordered, place: Place<'_>) -> &'s str {
    match schema.get("type") {
        Some(Ordered::String(kind)) => kind,
        Some(Ordered::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Ordered::as_str).collect();
            let full: Vec<&str> = kinds
                .iter()
                .copied()
                .filter(|kind| *kind != "null")
                .collect();
            if full.len() < kinds.len() && (full.is_empty() || prefers_null(place)) {
                return "null";
            }
            full.first().copied().unwrap_or("string")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() || schema.get("prefixItems").is_some() => "array",
        _ if schema.get("minimum").is_some() || schema.get("maximum").is_some() => "number",
        _ => "string",
    }
}

/// Whether a schema takes `null`.
pub(super) fn admits_null(root: &Ordered, schema: &Ordered) -> bool {
    let null = |kind: &Ordered| kind.as_str() == Some("null");
    let typed = schema.get("type").is_some_and(|kind| {
        null(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(null))
    });
    let listed = schema.get("enum").and_then(Ordered::as_array);
    let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    let branches = branches.and_then(Ordered::as_array).unwrap_or_default();
    typed
        || listed.is_some_and(|options| options.contains(&Ordered::Null))
        || branches
            .iter()
            .any(|branch| resolve(root, branch).get("type").is_some_and(null))
}

/// Remarks are sometimes absent; what a judge is asked for never is.
pub(super) fn prefers_null(place: Place<'_>) -> bool {
    let asked = strings::explains(place.name)
        || strings::quotes(place.name)
        || [
            "score", "rating", "verdict", "grade", "pass", "level", "better", "winner", "summary",
        ]
        .contains(&place.name);
    place.depth > DEEP || (!asked && place.path.on("null").below(3) == 0)
}

/// A property of the outermost object speaks of itself, unless its name says nothing.
pub(super) fn outermost(name: &str) -> &str {
    let generic = [
        "score",
        "rating",
        "verdict",
        "grade",
        "pass",
        "label",
        "result",
        "confidence",
    ];
    if generic.contains(&name) || strings::explains(name) || strings::quotes(name) {
        "overall"
    } else {
        name
    }
}
