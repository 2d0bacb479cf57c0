//! How large a body may be, and what becomes of one that is larger.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::{Answer, Api};
use crate::bodies::{chunked, encoded, gzip, of_size, zstd};
use crate::stacks::unjudged;

const LIMIT: usize = 4 * 1024 * 1024;

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
