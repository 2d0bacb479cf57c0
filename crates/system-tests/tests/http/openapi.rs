//! The documentation against the services: every documented call is answered, every other method is not.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::api::{Api, text};
use crate::stacks::unjudged;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

#[tokio::test]
async fn every_documented_call_is_there_and_no_other_method() {
    let api = unjudged().await;
    for base in bases(&api) {
        let document = api.send(api.http.get(format!("{base}/openapi.json"))).await;
        assert_eq!(document.header("content-type"), "application/json");
        let document = document.json();
        assert!(text(&document, "/openapi").starts_with("3.1."), "{base}");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.contains_key("/v1/evaluations"), "{base}");
        for (path, calls) in paths {
            for method in METHODS {
                let found = status(&api, &base, path, method).await;
                let call = calls.get(method);
                assert_eq!(found == 405, call.is_none(), "{method} {path}: {found}");
                if let Some(call) = call {
                    let documented = call["responses"].get(found.to_string());
                    assert!(documented.is_some(), "{method} {path}: {found}");
                }
            }
            let head = status(&api, &base, path, "head").await;
            assert_eq!(head == 405, calls.get("get").is_none(), "HEAD {path}");
        }
    }
}

/// Of a request without a body, of things that are not there.
async fn status(api: &Api, base: &str, path: &str, method: &str) -> u16 {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let path = path
        .replace("{id}", "00000000-0000-8000-8000-000000000000")
        .replace("{name}", "general-quality");
    api.send(api.http.request(method, format!("{base}{path}")))
        .await
        .status
}

#[tokio::test]
async fn every_reference_in_a_document_leads_somewhere() {
    let api = unjudged().await;
    for base in bases(&api) {
        let document = api.send(api.http.get(format!("{base}/openapi.json"))).await;
        let document = document.json();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.contains("#/components/schemas/Problem"), "{found:?}");
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{base}: {reference}");
        }
    }
}

fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|each| references(each, found));
        }
        Value::Array(items) => items.iter().for_each(|each| references(each, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_runs_nothing_and_fetches_nothing() {
    let api = unjudged().await;
    for base in bases(&api) {
        let page = api.send(api.http.get(format!("{base}/docs"))).await;
        assert_eq!(page.status, 200, "{base}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        let html = String::from_utf8(page.body).unwrap();
        // As escaped text.
        assert!(html.contains("&#x2f;v1&#x2f;evaluations"), "{html}");
        for foreign in ["<script", "src=", "<link", "://"] {
            assert!(!html.contains(foreign), "{foreign} in {base}/docs");
        }
    }
}

fn bases(api: &Api) -> [String; 2] {
    [
        api.stack.ingest_url(0).to_string(),
        api.stack.status_url().to_string(),
    ]
}
