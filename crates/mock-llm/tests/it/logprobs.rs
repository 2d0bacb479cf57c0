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

#[tokio::test]
async fn the_tokens_are_the_text() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(5);
    let completion = provider.chat(&body).await;
    let entries = entries(&completion);
    // Without a script nothing else might have been said.
    assert!(coherent(entries, 5).iter().all(|count| *count == 1));
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
