//! Several choices of one request.

use std::collections::BTreeSet;

use domain::Limits;
use domain::routing::{Api, ProviderConfig};
use judging::{Answer, Usage};
use providers::{Choices, ErrorKind};
use serde_json::{Value, json};

use crate::mock::{Desk, Mock, call, rubric_call, text};

/// How many choices each of the requests asked for.
async fn asked_for(mock: &Mock) -> Vec<u64> {
    let requests = mock.requests().await;
    requests
        .iter()
        .map(|request| request["n"].as_u64().unwrap())
        .collect()
}

fn texts(choices: &Choices) -> Vec<&str> {
    choices.iter().map(text).collect()
}

fn priced(mock: &Mock) -> ProviderConfig {
    mock.priced(2_500_000_000, 10_000_000_000)
}

#[tokio::test]
async fn several_replies_come_of_one_request_streamed_or_not() {
    let mock = Mock::start().await;
    for rules in [
        json!([]),
        json!([{"fault": "ignore", "parameters": ["stream"]}]),
    ] {
        mock.rules(rules).await;
        let desk = Desk::at([mock.options()]);
        let before = mock.requests().await.len();
        let choices = desk.ask_for(&rubric_call(true), 5).await.unwrap();
        let different: BTreeSet<&str> = texts(&choices).into_iter().collect();
        assert_eq!(choices.others.len(), 4);
        assert!(different.len() > 1, "{different:?}");
        for reply in choices.iter() {
            let tokens = reply.logprobs.as_deref().unwrap();
            let joined: String = tokens.iter().map(|token| token.text.as_str()).collect();
            assert_eq!(joined, text(reply));
        }
        assert_eq!(asked_for(&mock).await[before..], [5]);
        assert_eq!(desk.tried(), ["a:replied"]);
    }
    // One choice is not named at all.
    let desk = Desk::at([mock.options()]);
    desk.ask(&call("Judge.", false)).await.unwrap();
    assert!(mock.last_request().await.get("n").is_none());
}

#[tokio::test]
async fn what_the_request_took_stands_with_the_first_reply() {
    let mock = Mock::start().await;
    let desk = Desk::at([priced(&mock)]);
    let one = desk.ask(&rubric_call(false)).await.unwrap().usage;
    let choices = desk.ask_for(&rubric_call(false), 5).await.unwrap();
    let whole = choices.first.usage;
    assert_eq!(whole.input_tokens, one.input_tokens);
    let bytes = choices.iter().map(|reply| text(reply).len().div_ceil(4));
    assert_eq!(whole.output_tokens, Some(bytes.sum::<usize>() as u64));
    let cost = whole.input_tokens.unwrap() * 2_500 + whole.output_tokens.unwrap() * 10_000;
    assert_eq!(whole.cost_nano_usd, i64::try_from(cost).ok());
    let nothing = Usage {
        cached_input_tokens: Some(0),
        cache_write_tokens: None,
        input_tokens: Some(0),
        output_tokens: Some(0),
        cost_nano_usd: Some(0),
    };
    assert!(choices.others.iter().all(|reply| reply.usage == nothing));
    // Where a price is not known, nothing is known to be free.
    let desk = Desk::at([mock.options()]);
    let choices = desk.ask_for(&rubric_call(false), 2).await.unwrap();
    assert_eq!(choices.others[0].usage.cost_nano_usd, None);
    // And where nobody counted, nothing is known to take nothing.
    let said = |index: u32| json!({"index": index, "finish_reason": "stop", "message": {"content": "Score: 1"}});
    mock.body(&json!({"choices": [said(0), said(1)]}).to_string())
        .await;
    let choices = desk.ask_for(&rubric_call(false), 2).await.unwrap();
    assert!(choices.iter().all(|reply| reply.usage == Usage::default()));
}

#[tokio::test]
async fn who_takes_no_notice_has_given_a_good_reply_and_is_not_asked_again() {
    let mock = Mock::start().await;
    mock.rule(json!({"fault": "ignore", "parameters": ["n"]}))
        .await;
    let desk = Desk::at([mock.options()]);
    assert!(
        desk.providers
            .give_choices(&call("Judge.", false), &desk.route)
    );
    for _ in 0..2 {
        let choices = desk.ask_for(&rubric_call(false), 5).await.unwrap();
        assert!(!text(&choices.first).is_empty());
        assert_eq!(choices.others, []);
        assert!(
            !desk
                .providers
                .give_choices(&call("Judge.", false), &desk.route)
        );
    }
    assert_eq!(asked_for(&mock).await, [5, 1]);
    let lessons = desk.providers.capability_records();
    assert!(!lessons[0].abilities.choices);
}

#[tokio::test]
async fn who_refuses_several_is_asked_again_without_and_from_then_on() {
    let mock = Mock::start().await;
    for style in ["openai", "litellm", "vllm", "wordless"] {
        // Whether it has answered before or not: that was to another question.
        for is_new in [true, false] {
            let case = format!("{style} {is_new}");
            let desk = Desk::at([mock.options()]);
            mock.rule(json!({"fault": "refuse", "parameters": ["n"], "style": style}))
                .await;
            if !is_new {
                desk.ask(&rubric_call(false)).await.expect(&case);
            }
            let before = mock.requests().await.len();
            for _ in 0..2 {
                let choices = desk.ask_for(&rubric_call(false), 3).await.expect(&case);
                assert_eq!(choices.others, [], "{case}");
            }
            assert_eq!(asked_for(&mock).await[before..], [3, 1, 1], "{case}");
            let request = mock.last_request().await;
            assert_eq!(request["response_format"]["type"], "json_schema", "{case}");
        }
    }
}

#[tokio::test]
async fn a_value_that_is_not_taken_is_a_refusal_too() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    let body = json!({"error": {"message": "'n' : number must be at most 1", "type": "invalid_request_error"}});
    mock.rules(
        json!([{"fault": "status", "status": 400, "body": body.to_string(), "match": "\"n\":"}]),
    )
    .await;
    let choices = desk.ask_for(&rubric_call(false), 3).await.unwrap();
    assert_eq!(choices.others, []);
    assert!(!desk.providers.capability_records()[0].abilities.choices);
}

#[tokio::test]
async fn one_odd_answer_of_who_has_given_several_teaches_nothing() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    desk.ask_for(&rubric_call(false), 3).await.unwrap();
    mock.rule(json!({"fault": "ignore", "parameters": ["n"], "times": 1}))
        .await;
    let choices = desk.ask_for(&rubric_call(false), 3).await.unwrap();
    assert_eq!(choices.others, []);
    let choices = desk.ask_for(&rubric_call(false), 3).await.unwrap();
    assert_eq!(choices.others.len(), 2);
    assert_eq!(desk.providers.capability_records(), []);
}

#[tokio::test]
async fn who_fails_at_several_is_asked_for_one() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([mock.options()]);
    desk.policy.tries = 2;
    mock.rule(json!({"fault": "status", "status": 500, "match": "\"n\":"}))
        .await;
    let choices = desk.ask_for(&rubric_call(false), 3).await.unwrap();
    assert_eq!(choices.others, []);
    assert_eq!(desk.tried(), ["a:unavailable", "a:replied"]);
    assert_eq!(
        desk.providers.capability_records(),
        [],
        "any server fails now and then"
    );
}

#[tokio::test]
async fn several_equal_ones_are_not_asked_for() {
    let mock = Mock::start().await;
    let mut cold = call("Judge.", false);
    cold.temperature = Some(0.0);
    let mut desk = Desk::at([mock.options()]);
    assert!(!desk.providers.give_choices(&cold, &desk.route));
    desk.ask_for(&cold, 3).await.unwrap();
    // A parameter of the deployment counts where the call says nothing.
    let parameters = &mut desk.route[0].parameters;
    parameters.insert("temperature".to_owned(), json!(0));
    let plain = call("Judge.", false);
    assert!(!desk.providers.give_choices(&plain, &desk.route));
    desk.ask_for(&plain, 3).await.unwrap();
    assert_eq!(asked_for(&mock).await, [1, 1]);
    let mut warm = plain;
    warm.temperature = Some(0.7);
    assert!(desk.providers.give_choices(&warm, &desk.route));
    let choices = desk.ask_for(&warm, 3).await.unwrap();
    assert_eq!(choices.others.len(), 2);
}

#[tokio::test]
async fn a_parameter_of_the_same_name_does_not_collide() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([mock.options()]);
    desk.route[0].parameters.insert("n".to_owned(), json!(2));
    let choices = desk.ask_for(&call("Judge.", false), 3).await.unwrap();
    assert_eq!(choices.others.len(), 2);
    let requests = mock.requests().await;
    let body = requests[0]["body"].as_str().unwrap();
    assert_eq!(body.matches("\"n\":").count(), 1, "{body}");
    // Who wants one asks for one: of two that differ neither would count.
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert!(!text(&reply).is_empty());
    assert_eq!(asked_for(&mock).await, [3, 1]);
}

#[tokio::test]
async fn the_responses_api_gives_one() {
    let mock = Mock::start().await;
    let desk = Desk::at([ProviderConfig {
        api: Api::Responses,
        ..mock.options()
    }]);
    assert!(
        !desk
            .providers
            .give_choices(&call("Judge.", false), &desk.route)
    );
    let choices = desk.ask_for(&call("Judge.", false), 3).await.unwrap();
    assert_eq!(choices.others, []);
    assert!(mock.last_request().await.get("n").is_none());
}

#[tokio::test]
async fn the_one_that_would_be_asked_decides() {
    let (first, second) = tokio::join!(Mock::start(), Mock::start());
    let desk = Desk::at([
        ProviderConfig {
            api: Api::Responses,
            ..first.options()
        },
        second.options(),
    ]);
    let question = rubric_call(false);
    assert!(!desk.providers.give_choices(&question, &desk.route));
    let pause = json!({"fault": "rate_limit", "retry_after": "60"});
    first.rule(pause).await;
    desk.ask(&question).await.unwrap();
    // The first has asked for a pause.
    assert!(desk.providers.give_choices(&question, &desk.route));
    let choices = desk.ask_for(&question, 3).await.unwrap();
    assert_eq!(choices.others.len(), 2);
}

#[tokio::test]
async fn a_typed_no_answers_all_that_were_asked_for() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    mock.rule(json!({"fault": "context_length"})).await;
    let choices = desk.ask_for(&rubric_call(false), 3).await.unwrap();
    let answers: Vec<&Answer> = choices.iter().map(|reply| &reply.answer).collect();
    assert_eq!(answers, [&Answer::ContextTooLong; 3]);
    // Some hold against a limit what all choices together may take, so one is asked for before that is believed.
    assert_eq!(asked_for(&mock).await, [3, 1]);
    assert_eq!(desk.tried(), ["a:rejected", "a:replied"]);
    mock.rule(json!({"fault": "context_length", "match": "\"n\":"}))
        .await;
    let choices = desk.ask_for(&rubric_call(false), 3).await.unwrap();
    assert!(!text(&choices.first).is_empty());
    assert_eq!(choices.others, []);
    // That was about this call, and teaches nothing.
    assert_eq!(desk.providers.capability_records(), []);
}

#[tokio::test]
async fn an_answer_that_ends_within_a_choice_is_none() {
    let mock = Mock::start().await;
    for rule in [
        json!({"fault": "cut", "clean": true}),
        json!({"fault": "error_in_stream"}),
    ] {
        let desk = Desk::at([mock.options()]);
        mock.rule(rule.clone()).await;
        let error = desk.ask_for(&rubric_call(false), 3).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{rule}");
    }
}

#[tokio::test]
async fn room_is_asked_for_each_of_them() {
    let mock = Mock::start().await;
    let desk = Desk::at([ProviderConfig {
        limits: Limits {
            tokens_per_minute: Some(1_000_000.try_into().unwrap()),
            ..Limits::default()
        },
        max_output_tokens: None,
        ..mock.options()
    }]);
    let room = async |choices| -> u64 {
        desk.ask_for(&call("Judge.", false), choices).await.unwrap();
        let tried = desk.tried();
        let asked = tried[0].strip_prefix("a:").unwrap();
        asked.strip_suffix(" tokens").unwrap().parse().unwrap()
    };
    let (one, three) = (room(1).await, room(3).await);
    assert_eq!(three - one, 2_000);
}

/// A body with the given choices, which comes under status 200.
fn body(choices: &[Value]) -> String {
    json!({"model": "m", "choices": choices, "usage": {"prompt_tokens": 10, "completion_tokens": 6}}).to_string()
}

#[tokio::test]
async fn a_choice_that_failed_alone_is_left_out() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    let lost =
        json!({"index": 0, "finish_reason": "error", "error": {"code": 502, "message": "gone"}});
    let good = |index: u32| json!({"index": index, "finish_reason": "stop", "message": {"content": format!("Score: {index}")}});
    mock.body(&body(&[lost.clone(), good(1), good(2)])).await;
    let choices = desk.ask_for(&call("Judge.", false), 3).await.unwrap();
    assert_eq!(texts(&choices), ["Score: 1", "Score: 2"]);
    assert_eq!(choices.first.usage.output_tokens, Some(6));
    mock.body(&body(&[lost])).await;
    let error = desk.ask_for(&call("Judge.", false), 3).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
}
