//! Looking at JSON schemas.

use serde_json::Deserializer;

use crate::ask::{Ask, Format};
use crate::ordered::Ordered;
use crate::tokens;

/// References followed in a row before a chain counts as a circle.
const MAX_HOPS: usize = 16;
/// Braces tried as the beginning of a schema, in each message.
const MAX_CANDIDATES: usize = 64;
/// Bytes of a message that are looked at for one.
const MAX_SCANNED: usize = 256 << 10;

/// The object schema that the prompt shows, when JSON is asked for and no schema came in the request.
pub(crate) fn prompted(ask: &Ask) -> Option<Ordered> {
    let wanted = match ask.format {
        Format::Schema(_) => false,
        Format::JsonObject => true,
        Format::Text => ask.turns.iter().any(|turn| turn.text.contains("JSON")),
    };
    let shown = |text: &str| {
        text.match_indices('{')
            .take(MAX_CANDIDATES)
            .find_map(|(start, _)| {
                let mut values = Deserializer::from_str(text.get(start..)?).into_iter::<Ordered>();
                let value = values.next()?.ok()?;
                (kind(&value) == "object" && value.get("properties").is_some()).then_some(value)
            })
    };
    let mut turns = ask.turns.iter().filter(|_| wanted);
    turns.find_map(|turn| shown(tokens::clip(&turn.text, MAX_SCANNED)))
}

/// The type that is made: null of a text that may be null, else the first that is not null.
pub(crate) fn kind(schema: &Ordered) -> &str {
    let Some(kinds) = schema.get("type").and_then(Ordered::as_array) else {
        let own = schema.get("type").and_then(Ordered::as_str);
        let object = schema.get("properties").map(|_| "object");
        return own.or(object).unwrap_or("string");
    };
    let mut kinds = kinds.iter().filter_map(Ordered::as_str);
    let nullable = kinds.clone().any(|kind| kind == "null");
    match kinds.find(|kind| *kind != "null") {
        None | Some("string") if nullable => "null",
        kind => kind.unwrap_or("string"),
    }
}

/// The schema behind a reference such as `#/$defs/Criterion`.
pub(crate) fn resolved<'a>(root: &'a Ordered, schema: &'a Ordered) -> &'a Ordered {
    let mut schema = schema;
    for _ in 0..MAX_HOPS {
        let pointer = schema.get("$ref").and_then(Ordered::as_str);
        let Some(pointer) = pointer.and_then(|pointer| pointer.strip_prefix("#/")) else {
            break;
        };
        let found = pointer
            .split('/')
            .try_fold(root, |place, step| place.get(step));
        schema = found.unwrap_or(&Ordered::Null);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::prompted;
    use crate::chat::request::read;

    #[test]
    fn a_schema_is_found_in_prose_where_json_is_asked_for() {
        let ask = |text: &str| {
            let body =
                serde_json::json!({"model": "m", "messages": [{"role": "user", "content": text}]});
            prompted(&read(&serde_json::from_value(body).unwrap()).unwrap())
        };
        let schema = r#"{"type":"object","properties":{"x":{}}}"#;
        let found = ask(&format!("Use {{braces}}. Answer in JSON:\n{schema}\nEnd.")).unwrap();
        assert_eq!(found.render(), schema);
        assert_eq!(ask(&format!("Use this:\n{schema}")), None);
        assert_eq!(ask(r#"JSON: {"type":"object"}"#), None);
    }
}
