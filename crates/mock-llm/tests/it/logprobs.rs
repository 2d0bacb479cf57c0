//! Probabilities of tokens.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request};

fn coherent(entries: &[Value], top: usize) {
    for entry in entries {
        let alternatives = entry["top_logprobs"].as_array().unwrap();
        assert_eq!(alternatives.len(), top);
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
    }
}

#[tokio::test]
async fn every_token_has_fitting_alternatives() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(5);
    let completion = provider.chat(&body).await;
    let entries = completion["choices"][0]["logprobs"]["content"]
        .as_array()
        .unwrap();
    coherent(entries, 5);
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
    let entries = completion["choices"][0]["logprobs"]["content"]
        .as_array()
        .unwrap();
    assert_eq!(entries.len(), 1);
    coherent(entries, 6);
    let alternatives = entries[0]["top_logprobs"].as_array().unwrap();
    for near in [score - 1, score + 1].map(|near| near.to_string()) {
        assert!(
            alternatives
                .iter()
                .any(|other| other["token"].as_str() == Some(&near))
        );
    }
}
