//! What providers answer, to the byte, over real HTTP.

use domain::routing::Api;
use judging::Answer;
use providers::ErrorKind;
use providers::retry::CallFailure;
use serde_json::{Value, json};

use crate::mock::{Desk, call, rubric_call, text};
use crate::scripted::{Script, Scripted, document, stream};

fn chunk(delta: &Value, finish: &Value) -> Value {
    json!({"model": "judge-2", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

/// A chat stream of a text in one piece.
fn says(text: &str) -> Scripted {
    stream(&[
        chunk(&json!({"role": "assistant", "content": text}), &Value::Null),
        chunk(&json!({}), &json!("stop")),
    ])
}

fn desk(script: &Script, api: Api, tries: u32) -> Desk {
    let mut desk = Desk::at([script.options(api)]);
    desk.policy.tries = tries;
    desk
}

/// The text that comes of these answers, in so many tries.
async fn said(answers: Vec<Scripted>, api: Api, tries: u32) -> String {
    let script = Script::of(answers);
    let reply = desk(&script, api, tries).ask(&call("Judge.", false)).await;
    text(&reply.unwrap()).to_owned()
}

#[tokio::test]
async fn half_an_answer_is_asked_for_again_and_not_believed() {
    let half = stream(&[chunk(&json!({"content": "Score: 2"}), &Value::Null)]);
    let half_of_response =
        stream(&[json!({"type": "response.output_text.delta", "delta": "Score: 2"})]);
    let whole = document(
        200,
        &json!({"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "Score: 25"}]}]}),
    );
    assert_eq!(
        said(vec![half, says("Score: 25")], Api::Chat, 2).await,
        "Score: 25"
    );
    assert_eq!(
        said(vec![half_of_response, whole], Api::Responses, 2).await,
        "Score: 25"
    );
    // An error in the middle: an event of its own, or one without an envelope.
    for error in [
        "event: error\ndata: overloaded\n\n",
        "event: error\n\n",
        "event: error\ndata:\n\n",
        "data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        "data: {\"code\":503,\"message\":\"Overloaded\"}\n\n",
    ] {
        breaks_answer(error, &Value::Null).await;
    }
}

/// Checks that an event behind a piece with this finish reason breaks the answer, which is asked for again.
async fn breaks_answer(error: &str, finish: &Value) {
    let begun = chunk(&json!({"content": "Score: 2"}), finish);
    let body = format!("data: {begun}\n\n{error}data: [DONE]\n\n").into_bytes();
    let broken = (200, "text/event-stream", body);
    assert_eq!(
        said(vec![broken, says("Score: 25")], Api::Chat, 2).await,
        "Score: 25",
        "{error}"
    );
}

#[tokio::test]
async fn an_error_without_words_behind_the_end_breaks_the_answer() {
    for error in [
        "event: error\n\n",
        "event: error\ndata: \n\n",
        "event: error\ndata: [DONE]\n\n",
    ] {
        breaks_answer(error, &json!("stop")).await;
    }
}

#[tokio::test]
async fn who_never_says_that_an_answer_has_ended_is_asked_for_one_piece() {
    let half = || stream(&[chunk(&json!({"content": "Score: 2"}), &Value::Null)]);
    let whole = document(
        200,
        &json!({"choices": [{"message": {"content": "Score: 2"}}]}),
    );
    let script = Script::of(vec![half(), half(), whole]);
    let reply = desk(&script, Api::Chat, 3)
        .ask(&call("Judge.", false))
        .await;
    assert_eq!(text(&reply.unwrap()), "Score: 2");
    let streams: Vec<bool> = script
        .requests()
        .iter()
        .map(|request| request["stream"] == true)
        .collect();
    assert_eq!(streams, [true, true, false]);
}

/// Pieces that may be two answers, and what they are in one piece.
fn confused() -> Scripted {
    let piece = |text: &str| chunk(&json!({"role": "assistant", "content": text}), &Value::Null);
    stream(&[piece("7"), piece("5"), chunk(&json!({}), &json!("stop"))])
}

fn in_one_piece() -> Scripted {
    let message = json!({"role": "assistant", "content": "75"});
    document(
        200,
        &json!({"choices": [{"message": message, "finish_reason": "stop"}]}),
    )
}

fn streams(script: &Script) -> Vec<bool> {
    let requests = script.requests();
    requests
        .iter()
        .map(|request| request["stream"] == true)
        .collect()
}

#[tokio::test]
async fn what_may_be_two_answers_is_asked_for_in_one_piece() {
    let script = Script::of(vec![confused(), in_one_piece(), in_one_piece()]);
    let desk = desk(&script, Api::Chat, 1);
    for _ in 0..2 {
        let reply = desk.ask(&call("Judge.", false)).await.unwrap();
        assert_eq!(text(&reply), "75");
    }
    assert_eq!(streams(&script), [true, false, false]);
}

#[tokio::test]
async fn who_has_streamed_is_not_given_up_for_one_odd_stream() {
    let script = Script::of(vec![
        says("Score: 4"),
        confused(),
        in_one_piece(),
        says("Score: 4"),
    ]);
    let desk = desk(&script, Api::Chat, 1);
    for expected in ["Score: 4", "75", "Score: 4"] {
        let reply = desk.ask(&call("Judge.", false)).await.unwrap();
        assert_eq!(text(&reply), expected);
    }
    assert_eq!(streams(&script), [true, true, false, true]);
}

#[tokio::test]
async fn who_gives_two_answers_however_it_is_asked_has_given_none() {
    let script = Script::of(vec![confused()]);
    let desk = desk(&script, Api::Chat, 1);
    // The second time it is known that one piece is no better.
    for requests in [2, 3] {
        let error = desk.ask(&call("Judge.", false)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Garbled);
        assert_eq!(script.requests().len(), requests);
    }
}

#[tokio::test]
async fn the_last_event_needs_no_empty_line_behind_it() {
    let last = |end: &str| {
        let begun = chunk(&json!({"content": "Score: 25"}), &Value::Null);
        format!("data: {begun}\n\ndata: {end}").into_bytes()
    };
    let stop = chunk(&json!({}), &json!("stop")).to_string();
    let whole = (200, "text/event-stream", last(&stop));
    assert_eq!(said(vec![whole], Api::Chat, 1).await, "Score: 25");
    // Half an event is none.
    let script = Script::of(vec![(
        200,
        "text/event-stream",
        last(stop.get(..stop.len() - 9).unwrap()),
    )]);
    let error = desk(&script, Api::Chat, 1)
        .ask(&call("Judge.", false))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_body_is_what_it_is_and_not_what_it_is_called() {
    let body = json!({"choices": [{"message": {"content": "Score: 25"}, "finish_reason": "stop"}]});
    let response = json!({"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "Score: 25"}]}]});
    for (api, body) in [(Api::Chat, body), (Api::Responses, response)] {
        let misnamed = (200, "text/event-stream", format!("\n {body}").into_bytes());
        assert_eq!(said(vec![misnamed], api, 1).await, "Score: 25");
    }
    let (_, _, events) = says("Score: 25");
    assert_eq!(
        said(vec![(200, "application/json", events)], Api::Chat, 1).await,
        "Score: 25"
    );
    // An error under the name of a stream is that error, with its words for the record.
    for error in [
        json!({"code": 429, "message": "no more today"}),
        json!([{"error": {"code": 429, "message": "no more today"}}]),
    ] {
        let misnamed = (200, "text/event-stream", error.to_string().into_bytes());
        let script = Script::of(vec![misnamed]);
        let none = desk(&script, Api::Chat, 1)
            .try_to_ask(&call("Judge.", false))
            .await;
        let CallFailure::Unavailable { said, reason, .. } = none.unwrap_err() else {
            panic!("it is a pause");
        };
        assert_eq!(said.as_deref(), Some("no more today"));
        assert!(!reason.contains("no more today"), "{reason}");
    }
    // A page is a page.
    let page = (
        200,
        "text/event-stream",
        b"<html><title>Welcome</title></html>".to_vec(),
    );
    let script = Script::of(vec![page]);
    let error = desk(&script, Api::Chat, 1)
        .ask(&call("Judge.", false))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Garbled);
    assert!(
        error
            .in_full()
            .ends_with("with a page, not with words of its API: Welcome"),
        "{}",
        error.in_full()
    );
}

#[tokio::test]
async fn mixed_choices_are_asked_for_singly() {
    let piece = |text: &str| chunk(&json!({"role": "assistant", "content": text}), &Value::Null);
    let stop = || chunk(&json!({}), &json!("stop"));
    let mixed = stream(&[piece("6"), piece("3"), stop(), stop()]);
    let script = Script::of(vec![mixed, says("6")]);
    let desk = desk(&script, Api::Chat, 1);
    let choices = desk.ask_for(&call("Judge.", false), 3).await.unwrap();
    assert_eq!(text(&choices.first), "6");
    assert_eq!(choices.others, []);
    let requests = script.requests();
    assert_eq!(requests[0]["n"], 3);
    assert!(requests[1].get("n").is_none());
    assert!(
        !desk
            .providers
            .give_choices(&call("Judge.", false), &desk.route)
    );
}

#[tokio::test]
async fn a_schema_that_is_refused_in_any_words_is_left_out() {
    for words in [
        "The grammar back end does not know this JSON schema.",
        "Your schema makes too many states for serving.",
        "Request contains an invalid argument.",
    ] {
        let refusal = || {
            document(
                400,
                &json!({"object": "error", "message": words, "param": null, "code": 400}),
            )
        };
        // It has answered before, to another question.
        let script = Script::of(vec![
            says("Score: 4"),
            refusal(),
            refusal(),
            says("{}"),
            says("{}"),
        ]);
        let desk = desk(&script, Api::Chat, 1);
        desk.ask(&call("Judge.", false)).await.unwrap();
        desk.ask(&rubric_call(false)).await.unwrap();
        desk.ask(&rubric_call(false)).await.unwrap();
        let requests = script.requests();
        assert_eq!(requests.len(), 5, "{words}");
        assert_eq!(requests[1]["response_format"]["type"], "json_schema");
        assert_eq!(requests[2]["tool_choice"]["type"], "function");
        for request in &requests[3..] {
            assert_eq!(request["response_format"]["type"], "json_object", "{words}");
        }
    }
    // What was answered before in the same way is not guessed at.
    let refusal = document(
        400,
        &json!({"message": "Request contains an invalid argument."}),
    );
    let script = Script::of(vec![says("{}"), refusal]);
    let desk = desk(&script, Api::Chat, 1);
    desk.ask(&rubric_call(false)).await.unwrap();
    let error = desk.ask(&rubric_call(false)).await.unwrap_err();
    assert_eq!(
        (error.kind, script.requests().len()),
        (ErrorKind::Rejected, 2)
    );
}

#[tokio::test]
async fn an_input_that_is_too_long_is_known_at_once_wherever_it_is_said() {
    let words = "the conversation is longer than the context of this model: 9000 tokens";
    let error = json!({"error": {"message": words}});
    for answer in [
        document(400, &error),
        document(500, &error),
        document(400, &json!([error])),
        (
            200,
            "text/event-stream",
            format!("event: error\ndata: {error}\n\n").into_bytes(),
        ),
    ] {
        let script = Script::of(vec![answer]);
        let reply = desk(&script, Api::Chat, 3)
            .ask(&call("Judge.", false))
            .await;
        assert_eq!(reply.unwrap().answer, Answer::ContextTooLong);
        assert_eq!(script.requests().len(), 1);
    }
    // The next deployment may have room.
    let (small, large) = (
        Script::of(vec![document(400, &error)]),
        Script::of(vec![says("4")]),
    );
    let desk = Desk::at([small.options(Api::Chat), large.options(Api::Chat)]);
    assert_eq!(
        desk.ask(&call("Judge.", false)).await.unwrap().provider,
        "b"
    );
}

#[tokio::test]
async fn what_is_no_character_breaks_nothing() {
    let raw = b"data: {\"choices\":[{\"delta\":{\"content\":\"4 \xf0\x9f\"},\"finish_reason\":null}]}\n\n\
                data: {\"choices\":[{\"delta\":{\"content\":\" a\x00b\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let answer = (200, "text/event-stream", raw.to_vec());
    assert_eq!(
        said(vec![answer], Api::Chat, 1).await,
        "4 \u{fffd} a\u{fffd}b"
    );
}
