//! How several marks become one.

use domain::plan::StrategyPlan;

use crate::fixture::{ONE, SUBMISSION, judge_with, plan, scored, text, with};

#[test]
fn categories_of_one_worth_are_not_taken_for_one_another() {
    const BAD: &str = r#"{"criteria": [{"name": "merit",
        "scale": {"type": "categories", "values": {"wrong": 0, "empty": 0, "good": 1}}}]}"#;
    let judged = |rubric: &str, options: &str, words: &[&str]| {
        let models: Vec<String> = (0..words.len()).map(|seat| format!("m{seat}")).collect();
        let asked = serde_json::json!({"output": "x", "strategy": {"kind": "debate", "rounds": 0,
            "verdict": options, "models": models}});
        let asked = asked.to_string();
        let json = domain::json::Json::parse(asked.as_bytes()).unwrap();
        let strategy = domain::submission::parse(&json).unwrap().strategy;
        let plan = with(StrategyPlan::resolve(&strategy, 1, "a"), plan(rubric));
        let (_, assessment) = judge_with(&plan, SUBMISSION, |call| {
            let seat = usize::from(call.step.0.as_bytes()[8] - b'1');
            let criterion = serde_json::json!({"rationale": words[seat], "score": words[seat]});
            text(&serde_json::json!({"criteria": {"merit": criterion}}).to_string())
        });
        assessment
    };
    for verdict in ["majority", "mean", "median"] {
        for words in [["wrong", "empty"], ["empty", "wrong"]] {
            let assessment = judged(BAD, verdict, &words);
            assert_eq!(assessment.score, Some(0.0));
            assert_eq!(assessment.criteria[0].label, None, "{verdict} of {words:?}");
        }
        let most = judged(BAD, verdict, &["wrong", "empty", "empty"]);
        assert_eq!(most.criteria[0].label.as_deref(), Some("empty"));
        assert_eq!(
            most.criteria[0].rationale, "empty",
            "the words are of that label"
        );
    }
    let tied = judged(BAD, "majority", &["wrong", "good", "empty", "good"]);
    assert!(
        tied.detail
            .unwrap()
            .contains("2 for empty or wrong, 2 for good")
    );
}

#[test]
fn numbers_in_words_show_nothing_of_their_rounding() {
    let asked = r#"{"output": "x", "strategy": {"kind": "debate", "rounds": 0, "verdict": "majority", "debaters": [
        {"model": "a", "weight": 0.1}, {"model": "b", "weight": 0.2}, {"model": "c", "weight": 0.3}]}}"#;
    let json = domain::json::Json::parse(asked.as_bytes()).unwrap();
    let strategy = domain::submission::parse(&json).unwrap().strategy;
    let plan = with(StrategyPlan::resolve(&strategy, 1, "a"), plan(ONE));
    let scores = [5, 5, 2];
    let (_, assessment) = judge_with(&plan, SUBMISSION, |call| {
        scored(scores[usize::from(call.step.0.as_bytes()[8] - b'1')])
    });
    let detail = assessment.detail.unwrap();
    assert!(detail.contains("0.3 for 5, 0.3 for 2"), "{detail}");
}
