//! A schema written into the prompt, for models without structured output.

use serde_json::Deserializer;

use crate::ask::{Ask, Format};
use crate::judge::material::Material;
use crate::ordered::Ordered;
use crate::tokens;

/// Braces tried as the start of a schema, per message.
const TRIES: usize = 64;

/// The object schema the prompt shows, when JSON is asked for and no schema came in the request.
pub(crate) fn schema(ask: &Ask, material: &Material<'_>) -> Option<Ordered> {
    match ask.format {
        Format::Schema(_) => return None,
        Format::JsonObject => {}
        Format::Text if material.mentions("json") => {}
        Format::Text => return None,
    }
    ask.turns
        .iter()
        .find_map(|turn| shown(tokens::clip(&turn.text, 262_144)))
}

fn shown(text: &str) -> Option<Ordered> {
    text.match_indices('{').take(TRIES).find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let value = Deserializer::from_str(rest)
            .into_iter::<Ordered>()
            .next()?
            .ok()?;
        let object = value.get("type").and_then(Ordered::as_str) == Some("object");
        (object && value.get("properties").is_some()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_schema_is_found_in_prose() {
        let text =
            "Use {braces}.\nSchema:\n```json\n{\"type\":\"object\",\"properties\":{\"x\":{}}}\n```";
        assert!(shown(text).unwrap().get("properties").is_some());
        assert!(shown("{\"type\":\"object\"}").is_none());
    }
}
