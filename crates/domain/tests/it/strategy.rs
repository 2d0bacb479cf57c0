//! How a candidate may be asked to be judged, and what is said about the rest.

use std::collections::BTreeMap;

use domain::json::Json;
use domain::plan::{DebatePlan, Plan, StrategyPlan};
use domain::rubric::{Rubric, builtin, parse_reference};
use domain::strategy::{Debate, Options, Ruling, Stance, Strategy};
use domain::submission::{self, Shape};

use crate::submission::check;

pub(crate) fn strategy(text: &str) -> Strategy {
    let request = format!(r#"{{"output":"x","strategy":{text}}}"#);
    let json = Json::parse(request.as_bytes()).unwrap();
    submission::parse(&json).unwrap().strategy
}

#[track_caller]
pub(crate) fn refused(strategy: &str, expected: &[(&str, &str)]) {
    check(
        &format!(r#"{{"output":"x","strategy":{strategy}}}"#),
        expected,
    );
}

#[test]
fn a_name_is_the_strategy_with_its_defaults() {
    assert_eq!(strategy("\"direct\""), Strategy::Direct(Options::default()));
    assert_eq!(strategy("\"cot\""), Strategy::Cot(Options::default()));
    assert_eq!(strategy("\"debate\""), Strategy::Debate(Debate::default()));
    assert_eq!(strategy(r#"{"kind":"debate"}"#), strategy("\"debate\""));
    assert_eq!(strategy("\"cascade\""), Strategy::Cascade(Box::default()));
    assert_eq!(strategy(r#"{"kind":"cascade"}"#), strategy("\"cascade\""));
}

#[test]
fn options_are_read() {
    let options = Options {
        per_criterion: true,
        logprobs: true,
        swap: true,
    };
    assert_eq!(
        strategy(r#"{"kind":"cot","per_criterion":true,"logprobs":true}"#),
        Strategy::Cot(options)
    );
    let Strategy::Debate(debate) = strategy(
        r#"{"kind":"debate","debaters":[{"model":"a","stance":"critic","weight":2},{}],"rounds":0,"verdict":"median","agreement":0.1,"window":3}"#,
    ) else {
        panic!("a debate");
    };
    assert_eq!(debate.debaters[0].model.as_deref(), Some("a"));
    assert_eq!(
        (debate.debaters[0].stance, debate.debaters[1].stance),
        (Stance::Critic, Stance::Neutral)
    );
    assert_eq!(
        (debate.rounds, debate.verdict, debate.window),
        (0, Some(Ruling::Median), 3)
    );
}

#[test]
fn every_mistake_has_its_place() {
    refused(
        "7",
        &[("/strategy", "expected a name or an object with `kind`")],
    );
    refused(
        "\"vote\"",
        &[("/strategy", "`direct`, `cot`, `debate` or `cascade`")],
    );
    refused("{}", &[("/strategy/kind", "is required")]);
    refused(
        r#"{"kind":"jury"}"#,
        &[("/strategy/kind", "`direct`, `cot`, `debate` or `cascade`")],
    );
    refused(
        r#"{"kind":"direct","rounds":1}"#,
        &[(
            "/strategy/rounds",
            "unknown field; known here: kind, per_criterion, logprobs, swap",
        )],
    );
    refused(
        r#"{"kind":"direct","logprobs":"yes"}"#,
        &[(
            "/strategy/logprobs",
            "expected true or false, found a string",
        )],
    );
    refused(
        r#"{"kind":"direct","swap":false}"#,
        &[("/strategy/swap", "needs `outputs`")],
    );
    refused(
        r#"{"kind":"debate","models":["a"]}"#,
        &[("/strategy/models", "must hold 2 to 8 debaters, holds 1")],
    );
    refused(
        r#"{"kind":"debate","models":["a",1]}"#,
        &[("/strategy/models/1", "expected a string")],
    );
    refused(
        r#"{"kind":"debate","models":["a",""]}"#,
        &[("/strategy/models/1", "must not be empty")],
    );
    refused(
        r#"{"kind":"debate","models":["a","b"],"debaters":[{},{}]}"#,
        &[("/strategy/models", "exclusive with `debaters`")],
    );
    refused(
        r#"{"kind":"debate","debaters":[{"stance":"neither"},{"weight":0}]}"#,
        &[
            (
                "/strategy/debaters/0/stance",
                "`neutral`, `advocate`, `critic`",
            ),
            ("/strategy/debaters/1/weight", "more than 0"),
        ],
    );
    refused(
        r#"{"kind":"debate","rounds":6}"#,
        &[("/strategy/rounds", "between 0 and 5")],
    );
    refused(
        r#"{"kind":"debate","verdict":"lottery"}"#,
        &[(
            "/strategy/verdict",
            "`moderator`, `mean`, `median`, `majority`, `consensus`",
        )],
    );
    refused(
        r#"{"kind":"debate","rounds":0,"moderator":"m"}"#,
        &[("/strategy/moderator", "has no moderator")],
    );
    check(
        r#"{"output":"x","strategy":"debate","samples":2}"#,
        &[("/samples", "a debate is not sampled")],
    );
    check(
        r#"{"output":"x","samples":33}"#,
        &[("/samples", "between 1 and 32")],
    );
}

#[test]
fn a_comparison_has_two_candidates_and_nothing_else() {
    let two = r#"[{"id":"a","text":"1"},{"id":"b","text":"2"}]"#;
    check(&format!(r#"{{"outputs":{two}}}"#), &[]);
    check(
        &format!(r#"{{"outputs":{two},"strategy":{{"kind":"cot","swap":false}}}}"#),
        &[],
    );
    check(
        &format!(r#"{{"outputs":{two},"output":"x","change":{{"patch":"p"}}}}"#),
        &[
            ("/outputs", "exclusive with `output`"),
            ("/outputs", "exclusive with `change`"),
        ],
    );
    check(
        r#"{"outputs":"x"}"#,
        &[("/outputs", "expected an array of two candidates")],
    );
    check(
        r#"{"outputs":[{"id":"a","text":"1"}]}"#,
        &[("/outputs", "exactly two candidates, holds 1")],
    );
    check(
        r#"{"outputs":[{"id":"a","text":"1"},{"id":"a","text":"2"}]}"#,
        &[("/outputs/1/id", "`a` is the first one's")],
    );
    check(
        r#"{"outputs":[{"id":"a","text":"1","score":5},{"id":""}]}"#,
        &[
            ("/outputs/0/score", "unknown field"),
            ("/outputs/1/text", "is required"),
            ("/outputs/1/id", "must not be empty"),
        ],
    );
}

#[test]
fn what_a_debate_does_not_name_is_filled_in() {
    let resolved = |text: &str| match StrategyPlan::resolve(&strategy(text), 1, "judge") {
        StrategyPlan::Debate(plan) => plan,
        other => panic!("{other:?}"),
    };
    let names = |plan: &DebatePlan| {
        let each = plan
            .debaters
            .iter()
            .map(|debater| (debater.model.clone(), debater.stance));
        each.collect::<Vec<_>>()
    };
    let usual = resolved("\"debate\"");
    let judge = || "judge".to_owned();
    assert_eq!(
        names(&usual),
        [(judge(), Stance::Advocate), (judge(), Stance::Critic)]
    );
    assert_eq!(
        (usual.rounds, usual.verdict, usual.moderator.as_str()),
        (2, Ruling::Moderator, "judge")
    );
    let jury = resolved(r#"{"kind":"debate","models":["a","b"],"rounds":0}"#);
    assert_eq!(
        names(&jury),
        [
            ("a".to_owned(), Stance::Neutral),
            ("b".to_owned(), Stance::Neutral)
        ]
    );
    assert_eq!(jury.verdict, Ruling::Mean);
}

#[test]
fn a_plan_of_the_first_release_is_one_sample() {
    let plan: StrategyPlan = serde_json::from_str(r#"{"kind":"direct"}"#).unwrap();
    let StrategyPlan::Direct(solo) = plan else {
        panic!("{plan:?}");
    };
    assert_eq!(
        (solo.samples, solo.per_criterion, solo.logprobs, solo.swap),
        (1, false, false, false)
    );
}

#[test]
fn every_plan_reads_what_it_writes() {
    for text in [
        "\"direct\"",
        "\"cot\"",
        "\"debate\"",
        r#"{"kind":"debate","models":["a","b"],"rounds":0}"#,
        "\"cascade\"",
        r#"{"kind":"cascade","first":{"kind":"cot","model":"small","samples":2},"then":"debate","when":{"margin":0}}"#,
    ] {
        let plan = StrategyPlan::resolve(&strategy(text), 3, "judge");
        let written = serde_json::to_string(&plan).unwrap();
        assert_eq!(
            serde_json::from_str::<StrategyPlan>(&written).unwrap(),
            plan,
            "{written}"
        );
    }
}

fn misfits(request: &str, rubric: &Rubric) -> Vec<String> {
    let json = Json::parse(request.as_bytes()).unwrap();
    let shape = Shape::of(&submission::parse(&json).unwrap());
    let places = shape
        .incompatibilities(rubric)
        .into_iter()
        .map(|error| error.pointer);
    places.collect()
}

#[test]
fn one_request_does_not_make_thousands_of_calls() {
    let rubric = &builtin::find(&parse_reference("general-quality").unwrap())
        .unwrap()
        .rubric;
    assert!(rubric.criteria.len() >= 3);
    let request = |samples: u32| {
        format!(
            r#"{{"outputs":[{{"id":"a","text":""}},{{"id":"b","text":""}}],"samples":{samples},"strategy":{{"kind":"direct","per_criterion":true}}}}"#
        )
    };
    assert_eq!(misfits(&request(8), rubric), Vec::<String>::new());
    let mut wide = rubric.clone();
    while wide.criteria.len() < 50 {
        wide.criteria.extend(rubric.criteria.clone());
    }
    assert_eq!(misfits(&request(8), &wide), ["/samples"]);
    let cascade = r#"{"output":"x","strategy":{"kind":"cascade",
        "first":{"kind":"direct","per_criterion":true,"samples":8}}}"#;
    assert_eq!(misfits(cascade, &wide), ["/strategy/first/samples"]);
}

#[test]
fn a_plan_has_the_oldest_format_that_can_say_it() {
    let rubric = |flag: &str| {
        let text = format!(r#"{{"criteria": [{{"name": "a"{flag}}}]}}"#);
        let json = Json::parse(text.as_bytes()).unwrap();
        domain::rubric::parse(&json, "", &mut domain::fields::Errors::default()).unwrap()
    };
    let routes = BTreeMap::from([("m".to_owned(), Vec::new())]);
    let (plain, flagged) = (rubric(""), rubric(r#", "may_not_apply": true"#));
    let resolved = |text: &str| StrategyPlan::resolve(&strategy(text), 1, "judge");
    let (direct, cascade) = (resolved("\"direct\""), resolved("\"cascade\""));
    assert_eq!(Plan::version_for(&direct, &plain, &BTreeMap::new()), 2);
    assert_eq!(Plan::version_for(&direct, &plain, &routes), 3);
    assert_eq!(Plan::version_for(&direct, &flagged, &BTreeMap::new()), 4);
    let located = rubric(r#", "may_not_apply": true, "locate": true"#);
    assert_eq!(Plan::version_for(&direct, &located, &routes), 5);
    assert_eq!(Plan::version_for(&cascade, &plain, &routes), Plan::VERSION);
}
