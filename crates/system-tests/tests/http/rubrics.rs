//! `/v1/rubrics`.

use serde_json::{Value, json};

use crate::api::{Answer, Api, pointers, text, unique};
use crate::stacks::{judging, unjudged};

fn rubric(criterion: &str) -> Value {
    json!({"description": "A test.", "criteria": [{"name": criterion, "description": "Is it?", "weight": 2, "scale": {"type": "boolean"}}]})
}

async fn put(api: &Api, name: &str, rubric: &Value) -> Answer {
    let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
    api.send(api.http.put(url).json(rubric)).await
}

#[track_caller]
fn check(answer: &Answer, status: u16, name: &str, version: u32, criterion: &str) {
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["name"], &body["version"]),
        (status, &json!(name), &json!(version)),
        "{body:#}"
    );
    assert_eq!(text(&body, "/criteria/0/name"), criterion);
}

#[tokio::test]
async fn a_version_is_made_only_by_a_difference() {
    let api = unjudged().await;
    let name = unique("rubric");
    let (name, get) = (name.as_str(), async |name: &str| {
        api.get(&format!("/v1/rubrics/{name}")).await
    });
    check(&put(&api, name, &rubric("one")).await, 201, name, 1, "one");
    check(&put(&api, name, &rubric("one")).await, 200, name, 1, "one");
    // The same, said otherwise: with what is there anyway, and the name inside.
    let mut same = rubric("one");
    same["name"] = name.into();
    same["criteria"][0]["weight"] = json!(2.0);
    check(&put(&api, name, &same).await, 200, name, 1, "one");
    check(&put(&api, name, &rubric("two")).await, 201, name, 2, "two");
    check(&put(&api, name, &rubric("one")).await, 201, name, 3, "one");
    check(&get(name).await, 200, name, 3, "one");
    check(&get(&format!("{name}@1")).await, 200, name, 1, "one");
    check(&get(&format!("{name}@2")).await, 200, name, 2, "two");
    for missing in [
        format!("{name}@4"),
        format!("{name}@0"),
        format!("{name}@x"),
        "nowhere".to_owned(),
        "a%20b".to_owned(),
    ] {
        get(&missing).await.problem(&missing, 404, "not_found");
    }
    let list = api.get("/v1/rubrics").await.json();
    let ours: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["name"] == name)
        .collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0]["version"], 3);
    assert!(list["next_cursor"].is_null());
}

#[tokio::test]
async fn the_newest_comes_first_and_what_came_with_the_release_last() {
    let api = unjudged().await;
    let (earlier, later) = (unique("a-earlier"), unique("b-later"));
    put(&api, &earlier, &rubric("one")).await;
    put(&api, &later, &rubric("one")).await;
    let list = api.get("/v1/rubrics").await.json();
    let items = list["items"].as_array().unwrap();
    let place = |name: &str| items.iter().position(|item| item["name"] == name).unwrap();
    assert!(place(&later) < place(&earlier));
    assert!(place(&earlier) < place("code-correctness"));
    assert!(place("code-correctness") < place("general-quality"));
}

#[tokio::test]
async fn only_json_is_taken() {
    let api = unjudged().await;
    let name = unique("typed");
    let put = async |media: &str| {
        let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
        let put = api.http.put(url).header("content-type", media);
        api.send(put.body(rubric("one").to_string())).await
    };
    put("text/plain")
        .await
        .problem("text", 415, "unsupported_media_type");
    assert_eq!(put("application/json; charset=utf-8").await.status, 201);
}

#[tokio::test]
async fn of_many_who_put_at_once_each_gets_the_version_of_its_content() {
    let api = unjudged().await;
    let name = unique("contended");
    let rubrics: Vec<Value> = (0..6).map(|n| rubric(&format!("c{}", n % 3))).collect();
    let answers =
        futures::future::join_all(rubrics.iter().map(|rubric| put(&api, &name, rubric))).await;
    for (answer, sent) in answers.iter().zip(&rubrics) {
        let version = answer.json()["version"].clone();
        let stored = api
            .get(&format!("/v1/rubrics/{name}@{version}"))
            .await
            .json();
        assert_eq!(stored["criteria"][0]["name"], sent["criteria"][0]["name"]);
    }
}

#[tokio::test]
async fn built_in_rubrics_are_there_and_may_be_gone_on_from() {
    let api = unjudged().await;
    let list = api.get("/v1/rubrics").await.json();
    let names: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item, "/name"))
        .collect();
    for name in [
        "general-quality",
        "code-correctness",
        "code-change",
        "agent-trajectory",
        "grounded-answer",
        "instruction-following",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
        let built_in = api.get(&format!("/v1/rubrics/{name}@1")).await.json();
        assert_eq!(
            (&built_in["name"], &built_in["version"]),
            (&json!(name), &json!(1))
        );
        assert!(
            built_in["pass_threshold"].is_number() && built_in["criteria"][0]["scale"].is_object()
        );
    }
    let name = "instruction-following";
    let first = api.get(&format!("/v1/rubrics/{name}")).await.json();
    check(&put(&api, name, &rubric("own")).await, 201, name, 2, "own");
    check(
        &api.get(&format!("/v1/rubrics/{name}")).await,
        200,
        name,
        2,
        "own",
    );
    assert_eq!(
        api.get(&format!("/v1/rubrics/{name}@1")).await.json(),
        first
    );
    let newest = api
        .post(&json!({"output": "x", "rubric": name, "run": unique("built-in")}))
        .await
        .json();
    assert_eq!(newest["rubric"], format!("{name}@2"));
}

#[tokio::test]
async fn what_was_shown_can_be_sent_back() {
    let api = unjudged().await;
    let shown = api.get("/v1/rubrics/general-quality@1").await.json();
    let mut sent = shown.clone();
    let fields = sent.as_object_mut().unwrap();
    fields.retain(|key, _| {
        ["description", "pass_threshold", "model", "criteria"].contains(&key.as_str())
    });
    let name = unique("copy");
    let stored = put(&api, &name, &sent).await.json();
    assert_eq!(
        (&stored["criteria"], &stored["pass_threshold"]),
        (&shown["criteria"], &shown["pass_threshold"])
    );
}

#[tokio::test]
async fn an_evaluation_keeps_the_version_of_its_post() {
    let api = judging().await;
    let name = unique("pinned");
    put(&api, &name, &rubric("first")).await;
    let payload = json!({"output": "Judged by the first.", "rubric": name, "run": unique("run")});
    let posted = api.post(&payload).await.json();
    put(&api, &name, &rubric("second")).await;
    assert_eq!(posted["rubric"], format!("{name}@1"));
    let evaluation = api.ended(text(&posted, "/id")).await;
    assert_eq!(evaluation["rubric"], format!("{name}@1"));
    assert_eq!(text(&evaluation, "/assessment/criteria/0/name"), "first");
    // The answer for one that exists says by which version it was judged.
    let again = api.post(&payload).await;
    assert_eq!(
        (again.status, &again.json()["rubric"]),
        (200, &json!(format!("{name}@1")))
    );
    let newer = json!({"output": "Judged by the second.", "rubric": name, "run": unique("run")});
    let evaluation = api.judge(&newer).await;
    assert_eq!(
        (
            &evaluation["rubric"],
            text(&evaluation, "/assessment/criteria/0/name")
        ),
        (&json!(format!("{name}@2")), "second")
    );
}

#[tokio::test]
async fn a_wrong_rubric_is_pointed_at() {
    let api = unjudged().await;
    let name = unique("wrong");
    let url = |name: &str| format!("{}/v1/rubrics/{name}", api.stack.status_url());
    let cases = [
        (r#"[]"#, ""),
        (r#"{}"#, "/criteria"),
        (r#"{"criteria":[]}"#, "/criteria"),
        (r#"{"criteria":[{"name":"a"}],"version":3}"#, "/version"),
        (r#"{"criteria":[{"name":"a"}],"name":"other"}"#, "/name"),
        (
            r#"{"criteria":[{"name":"a","scale":{"type":"numeric","min":2,"max":1}}]}"#,
            "/criteria/0/scale/max",
        ),
        (
            r#"{"criteria":[{"name":"a","name":"b"}]}"#,
            "/criteria/0/name",
        ),
        (r#"{"criteria":[{"name":"a"}],"prompt":{}}"#, "/prompt/user"),
    ];
    for (body, pointer) in cases {
        let answer = api.send(api.http.put(url(&name)).body(body)).await;
        let problem = answer.problem(body, 422, "invalid_request");
        assert_eq!(pointers(&problem), [pointer], "{body}");
    }
    let broken = api.send(api.http.put(url(&name)).body("{")).await;
    broken.problem("broken", 400, "malformed_json");
    for bad in ["a@1", "-a", "a%20b", &"n".repeat(65)] {
        put(&api, bad, &rubric("x"))
            .await
            .problem(bad, 422, "invalid_request");
    }
    let large = json!({"description": "x".repeat(2_000_000), "criteria": [{"name": "a"}]});
    put(&api, &name, &large)
        .await
        .problem("large", 413, "payload_too_large");
    api.get(&format!("/v1/rubrics/{name}"))
        .await
        .problem("nothing was stored", 404, "not_found");
}
