//! Requests that are none, and names and bytes that nobody means.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::{Api, unique};
use crate::raw::{connect, exchange, first, read_all};
use crate::stacks::unjudged;

/// Whether it is a problem document, as every error has to be.
#[track_caller]
fn check_problem(what: &str, answer: &[u8], statuses: &[u16]) {
    let raw = first(answer);
    let text = String::from_utf8_lossy(answer);
    assert!(statuses.contains(&raw.status), "{what}: {text}");
    assert!(
        raw.head.contains("content-type: application/problem+json"),
        "{what}: {text}"
    );
    let problem: Value = serde_json::from_slice(&raw.body).unwrap();
    assert_eq!(problem["status"], raw.status, "{what}");
    assert!(
        raw.head
            .contains(problem["correlation_id"].as_str().unwrap()),
        "{what}: {text}"
    );
}

#[tokio::test]
async fn what_the_server_itself_refuses_is_a_problem_document() {
    let api = unjudged().await;
    let status = api.stack.status_url();
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    for (what, request, expected) in [
        ("no request", "nonsense\r\n\r\n".to_owned(), 400),
        (
            "another version",
            "GET / HTTP/3.7\r\nhost: x\r\n\r\n".to_owned(),
            400,
        ),
        (
            "no host",
            "GET /v1/evaluations HTTP/1.1\r\n\r\n".to_owned(),
            400,
        ),
        (
            "a bad name",
            "GET / HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n".to_owned(),
            400,
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
            431,
        ),
        (
            "a large head",
            format!(
                "GET / HTTP/1.1\r\nhost: x\r\ny: {}\r\n\r\n",
                "z".repeat(140_000)
            ),
            431,
        ),
        (
            "a long path",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "z".repeat(70_000)),
            414,
        ),
        (
            "a path without an end",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "z".repeat(140_000)),
            414,
        ),
        (
            "a long query",
            format!(
                "GET /v1/evaluations?status={} HTTP/1.1\r\nhost: x\r\n\r\n",
                "z".repeat(65_600)
            ),
            414,
        ),
    ] {
        let mut socket = connect(status).await;
        // The server may have closed the connection before it has all.
        drop(socket.write_all(request.as_bytes()).await);
        check_problem(what, &read_all(&mut socket).await, &[expected]);
    }
    // Behind another answer, which may go out with it.
    let good = "GET /v1/evaluations?limit=1 HTTP/1.1\r\nhost: x\r\n\r\n";
    for before in [good.to_owned(), good.repeat(5), good.replace("GET", "HEAD")] {
        let mut socket = connect(status).await;
        let both = format!("{before}nonsense\r\n\r\n");
        socket.write_all(both.as_bytes()).await.unwrap();
        let answer = read_all(&mut socket).await;
        let text = String::from_utf8_lossy(&answer);
        let last = text.rfind("HTTP/1.1 400").unwrap();
        let good = text.matches("HTTP/1.1 200").count();
        assert_eq!(good, before.matches("HTTP/1.1").count(), "{text}");
        check_problem("pipelined", &answer[last..], &[400]);
    }
    // A head that does not come, after the server's patience of five seconds.
    let mut socket = connect(status).await;
    socket.write_all(b"GET / HTT").await.unwrap();
    check_problem("slow", &read_all(&mut socket).await, &[408]);
}

#[tokio::test]
async fn no_bytes_in_a_query_a_path_or_a_header_are_a_fault_of_ours() {
    let api = unjudged().await;
    let status = api.stack.status_url();
    // The same bytes in each run: a linear congruential generator.
    let mut state = 15_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    };
    let fixed = [
        "%00",
        "%ff",
        "%C3",
        "a%00b",
        "%ED%A0%80",
        "%F4%90%80%80",
        "'\"\\",
        "{}",
        "%25",
        "-1",
        "1e999",
        "%e2%80%ae",
        "%0d%0a",
        "9999-12-31T23:59:59Z",
        "-9999-01-02T00:00:00Z",
        "-53dd8d1a5f1a000.00000000000000000000000000000007",
        "7fffffffffffffff.00000000000000000000000000000007",
        "NaN",
    ];
    let mut values: Vec<String> = fixed.iter().map(|&value| value.to_owned()).collect();
    for _ in 0..12 {
        values.push((0..10).map(|_| format!("%{:02x}", random())).collect());
    }
    let names = [
        "status",
        "outcome",
        "rubric",
        "strategy",
        "model",
        "metadata.",
        "metadata.k",
        "created_after",
        "created_before",
        "error_code",
        "limit",
        "cursor",
        "",
    ];
    let id = "00000000-0000-8000-8000-000000000000";
    let mut targets = Vec::new();
    for value in &values {
        for name in names {
            targets.push(format!("/v1/evaluations?{name}={value}"));
        }
        targets.push(format!("/v1/evaluations?metadata.{value}=x"));
        targets.push(format!("/v1/evaluations?{value}"));
        targets.push(format!("/v1/evaluations/{id}?wait={value}"));
        targets.push(format!("/v1/evaluations/{value}"));
        targets.push(format!("/v1/evaluations/{value}/payload"));
        targets.push(format!("/v1/rubrics/{value}"));
        targets.push(format!("/v1/rubrics/general-quality@{value}"));
    }
    let mut socket = connect(status).await;
    for target in &targets {
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let (code, closes) = next_answer(&mut socket, target).await;
        assert!((200..500).contains(&code), "{target}: {code}");
        if closes {
            socket = connect(status).await;
        }
    }
    for name in [
        "x-correlation-id",
        "traceparent",
        "if-none-match",
        "content-type",
        "idempotency-key",
    ] {
        for value in [
            &b"\xff\xfe"[..],
            b"a\tb",
            b"",
            b"\"",
            b"00-0-0-0",
            "é".as_bytes(),
        ] {
            let mut request = format!(
                "POST /v1/evaluations HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n{name}: "
            )
            .into_bytes();
            request.extend_from_slice(value);
            request.extend_from_slice(b"\r\n\r\n{}");
            for url in [api.stack.ingest_url(0), status] {
                let answer = first(&exchange(url, &request).await);
                assert!(
                    (400..500).contains(&answer.status),
                    "{name}: {}",
                    answer.head
                );
            }
        }
    }
}

/// Reads one answer of a known length off a connection: its status, and whether it is the last.
async fn next_answer(socket: &mut TcpStream, what: &str) -> (u16, bool) {
    let mut answer = Vec::new();
    loop {
        let reading = tokio::time::timeout(Duration::from_secs(20), socket.read_buf(&mut answer));
        let read = reading.await.unwrap_or_else(|_| panic!("{what}")).unwrap();
        assert_ne!(read, 0, "{what}: the connection stays");
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let length = head
            .split("content-length: ")
            .nth(1)
            .unwrap_or_else(|| panic!("{what}"));
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        if answer.len() >= end + 4 + length {
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return (status, head.contains("connection: close"));
        }
    }
}

#[tokio::test]
async fn what_may_stand_once_is_refused_when_it_stands_twice() {
    let api: Api = unjudged().await;
    let body = json!({"output": "Twice.", "run": unique("twice")}).to_string();
    for name in ["idempotency-key", "content-type"] {
        let post = api.http.post(api.evaluations()).body(body.clone());
        let post = post
            .header(name, "application/json")
            .header(name, "application/json");
        let problem = api.send(post).await.problem(name, 400, "invalid_header");
        assert!(
            problem["detail"].as_str().unwrap().contains(name),
            "{problem:#}"
        );
    }
    for query in [
        "status=failed&status=failed",
        "limit=1&limit=2",
        "metadata.k=1&metadata.k=2",
        "model=a&%6dodel=b",
    ] {
        let answer = api.get(&format!("/v1/evaluations?{query}")).await;
        let problem = answer.problem(query, 400, "invalid_query");
        let name = query.split('=').next().unwrap();
        assert!(
            problem["detail"].as_str().unwrap().contains(name),
            "{problem:#}"
        );
    }
    let twice = |one: &'static str, other: &'static str| {
        api.status_get("/v1/rubrics")
            .header("x-correlation-id", one)
            .header("x-correlation-id", other)
    };
    assert_eq!(
        api.send(twice("c-1", "c-1"))
            .await
            .header("x-correlation-id"),
        "c-1"
    );
    let made = api.send(twice("c-1", "c-2")).await;
    assert!(!["c-1", "c-2"].contains(&made.header("x-correlation-id")));
}

/// On a path that knows no parameters, or not this one: whoever misspells one must not believe that it is heard.
#[tokio::test]
async fn a_parameter_that_nobody_reads_is_refused_wherever_it_stands() {
    let api = unjudged().await;
    let body = json!({"output": "Parameters.", "run": unique("parameters")});
    let id = api.submit(&body).await;
    let status = api.stack.status_url();
    let of_id = format!("/v1/evaluations/{id}");
    let calls = [
        (Method::GET, "/v1/rubrics".to_owned()),
        (Method::GET, "/v1/rubrics/code-correctness".to_owned()),
        (Method::PUT, "/v1/rubrics/parameters".to_owned()),
        (Method::GET, of_id.clone()),
        (Method::GET, format!("{of_id}/payload")),
        (Method::POST, format!("{of_id}/retry")),
        (Method::POST, format!("{of_id}/cancel")),
    ];
    let of_ingest = ["", "/batch"].map(|path| (Method::POST, api.evaluations() + path));
    let urls = calls.map(|(method, path)| (method, format!("{status}{path}")));
    for (method, url) in urls.into_iter().chain(of_ingest) {
        for query in ["limit=1", "wiat=3", "a=1&a=2", "a=%zz", "="] {
            let url = format!("{url}?{query}");
            let call = api.http.request(method.clone(), &url).json(&body);
            let problem = api.send(call).await.problem(&url, 400, "invalid_query");
            let name = format!("`{}`", query.split('=').next().unwrap());
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(&name), "{url}: {problem:#}");
        }
    }
    // Nothing was done meanwhile. An empty query is none, and another method is told first.
    let path = format!("{status}{of_id}");
    let evaluation = api.send(api.http.get(format!("{path}?"))).await;
    assert_eq!(evaluation.json()["status"], "pending");
    let other = api.send(api.http.delete(format!("{status}/v1/rubrics?limit=1")));
    other.await.problem("DELETE", 405, "method_not_allowed");
    let document = api.send(api.http.get(format!("{status}/openapi.json?v=2")));
    assert_eq!(document.await.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let api = unjudged().await;
    let id = api
        .submit(&json!({"output": "Head.", "run": unique("head")}))
        .await;
    let status = api.stack.status_url();
    let mut urls: Vec<String> = [
        "/v1/evaluations",
        "/v1/evaluations/{id}",
        "/v1/evaluations/{id}/payload",
        "/v1/rubrics",
        "/v1/rubrics/general-quality",
        "/v1/rubrics/nowhere",
    ]
    .iter()
    .map(|path| format!("{status}{}", path.replace("{id}", &id)))
    .collect();
    for admin in [
        api.stack.status()[0].admin_url().unwrap(),
        api.stack.ingest()[0].admin_url().unwrap(),
    ] {
        urls.extend(["/livez", "/readyz", "/metrics"].map(|path| format!("{admin}{path}")));
    }
    for url in urls {
        let get = api.send(api.http.get(&url)).await;
        let head = api.send(api.http.head(&url)).await;
        assert_eq!(head.status, get.status, "{url}");
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{url}"
        );
        assert_eq!(head.header("etag"), get.header("etag"), "{url}");
        assert!(head.body.is_empty(), "{url}");
    }
    let head = api.send(api.http.head(api.evaluations())).await;
    assert_eq!((head.status, head.header("allow")), (405, "POST"));
}
