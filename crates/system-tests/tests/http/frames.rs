//! Compressed bodies of several frames and members: every byte of them is read, or they are refused.

use serde_json::{Value, json};

use crate::api::{Answer, Api, unique};
use crate::batch::{check_taken, lines, request};
use crate::bodies::{encoded, gzip, zstd};
use crate::stacks::unjudged;

/// What `pzstd` writes before each frame, and what any writer may put anywhere (RFC 8878 §3.1.2).
pub(crate) fn skippable(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x50, 0x2a, 0x4d, 0x18];
    frame.extend_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
    frame.extend_from_slice(content);
    frame
}

/// A frame of one raw block, with a window of so many bits and perhaps a dictionary's id.
fn frame(content: &[u8], window_log: u8, dictionary: Option<u8>) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, u8::from(dictionary.is_some())];
    frame.push((window_log - 10) << 3);
    frame.extend(dictionary);
    let header = u32::try_from(content.len() << 3 | 1).unwrap();
    frame.extend_from_slice(&header.to_le_bytes()[..3]);
    frame.extend_from_slice(content);
    frame
}

/// As `pzstd` does it: each piece in a frame of its own, and before it one that says its size.
async fn pzstd(bytes: &[u8], piece: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    for piece in bytes.chunks(piece) {
        let frame = zstd(piece).await;
        packed.extend(skippable(
            &u32::try_from(frame.len()).unwrap().to_le_bytes(),
        ));
        packed.extend(frame);
    }
    packed
}

async fn members(bytes: &[u8], piece: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    for piece in bytes.chunks(piece) {
        packed.extend(gzip(piece).await);
    }
    packed
}

#[tokio::test]
async fn twenty_thousand_lines_have_as_many_answers_however_they_are_packed() {
    let api = unjudged().await;
    let run = unique("frames");
    let payloads: Vec<String> = (0..20_000)
        .map(|n| format!(r#"{{"output":"{n}","run":"{run}"}}"#))
        .collect();
    let body = payloads.join("\n");
    let packed = [
        ("identity", body.clone().into_bytes()),
        ("zstd", pzstd(body.as_bytes(), 100_000).await),
        ("gzip", members(body.as_bytes(), 100_000).await),
    ];
    let mut created = true;
    for (encoding, bytes) in packed {
        let answer = api
            .send(request(&api, bytes).header("content-encoding", encoding))
            .await;
        let lines = lines(&answer);
        assert_eq!(lines.len(), 20_000, "{encoding}");
        for (payload, line) in payloads.iter().zip(&lines) {
            check_taken(line, payload, created);
        }
        created = false;
    }
}

#[tokio::test]
async fn a_body_in_several_frames_is_the_same_payload() {
    let api = unjudged().await;
    let body = json!({"output": "In pieces.", "run": unique("pieces")}).to_string();
    let plain = api.post_bytes(body.clone()).await.id();
    let (one, two) = body.as_bytes().split_at(9);
    let (z, z1, z2) = (
        zstd(body.as_bytes()).await,
        zstd(one).await,
        zstd(two).await,
    );
    let (g1, g2) = (gzip(one).await, gzip(two).await);
    let none = (zstd(b"").await, gzip(b"").await);
    let cases = [
        ("zstd", [&*skippable(b"size"), &z].concat()),
        ("zstd", [&*z, &skippable(b"")].concat()),
        ("zstd", [&*z1, &z2].concat()),
        (
            "zstd",
            [&*none.0, &z1, &none.0, &skippable(&[0; 999]), &z2, &none.0].concat(),
        ),
        ("zstd", [&*z, &zstd(b" \n").await].concat()),
        ("zstd", frame(body.as_bytes(), 23, None)),
        ("gzip", [&*none.1, &g1, &none.1, &g2, &none.1].concat()),
        ("identity, gzip", [&*g1, &g2].concat()),
    ];
    for (index, (encoding, bytes)) in cases.into_iter().enumerate() {
        let answer = encoded(&api, encoding, bytes).await;
        assert_eq!(answer.status, 200, "case {index}: {}", answer.text());
        assert_eq!(answer.id(), plain, "case {index}");
    }
}

#[tokio::test]
async fn what_stands_behind_the_first_frame_is_not_ignored() {
    let api = unjudged().await;
    let body = json!({"output": "And more.", "run": unique("behind")}).to_string();
    let (z, g) = (zstd(body.as_bytes()).await, gzip(body.as_bytes()).await);
    let short = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let cases = [
        ("zstd", [&*z, b"garbage"].concat()),
        ("zstd", [&*z, &[0][..]].concat()),
        ("zstd", [&*z, &zstd(b"garbage").await].concat()),
        ("zstd", [&*z, &z].concat()),
        ("zstd", [&*z, &short(&zstd(b" ").await)].concat()),
        ("zstd", [&*z, &short(&skippable(b"size"))].concat()),
        ("zstd", [&*z, &g].concat()),
        ("zstd", skippable(b"nothing else")),
        ("zstd", frame(body.as_bytes(), 23, Some(7))),
        ("zstd", frame(body.as_bytes(), 24, None)),
        ("zstd", frame(body.as_bytes(), 31, None)),
        ("gzip", [&*g, &[0; 512][..]].concat()),
        ("gzip", [&*g, &g].concat()),
        ("gzip", [&*g, &short(&gzip(b" ").await)].concat()),
        ("gzip", [&*g, &z].concat()),
        ("identity", [body.as_bytes(), b"\0"].concat()),
    ];
    for (index, (encoding, bytes)) in cases.into_iter().enumerate() {
        let answer = encoded(&api, encoding, bytes).await;
        answer.problem(format!("case {index}, {encoding}"), 400, "malformed_json");
    }
}

#[tokio::test]
async fn a_body_cut_at_any_byte_is_refused() {
    let api = unjudged().await;
    let body = json!({"output": "Cut off.", "run": unique("cut")}).to_string();
    for (encoding, whole) in [
        ("zstd", zstd(body.as_bytes()).await),
        ("gzip", gzip(body.as_bytes()).await),
        ("identity", body.clone().into_bytes()),
    ] {
        for end in 0..whole.len() {
            let answer = encoded(&api, encoding, whole[..end].to_vec()).await;
            answer.problem(format!("{encoding} to {end}"), 400, "malformed_json");
        }
        let answer = encoded(&api, encoding, whole).await;
        assert!(
            matches!(answer.status, 200 | 202),
            "{encoding}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_batch_whose_decoder_fails_says_so_in_its_last_line() {
    let api = unjudged().await;
    let run = unique("spoilt");
    let payloads: Vec<String> = (0..3)
        .map(|n| format!(r#"{{"output":"{n}","run":"{run}"}}"#))
        .collect();
    let body = format!("{}\n", payloads.join("\n"));
    let (z, g) = (zstd(body.as_bytes()).await, gzip(body.as_bytes()).await);
    for (encoding, bytes) in [
        ("zstd", [&*z, b"garbage"].concat()),
        ("zstd", [&*z, &frame(b"{}", 24, None)].concat()),
        ("gzip", [&*g, b"garbage"].concat()),
        ("gzip", [&*g, &g[..g.len() - 4]].concat()),
    ] {
        let answer = api
            .send(request(&api, bytes).header("content-encoding", encoding))
            .await;
        let lines = lines(&answer);
        let last = lines.last().unwrap();
        assert_eq!(
            last["error"]["code"], "malformed_json",
            "{encoding}: {last:#}"
        );
        assert!(lines.len() > payloads.len(), "{encoding}: {lines:#?}");
        for line in &lines[..lines.len() - 1] {
            assert!(line["id"].is_string(), "{encoding}: {line:#}");
        }
    }
}

async fn put(api: &Api, name: &str, encodings: &[&str], bytes: Vec<u8>) -> Answer {
    let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
    let mut put = api.http.put(url).header("content-type", "application/json");
    for encoding in encodings {
        put = put.header("content-encoding", *encoding);
    }
    api.send(put.body(bytes)).await
}

#[tokio::test]
async fn a_rubric_is_read_to_its_last_byte_too() {
    let api = unjudged().await;
    let name = unique("rubric");
    let rubric: Value = json!({"criteria": [{"name": "one", "description": "Is it?"}]});
    let text = rubric.to_string();
    let (one, two) = text.as_bytes().split_at(20);
    let frames = [&*skippable(b"x"), &zstd(one).await, &zstd(two).await].concat();
    let gzipped = gzip(text.as_bytes()).await;
    let taken = put(&api, &name, &["zstd"], frames.clone()).await;
    assert_eq!(taken.status, 201, "{}", taken.text());
    let again = put(&api, &name, &["gzip"], gzipped.clone()).await;
    assert_eq!(again.status, 200, "{}", again.text());
    for (encodings, bytes, status, code) in [
        (
            &["zstd"][..],
            [&*frames, b"more"].concat(),
            400,
            "malformed_json",
        ),
        (
            &["zstd"],
            frames[..frames.len() - 1].to_vec(),
            400,
            "malformed_json",
        ),
        (
            &["gzip"],
            [&*gzipped, &gzipped].concat(),
            400,
            "malformed_json",
        ),
        (
            &[],
            format!("{text}{text}").into_bytes(),
            400,
            "malformed_json",
        ),
        (
            &["br"],
            text.clone().into_bytes(),
            415,
            "unsupported_content_encoding",
        ),
        (
            &["gzip", "zstd"],
            gzipped.clone(),
            415,
            "unsupported_content_encoding",
        ),
        (
            &["gzip"],
            gzip(&vec![b' '; 1024 * 1024 + 1]).await,
            413,
            "payload_too_large",
        ),
        (&[], vec![b' '; 1024 * 1024 + 1], 413, "payload_too_large"),
    ] {
        let answer = put(&api, &name, encodings, bytes).await;
        answer.problem(format!("{encodings:?}"), status, code);
    }
}

#[tokio::test]
async fn encodings_one_upon_another_are_not_taken() {
    let api = unjudged().await;
    let body = json!({"output": "Stacked.", "run": unique("stacked")}).to_string();
    let twice = zstd(&gzip(body.as_bytes()).await).await;
    let one_line = encoded(&api, "gzip, zstd", twice.clone()).await;
    one_line.problem("one line", 415, "unsupported_content_encoding");
    let two = api
        .json_post()
        .header("content-encoding", "gzip")
        .header("content-encoding", "zstd");
    let two = api.send(two.body(twice)).await;
    two.problem("two lines", 415, "unsupported_content_encoding");
    let unreadable = api.json_post().header("content-encoding", &b"gz\xffip"[..]);
    let unreadable = api.send(unreadable.body(body)).await;
    unreadable.problem("not ASCII", 415, "unsupported_content_encoding");
}
