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

#[tokio::test]
async fn a_bias_and_a_contrary_mind_decide_otherwise() {
    let provider = Provider::start();
    provider.configure(&json!({"bias": "first"})).await;
    for (first, second) in [(CANDIDATE, BAD), (BAD, CANDIDATE), (BAD, BAD)] {
        let found = better(&provider, &comparison(first, second)).await;
        assert_eq!(found, ["A", "A"]);
    }
    let config = json!({"opinions": {"odd": {"contrary": true}, "lazy": {"bias": "first"}}});
    provider.configure(&config).await;
    let mut body = comparison(BAD, CANDIDATE);
    assert_eq!(better(&provider, &body).await, ["B", "B"]);
    body["model"] = json!("lazy");
    assert_eq!(better(&provider, &body).await, ["A", "A"]);
    body["model"] = json!("odd");
    assert_eq!(better(&provider, &body).await, ["A", "A"]);
    let mut turned = comparison(CANDIDATE, BAD);
    turned["model"] = json!("odd");
    assert_eq!(better(&provider, &turned).await, ["B", "B"]);
}

#[tokio::test]
async fn sides_have_probabilities() {
    let provider = Provider::start();
    let mut body = comparison(BAD, CANDIDATE);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(20);
    let completion = provider.chat(&body).await;
    let entries = completion["choices"][0]["logprobs"]["content"].as_array();
    let sides: Vec<Vec<&str>> = entries
        .unwrap()
        .iter()
        .map(|entry| {
            let alternatives = entry["top_logprobs"].as_array().unwrap().iter();
            alternatives
                .map(|other| other["token"].as_str().unwrap())
                .collect()
        })
        .filter(|alternatives: &Vec<&str>| alternatives.len() > 1)
        .collect();
    assert_eq!(sides.len(), 2);
    for side in sides {
        assert_eq!((side[0], side.len()), ("B", 3));
    }
}

#[tokio::test]
async fn prompts_of_others_get_the_verdicts_they_ask_for() {
    let provider = Provider::start();
    let fastchat = "\"[[A]]\" if assistant A is better, \"[[B]]\" if assistant B is better, and \"[[C]]\" for a tie.\n";
    let prompts: [(String, [&str; 2]); 6] = [
        (
            format!(
                "{fastchat}[The Start of Assistant A's Answer]\n%1\n[The End of Assistant A's Answer]\n\
                 [The Start of Assistant B's Answer]\n%2\n[The End of Assistant B's Answer]"
            ),
            ["[[A]]", "[[B]]"],
        ),
        (
            format!(
                "{fastchat}<|The Start of Assistant A's Conversation with User|>\n%1\n<|The End of Assistant A's Conversation with User|>\n\
                 <|The Start of Assistant B's Conversation with User|>\n%2\n<|The End of Assistant B's Conversation with User|>"
            ),
            ["[[A]]", "[[B]]"],
        ),
        (
            "{\"model_identifier\": \"m\",\n\"output\": \"\"\"%1\"\"\"},\n{\"model_identifier\": \"M\",\n\
             \"output\": \"\"\"%2\"\"\"}\nOnly the identifier and nothing else: m or M."
                .to_owned(),
            ["m", "M"],
        ),
        (
            "Answer using ONLY \"Output (a)\" or \"Output (b)\".\n# Output (a):\n%1\n\n# Output (b):\n%2\n\n# Which is better?"
                .to_owned(),
            ["Output (a)", "Output (b)"],
        ),
        (
            "\"Therefore, Output (a) is better.\" or \"Therefore, Output (b) is better.\" verbatim.\n# Output (a):\n%1\n\n# Output (b):\n%2\n\n# Decision"
                .to_owned(),
            ["Therefore, Output (a) is better.", "Therefore, Output (b) is better."],
        ),
        (
            "[The Start of Assistant 1's Answer]\n%1\n[The End of Assistant 1's Answer]\n[The Start of Assistant 2's Answer]\n%2\n\
             [The End of Assistant 2's Answer]\nOutput the number 1 or 2 respectively, or choose 3 if equivalent."
                .to_owned(),
            ["\n1", "\n2"],
        ),
    ];
    for (prompt, verdicts) in prompts {
        for (texts, verdict) in [[CANDIDATE, BAD], [BAD, CANDIDATE]]
            .into_iter()
            .zip(verdicts)
        {
            let text = prompt.replace("%1", texts[0]).replace("%2", texts[1]);
            let body = json!({"model": "m", "logprobs": true, "top_logprobs": 5,
                "messages": [{"role": "user", "content": text}]});
            let completion = provider.chat(&body).await;
            assert!(
                content(&completion).ends_with(verdict),
                "{}",
                content(&completion)
            );
            let entries = completion["choices"][0]["logprobs"]["content"].as_array();
            let several = entries
                .unwrap()
                .iter()
                .filter(|entry| entry["top_logprobs"].as_array().unwrap().len() > 1);
            assert_eq!(several.count(), 1);
        }
    }
}

#[tokio::test]
async fn two_scores_stand_on_the_first_line() {
    let provider = Provider::start();
    let text = format!(
        "[Question]\n?\n\n[Assistant 1]\n{BAD}\n\n[End of Assistant 1]\n\n[Assistant 2]\n{CANDIDATE}\n\n[End of Assistant 2]\n\n\
         On a scale of 1 to 10. First output a single line containing only two values indicating the scores."
    );
    let body = json!({"model": "m", "messages": [{"role": "user", "content": text}]});
    let completion = provider.chat(&body).await;
    let first = content(&completion).lines().next().unwrap();
    let scores: Vec<u32> = first
        .split(' ')
        .map(|score| score.parse().unwrap())
        .collect();
    assert!(
        scores.len() == 2 && scores[0] < scores[1] && scores[1] <= 10,
        "{first}"
    );
}
