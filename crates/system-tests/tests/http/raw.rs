//! Bodies that no HTTP library sends: that break off, or whose sender reads only at the end.

use local_stack::Stack;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::{BOUND, unique};
use crate::bodies::{gzip, zstd};
use crate::frames::skippable;
use crate::stacks::unjudged;

pub(crate) async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://"))
        .await
        .unwrap()
}

/// Sends bytes, says that there are no more, and reads to the end.
pub(crate) async fn exchange(url: &str, bytes: &[u8]) -> Vec<u8> {
    let mut socket = connect(url).await;
    socket.write_all(bytes).await.unwrap();
    socket.shutdown().await.unwrap();
    read_all(&mut socket).await
}

pub(crate) async fn read_all(socket: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(BOUND, socket.read_to_end(&mut answer)).await;
    // A connection that is reset has said what it had to say.
    drop(reading.unwrap());
    answer
}

/// The first answer of a connection.
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

#[track_caller]
pub(crate) fn first(answer: &[u8]) -> Raw {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, rest) = answer.split_at(end.unwrap() + 4);
    let head = String::from_utf8(head.to_vec())
        .unwrap()
        .to_ascii_lowercase();
    let body = if head.contains("transfer-encoding: chunked") {
        dechunked(rest)
    } else {
        rest.to_vec()
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Raw { status, head, body }
}

#[track_caller]
fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n");
        let (size, behind) = rest.split_at(end.unwrap());
        let size = usize::from_str_radix(std::str::from_utf8(size).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&behind[2..2 + size]);
        rest = &behind[4 + size..];
    }
}

fn lines(body: &[u8]) -> Vec<Value> {
    body.split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn head(path: &str, more: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}\r\n\r\n")
}

fn in_chunks(body: &[u8], end: &str) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_whichever_way_it_came() {
    let api = unjudged().await;
    let url = api.stack.ingest_url(0);
    // Valid as far as it comes.
    let body = json!({"output": "Cut.", "run": unique("broken")}).to_string();
    let plain = body.clone().into_bytes();
    for (encoding, bytes) in [
        ("identity", plain),
        ("gzip", gzip(body.as_bytes()).await),
        (
            "zstd",
            [skippable(b"x"), zstd(body.as_bytes()).await].concat(),
        ),
    ] {
        let coding = format!("content-encoding: {encoding}");
        let length = format!("{coding}\r\ncontent-length: {}", bytes.len() + 1);
        let chunked = format!("{coding}\r\ntransfer-encoding: chunked");
        for (what, head_lines, sent) in [
            ("shorter than its length", &length, bytes.clone()),
            ("no last chunk", &chunked, in_chunks(&bytes, "")),
            ("half a last chunk", &chunked, in_chunks(&bytes, "0\r\n")),
            ("a bad chunk", &chunked, in_chunks(&bytes, "zz\r\n")),
        ] {
            let request = [head("/v1/evaluations", head_lines).into_bytes(), sent].concat();
            let answer = first(&exchange(url, &request).await);
            assert_eq!(answer.status, 400, "{what}, {encoding}: {}", answer.head);
            assert!(
                answer.head.contains("application/problem+json"),
                "{what}, {encoding}: {}",
                answer.head
            );
        }
    }
}

#[tokio::test]
async fn a_batch_that_breaks_off_answers_what_came_and_says_so() {
    let api = unjudged().await;
    let url = api.stack.ingest_url(0);
    let run = unique("broken");
    let body = format!(
        "{{\"output\":\"1\",\"run\":\"{run}\"}}\r\n\n{{\"output\":\"2\",\"run\":\"{run}\"}}\n{{\"out"
    );
    let length = format!("content-length: {}", body.len() + 1);
    let chunked = "transfer-encoding: chunked".to_owned();
    for (what, head_lines, sent) in [
        (
            "shorter than its length",
            &length,
            body.clone().into_bytes(),
        ),
        ("no last chunk", &chunked, in_chunks(body.as_bytes(), "")),
        (
            "a bad size of a chunk",
            &chunked,
            in_chunks(body.as_bytes(), "zz\r\nabc\r\n"),
        ),
        (
            "a chunk longer than its size",
            &chunked,
            in_chunks(body.as_bytes(), "1\r\nabc\r\n0\r\n\r\n"),
        ),
    ] {
        let request = [head("/v1/evaluations/batch", head_lines).into_bytes(), sent].concat();
        let answer = first(&exchange(url, &request).await);
        assert_eq!(answer.status, 200, "{what}");
        let lines = lines(&answer.body);
        assert_eq!(lines.len(), 3, "{what}: {lines:#?}");
        assert!(
            lines[0]["id"].is_string() && lines[1]["id"].is_string(),
            "{what}"
        );
        assert_eq!(lines[2]["index"], 2, "{what}");
        assert_eq!(lines[2]["error"]["code"], "malformed_json", "{what}");
    }
    // Whole lines in a frame that is followed by nothing: they came, and the end did not.
    let body = body.rsplit_once('\n').unwrap().0;
    for (encoding, bytes) in [
        ("gzip", gzip(body.as_bytes()).await),
        ("zstd", zstd(body.as_bytes()).await),
    ] {
        let more = format!("content-encoding: {encoding}\r\n{chunked}");
        let sent = in_chunks(&bytes, "");
        let request = [head("/v1/evaluations/batch", &more).into_bytes(), sent].concat();
        let lines = lines(&first(&exchange(url, &request).await).body);
        // Whether the second one was whole, nobody can say: its line feed is missing.
        assert_eq!(lines.len(), 2, "{encoding}: {lines:#?}");
        assert!(lines[0]["id"].is_string(), "{encoding}");
        assert_eq!(lines[1]["error"]["code"], "malformed_json", "{encoding}");
    }
}

#[tokio::test]
async fn a_sender_that_reads_nothing_before_it_has_sent_all_gets_every_answer() {
    let api = unjudged().await;
    // More than sockets hold, in both directions, at the price of no row.
    let (count, line) = (40_000, "x".repeat(600) + "\r\n");
    for (what, tail, expected) in [
        ("to its end", "\n \t\r\n", count),
        (
            "to what is no document and no line",
            "\u{feff}{}",
            count + 1,
        ),
    ] {
        let body = format!("{}{tail}", line.repeat(count));
        let length = format!("content-length: {}", body.len());
        let mut socket = connect(api.stack.ingest_url(0)).await;
        let sending = async {
            let head = head(
                "/v1/evaluations/batch",
                &format!("{length}\r\nconnection: close"),
            );
            socket.write_all(head.as_bytes()).await.unwrap();
            socket.write_all(body.as_bytes()).await.unwrap();
        };
        let sent = tokio::time::timeout(BOUND * 2, sending).await;
        assert!(
            sent.is_ok(),
            "{what}: the server takes the body while nobody reads"
        );
        let answer = first(&read_all(&mut socket).await);
        let lines = lines(&answer.body);
        assert_eq!(lines.len(), expected, "{what}");
        for (index, line) in lines.iter().enumerate() {
            assert_eq!(line["index"], index, "{what}");
            assert!(line["error"].is_object(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_sender_that_reads_nothing_is_told_what_was_not_taken() {
    let stack = Stack::builder().workers(0).mock(false);
    let stack = stack.ingest_env("AUTORATER__HTTP__REQUEST_TIMEOUT", "3s");
    let stack = stack.start().await.unwrap();
    // Far more answers than are kept.
    let count = 150_000;
    let body = format!("{}\n", "x".repeat(200)).repeat(count);
    let length = format!("content-length: {}\r\nconnection: close", body.len());
    let mut socket = connect(stack.ingest_url(0)).await;
    let sending = async {
        let head = head("/v1/evaluations/batch", &length);
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(body.as_bytes()).await.unwrap();
    };
    let sent = tokio::time::timeout(BOUND * 2, sending).await;
    assert!(sent.is_ok(), "the server reads the rest while nobody reads");
    let lines = lines(&first(&read_all(&mut socket).await).body);
    assert!(lines.len() < count, "{}", lines.len());
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], index);
    }
    let last = lines.last().unwrap();
    assert_eq!(last["error"]["code"], "request_timeout", "{last:#}");
}

#[tokio::test]
async fn a_sender_whose_batch_is_spoilt_gets_to_read_that() {
    let api = unjudged().await;
    let line = "{\"nothing\":\"of use\"}\n".repeat(20_000);
    // Spoilt early; what stands behind is more than sockets hold.
    let mut packed = zstd(line.as_bytes()).await;
    packed.extend_from_slice(b"garbage");
    packed.resize(packed.len() + 24 * 1024 * 1024, b'x');
    let length = format!(
        "content-encoding: zstd\r\ncontent-length: {}\r\nconnection: close",
        packed.len()
    );
    let mut socket = connect(api.stack.ingest_url(0)).await;
    let sending = async {
        let head = head("/v1/evaluations/batch", &length);
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&packed).await.unwrap();
    };
    let sent = tokio::time::timeout(BOUND, sending).await;
    assert!(sent.is_ok(), "the server takes the body while nobody reads");
    let lines = lines(&first(&read_all(&mut socket).await).body);
    assert_eq!(lines.len(), 20_001);
    assert_eq!(lines[20_000]["error"]["code"], "malformed_json");
}

#[tokio::test]
async fn requests_that_can_be_read_in_two_ways_are_refused() {
    let api = unjudged().await;
    let url = api.stack.ingest_url(0);
    let body = json!({"output": "Two.", "run": unique("two")}).to_string();
    let chunked = String::from_utf8(in_chunks(body.as_bytes(), "0\r\n\r\n")).unwrap();
    let length = body.len();
    for (what, lines, sent) in [
        (
            "length and chunks",
            format!("content-length: {length}\r\ntransfer-encoding: chunked"),
            &chunked,
        ),
        (
            "chunks and length",
            format!("transfer-encoding: chunked\r\ncontent-length: {length}"),
            &chunked,
        ),
        (
            "two lengths",
            format!("content-length: {length}\r\ncontent-length: {}", length - 1),
            &body,
        ),
        (
            "a list of lengths",
            format!("content-length: {length}, {length}"),
            &body,
        ),
        (
            "a signed length",
            format!("content-length: +{length}"),
            &body,
        ),
        (
            "chunks twice",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked".into(),
            &chunked,
        ),
        (
            "an unknown coding",
            "transfer-encoding: xchunked".into(),
            &chunked,
        ),
        (
            "a coding before chunks",
            "transfer-encoding: gzip, chunked".into(),
            &chunked,
        ),
        (
            "a blank before the colon",
            format!("content-length : {length}"),
            &body,
        ),
        (
            "two hosts",
            format!("host: y\r\ncontent-length: {length}"),
            &body,
        ),
    ] {
        let request = [
            head("/v1/evaluations", &lines).into_bytes(),
            sent.clone().into_bytes(),
        ]
        .concat();
        let answer = exchange(url, &request).await;
        assert_eq!(
            first(&answer).status,
            400,
            "{what}: {}",
            String::from_utf8_lossy(&answer)
        );
        let answers = answer
            .windows(12)
            .filter(|window| *window == b"HTTP/1.1 400")
            .count();
        assert_eq!(answers, 1, "{what}: {}", String::from_utf8_lossy(&answer));
    }
}
