//! The deterministic id, computed here from canonical texts that were written by hand.

use sha2::{Digest as _, Sha256};

use crate::api::{Answer, text};
use crate::stacks::unjudged;

/// `UUIDv8` of the first 16 bytes of SHA-256 over the tenant, a line feed and a text.
pub(crate) fn id_of(canonical: &str) -> String {
    let mut hash = Sha256::digest(format!("default\n{canonical}"));
    hash[6] = hash[6] & 0x0f | 0x80;
    hash[8] = hash[8] & 0x3f | 0x80;
    let hex: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// Posts all spellings of one payload: the first is new, the others are the same.
async fn check(canonical: &str, spellings: &[&str]) {
    let api = unjudged().await;
    for (index, spelling) in spellings.iter().enumerate() {
        let answer = api.post_bytes((*spelling).to_owned()).await;
        check_answer(&answer, &id_of(canonical), index == 0);
        let body = answer.json();
        let status = format!(
            "{}/v1/evaluations/{}",
            api.stack.status_url(),
            text(&body, "/id")
        );
        assert_eq!(
            (answer.header("location"), text(&body, "/status_url")),
            (&*status, &*status)
        );
    }
}

#[track_caller]
fn check_answer(answer: &Answer, id: &str, created: bool) {
    let expected = if created { 202 } else { 200 };
    assert_eq!(answer.status, expected, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert_eq!(
        (text(&body, "/id"), &body["created"]),
        (id, &created.into()),
        "{body:#}"
    );
    assert_eq!(body["status"], "pending");
}

#[test]
fn the_computation_of_the_tests_agrees_with_one_made_elsewhere() {
    assert_eq!(
        id_of(r#"{"output":"Hello."}"#),
        "d3e9664a-63aa-84f4-9c7c-04305198396c"
    );
    assert_eq!(
        id_of("idempotency-key:order-42"),
        "e20de7f2-ba45-8d40-9c2a-40d54fd04d5b"
    );
}

#[tokio::test]
async fn key_order_and_white_space_do_not_change_the_id() {
    check(
        r#"{"input":"Greet.","metadata":{"a":"1","b":"2"},"output":"Hello, identity."}"#,
        &[
            r#"{"output":"Hello, identity.","metadata":{"b":"2","a":"1"},"input":"Greet."}"#,
            r#"{"input":"Greet.","metadata":{"a":"1","b":"2"},"output":"Hello, identity."}"#,
            "\n{ \"input\" : \"Greet.\" ,\r\n\t\"output\":\"Hello, identity.\", \"metadata\" :{\"a\":\"1\" , \"b\":\"2\"} } \n",
            r#"{"\u0069nput":"Gr\u0065et.","metadata":{"a":"1","b":"2"},"output":"Hello, identity."}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn the_spelling_of_a_number_does_not_change_the_id() {
    check(
        r#"{"output":"numbers","temperature":1}"#,
        &[
            r#"{"output":"numbers","temperature":1.0}"#,
            r#"{"output":"numbers","temperature":1}"#,
            r#"{"output":"numbers","temperature":1e0}"#,
            r#"{"output":"numbers","temperature":10.00E-1}"#,
            r#"{"output":"numbers","temperature":1.00000000000000000000001}"#,
        ],
    )
    .await;
    check(
        r#"{"trajectory":[{"n":[1e+21,1e-7,0.000001,1000,0,0,4.5,0.002,333333333.3333333,5e-324,100000000000000000000],"role":"tool"}]}"#,
        &[
            r#"{"trajectory":[{"role":"tool","n":[1E21,0.0000001,1e-6,1E3,-0.0,-0,4.50,2e-3,333333333.33333329,5e-324,1e20]}]}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn strings_and_keys_are_written_as_rfc_8785_has_them() {
    // Keys by UTF-16 code units: the emoji is d83d de00, and so before U+FB33.
    check(
        "{\"metadata\":{\"1\":\"x\",\"€\":\"\\u000f\\b\\t\\n\\f\\r\",\"😀\":\"/\",\"\u{fb33}\":\"\\\"\\\\\"},\"output\":\"é \u{7f}\u{2028}\"}",
        &[
            r#"{"output":"\u00e9 \u007f\u2028","metadata":{"\ufb33":"\u0022\\","\ud83d\ude00":"\/","\u20ac":"\u000F\b\u0009\n\u000c\r","1":"x"}}"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn an_integer_beyond_the_exact_doubles_keeps_its_digits() {
    for digits in [
        "9007199254740993",
        "9007199254740992",
        "-9007199254740993",
        "123456789012345678901234567890",
    ] {
        let canonical =
            format!(r#"{{"trajectory":[{{"content":"hi","role":"user","tick":{digits}}}]}}"#);
        let sent =
            format!(r#"{{"trajectory":[{{"role":"user","content":"hi","tick":{digits}}}]}}"#);
        check(&canonical, &[&sent]).await;
    }
}

#[tokio::test]
async fn nothing_is_filled_in_before_the_id_is_made() {
    // Each means the same to a judge, and each is another payload.
    for payload in [
        r#"{"output":"Filled in?"}"#,
        r#"{"input":null,"output":"Filled in?"}"#,
        r#"{"output":"Filled in?","priority":"interactive"}"#,
        r#"{"output":"Filled in?","strategy":"direct"}"#,
        r#"{"output":"Filled in?","strategy":{"kind":"direct"}}"#,
        r#"{"output":"Filled in?","rubric":"general-quality"}"#,
        r#"{"output":"Filled in?","rubric":"general-quality@1"}"#,
        r#"{"output":"Filled in?","run":"1"}"#,
        r#"{"output":"Filled in?","run":"2"}"#,
        r#"{"output":"Filled in? "}"#,
    ] {
        check(payload, &[payload, payload]).await;
    }
}

#[tokio::test]
async fn both_replicas_know_what_one_has_taken() {
    let api = unjudged().await;
    let payload = r#"{"output":"To the first, then to the second."}"#;
    let first = api.post_bytes(payload).await;
    check_answer(&first, &id_of(payload), true);
    let other = format!("{}/v1/evaluations", api.stack.ingest_url(1));
    let second = api.send(api.http.post(other).body(payload)).await;
    check_answer(&second, &id_of(payload), false);
    assert_eq!(text(&second.json(), "/rubric"), "general-quality@1");
}
