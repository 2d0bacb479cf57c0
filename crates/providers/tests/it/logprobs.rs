//! Probabilities over the wire.

use judging::{Answer, Reply};
use serde_json::json;

use crate::mock::{Desk, Mock, call, rubric_call, text};

fn joined(reply: &Reply) -> String {
    let tokens = reply.logprobs.as_ref().unwrap();
    tokens.iter().map(|token| token.text.as_str()).collect()
}

#[tokio::test]
async fn tokens_are_the_text_and_the_score_has_alternatives() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    let reply = desk.ask(&rubric_call(true)).await.unwrap();
    assert_eq!(joined(&reply), text(&reply));
    mock.rule(json!({"fault": "reply", "text": "4", "alternatives": {"4": {"4": 0.6, "5": 0.3, "3": 0.05}}}))
        .await;
    let number = call("Rate from 1 to 5. Answer with a single digit.", true);
    let reply = desk.ask(&number).await.unwrap();
    assert_eq!(joined(&reply), text(&reply));
    let tokens = reply.logprobs.unwrap();
    assert_eq!(tokens.len(), 1);
    let alternatives = &tokens[0].alternatives;
    assert_eq!(alternatives.len(), 3);
    assert!(
        alternatives
            .iter()
            .all(|(_, logprob)| (-10.0..0.0).contains(logprob))
    );
    let total: f64 = alternatives.iter().map(|(_, logprob)| logprob.exp()).sum();
    assert!(total <= 1.0 + 1e-9, "{total}");
}

#[tokio::test]
async fn what_was_not_asked_for_or_not_given_is_none() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    assert_eq!(desk.ask(&rubric_call(false)).await.unwrap().logprobs, None);
    let choice = |logprobs: &str| {
        format!(
            r#"{{"choices":[{{"message":{{"content":"4"}},"finish_reason":"stop","logprobs":{logprobs}}}]}}"#
        )
    };
    for absent in ["null", r#"{"content":null}"#, r#"{"content":[]}"#, "7"] {
        mock.body(&choice(absent)).await;
        let reply = desk.ask(&call("Judge.", true)).await.unwrap();
        assert_eq!((text(&reply), &reply.logprobs), ("4", &None), "{absent}");
    }
    let given =
        choice(r#"{"content":[{"token":"4","logprob":-0.5,"bytes":[52],"top_logprobs":[]}]}"#);
    mock.body(&given).await;
    let unasked = desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(unasked.logprobs, None);
    let asked = desk.ask(&call("Judge.", true)).await.unwrap();
    assert_eq!(joined(&asked), "4");
    assert_eq!(
        asked.logprobs.unwrap()[0].alternatives,
        [("4".to_owned(), -0.5)]
    );
    // Not even an infinity that no number holds makes the reply unreadable.
    mock.body(&choice(
        r#"{"content":[{"token":"4","logprob":-1e999,"top_logprobs":[]}]}"#,
    ))
    .await;
    let asked = desk.ask(&call("Judge.", true)).await.unwrap();
    assert_eq!(asked.logprobs.unwrap()[0].alternatives, []);
}

#[tokio::test]
async fn a_refusal_has_no_tokens() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    mock.rule(json!({"fault": "refusal"})).await;
    let reply = desk.ask(&rubric_call(true)).await.unwrap();
    assert!(matches!(reply.answer, Answer::Refused { .. }));
    assert_eq!(reply.logprobs, None);
}
