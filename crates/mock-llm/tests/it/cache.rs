//! Caches of prefixes, and tiers.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, request};

/// Some 1,500 tokens that are the same each time.
fn rules() -> String {
    "Judge by what stands in the answer. ".repeat(170)
}

fn asked(model: &str, system: Value, candidate: &str) -> Value {
    json!({"model": model, "messages": [
        {"role": "system", "content": system},
        {"role": "user", "content": candidate},
    ]})
}

fn cached(answer: &Value) -> u64 {
    answer["usage"]["prompt_tokens_details"]["cached_tokens"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn whole_blocks_of_what_was_answered_before_are_read_by_model_and_key() {
    let provider = Provider::start();
    let config = json!({"cache": {"cached": {}, "brief": {"lifetime_ms": 1}}});
    provider.configure(&config).await;
    let ask = async |model: &str, key: Option<&str>, candidate: &str| {
        let mut body = asked(model, json!(rules()), candidate);
        if let Some(key) = key {
            body["prompt_cache_key"] = json!(key);
        }
        cached(&provider.chat(&body).await)
    };
    assert_eq!(ask("cached", None, "One.").await, 0);
    let held = ask("cached", None, "Another one.").await;
    assert!(held >= 1_024 && held.is_multiple_of(128), "{held}");
    let tokens = u64::try_from(rules().len() / 4).unwrap();
    assert!(held <= tokens + 8 && held + 128 > tokens, "{held} {tokens}");
    // Another key, another model: another cache.
    assert_eq!(ask("cached", Some("k"), "One.").await, 0);
    assert_eq!(ask("cached", Some("k"), "Two.").await, held);
    assert_eq!(ask("plain", None, "One.").await, 0);
    assert_eq!(ask("plain", None, "One.").await, 0);
    assert_eq!(ask("brief", None, "One.").await, 0);
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(ask("brief", None, "One.").await, 0);
    let stats = provider.get("/mock/stats").await;
    assert_eq!(stats["cached_input_tokens"], 2 * held);
    assert_eq!(stats["cache_write_tokens"], 0);
    // Settings begin with nothing kept.
    provider.configure(&config).await;
    assert_eq!(ask("cached", None, "One.").await, 0);
}

#[tokio::test]
async fn what_is_short_or_begins_otherwise_is_not_read() {
    let provider = Provider::start();
    provider.configure(&json!({"cache": {"*": {}}})).await;
    for _ in 0..2 {
        assert_eq!(cached(&provider.chat(&request(CANDIDATE)).await), 0);
    }
    for number in 0..2 {
        let system = json!(format!("{number} {}", rules()));
        assert_eq!(cached(&provider.chat(&asked("m", system, "One.")).await), 0);
    }
    // The schema of the answer stands before everything, or is no part of the prompt.
    let config = json!({"cache": {"first": {}, "beside": {"schema_first": false}}});
    provider.configure(&config).await;
    for number in 0..2 {
        for (model, is_read) in [("first", false), ("beside", number > 0)] {
            let mut body = asked(model, json!(rules()), "One.");
            let schema = json!({"type": "object", "description": format!("{number}")});
            body["response_format"] =
                json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}});
            assert_eq!(cached(&provider.chat(&body).await) > 0, is_read, "{model}");
        }
    }
}

#[tokio::test]
async fn requests_of_the_same_moment_find_nothing_of_each_other_and_refused_ones_leave_nothing() {
    let provider = Provider::start();
    provider
        .configure(&json!({"cache": {"*": {}}, "latency_ms": 300, "faults": [
            {"fault": "rate_limit", "contains": ["Refused."]}]}))
        .await;
    let refused = asked("m", json!(rules()), "Refused.");
    let response = provider.post("/v1/chat/completions", &refused).await;
    assert_eq!(response.status(), 429);
    let (one, two) = (
        asked("m", json!(rules()), "One."),
        asked("m", json!(rules()), "Two."),
    );
    let (one, two) = tokio::join!(provider.chat(&one), provider.chat(&two));
    assert_eq!((cached(&one), cached(&two)), (0, 0));
    assert!(cached(&provider.chat(&asked("m", json!(rules()), "Three.")).await) > 0);
}

fn marked(text: &str) -> Value {
    json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}})
}

#[tokio::test]
async fn an_explicit_cache_keeps_what_is_marked_and_tells_what_was_written() {
    let provider = Provider::start();
    let config = json!({"cache": {"claude": {"kind": "explicit"}}});
    provider.configure(&config).await;
    let ask = async |parts: Value, candidate: &str| {
        let answer = provider.chat(&asked("claude", parts, candidate)).await;
        let usage = &answer["usage"];
        let count = |name: &str| usage[name].as_u64().unwrap();
        assert_eq!(cached(&answer), count("cache_read_input_tokens"));
        assert!(count("prompt_tokens") > count("cache_read_input_tokens"));
        (
            count("cache_read_input_tokens"),
            count("cache_creation_input_tokens"),
        )
    };
    // Without a mark nothing is kept.
    assert_eq!(ask(json!(rules()), "One.").await, (0, 0));
    assert_eq!(ask(json!(rules()), "One.").await, (0, 0));
    let (read, written) = ask(json!([marked(&rules())]), "One.").await;
    assert!(read == 0 && written >= 1_500, "{written}");
    assert_eq!(ask(json!([marked(&rules())]), "Two.").await, (written, 0));
    // A later mark finds what ended at a block before it, and writes the rest.
    let more = marked(&"And more. ".repeat(40));
    let (read, rest) = ask(json!([marked(&rules()), more]), "Two.").await;
    assert_eq!(read, written);
    assert!((90..=110).contains(&rest), "{rest}");
    // What is too short is not kept.
    assert_eq!(ask(json!([marked("Short.")]), "One.").await, (0, 0));
    assert_eq!(ask(json!([marked("Short.")]), "One.").await, (0, 0));
    let five: Vec<Value> = (0..5).map(|_| marked("Short.")).collect();
    let body = asked("claude", json!(five), "One.");
    let refused = provider.post("/v1/chat/completions", &body).await;
    assert_eq!(refused.status(), 400);
    let words = refused.text().await.unwrap();
    assert!(words.contains("A maximum of 4 blocks with cache_control"));
}

#[tokio::test]
async fn the_messages_api_counts_cached_tokens_apart() {
    let provider = Provider::start();
    provider
        .configure(&json!({"cache": {"claude": {"kind": "explicit"}}}))
        .await;
    let ask = async |stream: bool| {
        let body = json!({"model": "claude", "max_tokens": 100, "system": [marked(&rules())],
            "messages": [{"role": "user", "content": "One."}], "stream": stream});
        provider.post("/v1/messages", &body).await
    };
    let first: Value = ask(false).await.json().await.unwrap();
    let usage = |answer: &Value, name: &str| answer["usage"][name].as_u64().unwrap();
    let written = usage(&first, "cache_creation_input_tokens");
    assert!(written >= 1_500);
    assert!(usage(&first, "input_tokens") < 20);
    let second: Value = ask(false).await.json().await.unwrap();
    assert_eq!(usage(&second, "cache_read_input_tokens"), written);
    assert_eq!(usage(&second, "cache_creation_input_tokens"), 0);
    let streamed = ask(true).await.text().await.unwrap();
    assert!(streamed.contains(&format!("\"cache_read_input_tokens\":{written}")));
}

#[tokio::test]
async fn the_flex_tier_is_there_for_some_models_and_may_be_full() {
    let provider = Provider::start();
    provider.configure(&json!({"flex": ["cheap"]})).await;
    let ask = |model: &str, tier: &str| {
        let mut body = asked(model, json!("Judge."), "One.");
        body["service_tier"] = json!(tier);
        body
    };
    let tier = async |body: &Value| provider.chat(body).await["service_tier"].clone();
    assert_eq!(tier(&ask("cheap", "flex")).await, "flex");
    assert_eq!(tier(&ask("cheap", "default")).await, "default");
    assert_eq!(tier(&ask("dear", "flex")).await, "default");
    provider
        .configure(&json!({"flex": ["cheap"], "faults": [{"fault": "no_capacity"}]}))
        .await;
    let full = provider
        .post("/v1/chat/completions", &ask("cheap", "flex"))
        .await;
    assert_eq!(full.status(), 429);
    let error: Value = full.json().await.unwrap();
    assert_eq!(error["error"]["code"], "resource_unavailable");
    assert_eq!(tier(&ask("cheap", "default")).await, "default");
}
