//! `Idempotency-Key`.

use futures::future::join_all;
use reqwest::header::HeaderValue;

use crate::api::{Answer, Api, unique};
use crate::identity::id_of;
use crate::stacks::unjudged;

async fn post(api: &Api, key: &[u8], payload: &str) -> Answer {
    let key = HeaderValue::from_bytes(key).unwrap();
    let request = api.json_post().header("idempotency-key", key);
    api.send(request.body(payload.to_owned())).await
}

#[tokio::test]
async fn the_key_stands_in_the_place_of_the_payload() {
    let api = unjudged().await;
    for key in [
        unique("order"),
        "a key, with: \"blanks\" {and} ~ more".to_owned(),
        "k".repeat(255),
    ] {
        let id = id_of(&format!("idempotency-key:{key}"));
        let payloads = [
            (202, r#"{"output":"keyed","input":"x"}"#),
            (200, r#"{"output":"keyed","input":"x"}"#),
            (200, r#"{ "input": "x", "output": "k\u0065yed" }"#),
        ];
        for (status, payload) in payloads {
            let answer = post(&api, key.as_bytes(), payload).await;
            assert_eq!((answer.status, answer.id()), (status, id.clone()), "{key}");
            assert_eq!(answer.json()["created"], status == 202);
            assert!(answer.header("location").ends_with(&id));
        }
    }
}

#[tokio::test]
async fn the_same_key_with_another_payload_is_refused_and_changes_nothing() {
    let api = unjudged().await;
    let key = unique("reused");
    let first = post(&api, key.as_bytes(), r#"{"output":"one"}"#).await;
    assert_eq!(first.status, 202);
    let second = post(&api, key.as_bytes(), r#"{"output":"two"}"#).await;
    second.problem("reused", 422, "idempotency_key_reused");
    let stored = api
        .get(&format!("/v1/evaluations/{}/payload", first.id()))
        .await;
    assert_eq!(stored.body, br#"{"output":"one"}"#);
    // Without the key it is an evaluation like any other.
    assert_ne!(api.post_bytes(r#"{"output":"two"}"#).await.id(), first.id());
}

#[tokio::test]
async fn of_two_payloads_at_once_under_one_key_one_is_taken() {
    let api = unjudged().await;
    let key = unique("race");
    let payloads: Vec<String> = (0..20).map(|n| format!(r#"{{"output":"{n}"}}"#)).collect();
    let answers = join_all(
        payloads
            .iter()
            .map(|payload| post(&api, key.as_bytes(), payload)),
    )
    .await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(202), count(422)), (1, 19));
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused() {
    let api = unjudged().await;
    let long = "k".repeat(256);
    for key in [
        "".as_bytes(),
        long.as_bytes(),
        "schlüssel".as_bytes(),
        b"\xff\xfe",
        b"a\tb",
    ] {
        let answer = post(&api, key, r#"{"output":"a bad key"}"#).await;
        answer.problem(String::from_utf8_lossy(key), 400, "invalid_header");
    }
}
