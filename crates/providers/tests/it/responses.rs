//! The responses API.

use domain::routing::{Api, Price, ProviderConfig};
use serde_json::json;

use crate::mock::{Desk, Mock, call, rubric_call, text};

fn options(mock: &Mock) -> ProviderConfig {
    ProviderConfig {
        api: Api::Responses,
        ..mock.options()
    }
}

#[tokio::test]
async fn asks_for_the_schema_and_keeps_nothing_there() {
    let mock = Mock::start().await;
    let desk = Desk::at([options(&mock)]);
    let reply = desk.ask(&rubric_call(true)).await.unwrap();
    let verdict: serde_json::Value = serde_json::from_str(text(&reply)).unwrap();
    assert!(verdict["criteria"]["clarity"]["score"].is_number());
    assert!(reply.usage.input_tokens > Some(0));
    let requests = mock.requests().await;
    assert_eq!(requests.last().unwrap()["path"], "/v1/responses");
    let request = mock.last_request().await;
    assert_eq!(request["text"]["format"]["type"], "json_schema");
    assert_eq!(request["text"]["format"]["strict"], true);
    assert_eq!(request["store"], false);
    assert_eq!(request["include"], json!(["message.output_text.logprobs"]));
    assert_eq!(request["input"][0]["role"], "system");
}

#[tokio::test]
async fn a_call_without_schema_names_none() {
    let mock = Mock::start().await;
    let desk = Desk::at([ProviderConfig {
        max_output_tokens: Some(200),
        ..options(&mock)
    }]);
    desk.ask(&call("Score from 1 to 5.", false)).await.unwrap();
    let request = mock.last_request().await;
    let mut names: Vec<&String> = request.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["input", "model", "store", "stream"]);
}

#[tokio::test]
async fn tokens_have_their_price() {
    let mock = Mock::start().await;
    let price = Price {
        input: 2_500_000_000,
        cached_input: None,
        cache_write: None,
        output: 10_000_000_000,
    };
    for api in [Api::Chat, Api::Responses] {
        let priced = ProviderConfig {
            api,
            prices: [("mock-judge".to_owned(), price)].into(),
            ..mock.options()
        };
        let reply = Desk::at([priced])
            .ask(&call("Judge.", false))
            .await
            .unwrap();
        let usage = reply.usage;
        let expected = usage.input_tokens.unwrap() * 2_500 + usage.output_tokens.unwrap() * 10_000;
        assert_eq!(usage.cost_nano_usd, i64::try_from(expected).ok());
    }
    let unpriced = Desk::at([mock.options()])
        .ask(&call("Judge.", false))
        .await
        .unwrap();
    assert_eq!(unpriced.usage.cost_nano_usd, None);
}
