//! Chat completions in prose, and refused requests.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request};

#[tokio::test]
async fn the_same_request_gets_the_same_text() {
    let first = Provider::start();
    let second = Provider::start();
    let body = request(CANDIDATE);
    let one = first.chat(&body).await;
    let two = first.chat(&body).await;
    assert_eq!(content(&one), content(&two));
    assert_eq!(content(&one), content(&second.chat(&body).await));
    assert_ne!(one["id"], two["id"]);
    assert_eq!(one["model"], "mock-judge");
    assert_eq!(one["object"], "chat.completion");
    assert!(
        one["system_fingerprint"].is_string() && one["created"].as_u64().unwrap() > 1_700_000_000
    );
    let other = first
        .chat(&request("Another candidate, which says something else."))
        .await;
    assert_ne!(content(&one), content(&other));
    let seeded = Provider::start_with(&["serve", "--seed", "9"]);
    assert_ne!(content(&one), content(&seeded.chat(&body).await));
}

#[tokio::test]
async fn usage_is_about_four_bytes_per_token() {
    let provider = Provider::start();
    let completion = provider.chat(&request(&"word ".repeat(8_000))).await;
    let usage = &completion["usage"];
    assert!((10_000..10_200).contains(&usage["prompt_tokens"].as_u64().unwrap()));
    let written = content(&completion).len() as u64;
    assert_eq!(usage["completion_tokens"], written.div_ceil(4));
    let sum =
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
}

#[tokio::test]
async fn prose_ends_in_a_verdict_of_the_asked_kind() {
    let provider = Provider::start();
    let completion = provider.chat(&request(CANDIDATE)).await;
    let score = content(&completion)
        .lines()
        .last()
        .unwrap()
        .strip_prefix("Score: ")
        .unwrap();
    assert!((1..=5).contains(&score.parse::<i32>().unwrap()));
    let ask = |text: &str| json!({"model": "m", "messages": [{"role": "user", "content": text}]});
    let completion = provider
        .chat(&ask("Rate it. Example: \"Rating: [[5]]\"."))
        .await;
    let last = content(&completion).lines().last().unwrap();
    let rating = last
        .strip_prefix("Rating: [[")
        .and_then(|rest| rest.strip_suffix("]]"));
    assert!((1..=5).contains(&rating.unwrap().parse::<i32>().unwrap()));
    let pair = |a: &str, b: &str| {
        ask(&format!(
            "Output \"[[A]]\" if A is better, \"[[B]]\" if B is better, and \"[[C]]\" for a tie.\n\
             <candidate A 7f>\n{a}\n</candidate A 7f>\n<candidate B 7f>\n{b}\n</candidate B 7f>"
        ))
    };
    for (a, b, side) in [
        (CANDIDATE, "TODO", "[[A]]"),
        ("TODO", CANDIDATE, "[[B]]"),
        (CANDIDATE, CANDIDATE, "[[C]]"),
    ] {
        assert!(content(&provider.chat(&pair(a, b)).await).ends_with(side));
    }
}

#[tokio::test]
async fn several_choices_differ_unless_cold() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["n"] = json!(5);
    let texts = |completion: &Value| {
        let choices = completion["choices"].as_array().unwrap().clone();
        assert!(
            choices
                .iter()
                .enumerate()
                .all(|(index, choice)| choice["index"] == index)
        );
        let mut texts: Vec<String> = choices
            .iter()
            .map(|choice| choice["message"]["content"].to_string())
            .collect();
        assert_eq!(texts.len(), 5);
        texts.sort();
        texts.dedup();
        texts.len()
    };
    assert!(texts(&provider.chat(&body).await) > 1);
    body["temperature"] = json!(0);
    assert_eq!(texts(&provider.chat(&body).await), 1);
}

#[tokio::test]
async fn the_prompt_of_several_choices_is_counted_once() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    let one = provider.chat(&body).await["usage"].clone();
    body["n"] = json!(5);
    let five = provider.chat(&body).await["usage"].clone();
    assert_eq!(five["prompt_tokens"], one["prompt_tokens"]);
    assert!(five["completion_tokens"].as_u64() > one["completion_tokens"].as_u64());
}

#[tokio::test]
async fn a_token_limit_cuts_the_answer() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    let whole = provider.chat(&body).await;
    body["max_completion_tokens"] = json!(5);
    let short = provider.chat(&body).await;
    assert_eq!(short["choices"][0]["finish_reason"], "length");
    assert_eq!(short["usage"]["completion_tokens"], 5);
    assert!(content(&whole).starts_with(content(&short)));
}

#[tokio::test]
async fn wrong_requests_are_refused_like_the_provider_does() {
    let provider = Provider::start();
    let hi = json!([{"role": "user", "content": "hi"}]);
    for (body, param) in [
        (json!({"messages": hi}), json!("model")),
        (json!({"model": "m"}), json!("messages")),
        (json!({"model": "m", "messages": []}), json!("messages")),
        (
            json!({"model": "m", "messages": [{"role": "king", "content": ""}]}),
            json!("messages[0].role"),
        ),
        (json!({"model": "m", "messages": hi, "n": 0}), json!("n")),
        (
            json!({"model": "m", "messages": hi, "temperature": 3}),
            json!("temperature"),
        ),
        (
            json!({"model": "m", "messages": hi, "top_logprobs": 2}),
            json!("top_logprobs"),
        ),
        (
            json!({"model": "m", "messages": hi, "response_format": {"type": "x"}}),
            json!("response_format.type"),
        ),
        (json!([1]), Value::Null),
    ] {
        let response = provider.post("/v1/chat/completions", &body).await;
        assert_eq!(response.status(), 400, "{body}");
        let error = response.json::<Value>().await.unwrap()["error"].clone();
        assert_eq!(error["param"], param);
        assert_eq!(error["type"], "invalid_request_error");
        assert!(!error["message"].as_str().unwrap().is_empty() && error.get("code").is_some());
    }
    let url = |path: &str| format!("{}{path}", provider.url);
    let broken = provider
        .client
        .post(url("/chat/completions"))
        .body("{\"a\"")
        .send()
        .await
        .unwrap();
    assert_eq!(broken.status(), 400);
    assert_eq!(
        provider
            .client
            .get(url("/v1/chat/completions"))
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
    let unknown = provider
        .client
        .get(url("/v1/nothing"))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    assert!(unknown.json::<Value>().await.unwrap()["error"]["message"].is_string());
}

#[tokio::test]
async fn paths_answer_with_and_without_version() {
    let provider = Provider::start();
    let body = request(CANDIDATE);
    let bare: Value = provider
        .post("/chat/completions", &body)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(content(&bare), content(&provider.chat(&body).await));
}

#[tokio::test]
async fn large_bodies_are_read() {
    let provider = Provider::start();
    let completion = provider
        .chat(&request(&"a line of a large text\n".repeat(1 << 19)))
        .await;
    assert!(completion["usage"]["prompt_tokens"].as_u64().unwrap() > 3_000_000);
    let large = vec![b' '; (64 << 20) + 1];
    let url = format!("{}/v1/chat/completions", provider.url);
    // The server may close before it has read all; both say that it is too much.
    if let Ok(response) = provider.client.post(url).body(large).send().await {
        assert_eq!(response.status(), 413);
    }
}
