//! Whether the arguments of a function are what was asked for, whatever the function is called.

use serde_json::Value;
use serde_json::value::RawValue;

/// Whether arguments are one JSON object that has every property that a schema requires, objects within it too. Values
/// are judged by who reads the reply.
pub(super) fn fits(schema: &RawValue, arguments: &str) -> bool {
    let parsed = (
        serde_json::from_str(schema.get()),
        serde_json::from_str(arguments),
    );
    let (Ok::<Value, _>(schema), Ok::<Value, _>(arguments)) = parsed else {
        return false;
    };
    arguments.is_object() && value_fits(&schema, &arguments)
}

fn value_fits(schema: &Value, value: &Value) -> bool {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return true;
    }
    // Some models write an object within the arguments as a text.
    let parsed = value
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(fields) = parsed.as_ref().unwrap_or(value).as_object() else {
        return false;
    };
    let required = schema.get("required").and_then(Value::as_array);
    let mut required = required.into_iter().flatten().filter_map(Value::as_str);
    required.all(|name| {
        let schema = schema
            .get("properties")
            .and_then(|properties| properties.get(name));
        fields
            .get(name)
            .is_some_and(|value| schema.is_none_or(|schema| value_fits(schema, value)))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    #[test]
    fn arguments_fit_where_they_have_all_that_is_required() {
        let verdict = json!({
            "type": "object", "required": ["why", "score"],
            "properties": {"why": {"type": "string"}, "score": {"type": "number"}},
        });
        let schema = json!({
            "type": "object", "required": ["criteria", "summary"],
            "properties": {
                "summary": {"type": "string"},
                "criteria": {"type": "object", "required": ["merit"], "properties": {"merit": verdict}},
            },
        });
        let schema = to_raw_value(&schema).unwrap();
        let merit = json!({"why": "short", "score": 3});
        for good in [
            json!({"criteria": {"merit": merit}, "summary": ""}),
            json!({"criteria": {"merit": merit}, "summary": "", "note": 1}),
            json!({"criteria": json!({"merit": merit}).to_string(), "summary": ""}),
        ] {
            assert!(fits(&schema, &good.to_string()), "{good}");
        }
        for bad in [
            json!({}),
            json!([]),
            json!("x"),
            json!({"score": 3}),
            json!({"criteria": {"merit": merit}}),
            json!({"criteria": {"merit": {"score": 3}}, "summary": ""}),
            json!({"criteria": {"style": merit}, "summary": ""}),
            json!({"criteria": {"merit": 3}, "summary": ""}),
            json!({"criteria": "none", "summary": ""}),
            json!({"criteria": [], "summary": ""}),
            json!({"arguments": {"criteria": {"merit": merit}, "summary": ""}}),
        ] {
            assert!(!fits(&schema, &bad.to_string()), "{bad}");
        }
        for broken in ["", "{\"criteria\": {", "I say 3"] {
            assert!(!fits(&schema, broken), "{broken}");
        }
    }
}
