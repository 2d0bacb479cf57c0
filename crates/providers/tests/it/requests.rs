//! What is sent.

use serde_json::json;

use crate::mock::{Desk, Mock, call, rubric_call};

#[tokio::test]
async fn a_call_without_schema_or_probabilities_names_neither() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    desk.ask(&call("Judge.", false)).await.unwrap();
    let request = mock.last_request().await;
    let mut names: Vec<&String> = request.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["messages", "model", "stream", "stream_options"]);
}

#[tokio::test]
async fn schema_and_probabilities_are_asked_for() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    desk.ask(&rubric_call(true)).await.unwrap();
    let request = mock.last_request().await;
    assert_eq!(request["logprobs"], json!(true));
    assert_eq!(request["top_logprobs"], json!(20));
    assert_eq!(request["response_format"]["type"], "json_schema");
    assert_eq!(request["response_format"]["json_schema"]["strict"], true);
}
