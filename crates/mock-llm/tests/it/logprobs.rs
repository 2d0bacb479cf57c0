//! Probabilities of tokens.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request};

/// Each entry agrees with itself. Returns how many alternatives each has.
fn coherent(entries: &[Value], top: usize) -> Vec<usize> {
    let count = |entry: &Value| {
        let alternatives = entry["top_logprobs"].as_array().unwrap();
        assert!((1..=top).contains(&alternatives.len()));
        let share = |entry: &Value| entry["logprob"].as_f64().unwrap().exp();
        assert!(alternatives.iter().map(share).sum::<f64>() <= 1.0 + 1e-9);
        assert!(alternatives.is_sorted_by(|left, right| share(left) >= share(right)));
        let own = alternatives
            .iter()
            .find(|other| other["token"] == entry["token"])
            .unwrap();
        assert_eq!(own["logprob"], entry["logprob"]);
        let bytes: Vec<u64> = entry["bytes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|byte| byte.as_u64().unwrap())
            .collect();
        let token = entry["token"].as_str().unwrap();
        assert!(bytes.into_iter().eq(token.bytes().map(u64::from)));
        alternatives.len()
    };
    entries.iter().map(count).collect()
}

fn entries(completion: &Value) -> &Vec<Value> {
    completion["choices"][0]["logprobs"]["content"]
        .as_array()
        .unwrap()
}

/// The expected value of a number by the alternatives of its token.
fn expected(entry: &Value) -> f64 {
    let shares: Vec<(f64, f64)> = entry["top_logprobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| {
            let value = other["token"].as_str().unwrap().parse().unwrap();
            (value, other["logprob"].as_f64().unwrap().exp())
        })
        .collect();
    let total: f64 = shares.iter().map(|(_, share)| share).sum();
    shares
        .iter()
        .map(|(value, share)| value * share)
        .sum::<f64>()
        / total
}

#[tokio::test]
async fn every_token_has_fitting_alternatives() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(5);
    let completion = provider.chat(&body).await;
    let entries = entries(&completion);
    // Only the score might have been another one.
    let several: Vec<usize> = coherent(entries, 5)
        .into_iter()
        .filter(|count| *count > 1)
        .collect();
    assert_eq!(several, [5]);
    let text: String = entries
        .iter()
        .map(|entry| entry["token"].as_str().unwrap())
        .collect();
    assert_eq!(text, content(&completion));
    body["top_logprobs"] = json!(21);
    assert_eq!(
        provider.post("/v1/chat/completions", &body).await.status(),
        400
    );
}

#[tokio::test]
async fn a_bare_score_has_its_neighbours() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["messages"][0]["content"] = json!("Rate from 1 to 5. Answer with a single digit.");
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(6);
    let completion = provider.chat(&body).await;
    let score: i64 = content(&completion).parse().unwrap();
    let entries = entries(&completion);
    assert_eq!(coherent(entries, 6), [5]);
    let alternatives = entries[0]["top_logprobs"].as_array().unwrap();
    let near = [score - 1, score + 1].into_iter();
    for near in near
        .filter(|near| (1..=5).contains(near))
        .map(|near| near.to_string())
    {
        assert!(
            alternatives
                .iter()
                .any(|other| other["token"].as_str() == Some(&near))
        );
    }
    let mean = expected(&entries[0]);
    #[expect(clippy::cast_precision_loss, reason = "a score of one digit")]
    let written = score as f64;
    assert!((mean - written).abs() > 0.001 && (mean - written).abs() < 1.0);
}

#[tokio::test]
async fn each_score_of_a_schema_has_the_values_of_its_scale() {
    let provider = Provider::start();
    let schema = r#"{"type":"object","properties":{
        "clear":{"type":"object","properties":{"rationale":{"type":"string"},"score":{"type":"number","minimum":1,"maximum":5}}},
        "safe":{"type":"object","properties":{"rationale":{"type":"string"},"score":{"type":"boolean"}}},
        "style":{"type":"object","properties":{"score":{"type":"string","enum":["poor","fair","good"]}}},
        "share":{"type":"object","properties":{"score":{"type":"number","minimum":0,"maximum":1}}},
        "summary":{"type":"string"}}}"#;
    // A candidate that quotes a score must not be taken for one.
    let mut body = request("It says \"score\": 3 and \"better\": \"B\" in many words here.");
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(20);
    let text = body.to_string();
    let format = format!(
        r#","response_format":{{"type":"json_schema","json_schema":{{"name":"v","schema":{schema}}}}}}}"#
    );
    let body = format!("{}{format}", text.strip_suffix('}').unwrap());
    let url = format!("{}/v1/chat/completions", provider.url);
    let sent = provider.client.post(url).body(body).send().await.unwrap();
    let completion: Value = sent.json().await.unwrap();
    let value: Value = serde_json::from_str(content(&completion)).unwrap();
    let entries = entries(&completion);
    coherent(entries, 20);
    let several: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            let alternatives = entry["top_logprobs"].as_array().unwrap().iter();
            alternatives
                .map(|other| other["token"].as_str().unwrap().to_owned())
                .collect()
        })
        .filter(|alternatives: &Vec<String>| alternatives.len() > 1)
        .collect();
    let [clear, safe, style] = several.as_slice() else {
        panic!("{several:?}");
    };
    let sorted = |texts: &Vec<String>| {
        let mut texts = texts.clone();
        texts.sort();
        texts
    };
    assert_eq!(sorted(clear), ["1", "2", "3", "4", "5"]);
    assert_eq!(sorted(safe), ["false", "true"]);
    assert_eq!(sorted(style), ["fair", "good", "poor"]);
    assert_eq!(value["clear"]["score"].to_string(), clear[0]);
    assert_eq!(value["safe"]["score"].to_string(), safe[0]);
    assert_eq!(value["style"]["score"], json!(style[0]));
}

#[tokio::test]
async fn a_scripted_reply_has_the_alternatives_it_is_given() {
    let provider = Provider::start();
    let alternatives = json!({"4": {"4": 0.5, "5": 0.25, "3": 0.125}});
    let rule = json!({"fault": "reply", "text": "Score: 4", "alternatives": alternatives});
    provider.fault(rule).await;
    let mut body = request(CANDIDATE);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(20);
    let completion = provider.chat(&body).await;
    let entries = entries(&completion);
    assert_eq!(coherent(entries, 20), [1, 1, 1, 3]);
    let shares: Vec<f64> = entries[3]["top_logprobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| other["logprob"].as_f64().unwrap().exp())
        .collect();
    assert!(
        shares
            .iter()
            .zip([0.5, 0.25, 0.125])
            .all(|(left, right)| (left - right).abs() < 1e-9)
    );
}
