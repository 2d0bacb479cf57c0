//! The dashboard as status-api serves it: files that browsers keep, pages for addresses, and what a page may do.

use reqwest::header::HeaderMap;

use crate::api::{Answer, Api};
use crate::stacks::unjudged;

/// As a browser asks for a page.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn page(api: &Api, path: &str) -> Answer {
    api.send(api.status_get(path).header("accept", PAGE)).await
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

fn html(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// What the start page loads: the values of `attribute`.
fn loaded(html: &str, attribute: &str) -> Vec<String> {
    let mark = format!("{attribute}=\"/");
    html.split(&mark)
        .skip(1)
        .map(|part| format!("/{}", part.split('"').next().unwrap()))
        .collect()
}

#[tokio::test]
async fn every_address_that_a_browser_opens_is_a_page() {
    let api = unjudged().await;
    let index = page(&api, "/").await;
    assert_eq!(index.status, 200);
    assert!(html(&index).starts_with("<!doctype html>"));
    for path in [
        "/evaluations?status=failed",
        "/evaluations/00000000-0000-8000-8000-000000000000",
        "/rubrics/code-quality",
        "/nowhere",
        "/v1evaluations",
    ] {
        let found = page(&api, path).await;
        assert_eq!(found.status, 200, "{path}");
        assert_eq!(found.body, index.body, "{path}");
    }
    // The start is one for whoever asks, other addresses are for browsers alone.
    assert_eq!(api.get("/").await.body, index.body);
    for path in ["/evaluations", "/nowhere"] {
        let found = api.get(path).await;
        assert_eq!(found.status, 404, "{path}");
        assert_eq!(
            found.header("content-type"),
            "application/problem+json",
            "{path}"
        );
    }
    for path in [
        "/v1",
        "/v1/nowhere",
        "/docs/nowhere",
        "/assets/none.js",
        "/openapi.json/x",
    ] {
        let found = page(&api, path).await;
        assert_eq!(found.status, 404, "{path}");
        assert_eq!(
            found.header("content-type"),
            "application/problem+json",
            "{path}"
        );
    }
    assert!(page(&api, "/docs").await.text().contains("status-api"));
    let url = format!("{}/evaluations", api.stack.status_url());
    let posted = api.send(api.http.post(url).header("accept", PAGE)).await;
    assert_eq!(posted.status, 404);
    let url = format!("{}/", api.stack.status_url());
    let posted = api.send(api.http.post(url)).await;
    assert_eq!(posted.status, 405);
    assert_eq!(posted.header("allow"), "GET, HEAD");
}

#[tokio::test]
async fn a_page_may_load_what_this_server_has_and_nothing_else() {
    let api = unjudged().await;
    let index = page(&api, "/").await;
    let policy = index.header("content-security-policy");
    let rules: Vec<_> = policy.split("; ").collect();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(rules.contains(&rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(index.header(name), value);
    }
    let html = html(&index);
    assert!(
        !html.contains("<style") && !html.contains("style="),
        "{html}"
    );
    for part in html.split("<script").skip(1) {
        assert!(part.contains(" src=\"/assets/"), "{html}");
    }
}

#[tokio::test]
async fn answers_are_the_callers_own() {
    let api = unjudged().await;
    for path in [
        "/v1/evaluations",
        "/v1/evaluations/export?format=jsonl",
        "/v1/stats",
        "/v1/queue",
        "/v1/session",
        "/v1/nowhere",
    ] {
        let answer = api.get(path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn files_come_compressed_and_are_kept() {
    let api = unjudged().await;
    let index = page(&api, "/").await;
    assert_eq!(index.header("cache-control"), "no-cache");
    let again = api
        .status_get("/")
        .header("if-none-match", index.header("etag"));
    let again = api.send(again).await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());

    // Shows what is sent as it is.
    let raw = reqwest::Client::builder().no_proxy().no_gzip().no_brotli();
    let raw = raw.build().unwrap();
    let html = html(&index);
    let mut files = loaded(&html, "src");
    files.extend(
        loaded(&html, "href")
            .into_iter()
            .filter(|path| path.starts_with("/assets/")),
    );
    assert!(files.len() >= 2, "{html}");
    for path in files {
        let url = format!("{}{path}", api.stack.status_url());
        let plain = api.send(raw.get(&url)).await;
        assert_eq!(plain.status, 200, "{path}");
        assert_eq!(
            plain.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(plain.header("vary"), "Accept-Encoding");
        assert_eq!(header(&plain.headers, "content-encoding"), "");
        let mut tags = vec![plain.header("etag").to_owned()];
        for (accepted, expected) in [("gzip, deflate, br", "br"), ("gzip", "gzip")] {
            let get = raw.get(&url).header("accept-encoding", accepted);
            let packed = api.send(get).await;
            assert_eq!(packed.header("content-encoding"), expected, "{path}");
            assert!(packed.body.len() < plain.body.len(), "{path}");
            assert!(!tags.contains(&packed.header("etag").to_owned()), "{path}");
            tags.push(packed.header("etag").to_owned());
        }
        let head = api.send(api.http.head(url)).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}
