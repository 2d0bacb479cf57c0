//! `GET /v1/evaluations`.

use serde_json::{Value, json};

use crate::api::{Api, text, unique};
use crate::stacks::{judging, unjudged};

/// Posts one that a list finds under its label, and gives its id.
async fn post(api: &Api, label: &str, more: &Value) -> String {
    let mut payload =
        json!({"output": "One of several.", "run": unique("list"), "metadata": {"list": label}});
    for (key, value) in more.as_object().unwrap() {
        payload[key] = value.clone();
    }
    api.submit(&payload).await
}

async fn page(api: &Api, query: &str) -> (Vec<String>, Option<String>) {
    let answer = api.get(&format!("/v1/evaluations?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let page = answer.json();
    let ids = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item, "/id").to_owned())
        .collect();
    assert!(page["next_cursor"].is_null() || page["next_cursor"].is_string());
    (ids, page["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn pages_are_newest_first_and_stay_valid_while_rows_are_added() {
    let api = unjudged().await;
    let label = unique("pages");
    let mut posted = Vec::new();
    for _ in 0..5 {
        posted.push(post(&api, &label, &json!({})).await);
    }
    posted.reverse();
    let query = format!("metadata.list={label}");
    assert_eq!(page(&api, &query).await, (posted.clone(), None));
    let (mut walked, mut next) = page(&api, &format!("{query}&limit=2")).await;
    while let Some(cursor) = next {
        let newer = post(&api, &label, &json!({})).await;
        assert_eq!(page(&api, &format!("{query}&limit=1")).await.0, [newer]);
        let (ids, after) = page(&api, &format!("{query}&limit=2&cursor={cursor}")).await;
        walked.extend(ids);
        next = after;
    }
    assert_eq!(walked, posted);
    // Exactly full, so there is no other page.
    assert_eq!(page(&api, &format!("{query}&limit=7")).await.1, None);
}

#[tokio::test]
async fn items_are_as_they_are_alone_but_for_the_assessment() {
    let api = judging().await;
    let label = unique("items");
    let id = post(&api, &label, &json!({})).await;
    let alone = api.ended(&id).await;
    let list = api
        .get(&format!("/v1/evaluations?metadata.list={label}"))
        .await
        .json();
    let mut expected = alone;
    let assessment = expected["assessment"].take();
    expected.as_object_mut().unwrap().remove("assessment");
    for field in ["outcome", "reason", "score", "passed", "flags"] {
        expected[field] = assessment[field].clone();
    }
    assert_eq!(list["items"][0], expected);
}

#[tokio::test]
async fn every_filter_takes_and_leaves() {
    let api = judging().await;
    let label = unique("filters");
    let first = post(
        &api,
        &label,
        &json!({"model": "model-a", "rubric": "code-correctness"}),
    )
    .await;
    let second = post(&api, &label, &json!({"model": "model-b", "rubric": {"name": "mine", "criteria": [{"name": "good"}]}, "metadata": {"list": label, "who": "a b/c&d=é"}})).await;
    let third = post(
        &api,
        &label,
        &json!({"output": crate::stacks::fault("refusal")}),
    )
    .await;
    for id in [&first, &second, &third] {
        api.ended(id).await;
    }
    let created = text(&api.evaluation(&second).await, "/created_at").to_owned();
    let correlation = text(&api.evaluation(&first).await, "/correlation_id").to_owned();
    let cases: [(String, &[&String]); 29] = [
        ("status=succeeded".into(), &[&third, &second, &first]),
        ("status=pending".into(), &[]),
        ("status=failed".into(), &[]),
        ("outcome=scored".into(), &[&second, &first]),
        ("outcome=unscorable".into(), &[&third]),
        ("outcome=abstained".into(), &[]),
        ("rubric=code-correctness".into(), &[&first]),
        ("rubric=code-correctness@1".into(), &[&first]),
        ("rubric=code-correctness@2".into(), &[]),
        ("rubric=code".into(), &[]),
        ("rubric=mine".into(), &[&second]),
        ("strategy=direct".into(), &[&third, &second, &first]),
        ("strategy=debate".into(), &[]),
        ("model=model-a".into(), &[&first]),
        ("model=gpt-4o".into(), &[&third]),
        ("metadata.who=a%20b/c%26d%3D%C3%A9".into(), &[&second]),
        ("metadata.who=somebody".into(), &[]),
        (format!("created_after={created}"), &[&third]),
        (format!("created_before={created}"), &[&first]),
        (
            "created_after=2020-01-01T01:00:00%2B01:00".into(),
            &[&third, &second, &first],
        ),
        ("error_code=provider_rejected".into(), &[]),
        ("outcome=scored&model=model-b".into(), &[&second]),
        ("reason=refused".into(), &[&third]),
        ("reason=content_filtered".into(), &[]),
        ("min_score=0&max_score=1".into(), &[&second, &first]),
        ("passed=true&model=nobodys".into(), &[]),
        ("flag=order_dependent".into(), &[]),
        (format!("correlation_id={correlation}"), &[&first]),
        ("correlation_id=of-nobody".into(), &[]),
    ];
    for (filter, expected) in cases {
        let (ids, _) = page(&api, &format!("metadata.list={label}&{filter}")).await;
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{filter}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_meant_is_refused() {
    let api = unjudged().await;
    let queries = [
        "state=succeeded",
        "status=done",
        "status=",
        "outcome=good",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=",
        "cursor=nonsense",
        "cursor=",
        "created_after=yesterday",
        "created_before=2026-01-01",
        "metadata.=x",
        "metadata=x",
        "rubric=a%00b",
        "metadata.k=a%00b",
        "page=2",
        "passed=maybe",
        "min_score=2",
        "max_score=NaN",
        "flags=x",
        "reason=a%00b",
        "reason=refused&reason=refused",
        "max_score=0.5&min_score=0.6",
        "error_code=poison&status=succeeded",
    ];
    for query in queries {
        let answer = api.get(&format!("/v1/evaluations?{query}")).await;
        let problem = answer.problem(query, 400, "invalid_query");
        let name = query.split('=').next().unwrap();
        assert!(text(&problem, "/detail").contains(name), "{problem:#}");
    }
}
