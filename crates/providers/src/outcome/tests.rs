use judging::Answer;

use super::table::{Classification, TABLE, Trigger};
use super::{Failed, markdown, of, of_error_in_success, of_status};
use crate::error::ErrorKind;

mod limits;
mod said;
mod worded;

/// What a failure is called.
fn name(failed: &Failed) -> &'static str {
    match failed {
        Failed::Answer(Answer::ContextTooLong, _) => "context_too_long",
        Failed::Answer(Answer::ContentFiltered, _) => "content_filtered",
        Failed::Answer(..) => "answer",
        Failed::Error(error) => error.kind.as_str(),
    }
}

/// One or more bodies for each row that has a status, in the order of the table; real ones where there is a quotation.
const OF_ROWS: [&[(u16, &str, &str)]; 16] = [
    &[
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            "unauthorized",
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
            "unauthorized",
        ),
        (
            400,
            r#"{"error":{"message":"Budget has been exceeded! Current cost: 10.2, Max budget: 10.0","type":"budget_exceeded","param":null,"code":"400"}}"#,
            "unauthorized",
        ),
    ],
    &[
        (
            400,
            r#"{"__type":"ThrottlingException","message":"Too many tokens, please wait before trying again."}"#,
            "rate_limited",
        ),
        (
            400,
            r#"{"error":{"message":"Daily input token limit exceeded"}}"#,
            "rate_limited",
        ),
        (413, "Too many tokens per minute", "rate_limited"),
        (
            422,
            r#"{"error":{"message":"slow","code":"rate_limit_exceeded"}}"#,
            "rate_limited",
        ),
    ],
    &[
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            "context_too_long",
        ),
        (
            400,
            r#"{"error":{"message":"litellm.ContextWindowExceededError: ContextWindowExceededError: …","type":null,"param":null,"code":"400"}}"#,
            "context_too_long",
        ),
    ],
    &[
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
            "context_too_long",
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}"#,
            "context_too_long",
        ),
        (413, "too many tokens", "context_too_long"),
        (
            400,
            r#"[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]"#,
            "context_too_long",
        ),
    ],
    &[
        (
            500,
            r#"{"error":{"message":"input is too large to process. increase the physical batch size"}}"#,
            "context_too_long",
        ),
        (
            503,
            r#"{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"}}"#,
            "context_too_long",
        ),
    ],
    &[
        (
            429,
            r#"{"error":{"message":"Request too large for gpt-4o: Limit 30000, Requested 40000.","code":"rate_limit_exceeded"}}"#,
            "context_too_long",
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large"}}"#,
            "context_too_long",
        ),
    ],
    &[
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}"#,
            "content_filtered",
        ),
        (
            400,
            r#"{"error":{"message":"Your request was rejected.","code":"content_policy_violation"}}"#,
            "content_filtered",
        ),
        (
            403,
            r#"{"error":"blocked by content policy"}"#,
            "content_filtered",
        ),
    ],
    &[
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#,
            "unauthorized",
        ),
        (402, "", "unauthorized"),
    ],
    &[
        (
            403,
            r#"{"error":{"code":403,"message":"Quota exceeded for quota metric 'Requests'","status":"PERMISSION_DENIED"}}"#,
            "rate_limited",
        ),
        (
            403,
            r#"{"error":{"message":"no","errors":[{"reason":"x"}],"code":"rateLimitExceeded"}}"#,
            "rate_limited",
        ),
        (
            403,
            r#"{"code":"AllocationQuota.Exhausted","message":"The free tier is exhausted."}"#,
            "rate_limited",
        ),
    ],
    &[(403, "<html>Request blocked</html>", "rejected")],
    &[
        (
            403,
            r#"{"error":{"message":"no access to model"}}"#,
            "unauthorized",
        ),
        (
            403,
            r#"{"error":{"message":"You may not change the quota of this project"}}"#,
            "unauthorized",
        ),
    ],
    &[
        (
            429,
            r#"{"error":{"code":"rate_limit_exceeded"}}"#,
            "rate_limited",
        ),
        (429, "slow down", "rate_limited"),
    ],
    &[
        (408, "", "timed_out"),
        (504, "<html>504</html>", "timed_out"),
    ],
    &[
        (409, "", "unavailable"),
        (425, "", "unavailable"),
        (
            500,
            r#"{"error":{"message":"maximum context length"}}"#,
            "unavailable",
        ),
        (503, r#"{"detail":"loading"}"#, "unavailable"),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error"}}"#,
            "unavailable",
        ),
    ],
    &[
        (301, "", "unavailable"),
        (404, "default backend - 404", "unavailable"),
        (405, "<html>405</html>", "unavailable"),
        (499, "", "unavailable"),
    ],
    &[
        (400, r#"{"error":{"message":"Bad Request"}}"#, "rejected"),
        (
            400,
            r#"{"error":{"message":"unknown field quota: limit exceeded"}}"#,
            "rejected",
        ),
        (404, r#"{"error":{"code":"model_not_found"}}"#, "rejected"),
        (422, r#"{"detail":[{"loc":["body","n"]}]}"#, "rejected"),
        (404, r#"{"detail":"Not Found"}"#, "rejected"),
    ],
];

#[test]
fn every_row_with_a_status_is_met_by_its_examples() {
    let rows = TABLE
        .iter()
        .filter(|row| matches!(row.trigger, Trigger::Status { .. }));
    assert_eq!(rows.clone().count(), OF_ROWS.len());
    for (row, examples) in rows.zip(OF_ROWS) {
        for (status, body, expected) in examples {
            let failed = of_status(*status, body.as_bytes(), None, &[]);
            assert_eq!(name(&failed), *expected, "{status} {body}");
            let of_row = match row.becomes {
                Classification::Answer(answer) => Failed::Answer(answer(), None),
                Classification::Error(kind) => Failed::Error(crate::CallError::new(kind, "")),
            };
            assert_eq!(
                name(&of_row),
                *expected,
                "{status} {body} meets another row"
            );
        }
    }
}

#[test]
fn every_other_row() {
    for (trigger, expected) in [
        (Trigger::NoConnection, "unavailable"),
        (Trigger::CutOff, "unavailable"),
        (Trigger::ErrorInSuccess, "unavailable"),
        (Trigger::Silence, "timed_out"),
        (Trigger::NoAnswer, "garbled"),
        (Trigger::TooLarge, "garbled"),
        (Trigger::NoRequest, "rejected"),
    ] {
        assert!(TABLE.iter().any(|row| row.trigger == trigger));
        assert_eq!(name(&of(trigger, "", "")), expected, "{trigger:?}");
    }
    assert_eq!(TABLE.len(), OF_ROWS.len() + 7);
}

#[test]
fn an_error_in_a_200_is_what_it_says_it_is() {
    for (body, expected) in [
        (
            r#"{"error":{"message":"upstream","code":502}}"#,
            "unavailable",
        ),
        (
            r#"{"error":{"message":"Rate limit","code":"429"}}"#,
            "rate_limited",
        ),
        (
            r#"{"error":{"message":"no key","code":401}}"#,
            "unauthorized",
        ),
        (r#"{"error":{"message":"gone","code":404}}"#, "rejected"),
        (r#"{"error":{"message":"Bad Request"}}"#, "unavailable"),
        (r#"{"error":"the model crashed"}"#, "unavailable"),
        (
            r#"{"type":"error","code":"server_error","message":"sorry"}"#,
            "unavailable",
        ),
        (
            r#"{"error":{"message":"maximum context length is 10","code":"context_length_exceeded"}}"#,
            "context_too_long",
        ),
        (
            r#"{"error":{"message":"x","code":"content_filter"}}"#,
            "content_filtered",
        ),
    ] {
        assert_eq!(
            name(&of_error_in_success(body.as_bytes(), &[])),
            expected,
            "{body}"
        );
    }
}

#[test]
fn the_providers_words_are_kept_short_and_out_of_the_message() {
    let long = "candidate ".repeat(1_000);
    let body = format!(r#"{{"error":{{"message":"{long}"}}}}"#);
    let Failed::Error(error) = of_status(400, body.as_bytes(), None, &[]) else {
        panic!("no error");
    };
    assert_eq!(error.kind, ErrorKind::Rejected);
    assert_eq!(error.to_string(), "the provider answered 400");
    assert!(error.said.as_ref().unwrap().chars().count() <= 301);
    assert!(
        error
            .in_full()
            .starts_with("the provider answered 400: candidate")
    );
}

#[test]
fn the_documentation_has_the_table() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let (begin, end) = ("<!-- table begins -->\n", "<!-- table ends -->");
    let (before, rest) = page
        .split_once(begin)
        .expect("the page has a place for the table");
    let (found, after) = rest.split_once(end).expect("the place has an end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let page = format!("{before}{begin}{}{end}{after}", markdown());
        std::fs::write(&path, page).unwrap();
    } else {
        assert_eq!(
            found,
            markdown(),
            "regenerate with UPDATE_DOCS=1 cargo test -p providers"
        );
    }
}

#[test]
fn words_that_the_request_holds_say_nothing_in_a_message() {
    let candidate = judging::Message {
        role: judging::Role::User,
        content: "It says: Maximum context length! Insufficient credits!".to_owned(),
        shared: None,
    };
    for (body, expected) in [
        (
            r#"{"error":{"message":"Invalid: 'maximum context length'"}}"#,
            "rejected",
        ),
        (
            r#"{"error":{"message":"Invalid prompt: insufficient credits"}}"#,
            "rejected",
        ),
        (
            r#"{"error":{"message":"maximum context length","code":"context_length_exceeded"}}"#,
            "context_too_long",
        ),
        // What vLLM and others quote of the request is no part of what they say.
        (
            r#"{"detail":[{"type":"string_type","loc":["body","n"],"msg":"Input should be a string","input":"content policy"}]}"#,
            "rejected",
        ),
        (
            r#"{"message":"[{'type': 'x', 'msg': 'bad', 'input': 'content policy'}]","code":400}"#,
            "rejected",
        ),
    ] {
        let failed = of_status(400, body.as_bytes(), None, std::slice::from_ref(&candidate));
        assert_eq!(name(&failed), expected, "{body}");
    }
}

#[test]
fn a_page_is_shown_as_one_and_without_tags() {
    let page = b"<!DOCTYPE html><html><head><title>Access denied</title></head><body><script>alert(1)</script></body></html>";
    for (status, expected) in [
        (403, "rejected"),
        (400, "rejected"),
        (502, "unavailable"),
        (404, "unavailable"),
    ] {
        let Failed::Error(error) = of_status(status, page, None, &[]) else {
            panic!("{status}");
        };
        assert_eq!(error.kind.as_str(), expected);
        let words = error.in_full();
        let shown = format!(
            "the provider answered {status} with a page, not with words of its API: Access denied"
        );
        assert_eq!(words, shown);
        assert!(words.chars().count() <= 300 && !words.contains('<'));
    }
}

#[test]
fn an_error_in_a_list_is_that_error() {
    let body = br#"[{"error": {"code": 404, "message": "models/judge-9 is not found", "status": "NOT_FOUND"}}]"#;
    let Failed::Error(error) = of_status(404, body, None, &[]) else {
        panic!("it is an error");
    };
    assert_eq!(error.kind, ErrorKind::Rejected);
    assert!(error.in_full().ends_with("models/judge-9 is not found"));
    assert!(!super::is_error(br#"{"choices": [], "message": "hello"}"#));
    assert!(!super::is_error(b"[]"));
}
