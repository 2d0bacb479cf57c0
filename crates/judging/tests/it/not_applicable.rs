//! Criteria that a judge may say do not apply.

use domain::assessment::{Assessment, NOT_APPLICABLE, Outcome, ReasonCode};
use domain::fields::Errors;
use domain::json::Json;
use domain::plan::{Plan, SoloPlan, StrategyPlan};
use domain::rubric::Rubric;
use domain::strategy::Strategy;
use domain::submission;
use serde_json::{Value, json};

use crate::fixture::{RUBRIC, SUBMISSION, judge, judge_with, plan, text, with};
use crate::recorded::{reader, reading, records};

/// Two criteria from 1 to 5; `safety`, which counts three times, may not apply.
const FLAGGED: &str = r#"{"pass_threshold": 0.7, "criteria": [
    {"name": "merit"}, {"name": "safety", "weight": 3, "may_not_apply": true}]}"#;
const PAIR: &str =
    r#"{"outputs": [{"id": "one", "text": "first"}, {"id": "two", "text": "second"}]}"#;

fn said(key: &str, merit: Value, safety: Value) -> String {
    let criterion = |value: Value| json!({"rationale": "So it is.", "evidence": [], key: value});
    json!({"criteria": {"merit": criterion(merit), "safety": criterion(safety)}, "summary": "Done."})
        .to_string()
}

#[track_caller]
fn is_left_out(assessment: &Assessment) {
    assert_eq!(assessment.outcome, Outcome::Scored);
    assert_eq!(
        (assessment.score, assessment.passed),
        (Some(0.75), Some(true))
    );
    let [merit, safety] = assessment.criteria.as_slice() else {
        panic!("two criteria")
    };
    assert_eq!((merit.score, merit.normalized), (Some(4.0), Some(0.75)));
    assert_eq!(merit.label, None);
    assert_eq!((safety.score, safety.normalized), (None, None));
    assert_eq!(safety.label.as_deref(), Some(NOT_APPLICABLE));
}

#[test]
fn a_criterion_that_does_not_apply_is_left_out_of_the_score() {
    for word in [
        json!(null),
        json!("N/A"),
        json!("n/a"),
        json!("NA"),
        json!("Not applicable."),
        json!("not_applicable"),
        json!("none"),
        json!(["N/A"]),
        json!({"value": null}),
    ] {
        let (calls, assessment) = judge(
            &plan(FLAGGED),
            SUBMISSION,
            &[text(&said("score", json!(4), word))],
        );
        assert_eq!(calls.len(), 1);
        is_left_out(&assessment);
        assert_eq!(assessment.criteria[1].rationale, "So it is.");
    }
    for criteria in [
        json!({"merit": {"rationale": "Yes.", "score": 4}}),
        json!({"merit": {"rationale": "Yes.", "score": 4}, "safety": null}),
        json!({"merit": {"rationale": "Yes.", "score": 4}, "safety": "N/A"}),
        json!({"merit": {"rationale": "Yes.", "score": 4}, "safety": {"score": null}}),
    ] {
        let reply = json!({"criteria": criteria, "summary": ""}).to_string();
        let (calls, assessment) = judge(&plan(FLAGGED), SUBMISSION, &[text(&reply)]);
        assert_eq!(calls.len(), 1, "{criteria}");
        is_left_out(&assessment);
    }
}

#[test]
fn without_the_flag_the_judge_is_asked_for_that_criterion() {
    let reply = text(&said("score", json!("N/A"), json!(4)));
    let good = text(&said("score", json!(3), json!(4)));
    let (calls, assessment) = judge(&plan(FLAGGED), SUBMISSION, &[reply.clone(), good]);
    assert_eq!(assessment.outcome, Outcome::Scored);
    let words = &calls[1].messages.last().unwrap().content;
    assert!(words.contains("criterion `merit`"), "{words}");
    let (_, assessment) = judge(&plan(FLAGGED), SUBMISSION, &[reply.clone(), reply]);
    assert_eq!(assessment.reason, Some(ReasonCode::UnreadableReply));
}

#[test]
fn what_may_be_forgotten_or_misnamed_is_not_left_out() {
    let merit = json!({"rationale": "Yes.", "score": 4});
    for criteria in [
        // It may be the one that is misnamed.
        json!({"merit": merit, "Safety": {"rationale": "No.", "score": 1}}),
        json!({"merit": merit, "security": {"rationale": "No.", "score": 1}}),
        json!({}),
        // It has a reason and no value.
        json!({"merit": merit, "safety": {"rationale": "Hm."}}),
        json!({"merit": merit, "safety": {"rationale": "Hm.", "score": "unsure"}}),
    ] {
        let reply = text(&json!({"criteria": criteria}).to_string());
        let (_, assessment) = judge(&plan(FLAGGED), SUBMISSION, &[reply.clone(), reply]);
        assert_eq!(assessment.outcome, Outcome::Unscorable, "{criteria}");
    }
}

#[test]
fn where_nothing_applies_there_is_no_score() {
    let only = r#"{"criteria": [{"name": "merit", "may_not_apply": true}, {"name": "safety", "may_not_apply": true}]}"#;
    let (_, assessment) = judge(
        &plan(only),
        SUBMISSION,
        &[text(&said("score", json!(null), json!("N/A")))],
    );
    assert_eq!(assessment.outcome, Outcome::Abstained);
    assert_eq!(assessment.reason, Some(ReasonCode::NotApplicable));
    assert_eq!((assessment.score, assessment.passed), (None, None));
    // Why is still there.
    assert_eq!(assessment.criteria[1].rationale, "So it is.");
    assert_eq!(assessment.judges[0].score, None);
}

#[test]
fn a_category_of_that_name_is_the_category() {
    let rubric = r#"{"criteria": [{"name": "merit"}, {"name": "safety", "may_not_apply": true,
        "scale": {"type": "categories", "values": {"none": 0, "full": 1}}}]}"#;
    let judged = |word: Value| {
        let reply = text(&said("score", json!(5), word));
        judge(&plan(rubric), SUBMISSION, &[reply]).1
    };
    assert_eq!(judged(json!("none")).score, Some(0.5));
    assert_eq!(judged(json!("N/A")).score, Some(1.0));
}

fn solo(samples: u32, per_criterion: bool) -> SoloPlan {
    SoloPlan {
        samples,
        per_criterion,
        ..SoloPlan::default()
    }
}

#[test]
fn it_holds_for_samples_steps_and_single_calls() {
    // Two of three say that it does not apply.
    let mut given = [json!(null), json!(1), json!("N/A")].into_iter();
    let sampled = with(StrategyPlan::Direct(solo(3, false)), plan(FLAGGED));
    let (_, assessment) = judge_with(&sampled, SUBMISSION, |_| {
        text(&said("score", json!(4), given.next().unwrap()))
    });
    is_left_out(&assessment);
    // One of three: the others decide.
    let mut given = [json!(null), json!(1), json!(3)].into_iter();
    let (_, assessment) = judge_with(&sampled, SUBMISSION, |_| {
        text(&said("score", json!(4), given.next().unwrap()))
    });
    assert_eq!(assessment.criteria[1].score, Some(2.0));
    let cot = StrategyPlan::Cot {
        steps: Some(vec!["Look.".to_owned()]),
        solo: solo(1, false),
    };
    let reply = text(&said("score", json!(4), json!(null)));
    let (_, assessment) = judge(&with(cot, plan(FLAGGED)), SUBMISSION, &[reply]);
    is_left_out(&assessment);
    let each = with(StrategyPlan::Direct(solo(1, true)), plan(FLAGGED));
    let (calls, assessment) = judge_with(&each, SUBMISSION, |call| {
        let (name, score) = if call.step.0.ends_with('1') {
            ("merit", json!(4))
        } else {
            ("safety", json!("N/A"))
        };
        let criterion = json!({"rationale": "So.", "score": score});
        text(&json!({"criteria": {name: criterion}}).to_string())
    });
    assert_eq!(calls.len(), 2);
    is_left_out(&assessment);
}

fn debate(options: &str) -> Plan {
    let asked = format!(
        r#"{{"output": "x", "strategy": {{"kind": "debate", "models": ["a", "b", "c"], {options}}}}}"#
    );
    let json = Json::parse(asked.as_bytes()).unwrap();
    let strategy: Strategy = submission::parse(&json).unwrap().strategy;
    with(StrategyPlan::resolve(&strategy, 1, "a"), plan(FLAGGED))
}

#[test]
fn debaters_vote_on_it_and_read_it() {
    let judged = |plan: &Plan, safety: [Value; 3]| {
        judge_with(plan, SUBMISSION, |call| {
            let seat = usize::from(call.step.0.as_bytes().last().unwrap() - b'1');
            text(&said("score", json!(4), safety[seat % 3].clone()))
        })
    };
    let jury = debate(r#""rounds": 0, "verdict": "majority""#);
    let (_, assessment) = judged(&jury, [json!(null), json!(5), json!("N/A")]);
    is_left_out(&assessment);
    assert_eq!(
        assessment.judges[0].criteria[1].label.as_deref(),
        Some(NOT_APPLICABLE)
    );
    let (_, assessment) = judged(&jury, [json!(null), json!(5), json!(1)]);
    assert_eq!(assessment.outcome, Outcome::Abstained);
    let detail = assessment.detail.unwrap();
    assert!(detail.contains("1 for not_applicable"), "{detail}");
    // Who says so and who scores do not agree; the others read it.
    let rounds = debate(r#""rounds": 1, "verdict": "mean""#);
    let (calls, assessment) = judged(&rounds, [json!(null), json!(5), json!(null)]);
    assert_eq!(calls.len(), 6);
    let words = &calls[4].messages.last().unwrap().content;
    assert!(words.contains("it does not apply: So it is."), "{words}");
    is_left_out(&assessment);
}

#[test]
fn a_comparison_counts_the_others_alone() {
    let judged = |safety: [Value; 2]| {
        judge_with(&plan(FLAGGED), PAIR, |call| {
            let swapped = call.step.0.starts_with("swapped/");
            let merit = if swapped { "B" } else { "A" };
            text(&said(
                "better",
                json!(merit),
                safety[usize::from(swapped)].clone(),
            ))
        })
        .1
    };
    let assessment = judged([json!(null), json!("N/A")]);
    assert_eq!(assessment.preference.unwrap().probability_first, 1.0);
    assert_eq!(assessment.criteria[1].score, None);
    assert_eq!(
        assessment.criteria[1].label.as_deref(),
        Some(NOT_APPLICABLE)
    );
    // Half of the orders say so: it applies, and weighs more than the other.
    let assessment = judged([json!("B"), json!(null)]);
    assert_eq!(assessment.criteria[1].score, Some(0.0));
    assert_eq!(assessment.preference.unwrap().order_dependent, Some(true));
    let only = r#"{"criteria": [{"name": "merit", "may_not_apply": true}]}"#;
    let nothing = r#"{"criteria": {"merit": {"rationale": "Empty both.", "better": null}}}"#;
    let (_, assessment) = judge_with(&plan(only), PAIR, |_| text(nothing));
    assert_eq!(assessment.reason, Some(ReasonCode::NotApplicable));
    assert_eq!(assessment.preference, None);
}

#[test]
fn a_prompt_of_ones_own_is_read_alike() {
    let rubric = r#"{"criteria": [{"name": "merit"}, {"name": "safety", "weight": 3, "may_not_apply": true}],
        "pass_threshold": 0.7, "prompt": {"user": "{{ output }}"}}"#;
    for reply in [
        r#"{"merit": 4, "safety": "N/A"}"#,
        r#"{"Merit": {"score": "4"}, "safety": {"reason": "No tools.", "score": null}}"#,
        r#"{"merit": 4, "reasoning": "No tools."}"#,
    ] {
        let read = judge(&plan(rubric), SUBMISSION, &[text(reply)]).1;
        // A criterion without regard to case is not one that something else may be.
        if reply.contains("Merit") {
            assert_eq!(read.score, Some(0.75));
        } else {
            is_left_out(&read);
        }
    }
    for reply in [
        r#"{"merit": 4, "overall": 4}"#,
        r#"{"merit": "N/A", "safety": 4}"#,
    ] {
        let (_, read) = judge(&plan(rubric), SUBMISSION, &[text(reply), text(reply)]);
        assert_eq!(read.outcome, Outcome::Unscorable, "{reply}");
    }
}

fn asked(rubric: &str) -> (String, Value, Rubric) {
    let plan = plan(rubric);
    let good = judge_with(&plan, SUBMISSION, |_| {
        text(&said("score", json!(4), json!(4)))
    });
    let call = &good.0[0];
    let (_, schema) = call.format.json().unwrap();
    let words = format!("{}{}", call.messages[0].content, call.messages[1].content);
    (
        words,
        serde_json::from_str(schema.get()).unwrap(),
        plan.rubric,
    )
}

#[test]
fn the_judge_is_told_and_only_then() {
    let plain = r#"{"criteria": [{"name": "merit"}, {"name": "safety"}]}"#;
    let flagged = r#"{"criteria": [{"name": "merit"}, {"name": "safety", "may_not_apply": true}]}"#;
    let (words, schema, rubric) = asked(flagged);
    let (plain_words, plain_schema, plain_rubric) = asked(plain);
    assert!(words.contains("<number from 1 to 5, or null where it does not apply>"));
    assert!(words.contains("It may not apply"));
    assert!(!plain_words.contains("not apply"));
    let score = |schema: &Value, name: &str| {
        schema["properties"]["criteria"]["properties"][name]["properties"]["score"].clone()
    };
    assert_eq!(
        score(&schema, "safety"),
        json!({"type": ["number", "null"], "minimum": 1, "maximum": 5})
    );
    assert_eq!(score(&schema, "merit"), score(&plain_schema, "safety"));
    let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let versions = |rubric: &Rubric| {
        let strategy = StrategyPlan::Direct(SoloPlan::default());
        (
            judging::prompt_version(&strategy, &submission, rubric),
            judging::steps_prompt_version(&submission, rubric),
        )
    };
    assert_eq!(versions(&rubric), ("direct-4".to_owned(), "steps-2"));
    assert_eq!(versions(&plain_rubric), ("direct-4".to_owned(), "steps-1"));
    let categories = r#"{"criteria": [{"name": "merit"}, {"name": "safety", "may_not_apply": true}, {"name": "c",
        "may_not_apply": true, "scale": {"type": "categories", "values": {"bad": 0, "good": 1}}}]}"#;
    let parsed = domain::rubric::parse(
        &Json::parse(categories.as_bytes()).unwrap(),
        "",
        &mut Errors::default(),
    );
    assert!(parsed.is_some());
    let (_, schema, _) = {
        let plan = plan(categories);
        let (calls, _) = judge_with(&plan, SUBMISSION, |_| {
            let mut reply: Value =
                serde_json::from_str(&said("score", json!(4), json!(4))).unwrap();
            reply["criteria"]["c"] = json!({"rationale": "So.", "score": "good"});
            text(&reply.to_string())
        });
        let (_, schema) = calls[0].format.json().unwrap();
        let schema: Value = serde_json::from_str(schema.get()).unwrap();
        ((), schema, ())
    };
    assert_eq!(
        score(&schema, "c"),
        json!({"type": ["string", "null"], "enum": ["bad", "good", null]})
    );
    // Nothing of it in a rubric that has none.
    assert!(
        !serde_json::to_string(&plan(RUBRIC).rubric)
            .unwrap()
            .contains("may_not_apply")
    );
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn recorded_judges_that_say_so_are_read() {
    let set = "justeval_json_aspects";
    let Some(calls) = records(set, "calls.jsonl.gz") else {
        return;
    };
    let (mut replies, mut strict, mut read, mut left_out) = (0, 0, 0, 0);
    for call in &calls {
        let plain = reader(set, call).unwrap();
        let mut flagged = reader(set, call).unwrap();
        for criterion in &mut flagged.rubric.criteria {
            criterion.may_not_apply = true;
        }
        for reply in call["replies"].as_array().unwrap() {
            let reply = reply.as_str().unwrap();
            replies += 1;
            strict += usize::from(reading(&plain, reply).is_ok());
            let Ok(said) = reading(&flagged, reply) else {
                continue;
            };
            read += 1;
            let declined = said.matches(NOT_APPLICABLE).count();
            assert_eq!(declined, reply.matches("\"N/A\"").count(), "{reply}");
            left_out += usize::from(declined > 0);
        }
    }
    eprintln!(
        "{set}: of {replies} replies {strict} are read without the flag, {read} with it, {left_out} of them without a criterion"
    );
    assert_eq!(strict + left_out, read);
    assert!(read * 1000 >= replies * 995);
}
