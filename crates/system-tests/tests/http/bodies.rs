//! Sizes, encodings and media types of bodies.

use async_compression::tokio::bufread::{GzipEncoder, ZstdEncoder};
use futures::stream;
use reqwest::Body;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::{Answer, Api, unique};
use crate::stacks::unjudged;

const LIMIT: usize = 4 * 1024 * 1024;

pub(crate) async fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    GzipEncoder::new(bytes)
        .read_to_end(&mut packed)
        .await
        .unwrap();
    packed
}

async fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    ZstdEncoder::new(bytes)
        .read_to_end(&mut packed)
        .await
        .unwrap();
    packed
}

/// A payload of exactly so many bytes.
fn of_size(size: usize) -> String {
    let frame = json!({"output": "", "run": unique("size")}).to_string();
    frame.replacen(
        r#""output":"""#,
        &format!(r#""output":"{}""#, "x".repeat(size - frame.len())),
        1,
    )
}

/// Sent in pieces without a length.
fn chunked(bytes: impl Into<Vec<u8>>) -> Body {
    let bytes: Vec<u8> = bytes.into();
    let chunks: Vec<_> = bytes
        .chunks(64 * 1024)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect();
    Body::wrap_stream(stream::iter(chunks))
}

async fn encoded(api: &Api, encoding: &str, body: impl Into<Body>) -> Answer {
    api.send(
        api.json_post()
            .header("content-encoding", encoding)
            .body(body),
    )
    .await
}

#[tokio::test]
async fn encoded_bodies_are_the_same_payload() {
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
async fn the_limit_is_exact_whichever_way_the_body_comes() {
    let api = unjudged().await;
    let body = of_size(LIMIT);
    assert_eq!(api.post_bytes(body.clone()).await.status, 202);
    assert_eq!(api.post_bytes(chunked(body.clone())).await.status, 200);
    assert_eq!(
        encoded(&api, "gzip", gzip(body.as_bytes()).await)
            .await
            .status,
        200
    );
    assert_eq!(
        encoded(&api, "zstd", zstd(body.as_bytes()).await)
            .await
            .status,
        200
    );

    let body = of_size(LIMIT + 1);
    let too_large = |what: &str, answer: Answer| answer.problem(what, 413, "payload_too_large");
    too_large("with a length", api.post_bytes(body.clone()).await);
    too_large("chunked", api.post_bytes(chunked(body.clone())).await);
    too_large(
        "gzip",
        encoded(&api, "gzip", gzip(body.as_bytes()).await).await,
    );
    too_large(
        "zstd",
        encoded(&api, "zstd", chunked(zstd(body.as_bytes()).await)).await,
    );
    too_large("far too large", api.post_bytes(of_size(10 * LIMIT)).await);
    too_large(
        "far too large, chunked",
        api.post_bytes(chunked(of_size(10 * LIMIT))).await,
    );
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
async fn a_body_that_swells_without_end_costs_no_memory() {
    let api = unjudged().await;
    let zeros = vec![b' '; 16 * 1024 * 1024];
    // A gibibyte each: frames and members may stand one after another.
    let (gzipped, zstandard) = (gzip(&zeros).await.repeat(64), zstd(&zeros).await.repeat(64));
    let ingest = api.stack.ingest().first().unwrap();
    let before = peak_memory(ingest.process().pid());
    for (encoding, bomb) in [("gzip", gzipped), ("zstd", zstandard)] {
        encoded(&api, encoding, bomb)
            .await
            .problem(encoding, 413, "payload_too_large");
    }
    let grown = peak_memory(ingest.process().pid()).saturating_sub(before);
    // Other tests send large bodies meanwhile.
    assert!(grown < 300 * 1024, "{grown} KiB");
}

/// In KiB.
fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
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

/// Sends a whole request before it reads anything, as simple clients do, and gives the head of the answer.
async fn naive(api: &Api, path: &str, header: &str, size: usize) -> String {
    let host = api.stack.ingest_url(0).trim_start_matches("http://");
    let mut socket = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {size}\r\n{header}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&vec![b'x'; size]).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = socket.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_sender_that_reads_only_at_the_end_sees_why_it_was_refused() {
    let api = unjudged().await;
    let cases = [
        (
            "/v1/evaluations",
            "content-type: application/json",
            LIMIT + 1,
            "413",
        ),
        (
            "/v1/evaluations",
            "content-type: application/json",
            10 * LIMIT,
            "413",
        ),
        ("/v1/evaluations", "content-type: text/plain", LIMIT, "415"),
        ("/v1/evaluations", "content-encoding: br", LIMIT, "415"),
        ("/v1/evaluations", "idempotency-key:", LIMIT, "400"),
        ("/v1/evaluations/nowhere", "accept: */*", LIMIT, "404"),
    ];
    for (path, header, size, status) in cases {
        for _ in 0..5 {
            let answer = naive(&api, path, header, size).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{header}: {answer}"
            );
        }
    }
}
