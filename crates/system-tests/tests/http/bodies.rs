//! Encodings and media types of bodies.

use async_compression::tokio::bufread::{GzipEncoder, ZstdEncoder};
use futures::stream;
use reqwest::Body;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::api::{Answer, Api, unique};
use crate::stacks::unjudged;

pub(crate) async fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    GzipEncoder::new(bytes)
        .read_to_end(&mut packed)
        .await
        .unwrap();
    packed
}

pub(crate) async fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    ZstdEncoder::new(bytes)
        .read_to_end(&mut packed)
        .await
        .unwrap();
    packed
}

/// A payload of exactly so many bytes.
pub(crate) fn of_size(size: usize) -> String {
    let frame = json!({"output": "", "run": unique("size")}).to_string();
    frame.replacen(
        r#""output":"""#,
        &format!(r#""output":"{}""#, "x".repeat(size - frame.len())),
        1,
    )
}

/// Sent in pieces without a length.
pub(crate) fn chunked(bytes: impl Into<Vec<u8>>) -> Body {
    let bytes: Vec<u8> = bytes.into();
    let chunks: Vec<_> = bytes
        .chunks(64 * 1024)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect();
    Body::wrap_stream(stream::iter(chunks))
}

pub(crate) async fn encoded(api: &Api, encoding: &str, body: impl Into<Body>) -> Answer {
    api.send(
        api.json_post()
            .header("content-encoding", encoding)
            .body(body),
    )
    .await
}

#[tokio::test]
pub(crate) async fn encoded_bodies_are_the_same_payload() {
    let api = unjudged().await;
    for size in [100, 300_000] {
        let body = of_size(size);
        let plain = api.post_bytes(body.clone()).await;
        assert_eq!(plain.status, 202);
        let (gzipped, zstandard) = (gzip(body.as_bytes()).await, zstd(body.as_bytes()).await);
        let (one, two) = body.as_bytes().split_at(50);
        let members = [gzip(one).await, gzip(two).await].concat();
        let cases = [
            ("gzip", gzipped.clone()),
            ("GZIP", gzipped.clone()),
            ("x-gzip", gzipped),
            ("gzip", members),
            ("zstd", zstandard),
            ("identity", body.into_bytes()),
        ];
        for (encoding, bytes) in cases {
            let whole = encoded(&api, encoding, bytes.clone()).await;
            let pieces = encoded(&api, encoding, chunked(bytes)).await;
            for answer in [whole, pieces] {
                assert_eq!(
                    (answer.status, answer.id()),
                    (200, plain.id()),
                    "{encoding}"
                );
            }
        }
    }
}

#[tokio::test]
async fn one_byte_and_a_megabyte_of_code_are_candidates() {
    let api = unjudged().await;
    let code = include_str!("bodies.rs");
    let code = code.repeat(1_000_000_usize.div_ceil(code.len()));
    for output in ["x", &code] {
        let payload = json!({"output": output, "run": unique("size")});
        let answer = api.post(&payload).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let stored = api
            .get(&format!("/v1/evaluations/{}/payload", answer.id()))
            .await;
        assert_eq!(stored.header("content-type"), "application/json");
        assert!(
            stored.body == payload.to_string().as_bytes(),
            "stored as it was sent"
        );
    }
}

#[tokio::test]
async fn a_damaged_encoding_is_refused() {
    let api = unjudged().await;
    let body = of_size(20_000);
    let (gzipped, zstandard) = (gzip(body.as_bytes()).await, zstd(body.as_bytes()).await);
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 10].to_vec();
    let bent = |bytes: &[u8]| {
        let mut bent = bytes.to_vec();
        let end = bent.len() - 5;
        bent[end] ^= 0xff;
        bent
    };
    let cases = [
        ("gzip", body.clone().into_bytes()),
        ("gzip", cut(&gzipped)),
        ("gzip", bent(&gzipped)),
        ("gzip", [&*gzipped, b"and more"].concat()),
        ("gzip", zstandard.clone()),
        ("gzip", Vec::new()),
        ("zstd", body.into_bytes()),
        ("zstd", cut(&zstandard)),
        ("zstd", gzipped),
        ("zstd", Vec::new()),
    ];
    for (index, (encoding, bytes)) in cases.into_iter().enumerate() {
        let answer = encoded(&api, encoding, bytes).await;
        answer.problem(format!("case {index}, {encoding}"), 400, "malformed_json");
    }
}

#[tokio::test]
async fn other_encodings_and_media_types_are_not_taken() {
    let api = unjudged().await;
    for encoding in ["br", "deflate", "compress", "gzip, zstd", "nonsense"] {
        let answer = encoded(&api, encoding, r#"{"output":"x"}"#).await;
        answer.problem(encoding, 415, "unsupported_content_encoding");
    }
    let typed = async |media: &str| {
        let post = api
            .http
            .post(api.evaluations())
            .header("content-type", media);
        api.send(post.body(json!({"output": "typed", "run": unique("type")}).to_string()))
            .await
    };
    for media in [
        "text/plain",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "json",
    ] {
        typed(media)
            .await
            .problem(media, 415, "unsupported_media_type");
    }
    for media in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.example+json",
    ] {
        assert_eq!(typed(media).await.status, 202, "{media}");
    }
    let untyped = api.http.post(api.evaluations());
    let untyped = untyped.body(json!({"output": "untyped", "run": unique("type")}).to_string());
    assert_eq!(api.send(untyped).await.status, 202);
}
