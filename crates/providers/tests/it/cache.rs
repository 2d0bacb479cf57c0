//! What is told to a provider's cache of prefixes, and what of it is counted and paid for.

use domain::routing::{Api, Price, ProviderConfig};
use judging::{JudgeCall, Reply, ReplyFormat};
use serde_json::{Value, json};

use crate::mock::{Desk, Mock, rubric_call};

/// Nano-USD for a million tokens: a read costs a tenth, a write a quarter more.
const PRICE: Price = Price {
    input: 1_000_000_000,
    cached_input: Some(100_000_000),
    cache_write: Some(1_250_000_000),
    output: 5_000_000_000,
};

fn priced(mock: &Mock) -> ProviderConfig {
    ProviderConfig {
        prices: [("mock-judge".to_owned(), PRICE)].into(),
        ..mock.options()
    }
}

/// A call of an evaluation by some rubric version: some 2,000 tokens that all of them have, and its own.
fn call_by(rubric: &str, number: usize) -> JudgeCall {
    let mut call = rubric_call(false);
    let shared = format!("{rubric}: {}", "judge by what stands there. ".repeat(300));
    let [system, user] = call.messages.as_mut_slice() else {
        panic!("two messages");
    };
    system.shared = Some(shared.len());
    system.content = format!("{shared}\n\n# Mark\nThe mark is {number:032x}.");
    let material =
        format!("<candidate {number:032x}>\nIt is done, {number}.\n</candidate {number:032x}>\n");
    user.shared = Some(material.len());
    user.content = format!("{material}\n# Task\nThe material ends here. Judge it.");
    call
}

fn cache(reply: &Reply) -> (u64, u64) {
    let usage = reply.usage;
    (
        usage.cached_input_tokens.unwrap(),
        usage.cache_write_tokens.unwrap_or_default(),
    )
}

async fn was_marked(mock: &Mock) -> bool {
    mock.last_request()
        .await
        .to_string()
        .contains("cache_control")
}

#[tokio::test]
async fn calls_by_a_rubric_version_have_one_key_and_find_each_others_prefix() {
    let mock = Mock::start().await;
    mock.settings(json!({"cache": {"*": {}}})).await;
    for api in [Api::Chat, Api::Responses] {
        let name = format!("rubric of {api:?}");
        let desk = Desk::at([ProviderConfig {
            api,
            ..priced(&mock)
        }]);
        let mut keys = Vec::new();
        let mut read = Vec::new();
        for number in 0..3 {
            let reply = desk.ask(&call_by(&name, number)).await.unwrap();
            keys.push(mock.last_request().await["prompt_cache_key"].clone());
            read.push(cache(&reply).0);
            let usage = reply.usage;
            let plain = usage.input_tokens.unwrap() - read[number];
            let cost = plain * 1_000 + read[number] * 100 + usage.output_tokens.unwrap() * 5_000;
            assert_eq!(usage.cost_nano_usd, Some(i64::try_from(cost).unwrap()));
            // An automatic cache takes nothing for what it keeps, and does not count it.
            assert_eq!(usage.cache_write_tokens, None);
        }
        assert!(
            read[0] == 0 && read[1] >= 2_000 && read[2] == read[1],
            "{read:?}"
        );
        assert_eq!(keys[0].as_str().unwrap().len(), 32);
        assert!(keys.iter().all(|key| *key == keys[0]));
        desk.ask(&call_by("another rubric", 0)).await.unwrap();
        assert_ne!(mock.last_request().await["prompt_cache_key"], keys[0]);
        // Of a rubric's own prompt nobody knows what others have as well.
        desk.ask(&rubric_call(false)).await.unwrap();
        assert!(mock.last_request().await.get("prompt_cache_key").is_none());
    }
}

#[tokio::test]
async fn who_does_not_take_a_key_is_asked_without_it_from_then_on() {
    let mock = Mock::start().await;
    for style in ["openai", "litellm", "vllm", "wordless"] {
        let desk = Desk::at([mock.options()]);
        mock.rule(json!({"fault": "refuse", "parameters": ["prompt_cache_key"], "style": style}))
            .await;
        for _ in 0..2 {
            desk.ask(&call_by("a rubric", 1)).await.unwrap();
        }
        let request = mock.last_request().await;
        assert!(request.get("prompt_cache_key").is_none());
        assert_eq!(request["response_format"]["type"], "json_schema", "{style}");
        assert_eq!(
            desk.tried(),
            ["a:rejected", "a:replied", "a:replied"],
            "{style}"
        );
    }
}

#[tokio::test]
async fn a_rubric_that_comes_again_and_again_is_written_once_and_then_read() {
    let mock = Mock::start().await;
    mock.settings(json!({"cache": {"*": {"kind": "explicit"}}}))
        .await;
    let desk = Desk::at([ProviderConfig {
        cache_control: true,
        ..priced(&mock)
    }]);
    let mut costs = Vec::new();
    let mut counts = Vec::new();
    for number in 0..10 {
        let reply = desk.ask(&call_by("a rubric", number)).await.unwrap();
        counts.push(cache(&reply));
        let usage = reply.usage;
        costs.push(
            usage.cost_nano_usd.unwrap()
                - i64::try_from(usage.output_tokens.unwrap() * 5_000).unwrap(),
        );
    }
    let [first, second, third, others @ ..] = counts.as_slice() else {
        panic!("ten calls");
    };
    assert_eq!((first, second), (&(0, 0), &(0, 0)));
    assert!(third.0 == 0 && third.1 >= 2_000, "{third:?}");
    assert!(
        others.iter().all(|count| *count == (third.1, 0)),
        "{counts:?}"
    );
    // Blocks of content, of which the first ends where others begin to differ; the candidate is not marked.
    let request = mock.last_request().await;
    let blocks = request["messages"][0]["content"].as_array().unwrap();
    assert_eq!(blocks.len(), 2);
    assert_eq!(blocks[0]["cache_control"], json!({"type": "ephemeral"}));
    assert!(blocks[1].get("cache_control").is_none());
    assert!(
        blocks[1]["text"]
            .as_str()
            .unwrap()
            .starts_with("\n\n# Mark")
    );
    assert!(!request["messages"][1].to_string().contains("cache_control"));
    let plain = 10 * costs[0];
    assert!(costs.iter().sum::<i64>() < plain / 2, "{costs:?} {plain}");
}

#[tokio::test]
async fn what_is_not_used_again_is_not_written() {
    // One evaluation each by many rubrics: marked, each would cost a quarter more.
    let mock = Mock::start().await;
    mock.settings(json!({"cache": {"*": {"kind": "explicit"}}}))
        .await;
    let desk = Desk::at([ProviderConfig {
        cache_control: true,
        ..priced(&mock)
    }]);
    for number in 0..10 {
        let reply = desk
            .ask(&call_by(&format!("rubric {}", number / 2), number))
            .await
            .unwrap();
        assert_eq!(cache(&reply), (0, 0));
        assert!(!was_marked(&mock).await);
    }
}

#[tokio::test]
async fn material_is_written_by_the_call_that_others_wait_for_and_read_by_those() {
    let mock = Mock::start().await;
    mock.settings(json!({"cache": {"*": {"kind": "explicit"}}}))
        .await;
    let desk = Desk::at([ProviderConfig {
        cache_control: true,
        ..priced(&mock)
    }]);
    let mut counts = Vec::new();
    for leads in [true, false, false, false] {
        let mut call = call_by("a rubric", 1);
        call.leads = leads;
        counts.push(cache(&desk.ask(&call).await.unwrap()));
    }
    let written = counts[0].1;
    assert!(written > 2_000);
    assert_eq!(counts[1..3], [(written, 0), (written, 0)], "{counts:?}");
    let request = mock.last_request().await;
    let marked = request["messages"][1]["content"][0].clone();
    // With another schema in front it is another prefix, which nobody wrote.
    let mut other = call_by("a rubric", 1);
    other.format = ReplyFormat::Text;
    assert_eq!(cache(&desk.ask(&other).await.unwrap()), (0, 0));
    assert!(!was_marked(&mock).await);
    assert!(
        marked["text"]
            .as_str()
            .unwrap()
            .ends_with("</candidate 00000000000000000000000000000001>\n")
    );
    assert_eq!(marked["cache_control"]["type"], "ephemeral");
}

#[tokio::test]
async fn marks_are_for_providers_that_are_said_to_take_them_and_left_out_where_they_are_refused() {
    let mock = Mock::start().await;
    let plain = Desk::at([mock.options()]);
    for number in 0..4 {
        plain.ask(&call_by("a rubric", number)).await.unwrap();
        assert!(!was_marked(&mock).await);
    }
    let refused = json!({"error": {"message": "messages.0.content.0.cache_control: Extra inputs are not permitted"}});
    mock.rule(json!({"fault": "status", "status": 400, "match": "cache_control", "body": refused.to_string()}))
        .await;
    let desk = Desk::at([ProviderConfig {
        cache_control: true,
        ..mock.options()
    }]);
    for number in 0..5 {
        desk.ask(&call_by("a rubric", number)).await.unwrap();
    }
    let replied = "a:replied";
    let expected = [replied, replied, "a:rejected", replied, replied, replied];
    assert_eq!(desk.tried(), expected);
}

#[tokio::test]
async fn what_was_written_and_has_no_price_leaves_the_cost_unknown() {
    let mock = Mock::start().await;
    let usage = |written: u64| {
        let usage = json!({"input_tokens": 3_000, "output_tokens": 10, "cached_input_tokens": 1_024, "cache_write_tokens": written});
        json!({"fault": "reply", "text": "{}", "usage": usage})
    };
    let price = Price {
        cache_write: None,
        ..PRICE
    };
    let desk = Desk::at([ProviderConfig {
        prices: [("mock-judge".to_owned(), price)].into(),
        ..mock.options()
    }]);
    mock.rule(usage(512)).await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.usage.cost_nano_usd, None);
    assert_eq!(cache(&reply), (1_024, 512));
    mock.rule(usage(0)).await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    let cost = 1_976 * 1_000 + 1_024 * 100 + 10 * 5_000;
    assert_eq!(reply.usage.cost_nano_usd, Some(cost));
    let told: Value = serde_json::to_value(&reply).unwrap();
    assert_eq!(told["usage"]["cache_write_tokens"], 0);
}
