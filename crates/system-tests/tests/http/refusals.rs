//! What is refused, how, and with which pointers.

use reqwest::Method;
use serde_json::json;

use crate::api::{Api, pointers};
use crate::stacks::unjudged;

pub(crate) async fn check(
    api: &Api,
    body: impl Into<Vec<u8>>,
    status: u16,
    code: &str,
    expected: &[&str],
) {
    let body = body.into();
    let end = body.len().min(100);
    let what = String::from_utf8_lossy(&body[..end]).into_owned();
    let problem = api.post_bytes(body).await.problem(&what, status, code);
    assert_eq!(pointers(&problem), expected, "{what}: {problem:#}");
}

#[tokio::test]
async fn each_wrong_field_is_pointed_at() {
    let api = unjudged().await;
    let cases = [
        ("[]", ""),
        ("\"output\"", ""),
        ("null", ""),
        ("{}", ""),
        (r#"{"input":"no candidate"}"#, ""),
        (r#"{"output":null}"#, ""),
        (r#"{"output":5}"#, "/output"),
        (r#"{"output":["x"]}"#, "/output"),
        (r#"{"output":"x","unknown":1}"#, "/unknown"),
        (r#"{"output":"x","a/b~c":1}"#, "/a~1b~0c"),
        (r#"{"output":"x","input":{}}"#, "/input"),
        (
            r#"{"output":"x","input":[{"content":"no role"}]}"#,
            "/input/0/role",
        ),
        (r#"{"output":"x","reference":1}"#, "/reference"),
        (r#"{"output":"x","context":[]}"#, "/context"),
        (r#"{"output":"x","model":""}"#, "/model"),
        (r#"{"output":"x","model":"a\u0000b"}"#, "/model"),
        (r#"{"output":"x","temperature":"hot"}"#, "/temperature"),
        (r#"{"output":"x","temperature":2.1}"#, "/temperature"),
        (r#"{"output":"x","samples":0}"#, "/samples"),
        (r#"{"output":"x","samples":1.5}"#, "/samples"),
        (r#"{"output":"x","priority":"urgent"}"#, "/priority"),
        (
            r#"{"output":"x","deadline_seconds":0}"#,
            "/deadline_seconds",
        ),
        (
            r#"{"output":"x","deadline_seconds":"60"}"#,
            "/deadline_seconds",
        ),
        (r#"{"output":"x","run":7}"#, "/run"),
        (r#"{"output":"x","metadata":[]}"#, "/metadata"),
        (r#"{"output":"x","metadata":{"k":1}}"#, "/metadata/k"),
        (
            r#"{"output":"x","metadata":{"k":"a\u0000b"}}"#,
            "/metadata/k",
        ),
        (r#"{"output":"x","metadata":{"":"v"}}"#, "/metadata/"),
        (r#"{"output":"x","strategy":5}"#, "/strategy"),
        (r#"{"output":"x","strategy":"vote"}"#, "/strategy"),
        (r#"{"output":"x","strategy":{}}"#, "/strategy/kind"),
        (
            r#"{"output":"x","strategy":{"kind":"direct","rounds":2}}"#,
            "/strategy/rounds",
        ),
        (r#"{"trajectory":{}}"#, "/trajectory"),
        (r#"{"trajectory":[]}"#, "/trajectory"),
        (r#"{"trajectory":["hello"]}"#, "/trajectory/0"),
        (
            r#"{"trajectory":[{"role":"user"},{"role":7}]}"#,
            "/trajectory/1/role",
        ),
        (r#"{"change":"diff"}"#, "/change"),
        (r#"{"change":{"base":"x"}}"#, "/change/patch"),
        (r#"{"change":{"patch":"x","files":[]}}"#, "/change/files"),
    ];
    for (body, pointer) in cases {
        check(&api, body, 422, "invalid_request", &[pointer]).await;
    }
    let several = r#"{"output":"x","nope":1,"temperature":9,"metadata":{"k":1}}"#;
    let problem = api
        .post_bytes(several)
        .await
        .problem("several", 422, "invalid_request");
    let mut found = pointers(&problem);
    found.sort_unstable();
    assert_eq!(found, ["/metadata/k", "/nope", "/temperature"]);
}

#[tokio::test]
async fn each_wrong_part_of_a_rubric_is_pointed_at() {
    let api = unjudged().await;
    let cases = [
        (r#"7"#, "/rubric"),
        (r#""no-such-rubric""#, "/rubric"),
        (r#""general-quality@99""#, "/rubric"),
        (r#""general-quality@0""#, "/rubric"),
        (r#""general-quality@""#, "/rubric"),
        (r#""general-quality@1.0""#, "/rubric"),
        (r#""@1""#, "/rubric"),
        (r#""two words""#, "/rubric"),
        (r#"{}"#, "/rubric/criteria"),
        (r#"{"criteria":[]}"#, "/rubric/criteria"),
        (r#"{"criteria":[{"name":"a"}],"extra":1}"#, "/rubric/extra"),
        (
            r#"{"criteria":[{"name":"a"}],"pass_threshold":2}"#,
            "/rubric/pass_threshold",
        ),
        (r#"{"criteria":[{}]}"#, "/rubric/criteria/0/name"),
        (
            r#"{"criteria":[{"name":"a"},{"name":"b","wieght":1}]}"#,
            "/rubric/criteria/1/wieght",
        ),
        (
            r#"{"criteria":[{"name":"a"},{"name":"a"}]}"#,
            "/rubric/criteria/1/name",
        ),
        (
            r#"{"criteria":[{"name":"a","weight":0}]}"#,
            "/rubric/criteria/0/weight",
        ),
        (
            r#"{"criteria":[{"name":"a","weight":-1}]}"#,
            "/rubric/criteria/0/weight",
        ),
        (
            r#"{"criteria":[{"name":"a","scale":5}]}"#,
            "/rubric/criteria/0/scale",
        ),
        (
            r#"{"criteria":[{"name":"a","scale":{"type":"stars"}}]}"#,
            "/rubric/criteria/0/scale/type",
        ),
        (
            r#"{"criteria":[{"name":"a","scale":{"type":"numeric","min":1}}]}"#,
            "/rubric/criteria/0/scale/max",
        ),
        (
            r#"{"criteria":[{"name":"a","scale":{"type":"numeric","min":5,"max":5}}]}"#,
            "/rubric/criteria/0/scale/max",
        ),
        (
            r#"{"criteria":[{"name":"a","scale":{"type":"boolean","min":1}}]}"#,
            "/rubric/criteria/0/scale/min",
        ),
        (
            r#"{"criteria":[{"name":"a","scale":{"type":"categories","values":{"good":2,"bad":0}}}]}"#,
            "/rubric/criteria/0/scale/values/good",
        ),
    ];
    for (rubric, pointer) in cases {
        let body = format!(r#"{{"output":"x","rubric":{rubric}}}"#);
        check(&api, body, 422, "invalid_request", &[pointer]).await;
    }
}

#[tokio::test]
async fn a_request_that_does_not_fit_its_rubric_is_refused_with_the_field() {
    let api = unjudged().await;
    let own = json!({"criteria": [{"name": "a"}], "prompt": {"user": "{{ output }} against {{ reference }}"}, "reply": {"format": "number"}});
    let pair = json!([{"id": "a", "text": "1"}, {"id": "b", "text": "2"}]);
    let cases = [
        (json!({"output": "x", "rubric": own}), vec!["/reference"]),
        (
            json!({"output": "x", "reference": "y", "rubric": own, "strategy": "cot"}),
            vec!["/strategy"],
        ),
        (
            json!({"outputs": pair, "reference": "y", "rubric": own}),
            vec!["/outputs"],
        ),
        (
            json!({"output": "x", "rubric": {"criteria": [{"name": "a"}], "prompt": {"user": "{{ ouptut }}"}}}),
            vec!["/rubric/prompt/user"],
        ),
        (
            json!({"output": "x", "samples": 32, "strategy": {"kind": "direct", "per_criterion": true},
                "rubric": {"criteria": (0..9).map(|n| json!({"name": format!("c{n}")})).collect::<Vec<_>>()}}),
            vec!["/samples"],
        ),
    ];
    for (payload, places) in cases {
        let problem = api
            .post(&payload)
            .await
            .problem("misfit", 422, "invalid_request");
        assert_eq!(pointers(&problem), places, "{payload}");
    }
    let fits = json!({"output": "x", "reference": "y", "rubric": own});
    assert_eq!(api.post(&fits).await.status, 202);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let api = unjudged().await;
    let (ingest, status) = (api.stack.ingest_url(0), api.stack.status_url());
    let send =
        async |method: &Method, url: &str| api.send(api.http.request(method.clone(), url)).await;
    for url in [
        format!("{ingest}/"),
        format!("{ingest}/v1"),
        format!("{ingest}/v1/evaluations/1/2"),
        format!("{status}/v2/evaluations"),
    ] {
        send(&Method::GET, &url)
            .await
            .problem(&url, 404, "not_found");
    }
    for url in [
        format!("{ingest}/metrics"),
        format!("{ingest}/readyz"),
        format!("{status}/metrics"),
        format!("{status}/livez"),
    ] {
        send(&Method::GET, &url)
            .await
            .problem(&url, 404, "not_found");
    }
    let cases = [
        (Method::GET, format!("{ingest}/v1/evaluations"), "POST"),
        (Method::DELETE, format!("{ingest}/v1/evaluations"), "POST"),
        (
            Method::GET,
            format!("{ingest}/v1/evaluations/batch"),
            "POST",
        ),
        (
            Method::POST,
            format!("{status}/v1/evaluations"),
            "GET, HEAD",
        ),
        (
            Method::POST,
            format!("{status}/v1/rubrics/general-quality"),
            "GET, HEAD, PUT",
        ),
    ];
    for (method, url, allow) in cases {
        let answer = send(&method, &url).await;
        answer.problem(&url, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), allow, "{method} {url}");
    }
}
