//! Two candidates.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content};

const BAD: &str = "The migration is not implemented so far. TODO: write it.";

/// A comparison of two candidates, shown in this order under the names A and B.
fn comparison(first: &str, second: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"criteria": {"type": "object", "properties": {
        "style": {"$ref": "#/$defs/c"}, "accuracy": {"$ref": "#/$defs/c"},
    }}}, "$defs": {"c": {"type": "object", "properties": {
        "rationale": {"type": "string"},
        "evidence": {"type": "array", "items": {"type": "string"}},
        "better": {"type": "string", "enum": ["A", "B", "tie"]},
    }, "required": ["rationale", "evidence", "better"]}}});
    json!({
        "model": "mock-judge",
        "messages": [{"role": "user", "content": format!(
            "Compare.\n<candidate A 7f>\n{first}\n</candidate A 7f>\n<candidate B 7f>\n{second}\n</candidate B 7f>\n"
        )}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}},
    })
}

async fn better(provider: &Provider, body: &Value) -> [String; 2] {
    let value: Value = serde_json::from_str(content(&provider.chat(body).await)).unwrap();
    ["style", "accuracy"].map(|name| {
        let criterion = &value["criteria"][name];
        assert!(criterion["rationale"].as_str().unwrap().contains(name));
        assert!(!criterion["evidence"].as_array().unwrap().is_empty());
        criterion["better"].as_str().unwrap().to_owned()
    })
}

#[tokio::test]
async fn the_better_one_wins_in_either_place() {
    let provider = Provider::start();
    for (first, second, expected) in [
        (CANDIDATE, BAD, "A"),
        (BAD, CANDIDATE, "B"),
        (CANDIDATE, CANDIDATE, "tie"),
    ] {
        let found = better(&provider, &comparison(first, second)).await;
        assert_eq!(found, [expected, expected]);
    }
    // Also where the two are about as good.
    for index in 0..20 {
        let other = format!("{CANDIDATE} It has {index} more steps.");
        let there = better(&provider, &comparison(CANDIDATE, &other)).await;
        let back = better(&provider, &comparison(&other, CANDIDATE)).await;
        let turned = back.map(|name| match name.as_str() {
            "A" => "B".to_owned(),
            "B" => "A".to_owned(),
            _ => name,
        });
        assert_eq!(there, turned);
    }
}
