use domain::{rubric, submission};
use serde_json::json;

use super::*;

/// The variants of a payload, which are payloads themselves, by a rubric with this prompt and with these judges.
fn by(payload: &Value, prompt: Option<&str>, judge: Option<&str>) -> Option<Vec<(String, Value)>> {
    let mut rubric = json!({"criteria": [{"name": "merit"}]});
    if let Some(user) = prompt {
        rubric["prompt"] = json!({"user": user});
    }
    let (payload, rubric) = (payload.to_string(), rubric.to_string());
    let rubric = rubric::parse(
        &Json::parse(rubric.as_bytes()).unwrap(),
        "",
        &mut Default::default(),
    );
    let json = Json::parse(payload.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let setting = Setting {
        rubric: &rubric.unwrap(),
        judge,
        model: Some("judge-1"),
    };
    let read = |(name, bytes): Variant| {
        submission::parse(&Json::parse(&bytes).unwrap()).unwrap();
        (name.to_owned(), serde_json::from_slice(&bytes).unwrap())
    };
    let found = of(&json, &submission, &Bias::ALL, &setting)?;
    Some(found.into_iter().map(read).collect())
}

fn variants(payload: &Value) -> Vec<(String, Value)> {
    by(payload, None, None).unwrap()
}

fn get<'v>(found: &'v [(String, Value)], name: &str) -> &'v Value {
    &found.iter().find(|(other, _)| other == name).unwrap().1
}

fn pair(strategy: Value) -> Value {
    json!({"input": "Say it.", "strategy": strategy, "outputs": [
        {"id": "x", "text": "# One\n- **two**"}, {"id": "y", "text": "Three."}]})
}

#[test]
fn each_variant_differs_from_the_plain_one_in_one_thing() {
    let payload = json!({"input": "Say it.", "output": "It is so.", "samples": 2,
        "webhook": {"url": "https://example.org"}});
    let found = variants(&payload);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        PLAIN,
        LONGER,
        OWN,
        OTHER,
        FORMATTED,
        FIRST_NAME,
        SECOND_NAME,
    ];
    assert_eq!(names, expected, "there is no order of one candidate");
    for (name, payload) in &found {
        assert_eq!(payload["input"], "Say it.");
        assert_eq!(payload["samples"], 2);
        assert_eq!(
            payload["model"], "judge-1",
            "that of the evaluation, whatever the setting says now"
        );
        assert!(payload.get("webhook").is_none(), "{name}");
        assert!(payload["output"].as_str().unwrap().contains("so."));
    }
    assert_eq!(found[2].1["output"], "It is so.\n\n(Written by judge-1.)");
    assert_eq!(found[4].1["output"], "## Result\n\n**It** is so.\n");
}

#[test]
fn a_comparison_is_judged_in_one_order_and_its_first_candidate_changed() {
    let found = variants(&pair(json!("cot")));
    let swapped = get(&found, SWAPPED);
    assert_eq!(swapped["outputs"][0]["id"], "y");
    assert_eq!(swapped["strategy"], json!({"kind": "cot", "swap": false}));
    assert_eq!(get(&found, UNFORMATTED)["outputs"][0]["text"], "One\ntwo");
    assert_eq!(get(&found, LONGER)["outputs"][1]["text"], "Three.");
}

#[test]
fn a_cascade_of_comparisons_is_judged_in_one_order_by_each_stage() {
    for strategy in [
        json!("cascade"),
        json!({"kind": "cascade", "first": "cot", "then": {"model": "judge-2"}}),
    ] {
        for (name, payload) in variants(&pair(strategy.clone())) {
            for stage in ["first", "then"] {
                let swap = &payload["strategy"][stage]["swap"];
                assert_eq!(swap, &json!(false), "{name}: {strategy}");
            }
        }
    }
}

#[test]
fn the_judge_that_is_audited_is_every_judge_of_a_strategy() {
    let debaters = json!([{"model": "judge-2", "stance": "critic"}, {"weight": 2}]);
    for strategy in [
        json!({"kind": "cascade", "first": {"model": "judge-2"}, "then": {"kind": "debate", "models": ["judge-2", "judge-3"]}}),
        json!({"kind": "debate", "debaters": debaters, "moderator": "judge-3"}),
        json!({"kind": "debate", "models": ["judge-2", "judge-3"], "rounds": 0}),
        json!("cascade"),
    ] {
        let single = json!({"output": "It is so.", "model": "judge-4", "strategy": strategy});
        for payload in [single, pair(strategy.clone())] {
            for (name, payload) in by(&payload, None, Some("judge-x")).unwrap() {
                let text = payload.to_string();
                let json = Json::parse(text.as_bytes()).unwrap();
                let submission = submission::parse(&json).unwrap();
                let model = submission.model.unwrap();
                let plan = StrategyPlan::resolve(&submission.strategy, submission.samples, &model);
                let models: Vec<_> = plan.models(&model).into_iter().collect();
                assert_eq!(models, ["judge-x"], "{name}: {strategy}");
                assert_eq!(
                    plan.as_str(),
                    strategy["kind"].as_str().unwrap_or("cascade")
                );
            }
        }
    }
    // What else was asked of them stays.
    let strategy = json!({"kind": "debate", "debaters": debaters});
    let payload = json!({"output": "It is so.", "strategy": strategy});
    let found = by(&payload, None, Some("judge-x")).unwrap();
    let expected = json!([{"stance": "critic"}, {"weight": 2}]);
    assert_eq!(found[0].1["strategy"]["debaters"], expected);
}

#[test]
fn several_judges_have_no_model_of_their_own() {
    let of = |strategy| variants(&json!({"output": "It is so.", "strategy": strategy}));
    let cascade = of(json!({"kind": "cascade", "then": {"model": "judge-2"}}));
    assert!(cascade.iter().all(|(name, _)| name != OWN && name != OTHER));
    let stages = json!({"model": "judge-2"});
    let cascade = of(json!({"kind": "cascade", "first": stages, "then": stages}));
    let own = get(&cascade, OWN)["output"].as_str().unwrap();
    assert!(own.ends_with("(Written by judge-2.)"), "{own}");
}

#[test]
fn of_a_trajectory_the_last_text_of_the_agent_is_changed() {
    let parts = json!([{"type": "text", "text": "It is so."}, {"type": "image", "data": 12345678901234567890_u64}]);
    for (content, place) in [(json!("It is so."), "/content"), (parts, "/content/0/text")] {
        let trajectory = json!([
            {"role": "user", "content": "Hello."}, {"role": "assistant", "content": "A step."},
            {"role": "assistant", "content": content}, {"role": "tool", "content": "Done."}]);
        let found = variants(&json!({"trajectory": trajectory}));
        assert_eq!(found.len(), 7);
        let mut texts = std::collections::BTreeSet::new();
        for (name, mut payload) in found {
            let changed = payload["trajectory"][2].pointer_mut(place).unwrap();
            texts.insert(changed.take().as_str().unwrap().to_owned());
            *changed = json!("It is so.");
            assert_eq!(payload["trajectory"], trajectory, "{name}");
            assert!(payload.get("output").is_none());
        }
        assert_eq!(texts.len(), 7, "{texts:?}");
    }
}

#[test]
fn an_output_that_is_the_answer_of_the_trajectory_is_changed_in_both() {
    let of = |answer| json!({"output": "It is so.", "trajectory": [{"role": "assistant", "content": answer}]});
    let found = variants(&of("It is so.\n"));
    let longer = get(&found, LONGER);
    assert_ne!(longer["output"], "It is so.");
    assert_eq!(longer["trajectory"][0]["content"], longer["output"]);
    // It is a text of its own: a step.
    let found = variants(&of("I shall say so."));
    let longer = get(&found, LONGER);
    assert_ne!(longer["output"], "It is so.");
    assert_eq!(longer["trajectory"][0]["content"], "I shall say so.");
}

#[test]
fn what_the_judge_does_not_see_is_not_what_is_changed() {
    let both = json!({"output": "It is so.", "change": {"patch": "+ so"},
        "trajectory": [{"role": "assistant", "content": "I shall say so."}]});
    let found = by(&both, Some("{{ trajectory }}"), None).unwrap();
    let longer = get(&found, LONGER);
    assert_eq!(longer["output"], "It is so.");
    assert_ne!(longer["trajectory"][0]["content"], "I shall say so.");
    assert!(by(&both, Some("{{ patch }}"), None).is_none());
}

#[test]
fn what_has_no_text_of_its_own_cannot_be_changed() {
    let call = json!({"role": "assistant", "content": null, "tool_calls": []});
    for payload in [
        json!({"trajectory": [{"role": "user", "content": "Hello."}, call]}),
        json!({"change": {"patch": "+ so"}}),
    ] {
        assert!(by(&payload, None, None).is_none(), "{payload}");
    }
}

#[test]
fn code_between_fences_is_no_prose() {
    let text = "See here:\n\n```\nlet a = 1;\n\nlet b = 2;\n```\n\nThat is all.";
    let expected =
        "## Result\n\n**See** here:\n\n```\nlet a = 1;\n\nlet b = 2;\n```\n\n**That** is all.\n";
    assert_eq!(formatted(text), expected);
}
