//! Two candidates, in both orders.

use domain::assessment::{Assessment, Flag, Outcome};
use domain::plan::{DebatePlan, Plan, SoloPlan, StrategyPlan};
use domain::rubric::Side;
use domain::strategy::{Debater, Ruling, Stance};
use judging::{Answer, JudgeCall};
use proptest::prelude::*;

use crate::fixture::{ONE, RUBRIC, alike, judge_with, plan, steps_of, text, with};

const PAIR: &str = r#"{"input": "Say hello.", "outputs": [{"id": "x", "text": "Hello, world"}, {"id": "y", "text": "Bye"}]}"#;
const REVERSED: &str = r#"{"input": "Say hello.", "outputs": [{"id": "y", "text": "Bye"}, {"id": "x", "text": "Hello, world"}]}"#;

fn direct(solo: SoloPlan) -> Plan {
    with(StrategyPlan::Direct(solo), plan(ONE))
}

/// Which candidate a call shows as A.
fn shown_first(call: &JudgeCall) -> &'static str {
    let material = &call.messages[1].content;
    let (hello, bye) = (material.find("Hello, world"), material.find("\nBye\n"));
    assert!(hello.is_some() && bye.is_some(), "both are shown");
    if hello < bye { "Hello, world" } else { "Bye" }
}

fn better(criteria: &[&str], side: &str) -> Answer {
    let each: Vec<String> = criteria
        .iter()
        .map(|name| format!(r#""{name}": {{"rationale": "It is {side}.", "evidence": ["Hello"], "better": "{side}"}}"#))
        .collect();
    text(&format!(
        r#"{{"criteria": {{{}}}, "summary": "{side}"}}"#,
        each.join(", ")
    ))
}

/// A judge that likes a greeting wherever it stands.
fn fair(call: &JudgeCall) -> Answer {
    better(
        &["merit"],
        if shown_first(call) == "Hello, world" {
            "A"
        } else {
            "B"
        },
    )
}

fn compare(
    plan: &Plan,
    pair: &str,
    answer: impl FnMut(&JudgeCall) -> Answer,
) -> (Vec<JudgeCall>, Assessment) {
    judge_with(plan, pair, answer)
}

#[test]
fn both_orders_are_asked_and_the_winner_is_named_by_its_place_in_the_payload() {
    let (calls, assessment) = compare(&direct(SoloPlan::default()), PAIR, fair);
    assert_eq!(steps_of(&calls), ["judge", "swapped/judge"]);
    assert_eq!(shown_first(&calls[0]), "Hello, world");
    assert_eq!(shown_first(&calls[1]), "Bye");
    let preference = assessment.preference.unwrap();
    assert_eq!(preference.winner, Side::First);
    assert_eq!(preference.probability_first, 1.0);
    assert_eq!(preference.order_dependent, Some(false));
    assert_eq!((assessment.score, assessment.passed), (None, None));
    assert_eq!(assessment.criteria[0].label.as_deref(), Some("first"));
    assert_eq!(
        assessment.criteria[0].evidence[0].pointer.as_deref(),
        Some("/outputs/0/text")
    );
    let orders: Vec<_> = assessment
        .judges
        .iter()
        .map(|word| (word.swapped, word.preference))
        .collect();
    assert_eq!(
        orders,
        [
            (Some(false), Some(Side::First)),
            (Some(true), Some(Side::First))
        ]
    );
}

#[test]
fn an_answer_that_depends_on_the_order_is_a_tie_and_flagged() {
    let (_, assessment) = compare(&direct(SoloPlan::default()), PAIR, |_| {
        better(&["merit"], "A")
    });
    let preference = assessment.preference.unwrap();
    assert_eq!(preference.winner, Side::Tie);
    assert_eq!(
        (preference.probability_first, preference.order_dependent),
        (0.5, Some(true))
    );
    assert!(assessment.flags.contains(&Flag::OrderDependent));
    assert_eq!(assessment.criteria[0].label.as_deref(), Some("tie"));
}

#[test]
fn a_tie_in_one_order_only_depends_on_the_order_too() {
    let (_, assessment) = compare(&direct(SoloPlan::default()), PAIR, |call| {
        better(
            &["merit"],
            if call.step.0.starts_with("swapped") {
                "tie"
            } else {
                "A"
            },
        )
    });
    let preference = assessment.preference.unwrap();
    assert_eq!(
        (preference.winner, preference.probability_first),
        (Side::Tie, 0.75)
    );
}

#[test]
fn one_order_says_nothing_about_dependence() {
    let solo = SoloPlan {
        swap: false,
        ..SoloPlan::default()
    };
    let (calls, assessment) = compare(&direct(solo), PAIR, fair);
    assert_eq!(calls.len(), 1);
    let preference = assessment.preference.unwrap();
    assert_eq!(
        (preference.winner, preference.order_dependent),
        (Side::First, None)
    );
}

#[test]
fn an_order_that_cannot_be_read_leaves_no_answer() {
    let (_, assessment) = compare(&direct(SoloPlan::default()), PAIR, |call| {
        if call.step.0.starts_with("swapped") {
            text("?")
        } else {
            better(&["merit"], "A")
        }
    });
    assert_eq!(
        (assessment.outcome, assessment.preference),
        (Outcome::Unscorable, None)
    );
}

#[test]
fn criteria_are_weighed() {
    // Weights 2, 1 and 1: the first alone is a tie with the other two.
    let plan = with(StrategyPlan::Direct(SoloPlan::default()), plan(RUBRIC));
    let judge = |call: &JudgeCall, last: &str| {
        let (x, y) = if shown_first(call) == "Hello, world" {
            ("A", "B")
        } else {
            ("B", "A")
        };
        let last = match last {
            "x" => x,
            "y" => y,
            other => other,
        };
        text(&format!(
            r#"{{"criteria": {{"zeal": {{"rationale": "r", "better": "{x}"}}, "a safe one": {{"rationale": "r", "better": "{y}"}}, "style": {{"rationale": "r", "better": "{last}"}}}}, "summary": ""}}"#
        ))
    };
    for (last, winner) in [("y", Side::Tie), ("tie", Side::First), ("x", Side::First)] {
        let (_, assessment) = compare(&plan, PAIR, |call| judge(call, last));
        assert_eq!(assessment.preference.unwrap().winner, winner, "{last}");
    }
}

#[test]
fn samples_are_votes() {
    let solo = SoloPlan {
        samples: 3,
        ..SoloPlan::default()
    };
    let (calls, assessment) = compare(&direct(solo), PAIR, |call| {
        // One of six votes goes astray.
        if call.step.0 == "judge/3" {
            better(&["merit"], "B")
        } else {
            fair(call)
        }
    });
    assert_eq!(calls.len(), 6);
    // The other order is another question.
    let (given, swapped) = (Some("judge"), Some("swapped/judge"));
    let expected = [given, given, given, swapped, swapped, swapped];
    assert_eq!(alike(&calls), expected);
    let preference = assessment.preference.unwrap();
    assert_eq!(preference.winner, Side::First);
    assert!((preference.probability_first - 5.0 / 6.0).abs() < 1e-9);
    let uncertainty = assessment.uncertainty.unwrap();
    assert_eq!(
        (uncertainty.samples, uncertainty.method.as_str()),
        (6, "wilson_95")
    );
    assert!(uncertainty.low.unwrap() < 5.0 / 6.0 && 5.0 / 6.0 < uncertainty.high.unwrap());
}

#[test]
fn both_orders_count_the_same_however_many_of_each_can_be_used() {
    let solo = SoloPlan {
        samples: 3,
        ..SoloPlan::default()
    };
    let (_, assessment) = compare(&direct(solo), PAIR, |call| {
        if call.step.0.starts_with("swapped/judge/3") {
            text("?")
        } else {
            better(&["merit"], "A")
        }
    });
    let preference = assessment.preference.unwrap();
    assert_eq!(preference.probability_first, 0.5);
    assert_eq!(assessment.criteria[0].normalized, Some(0.5));
    assert_eq!(assessment.uncertainty.unwrap().method, "spread");
}

fn jury(ruling: Ruling) -> Plan {
    let debate = DebatePlan {
        debaters: ["a", "b", "c"]
            .map(|model| Debater {
                model: model.to_owned(),
                stance: Stance::Neutral,
                weight: 1.0,
            })
            .to_vec(),
        rounds: 0,
        verdict: ruling,
        moderator: "chair".to_owned(),
        agreement: 0.25,
        window: 1,
        swap: true,
    };
    with(StrategyPlan::Debate(debate), plan(ONE))
}

#[test]
fn a_jury_votes_and_the_share_is_told() {
    for ruling in [Ruling::Mean, Ruling::Majority] {
        let (calls, assessment) = compare(&jury(ruling), PAIR, |call| match call.model.as_str() {
            "a" => better(&["merit"], "tie"),
            _ => fair(call),
        });
        assert_eq!(calls.len(), 6);
        let preference = assessment.preference.unwrap();
        assert_eq!(preference.winner, Side::First);
        assert!((preference.probability_first - 5.0 / 6.0).abs() < 1e-9);
    }
}

#[test]
fn a_split_vote_is_no_consensus() {
    let (_, assessment) = compare(&jury(Ruling::Majority), PAIR, |call| {
        let hello = shown_first(call) == "Hello, world";
        better(
            &["merit"],
            match (call.model.as_str(), hello) {
                ("a", true) | ("b", false) => "A",
                ("a", false) | ("b", true) => "B",
                _ => "tie",
            },
        )
    });
    assert_eq!(
        (assessment.outcome, assessment.preference),
        (Outcome::Abstained, None)
    );
}

#[test]
fn a_debate_over_two_candidates_is_held_in_both_orders() {
    let mut plan = jury(Ruling::Consensus);
    if let StrategyPlan::Debate(debate) = &mut plan.strategy {
        debate.rounds = 1;
    }
    let (calls, assessment) = compare(&plan, PAIR, |call| {
        if call.model == "a" && call.step.0.contains("opening") {
            better(&["merit"], "tie")
        } else {
            fair(call)
        }
    });
    assert_eq!(calls.len(), 12);
    assert_eq!(assessment.preference.unwrap().winner, Side::First);
    let moved: Vec<_> = assessment
        .judges
        .iter()
        .filter_map(|word| word.moved.as_ref())
        .collect();
    assert_eq!(
        moved
            .iter()
            .map(|moved| (moved.from, moved.to))
            .collect::<Vec<_>>(),
        [(0.5, 1.0), (0.5, 1.0)]
    );
}

proptest! {
    /// Whatever a judge says about what it is shown: reversing the payload reverses the answer and changes nothing else.
    #[test]
    fn the_answer_is_symmetric(greeting_first in 0..3_usize, greeting_second in 0..3_usize, samples in 1..=3_u32) {
        let sides = ["A", "B", "tie"];
        let answer = |call: &JudgeCall| {
            let place = if shown_first(call) == "Hello, world" { greeting_first } else { greeting_second };
            better(&["merit"], sides[place])
        };
        let solo = SoloPlan { samples, ..SoloPlan::default() };
        let (_, given) = compare(&direct(solo), PAIR, answer);
        let (_, reversed) = compare(&direct(solo), REVERSED, answer);
        let (given, reversed) = (given.preference.unwrap(), reversed.preference.unwrap());
        let mirrored = match given.winner { Side::First => Side::Second, Side::Second => Side::First, Side::Tie => Side::Tie };
        prop_assert_eq!(reversed.winner, mirrored);
        prop_assert!((given.probability_first + reversed.probability_first - 1.0).abs() < 1e-9);
        prop_assert_eq!(given.order_dependent, reversed.order_dependent);
    }
}
