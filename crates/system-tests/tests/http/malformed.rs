//! Bodies that are no JSON, or more of it than is good.

use std::fmt::Write as _;

use crate::api::pointers;
use crate::refusals::check;
use crate::stacks::unjudged;

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let api = unjudged().await;
    let texts = [
        "",
        " ",
        "{",
        r#"{"output":"x""#,
        r#"{"output":"x",}"#,
        r#"{"output":"x"} {}"#,
        r#"{'output':'x'}"#,
        r#"{output:"x"}"#,
        r#"{"output":"x"} // comment"#,
        r#"{"output":"x","temperature":NaN}"#,
        r#"{"output":"x","temperature":Infinity}"#,
        r#"{"output":"x","temperature":-Infinity}"#,
        r#"{"output":"x","temperature":1e400}"#,
        r#"{"output":"x","temperature":01}"#,
        r#"{"output":"x","temperature":.5}"#,
        r#"{"output":"x","temperature":+1}"#,
        r#"{"output":"\ud800"}"#,
        r#"{"output":"\udc00\ud800"}"#,
        r#"{"output":"\ud800x"}"#,
        r#"{"output":"\x41"}"#,
        r#"{"output":"\u12"}"#,
        "{\"output\":\"a\nb\"}",
        "{\"output\":\"a\u{0}b\"}",
        "\u{feff}{\"output\":\"x\"}",
    ];
    for text in texts {
        check(&api, text, 400, "malformed_json", &[]).await;
    }
    for bytes in [
        &b"{\"output\":\"\xff\"}"[..],
        b"{\"output\":\"\xed\xa0\x80\"}",
        b"{\"output\":\"\xc0\x80\"}",
        b"\xff\xfe{\x00}\x00",
    ] {
        check(&api, bytes, 400, "malformed_json", &[]).await;
    }
}

#[tokio::test]
async fn a_key_that_stands_twice_is_refused_anywhere() {
    let api = unjudged().await;
    let cases = [
        (r#"{"output":"x","output":"y"}"#, "/output"),
        (r#"{"output":"x","out\u0070ut":"x"}"#, "/output"),
        (
            r#"{"output":"x","metadata":{"a":"1","b":"2","a":"1"}}"#,
            "/metadata/a",
        ),
        (
            r#"{"trajectory":[{"role":"user"},{"role":"tool","x":{"a/b":1,"a/b":2}}]}"#,
            "/trajectory/1/x/a~1b",
        ),
        (
            r#"{"output":"x","rubric":{"criteria":[{"name":"a","name":"b"}]}}"#,
            "/rubric/criteria/0/name",
        ),
    ];
    for (body, pointer) in cases {
        check(&api, body, 422, "invalid_request", &[pointer]).await;
    }
    let mut many = String::from(r#"{"trajectory":[{"role":"user""#);
    for index in 0..1_000 {
        write!(many, r#","k{}":0"#, index % 999).unwrap();
    }
    many.push_str("}]}");
    check(&api, many, 422, "invalid_request", &["/trajectory/0/k0"]).await;
}

#[tokio::test]
async fn deep_nesting_is_refused_and_costs_nothing() {
    let api = unjudged().await;
    for levels in [200, 100_000] {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        let body = format!(r#"{{"trajectory":[{{"role":"user","x":{open}{close}}}]}}"#);
        check(&api, body, 400, "malformed_json", &[]).await;
        check(&api, open, 400, "malformed_json", &[]).await;
        check(&api, r#"{"a":"#.repeat(levels), 400, "malformed_json", &[]).await;
    }
}

#[tokio::test]
async fn a_hundred_thousand_keys_are_too_many_for_metadata_only() {
    let api = unjudged().await;
    let keys: Vec<String> = (0..100_000).map(|n| format!(r#""k{n}":"v""#)).collect();
    let keys = keys.join(",");
    check(
        &api,
        format!(r#"{{"output":"x","metadata":{{{keys}}}}}"#),
        422,
        "invalid_request",
        &["/metadata"],
    )
    .await;
    let kept = format!(r#"{{"trajectory":[{{"role":"user","x":{{{keys}}}}}]}}"#);
    assert_eq!(api.post_bytes(kept).await.status, 202);
    let unknown = format!(r#"{{"output":"x",{keys}}}"#);
    let problem = api
        .post_bytes(unknown)
        .await
        .problem("unknown", 422, "invalid_request");
    assert!(
        (1..=100).contains(&pointers(&problem).len()),
        "an answer of bounded size"
    );
}
