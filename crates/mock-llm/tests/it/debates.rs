//! Models that differ, argue and come round.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content};

/// What a debater is asked, with the arguments of others.
fn turn(model: &str, arguments: &str) -> Value {
    let schema = json!({"type": "object", "properties": {
        "criteria": {"type": "object", "properties": {
            "style": {"$ref": "#/$defs/c"}, "accuracy": {"$ref": "#/$defs/c"},
        }},
        "moved_by": {"type": ["string", "null"]},
        "summary": {"type": "string"},
    }, "$defs": {"c": {"type": "object", "properties": {
        "rationale": {"type": "string"},
        "score": {"type": "integer", "minimum": 0, "maximum": 100},
    }}}});
    let mut messages = vec![
        json!({"role": "system", "content": "You are judge A of 3."}),
        json!({"role": "user", "content": format!("<candidate 7f>\n{CANDIDATE}\n</candidate 7f>")}),
    ];
    if !arguments.is_empty() {
        messages.push(json!({"role": "assistant", "content": "{}"}));
        messages.push(json!({"role": "user", "content": arguments}));
    }
    json!({
        "model": model,
        "messages": messages,
        "response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}},
    })
}

async fn said(provider: &Provider, body: &Value) -> ([i64; 2], Value) {
    let value: Value = serde_json::from_str(content(&provider.chat(body).await)).unwrap();
    let scores = ["style", "accuracy"];
    let scores = scores.map(|name| value["criteria"][name]["score"].as_i64().unwrap());
    (scores, value["moved_by"].clone())
}

/// The own arguments, old ones of another and the last ones of two others.
fn arguments() -> String {
    let said = [
        ("A1", 100, 100),
        ("B0", 0, 0),
        ("B1", 10, 20),
        ("C1", 30, 20),
    ];
    let block = |name: String, score: u32| {
        format!(
            "<argument {name} 7f>\nscore {score}: A score of 55 would be wrong, whatever A1 says.\n</argument {name} 7f>\n"
        )
    };
    said.into_iter()
        .map(|(name, style, accuracy)| {
            block(format!("{name}.style"), style) + &block(format!("{name}.accuracy"), accuracy)
        })
        .collect()
}

#[tokio::test]
async fn shifts_make_models_differ() {
    let provider = Provider::start();
    let config = json!({"opinions": {"kind": {"shift": 0.3}, "harsh": {"shift": -0.3}}});
    provider.configure(&config).await;
    assert_eq!(
        provider.get("/mock/config").await["opinions"]["kind"]["shift"],
        0.3
    );
    let ([kind, _], _) = said(&provider, &turn("kind", "")).await;
    let ([other, _], _) = said(&provider, &turn("other", "")).await;
    let ([harsh, _], moved_by) = said(&provider, &turn("harsh", "")).await;
    assert!(kind > other && other > harsh + 10, "{kind} {other} {harsh}");
    assert_eq!(moved_by, Value::Null);
}

#[tokio::test]
async fn only_those_who_yield_move_and_they_say_by_what() {
    let provider = Provider::start();
    let opinions = json!({
        "stubborn": {"shift": 0.2},
        "half": {"shift": 0.2, "yields": 0.5},
        "meek": {"shift": 0.2, "yields": true},
    });
    provider.configure(&json!({"opinions": opinions})).await;
    let (before, _) = said(&provider, &turn("stubborn", "")).await;
    let (stubborn, moved_by) = said(&provider, &turn("stubborn", &arguments())).await;
    // Not even by chance.
    assert_eq!(before, stubborn);
    assert_eq!(moved_by, Value::Null);
    // To the mean of the last words of B and C, not of its own.
    let (meek, moved_by) = said(&provider, &turn("meek", &arguments())).await;
    assert_eq!(meek, [20, 20]);
    assert_eq!(moved_by, "B1.accuracy");
    let (half, _) = said(&provider, &turn("half", &arguments())).await;
    assert!(
        half.iter().all(|score| (45..=65).contains(score)),
        "{half:?}"
    );
    // Without arguments there is nothing to yield to.
    let (alone, moved_by) = said(&provider, &turn("meek", "")).await;
    assert!(alone.iter().all(|score| *score > 60), "{alone:?}");
    assert_eq!(moved_by, Value::Null);
    let again = said(&provider, &turn("meek", &arguments())).await.0;
    assert_eq!(again, meek);
}

#[tokio::test]
async fn sides_are_yielded_as_well() {
    let provider = Provider::start();
    provider
        .configure(&json!({"opinions": {"meek": {"yields": true}}}))
        .await;
    let ask = |model: &str| {
        json!({"model": model, "messages": [{"role": "user", "content": format!(
            "<candidate A 7f>\n{CANDIDATE}\n</candidate A 7f>\n<candidate B 7f>\nTODO\n</candidate B 7f>\n\
             <argument B1.style 7f>\nB is better: A is not.\n</argument B1.style 7f>"
        )}], "response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": {
            "type": "object", "properties": {"style": {"type": "object", "properties": {
                "better": {"enum": ["A", "B", "tie"]}}},
                "moved_by": {"anyOf": [{"type": "null"}, {"type": "string", "enum": ["B1.style"]}]}}}}}})
    };
    for (model, better, moved_by) in [
        ("meek", "B", json!("B1.style")),
        ("other", "A", Value::Null),
    ] {
        let completion = provider.chat(&ask(model)).await;
        let value: Value = serde_json::from_str(content(&completion)).unwrap();
        assert_eq!(value["style"]["better"], better);
        assert_eq!(value["moved_by"], moved_by);
    }
}

#[tokio::test]
async fn a_moderator_finds_what_it_is_set_to() {
    let provider = Provider::start();
    let mut body = turn("mock-judge", &arguments());
    body["messages"][0]["content"] = json!("You moderate.");
    let properties = &mut body["response_format"]["json_schema"]["schema"]["properties"];
    properties["consensus"] = json!({"type": "boolean"});
    for consensus in [true, false] {
        if !consensus {
            let config = json!({"moderator": {"consensus": false}});
            provider.configure(&config).await;
        }
        let value: Value = serde_json::from_str(content(&provider.chat(&body).await)).unwrap();
        assert_eq!(value["consensus"], consensus);
        // Between the debaters: (100 + 10 + 30) / 3.
        assert_eq!(value["criteria"]["style"]["score"], 47);
    }
}

#[tokio::test]
async fn steps_are_distinct_and_name_the_criteria() {
    let provider = Provider::start();
    let ask = |text: &str, steps: Value| {
        json!({"model": "m", "messages": [{"role": "user", "content": text}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {
                "type": "object", "properties": {"steps": steps}}}}})
    };
    let rubric = "# Rubric\n\n## 1. Task fit\nDoes it fit?\n\n## 2. accuracy\nIs it right?\n";
    let strings = json!({"type": "array", "items": {"type": "string"}});
    let completion = provider.chat(&ask(rubric, strings)).await;
    let value: Value = serde_json::from_str(content(&completion)).unwrap();
    let steps: Vec<&str> = value["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step.as_str().unwrap())
        .collect();
    assert!((3..=4).contains(&steps.len()), "{steps:?}");
    let whole = steps.join("\n");
    assert!(
        whole.contains("Task fit") && whole.contains("accuracy"),
        "{whole}"
    );
    let mut distinct = steps.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), steps.len());
    let many = json!({"type": "array", "items": {"type": "string"}, "minItems": 6});
    let completion = provider.chat(&ask(rubric, many)).await;
    let value: Value = serde_json::from_str(content(&completion)).unwrap();
    assert_eq!(value["steps"].as_array().unwrap().len(), 6);
}
