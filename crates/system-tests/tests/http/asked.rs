//! Strategies, comparisons and prompts of one's own as they are posted: what is taken, shown again and refused.

use serde_json::{Value, json};

use crate::api::{Api, candidate, pointers, text, unique};
use crate::stacks::unjudged;

fn pair() -> Value {
    json!([{"id": "before", "text": "1"}, {"id": "after", "text": "2"}])
}

/// Posts and reads back the payload, byte for byte, and the evaluation.
async fn taken(api: &Api, payload: &Value) -> Value {
    let body = payload.to_string();
    let answer = api.post_bytes(body.clone()).await;
    assert_eq!(answer.status, 202, "{body}: {}", answer.text());
    let id = answer.id();
    let kept = api.get(&format!("/v1/evaluations/{id}/payload")).await;
    assert_eq!(kept.body, body.as_bytes());
    api.evaluation(&id).await
}

#[tokio::test]
async fn every_strategy_is_taken_and_found_by_its_name() {
    let api = unjudged().await;
    let label = unique("strategies");
    let strategies = [
        (json!("direct"), "direct"),
        (
            json!({"kind": "direct", "per_criterion": true, "logprobs": true}),
            "direct",
        ),
        (json!("cot"), "cot"),
        (json!({"kind": "cot", "per_criterion": true}), "cot"),
        (json!("debate"), "debate"),
        (
            json!({"kind": "debate", "models": ["a", "b", "c"], "rounds": 0, "verdict": "median"}),
            "debate",
        ),
        (
            json!({"kind": "debate", "rounds": 5, "verdict": "moderator", "moderator": "m", "agreement": 0, "window": 5,
                "debaters": [{"model": "a", "stance": "advocate", "weight": 2}, {"stance": "critic"}]}),
            "debate",
        ),
        (json!("cascade"), "cascade"),
        (
            json!({"kind": "cascade", "first": {"model": "small", "samples": 5},
                "then": {"kind": "debate", "model": "large", "rounds": 1}, "when": {"margin": 0.2}}),
            "cascade",
        ),
    ];
    for (strategy, name) in &strategies {
        let mut payload = candidate("Asked for.");
        payload["strategy"] = strategy.clone();
        payload["metadata"] = json!({"asked": label});
        let evaluation = taken(&api, &payload).await;
        assert_eq!(evaluation["strategy"], *name, "{strategy}");
    }
    for (name, count) in [("direct", 2), ("cot", 2), ("debate", 3), ("cascade", 2)] {
        let path = format!("/v1/evaluations?metadata.asked={label}&strategy={name}");
        let found = api.get(&path).await.json();
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), count, "{name}");
        assert!(items.iter().all(|item| item["strategy"] == name));
    }
}

#[tokio::test]
async fn comparisons_and_samples_are_taken() {
    let api = unjudged().await;
    for payload in [
        json!({"outputs": pair(), "run": unique("pair")}),
        json!({"outputs": pair(), "strategy": {"kind": "cot", "swap": false}, "run": unique("pair")}),
        json!({"outputs": pair(), "strategy": {"kind": "debate", "swap": false}, "run": unique("pair")}),
        json!({"outputs": pair(), "samples": 32, "run": unique("pair")}),
        json!({"output": "x", "samples": 32, "strategy": "cot", "run": unique("samples")}),
    ] {
        taken(&api, &payload).await;
    }
}

#[tokio::test]
async fn each_wrong_option_is_pointed_at() {
    let api = unjudged().await;
    let strategy = |options: Value| json!({"output": "x", "strategy": options});
    let debate = |options: Value| {
        let mut options = options;
        options["kind"] = "debate".into();
        strategy(options)
    };
    let cases = [
        (
            strategy(json!({"kind": "direct", "rounds": 1})),
            "/strategy/rounds",
        ),
        (
            strategy(json!({"kind": "cot", "per_criterion": "yes"})),
            "/strategy/per_criterion",
        ),
        (
            strategy(json!({"kind": "cot", "swap": true})),
            "/strategy/swap",
        ),
        (debate(json!({"models": ["a"]})), "/strategy/models"),
        (debate(json!({"models": vec!["m"; 9]})), "/strategy/models"),
        (debate(json!({"models": ["a", ""]})), "/strategy/models/1"),
        (
            debate(json!({"models": ["a", "b"], "debaters": [{}, {}]})),
            "/strategy/models",
        ),
        (
            debate(json!({"debaters": [{}, {"stance": "angry"}]})),
            "/strategy/debaters/1/stance",
        ),
        (
            debate(json!({"debaters": [{"weight": 0}, {}]})),
            "/strategy/debaters/0/weight",
        ),
        (debate(json!({"rounds": 6})), "/strategy/rounds"),
        (debate(json!({"verdict": "dice"})), "/strategy/verdict"),
        (
            debate(json!({"rounds": 0, "moderator": "m"})),
            "/strategy/moderator",
        ),
        (debate(json!({"agreement": 1.5})), "/strategy/agreement"),
        (debate(json!({"window": 0})), "/strategy/window"),
        (
            strategy(json!({"kind": "cascade", "then": {"kind": "cascade"}})),
            "/strategy/then/kind",
        ),
        (
            strategy(json!({"kind": "cascade", "first": {"kind": "cot", "rounds": 1}})),
            "/strategy/first/rounds",
        ),
        (
            strategy(json!({"kind": "cascade", "when": {"margin": 2}})),
            "/strategy/when/margin",
        ),
        (json!({"output": "x", "samples": 33}), "/samples"),
        (
            json!({"output": "x", "samples": 2, "strategy": "debate"}),
            "/samples",
        ),
        (json!({"outputs": pair(), "output": "x"}), "/outputs"),
        (
            json!({"outputs": pair(), "change": {"patch": "p"}}),
            "/outputs",
        ),
        (json!({"outputs": [pair()[0]]}), "/outputs"),
        (json!({"outputs": [pair()[0], pair()[0]]}), "/outputs/1/id"),
        (
            json!({"outputs": [pair()[0], {"id": "", "text": "2"}]}),
            "/outputs/1/id",
        ),
        (
            json!({"outputs": [{"id": "a"}, pair()[1]]}),
            "/outputs/0/text",
        ),
    ];
    for (payload, pointer) in cases {
        let problem = api
            .post(&payload)
            .await
            .problem(&payload, 422, "invalid_request");
        assert_eq!(pointers(&problem), [pointer], "{payload}");
    }
}

fn own() -> Value {
    json!({"description": "For pairs.", "criteria": [{"name": "better"}],
        "prompt": {"system": "You compare. {nonce}", "user": "{question} {answer_a} {answer_b}", "syntax": "format"},
        "reply": {"format": "choice", "choices": {"[[A]]": "first", "[[B]]": "second", "[[C]]": "tie"}, "take": "last", "logprobs": true}})
}

#[tokio::test]
async fn a_stored_rubric_with_a_prompt_is_shown_and_can_be_sent_back() {
    let api = unjudged().await;
    let name = unique("own");
    let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
    let put = async |rubric: &Value| api.send(api.http.put(&url).json(rubric)).await;
    assert_eq!(put(&own()).await.status, 201);
    let shown = api.get(&format!("/v1/rubrics/{name}")).await.json();
    for part in ["prompt", "reply"] {
        assert_eq!(shown[part], own()[part]);
    }
    let mut back = shown;
    let fields = back.as_object_mut().unwrap();
    fields.retain(|key, _| own().get(key).is_some());
    assert_eq!(put(&back).await.status, 200, "it is the same");

    // A range that was not said is that of the scale from now on.
    let number = json!({"criteria": [{"name": "a", "scale": {"type": "numeric", "min": 0, "max": 10}}],
        "prompt": {"user": "{{ output }}"}, "reply": {"format": "number"}});
    let stored = put(&number).await.json();
    assert_eq!(
        stored["reply"],
        json!({"format": "number", "min": 0.0, "max": 10.0})
    );
    let steps = json!({"criteria": [{"name": "a"}], "steps": ["Read it.", "Read it again."]});
    assert_eq!(put(&steps).await.json()["steps"], steps["steps"]);
}

#[tokio::test]
async fn a_stored_rubric_has_to_fit_also_in_a_batch() {
    let api = unjudged().await;
    let name = unique("fit");
    let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
    assert_eq!(api.send(api.http.put(&url).json(&own())).await.status, 201);
    let run = unique("fit");
    let items = [
        json!({"input": "?", "outputs": pair(), "rubric": name, "run": run}),
        json!({"input": "?", "output": "x", "rubric": name, "run": run}),
        json!({"outputs": pair(), "rubric": name, "run": run}),
        json!({"input": "?", "outputs": pair(), "rubric": name, "strategy": "cot", "run": run}),
    ];
    let expected: [&[&str]; 4] = [&[], &["/outputs"], &["/input"], &["/strategy"]];
    for (item, places) in items.iter().zip(expected).skip(1) {
        let problem = api.post(item).await.problem(item, 422, "invalid_request");
        assert_eq!(pointers(&problem), places, "{item}");
    }
    let body: String = items.iter().map(|item| format!("{item}\n")).collect();
    let post = api.http.post(format!("{}/batch", api.evaluations()));
    let post = post
        .header("content-type", "application/x-ndjson")
        .body(body);
    let answer = api.send(post).await;
    let lines: Vec<Value> = answer
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines[0]["created"], true, "{}", answer.text());
    for (line, places) in lines.iter().zip(expected).skip(1) {
        assert_eq!(pointers(&line["error"]), places, "{line}");
    }
}

/// Each of these once ended the process that read it.
#[tokio::test]
async fn a_prompt_that_would_overflow_a_stack_is_refused_and_nothing_falls() {
    let api = unjudged().await;
    let name = unique("deep");
    let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
    for user in [
        format!("{{{{ output{} }}}}", "|d".repeat(30_000)),
        format!("{{{{ {}output }}}}", "not ".repeat(16_000)),
        format!(
            "{{% if output %}}{}{{% endif %}}",
            "{% elif input %}".repeat(4_000)
        ),
    ] {
        let rubric = json!({"criteria": [{"name": "a"}], "prompt": {"user": user}});
        let posted = api.post(&json!({"output": "x", "rubric": rubric})).await;
        let problem = posted.problem("post", 422, "invalid_request");
        assert_eq!(pointers(&problem), ["/rubric/prompt/user"]);
        assert!(text(&problem, "/detail").len() < 500, "{problem:#}");
        let stored = api.send(api.http.put(&url).json(&rubric)).await;
        assert_eq!(
            pointers(&stored.problem("put", 422, "invalid_request")),
            ["/prompt/user"]
        );
    }
    taken(&api, &candidate("Still there.")).await;
}
