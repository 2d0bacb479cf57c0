//! The calls of an evaluation have one schema, and replies are read as strictly as if each had its own.

use std::collections::BTreeSet;

use domain::assessment::{Outcome, ReasonCode};
use domain::json::Json;
use domain::plan::{Plan, StrategyPlan};
use domain::submission;
use judging::JudgeCall;
use serde_json::{Value, json};

use crate::fixture::{judge_with, plan, steps_of, text, with};

const TWO: &str = r#"{"criteria": [{"name": "right", "scale": {"type": "boolean"}, "may_not_apply": true},
    {"name": "neat", "scale": {"type": "numeric", "min": 1, "max": 5}}]}"#;

fn planned(strategy: &str, version: &str) -> Plan {
    let asked = format!(r#"{{"output": "x", "strategy": {strategy}}}"#);
    let json = Json::parse(asked.as_bytes()).unwrap();
    let asked = submission::parse(&json).unwrap();
    let plan = with(
        StrategyPlan::resolve(&asked.strategy, 1, "judge-1"),
        plan(TWO),
    );
    assert_eq!(
        judging::prompt_version(&plan.strategy, &asked, &plan.rubric),
        version
    );
    Plan {
        prompt_version: version.to_owned(),
        ..plan
    }
}

const SUBMISSION: &str = r#"{"output": "x"}"#;
const PER_CRITERION: &str = r#"{"kind": "direct", "per_criterion": true}"#;
const DEBATE: &str = r#"{"kind": "debate", "rounds": 1, "agreement": 0}"#;

fn schema(call: &JudgeCall) -> &str {
    call.format.json().unwrap().1.get()
}

fn on(name: &str, score: &Value) -> Value {
    json!({"criteria": {name: {"rationale": "So.", "evidence": [], "score": score}}, "summary": "So."})
}

#[test]
fn each_criterion_is_asked_for_with_the_schema_of_all() {
    let plan = planned(PER_CRITERION, "direct-5");
    let (calls, assessment) = judge_with(&plan, SUBMISSION, |call| {
        let reply = if call.step.0.ends_with('1') {
            on("right", &json!(true))
        } else {
            on("neat", &json!(3))
        };
        text(&reply.to_string())
    });
    assert_eq!(assessment.score, Some(0.75));
    let schemas: BTreeSet<&str> = calls.iter().map(schema).collect();
    assert_eq!(schemas.len(), 1, "{:?}", steps_of(&calls));
    let schema: Value = serde_json::from_str(schemas.first().unwrap()).unwrap();
    let each = schema["properties"]["criteria"]["anyOf"]
        .as_array()
        .unwrap();
    for (object, name) in each.iter().zip(["right", "neat"]) {
        assert_eq!(object["required"], json!([name]));
        assert_eq!(object["additionalProperties"], false);
    }
    // The form in the prompt has the one that is asked for.
    let prompt = |call: &JudgeCall| -> String {
        call.messages
            .iter()
            .map(|message| message.content.as_str())
            .collect()
    };
    assert!(prompt(&calls[0]).contains(r#""right": {"rationale""#));
    assert!(!prompt(&calls[0]).contains(r#""neat": {"rationale""#));
}

#[test]
fn a_reply_on_another_criterion_is_no_answer_and_not_one_that_does_not_apply() {
    let plan = planned(PER_CRITERION, "direct-5");
    let (calls, assessment) = judge_with(&plan, SUBMISSION, |_| {
        text(&on("neat", &json!(3)).to_string())
    });
    assert_eq!(
        (assessment.outcome, assessment.reason),
        (Outcome::Unscorable, Some(ReasonCode::UnreadableReply))
    );
    assert!(steps_of(&calls).contains(&"judge/criterion-1/repair"));
}

#[test]
fn all_turns_of_a_debate_have_one_schema_and_the_moderator_still_has_to_decide() {
    let plan = planned(DEBATE, "debate-4");
    let said = |call: &JudgeCall, consensus: Value| {
        let score = if call.step.0.ends_with("/1") { 1 } else { 5 };
        let reply = json!({"criteria": {
            "right": {"rationale": "So.", "evidence": [], "score": true},
            "neat": {"rationale": "So.", "evidence": [], "score": score}}, "summary": "So.",
            "moved_by": null, "consensus": consensus});
        text(&reply.to_string())
    };
    let (calls, assessment) = judge_with(&plan, SUBMISSION, |call| {
        said(
            call,
            if call.step.0 == "moderator" {
                json!(true)
            } else {
                Value::Null
            },
        )
    });
    assert_eq!(assessment.outcome, Outcome::Scored);
    let schemas: BTreeSet<&str> = calls.iter().map(schema).collect();
    assert_eq!(schemas.len(), 1, "{:?}", steps_of(&calls));
    // Who leaves it open is asked again, as a schema of its own would not have let it.
    let (calls, assessment) = judge_with(&plan, SUBMISSION, |call| said(call, Value::Null));
    assert_eq!(
        steps_of(&calls).last(),
        Some(&"moderator/repair"),
        "{:?}",
        steps_of(&calls)
    );
    assert_eq!(assessment.outcome, Outcome::Unscorable);
}

#[test]
fn plans_of_the_release_before_keep_their_schemas() {
    for (strategy, now, before) in [
        (PER_CRITERION, "direct-5", "direct-4"),
        (DEBATE, "debate-4", "debate-3"),
    ] {
        let plan = Plan {
            prompt_version: before.to_owned(),
            ..planned(strategy, now)
        };
        let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
        let submission = submission::parse(&json).unwrap();
        assert!(judging::writes_prompt(
            before,
            &plan.strategy,
            &submission,
            &plan.rubric
        ));
        let judging::Next::Calls(calls) =
            judging::next(&plan, &submission, &judging::Replies::new())
        else {
            panic!("calls");
        };
        assert!(!schema(&calls[0]).contains("anyOf") && !schema(&calls[0]).contains("consensus"));
    }
}
