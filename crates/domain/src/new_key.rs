//! What is said of an API key that is to be made.

use crate::api_key::{KeyId, Scope};
use crate::fields::{Errors, Fields, pointer_to};
use crate::json::Json;

/// The longest name, in bytes.
const MAX_NAME: usize = 200;
/// The shortest and the longest life of a key, in seconds: a minute, and ten years.
const LIFE: (u32, u32) = (60, 10 * 365 * 24 * 3600);
/// How long a key may go on beside the one that takes its place, in seconds: not at all, up to 90 days.
const OVERLAP: (u32, u32) = (0, 90 * 24 * 3600);
/// How long it does where nothing is said: a day.
const DEFAULT_OVERLAP: u32 = 24 * 3600;

/// A key that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for; for people.
    pub name: String,
    /// What it is good for; never empty.
    pub scopes: Vec<Scope>,
    /// For how long it is good, in seconds; `None`: until it is revoked.
    pub lasts_seconds: Option<u32>,
    /// The key whose place it takes, and for how many seconds that one is still good.
    pub replaces: Option<(KeyId, u32)>,
}

/// Reads it strictly.
pub fn parse(json: &Json<'_>, errors: &mut Errors) -> Option<NewKey> {
    let mut fields = Fields::of(json, "", errors)?;
    fields.require("name", errors);
    let name = fields.line("name", MAX_NAME, errors);
    let scopes = fields
        .require("scopes", errors)
        .map(|value| scopes(value, errors));
    let lasts_seconds = fields.integer("expires_in_seconds", LIFE, errors);
    let replaces = fields.text("replaces", errors).and_then(|id| {
        let id = KeyId::parse(id.as_str());
        if id.is_none() {
            errors.add("/replaces", "is no id of a key: 16 hexadecimal digits");
        }
        id
    });
    let overlap = fields.integer("overlap_seconds", OVERLAP, errors);
    if overlap.is_some() && json.get("replaces").is_none() {
        errors.add("/overlap_seconds", "says nothing without `replaces`");
    }
    fields.finish(errors);
    Some(NewKey {
        name: name?.as_str().to_owned(),
        scopes: scopes?,
        lasts_seconds,
        replaces: replaces.map(|id| (id, overlap.unwrap_or(DEFAULT_OVERLAP))),
    })
    .filter(|_| errors.is_empty())
}

fn scopes(value: &Json<'_>, errors: &mut Errors) -> Vec<Scope> {
    let Json::Array(items) = value else {
        let found = value.kind();
        errors.add("/scopes", format!("expected a list, found {found}"));
        return Vec::new();
    };
    if items.is_empty() {
        errors.add(
            "/scopes",
            "must not be empty: a key without scopes opens nothing",
        );
    }
    let mut scopes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let scope = match item {
            Json::String(name) => Scope::parse(name.as_str()),
            _ => None,
        };
        match scope {
            Some(scope) if !scopes.contains(&scope) => scopes.push(scope),
            Some(_) => {}
            None => errors.add(
                &pointer_to("/scopes", &index.to_string()),
                "must be ingest, read or admin",
            ),
        }
    }
    scopes
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<NewKey, Vec<String>> {
        let text = body.to_string();
        let mut errors = Errors::default();
        let read = parse(&Json::parse(text.as_bytes()).unwrap(), &mut errors);
        let errors = errors.into_vec().into_iter();
        read.ok_or_else(|| errors.map(|error| error.pointer).collect())
    }

    #[test]
    fn what_is_said_is_read_and_what_is_wrong_is_named() {
        let id = "0123456789abcdef";
        let whole = read(
            &json!({"name": "CI", "scopes": ["read", "read", "ingest"], "expires_in_seconds": 3600,
                                 "replaces": id, "overlap_seconds": 0}),
        );
        let whole = whole.unwrap();
        assert_eq!(whole.scopes, [Scope::Read, Scope::Ingest]);
        assert_eq!(whole.lasts_seconds, Some(3600));
        assert_eq!(whole.replaces, Some((KeyId::parse(id).unwrap(), 0)));
        let rotated = read(&json!({"name": "CI", "scopes": ["read"], "replaces": id})).unwrap();
        assert_eq!(rotated.replaces.unwrap().1, DEFAULT_OVERLAP);
        for (body, pointer) in [
            (json!({"scopes": ["read"]}), "/name"),
            (json!({"name": "a\nb", "scopes": ["read"]}), "/name"),
            (json!({"name": "a"}), "/scopes"),
            (json!({"name": "a", "scopes": []}), "/scopes"),
            (json!({"name": "a", "scopes": "read"}), "/scopes"),
            (
                json!({"name": "a", "scopes": ["read", "root"]}),
                "/scopes/1",
            ),
            (
                json!({"name": "a", "scopes": ["read"], "expires_in_seconds": 5}),
                "/expires_in_seconds",
            ),
            (
                json!({"name": "a", "scopes": ["read"], "replaces": "x"}),
                "/replaces",
            ),
            (
                json!({"name": "a", "scopes": ["read"], "overlap_seconds": 5}),
                "/overlap_seconds",
            ),
            (
                json!({"name": "a", "scopes": ["read"], "tenant": "other"}),
                "/tenant",
            ),
        ] {
            assert_eq!(read(&body), Err(vec![pointer.to_owned()]), "{body}");
        }
    }
}
