//! What is made of the words of an error, whatever shape it has.

use super::super::is_error;
use super::*;

#[test]
fn what_passes_is_no_input_that_is_too_long() {
    for (status, message) in [
        (503, "context deadline exceeded"),
        (
            500,
            "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        ),
        (
            502,
            "net/http: request canceled (Client.Timeout exceeded while awaiting headers of /prompt)",
        ),
        (
            500,
            "HTTPConnectionPool(host='gpu-1', port=80): Max retries exceeded with url: /prompt",
        ),
        (
            500,
            "CUDA out of memory. Tried to allocate 2 GiB, which exceeds the limit, while building the context",
        ),
        (
            503,
            "KV cache is full: too many tokens in flight, please retry later",
        ),
        (
            503,
            "Prompt processing exceeded the time limit of 300 seconds",
        ),
        (
            503,
            "Maximum number of batched tokens exceeded, server busy",
        ),
        (500, "ssl context error: too many open files"),
        (500, "context canceled: request exceeded maximum duration"),
        (
            500,
            "maximum recursion depth exceeded in tokenizer.encode(prompt)",
        ),
    ] {
        let body = serde_json::json!({"error": {"message": message}}).to_string();
        let with = |status| name(&of_status(status, body.as_bytes(), None, &[]));
        assert_eq!(with(status), "unavailable", "{message}");
        assert_eq!(with(400), "rejected", "{message}");
        let inside = of_error_in_success(body.as_bytes(), &[]);
        assert_eq!(name(&inside), "unavailable", "200: {message}");
    }
    // What a bad request says is about the request; a server that fails has to say it so that it means nothing else.
    for (message, expected) in [
        (
            "too many tokens",
            ["context_too_long", "unavailable", "unavailable"],
        ),
        (
            "the limit for tokens of this worker's prompt cache was exceeded",
            ["context_too_long", "unavailable", "unavailable"],
        ),
        (
            "prompt is too long: 208310 tokens > 200000 maximum",
            ["context_too_long"; 3],
        ),
        (
            "The input (77 tokens) is longer than the model's context length (64 tokens).",
            ["context_too_long"; 3],
        ),
        ("context_length_exceeded", ["context_too_long"; 3]),
    ] {
        let body = serde_json::json!({"error": {"message": message}}).to_string();
        let found = [
            name(&of_status(400, body.as_bytes(), None, &[])),
            name(&of_status(500, body.as_bytes(), None, &[])),
            name(&of_error_in_success(body.as_bytes(), &[])),
        ];
        assert_eq!(found, expected, "{message}");
    }
}

#[test]
fn a_string_that_is_too_long_is_the_input_only_where_its_parameter_is() {
    for (param, expected) in [
        (serde_json::json!(null), "context_too_long"),
        (serde_json::json!("messages[0].content"), "context_too_long"),
        (serde_json::json!("input"), "context_too_long"),
        (serde_json::json!("user"), "rejected"),
        (serde_json::json!("metadata.context"), "rejected"),
        (serde_json::json!("prompt_cache_key"), "rejected"),
    ] {
        let message = "Invalid string: too long. Expected a string with maximum length 64, but got a context of 70.";
        let error = serde_json::json!({"message": message, "code": "string_above_max_length", "param": param});
        let body = serde_json::json!({"error": error}).to_string();
        assert_eq!(
            name(&of_status(400, body.as_bytes(), None, &[])),
            expected,
            "{param}"
        );
    }
}

#[test]
fn a_message_alone_names_the_string_that_is_too_long() {
    for (name_of_string, expected) in [
        ("messages[1].content", "context_too_long"),
        ("input", "context_too_long"),
        ("user", "rejected"),
        ("tools[0].function.name", "rejected"),
    ] {
        for around in ["", "litellm.BadRequestError: OpenAIException - "] {
            let message = format!(
                "{around}Invalid '{name_of_string}': string too long. Expected a string with maximum length 1048576, \
                 but got a string with length 1540820 instead."
            );
            let error = serde_json::json!({"message": message, "type": "invalid_request_error"});
            let body = serde_json::json!({"error": error}).to_string();
            assert_eq!(
                name(&of_status(400, body.as_bytes(), None, &[])),
                expected,
                "{message}"
            );
        }
    }
}

#[test]
fn a_quota_that_the_request_talks_of_is_not_used_up() {
    let body = r#"{"error":{"message":"forbidden: the quota is exceeded, it said"}}"#;
    let request = [judging::Message {
        role: judging::Role::User,
        content: "The quota is exceeded, it said.".to_owned(),
        shared: None,
    }];
    assert_eq!(
        name(&of_status(403, body.as_bytes(), None, &[])),
        "rate_limited"
    );
    assert_eq!(
        name(&of_status(403, body.as_bytes(), None, &request)),
        "unauthorized"
    );
}

#[test]
fn what_a_router_hands_on_of_the_provider_behind_it_is_read() {
    let raw = |raw: serde_json::Value| serde_json::json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}});
    let long = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 215643 tokens > 200000 maximum"}}"#;
    let typed = r#"{"error":{"message":"no","code":"context_length_exceeded"}}"#;
    for (body, expected) in [
        (raw(serde_json::json!(long)), "context_too_long"),
        (raw(serde_json::from_str(long).unwrap()), "context_too_long"),
        (raw(serde_json::json!(typed)), "context_too_long"),
        (
            raw(serde_json::json!(
                "prompt is too long: 9 tokens > 8 maximum"
            )),
            "context_too_long",
        ),
        (
            raw(serde_json::json!(
                r#"{"error":{"message":"temperature is wrong"}}"#
            )),
            "rejected",
        ),
        (raw(serde_json::json!("")), "rejected"),
        (raw(serde_json::json!(null)), "rejected"),
        (
            serde_json::json!({"error": {"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}}),
            "context_too_long",
        ),
        (
            serde_json::json!({"error": {"msg": "prompt is too long: 9 tokens > 8 maximum"}}),
            "context_too_long",
        ),
        (
            serde_json::json!({"error": {"message": null, "code": "context_length_exceeded"}}),
            "context_too_long",
        ),
    ] {
        let text = body.to_string();
        assert_eq!(
            name(&of_status(400, text.as_bytes(), None, &[])),
            expected,
            "{text}"
        );
        if expected == "context_too_long" {
            assert_eq!(
                name(&of_error_in_success(text.as_bytes(), &[])),
                expected,
                "200: {text}"
            );
        }
    }
}

#[test]
fn an_api_says_no_in_any_shape_of_json() {
    for (body, words) in [
        (r#"{"errors":["model x not found"]}"#, "model x not found"),
        (
            r#"{"errors":{"model":["does not exist"]}}"#,
            "does not exist",
        ),
        (r#"["model x not found"]"#, "model x not found"),
        (r#""model x not found""#, "model x not found"),
        (
            r#"{"fault":{"faultstring":"no such route"}}"#,
            "no such route",
        ),
        (r#"{"Error":{"Message":"gone","Code":"NotFound"}}"#, "gone"),
        (r#"{"error_msg":"gone","error_code":17}"#, "gone"),
        (r#"{"code":17,"msg":"gone"}"#, "gone"),
        (
            r#"{"statusCode":404,"body":"{\"message\":\"gone\"}"}"#,
            "gone",
        ),
        (
            r#"{"error":{"message":null,"code":"model_not_found"}}"#,
            "model_not_found",
        ),
    ] {
        for (status, expected) in [
            (404, "rejected"),
            (400, "rejected"),
            (403, "unauthorized"),
            (401, "unauthorized"),
        ] {
            let Failed::Error(error) = of_status(status, body.as_bytes(), None, &[]) else {
                panic!("{body}");
            };
            assert_eq!(error.kind.as_str(), expected, "{status} {body}");
            assert!(
                error.said.as_ref().is_some_and(|said| said.contains(words)),
                "{error:?}"
            );
        }
    }
    // What no API would say comes from something in between.
    for body in ["", "404", "<html>404</html>", "404 page not found", "\"\""] {
        assert_eq!(
            name(&of_status(404, body.as_bytes(), None, &[])),
            "unavailable",
            "{body}"
        );
    }
    for body in [
        r#"{"modelStreamErrorException":{"message":"gone"}}"#,
        r#"{"fault":{"faultstring":"x"}}"#,
    ] {
        assert!(is_error(body.as_bytes()), "{body}");
    }
    for body in [
        r#"{"errors":null}"#,
        r#"{"code":0,"msg":"ok"}"#,
        r#"{"choices":[],"fault":{}}"#,
    ] {
        assert!(!is_error(body.as_bytes()), "{body}");
    }
}
