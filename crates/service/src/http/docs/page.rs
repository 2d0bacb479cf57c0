//! The page: no script, and nothing from elsewhere.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Value as Rendered;
use minijinja::{AutoEscape, Environment, HtmlEscape, context};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::openapi::OpenApi;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCHEMAS: &str = "#/components/schemas/";

/// The document as a page.
pub(super) fn render(document: &OpenApi) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("shape", |schema: Rendered| -> Result<_, minijinja::Error> {
        let schema = serde_json::to_value(schema).map_err(|error| {
            minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string())
        })?;
        Ok(Rendered::from_safe_string(shape(&schema)))
    });
    let document = serde_json::to_value(document)?;
    Ok(environment.render_str(PAGE, context! { doc => document, style => STYLE })?)
}

/// The content security policy of the page: its style and nothing else.
pub(super) fn policy() -> String {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// What a schema takes, as HTML.
fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = text(reference.strip_prefix(SCHEMAS).unwrap_or(reference));
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (key, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(members) = schema[key].as_array() {
            return joined(members, between, shape);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return joined(values, " or ", |value| {
            format!("<code>{}</code>", text(&value.to_string()))
        });
    }
    match &schema["type"] {
        Value::String(name) => plain(name, schema),
        Value::Array(names) => joined(names, " or ", |name| {
            plain(name.as_str().unwrap_or_default(), schema)
        }),
        _ => "anything".to_owned(),
    }
}

fn plain(name: &str, schema: &Value) -> String {
    let items = &schema["items"];
    let values = &schema["additionalProperties"];
    match name {
        "array" if items.is_object() => format!("array of {}", shape(items)),
        "object" if schema["properties"].is_object() => fields(schema),
        "object" if values.is_object() => format!("object of {}", shape(values)),
        "null" => name.to_owned(),
        _ => match schema["format"].as_str() {
            Some(format) => format!("{} ({})", text(name), text(format)),
            None => text(name),
        },
    }
}

fn fields(schema: &Value) -> String {
    let required = |name: &str| {
        let required = schema["required"].as_array();
        required.is_some_and(|required| required.iter().any(|each| each == name))
    };
    let mut table = String::from("<table>");
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let needed = if required(name) { ", required" } else { "" };
        let description = field["description"].as_str().unwrap_or_default();
        table += &format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}{needed}</td><td>{}</td></tr>",
            text(name),
            shape(field),
            text(description)
        );
    }
    table + "</table>"
}

fn joined(members: &[Value], between: &str, each: impl Fn(&Value) -> String) -> String {
    let members: Vec<_> = members.iter().map(each).collect();
    members.join(between)
}

fn text(plain: &str) -> String {
    HtmlEscape(plain).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::openapi::{ComponentsBuilder, Info, ObjectBuilder, Paths};

    use super::*;
    use crate::http::docs::Docs;

    #[test]
    fn a_description_is_text_and_every_link_leads_somewhere() {
        let field = ObjectBuilder::new().description(Some("<script>alert(1)</script>"));
        let schema = ObjectBuilder::new().property("<i>", field).build();
        let mut document = OpenApi::new(Info::new("<b>", "1"), Paths::new());
        document.components = Some(ComponentsBuilder::new().schema("Thing", schema).build());
        let docs = Docs::new(document).unwrap();
        let page = String::from_utf8(docs.page.to_vec()).unwrap();
        for raw in ["<script", "<b></", "<i>"] {
            assert!(!page.contains(raw), "{raw} in\n{page}");
        }
        let after = |mark: &str| -> BTreeSet<&str> {
            let parts = page.split(mark).skip(1);
            parts.filter_map(|part| part.split('"').next()).collect()
        };
        let (links, places) = (after("href=\"#"), after("id=\""));
        assert!(links.contains("openapi") && links.contains("schema-FieldError"));
        assert!(links.is_subset(&places), "{links:?} in {places:?}");
        let style = page.split("<style>").nth(1).unwrap();
        let style = style.split("</style>").next().unwrap();
        assert_eq!(style, STYLE);
    }
}
