//! Figures that were reckoned by hand.

use domain::assessment::Outcome;
use domain::rubric::{Scale, Side};
use domain::{EvaluationId, State};
use serde_json::json;
use storage::agreement::{LabelledEvaluation, Rating};
use uuid::Uuid;

use super::*;

const RUBRIC: &str = "arena@1";

fn score(score: f64) -> Rating {
    Rating {
        score: Some(score),
        preference: None,
    }
}

fn prefers(side: Side) -> Rating {
    Rating {
        score: None,
        preference: Some(side),
    }
}

const NOTE: Rating = Rating {
    score: None,
    preference: None,
};

/// A scored one.
fn judged(judge: f64, ratings: &[Rating]) -> LabelledEvaluation {
    LabelledEvaluation {
        id: EvaluationId(Uuid::nil()),
        rubric: RUBRIC.to_owned(),
        state: State::Succeeded,
        outcome: Some(Outcome::Scored),
        has_criterion: true,
        score: Some(judge),
        winner: None,
        ratings: ratings.to_vec(),
    }
}

fn compared(winner: Side, ratings: &[Rating]) -> LabelledEvaluation {
    LabelledEvaluation {
        score: None,
        winner: Some(winner),
        ..judged(0.0, ratings)
    }
}

fn question(criterion: Option<&Scale>, threshold: Option<f64>) -> Question {
    Question {
        passed: None,
        rubric: RUBRIC.to_owned(),
        criterion: criterion.map(|_| "merit".to_owned()),
        values: criterion.map_or_else(|| Values::of_whole(threshold), Values::of_scale),
        threshold,
        alike: vec![RUBRIC.to_owned()],
    }
}

fn asked(question: Question, newest: Vec<LabelledEvaluation>) -> Agreement {
    let count = newest.len() as u64;
    answer(question, &LabelledEvaluations { newest, count })
}

#[track_caller]
fn is(found: Option<Estimate>, expected: f64) {
    let found = found.expect("a figure");
    assert!((found.value - expected).abs() < 1e-9, "{found:?}");
    if let (Some(low), Some(high)) = (found.low, found.high) {
        assert!(low <= high, "{found:?}");
    }
}

#[test]
fn truths_have_the_figures_that_the_formulas_give() {
    // People: true, true, false, false; judges: true, false, false, false.
    let of = |judge, human| judged(judge, &[score(human)]);
    let newest = vec![of(1.0, 1.0), of(0.25, 1.0), of(0.0, 0.0), of(0.0, 0.0)];
    let truths = question(Some(&Scale::Boolean), None);
    let found = asked(truths, newest);
    assert_eq!((found.n, found.coverage.share), (4, Some(1.0)));
    is(found.accuracy, 0.75);
    // Chance alone: 1/2 · 1/4 + 1/2 · 3/4.
    is(found.kappa, 0.5);
    // 8 ratings, 3 of them true: 1 − 7 · 1 ÷ (3 · 5).
    is(found.krippendorff_alpha, 8.0 / 15.0);
    let cells = serde_json::to_value(&found.confusion.cells).unwrap();
    let counts: Vec<_> = cells
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| json!([cell["human"], cell["judge"], cell["count"]]))
        .collect();
    assert_eq!(
        json!(counts),
        json!([
            ["false", "false", 2],
            ["true", "false", 1],
            ["true", "true", 1]
        ])
    );
    assert!(found.passing.is_none());
}

#[test]
fn the_whole_is_held_against_the_threshold_and_raters_are_put_together_by_their_mean() {
    let newest = vec![
        judged(0.8, &[score(0.6), score(0.9)]),
        judged(0.9, &[score(0.2), score(0.2)]),
        judged(0.1, &[score(0.3)]),
    ];
    let found = asked(question(None, Some(0.7)), newest);
    assert_eq!(found.confusion.values, ["not_passed", "passed"]);
    is(found.accuracy, 2.0 / 3.0);
    let passing = found.passing.unwrap();
    is(passing.precision, 0.5);
    is(passing.recall, 1.0);
    is(passing.f1, 2.0 / 3.0);
    // People 0.75, 0.2, 0.3 and judges 0.8, 0.9, 0.1: one pair of three is in the same order.
    is(found.kendall_tau_b, -1.0 / 3.0);
    // Ranks 3, 1, 2 and 2, 3, 1: 1 − 6 · (1 + 4 + 1) ÷ (3 · 8).
    is(found.spearman, -0.5);
    assert_eq!(found.between_raters.n, 2);
    // Ratings 0.6, 0.9, 0.2, 0.2: squares within units 0.045 · 2, over all 0.3475 · 4; 1 − 3 · 0.09 ÷ 1.39.
    is(found.between_raters.krippendorff_alpha, 1.0 - 0.27 / 1.39);
}

#[test]
fn preferences_are_voted_on() {
    let newest = vec![
        compared(
            Side::First,
            &[
                prefers(Side::First),
                prefers(Side::Tie),
                prefers(Side::First),
            ],
        ),
        compared(Side::Tie, &[prefers(Side::Tie)]),
        compared(Side::Second, &[prefers(Side::First), prefers(Side::Second)]),
        judged(0.5, &[score(0.5)]),
        judged(0.5, &[prefers(Side::First)]),
    ];
    let found = asked(question(None, None), newest);
    assert_eq!(found.compares, AgreementSubject::Preference);
    assert_eq!(found.n, 2);
    is(found.accuracy, 1.0);
    assert_eq!(found.coverage.reasons["raters_disagree"], 1);
    assert_eq!(found.coverage.reasons["other_subject"], 2);
}

#[test]
fn what_cannot_be_used_is_counted_by_its_reason_and_is_never_a_zero() {
    let good = || judged(4.0, &[score(4.0)]);
    let outcome = |outcome| LabelledEvaluation {
        outcome: Some(outcome),
        score: None,
        ..good()
    };
    let state = |state| LabelledEvaluation {
        state,
        outcome: None,
        ..good()
    };
    let newest = vec![
        state(State::Queued),
        state(State::Running),
        state(State::Failed),
        state(State::Cancelled),
        state(State::Succeeded),
        outcome(Outcome::Abstained),
        outcome(Outcome::Unscorable),
        outcome(Outcome::Scored),
        LabelledEvaluation {
            has_criterion: false,
            ..outcome(Outcome::Scored)
        },
        LabelledEvaluation {
            rubric: "arena@2".to_owned(),
            ..good()
        },
        judged(4.0, &[NOTE]),
        good(),
    ];
    let one_to_five = Scale::one_to_five();
    let found = answer(
        question(Some(&one_to_five), None),
        &LabelledEvaluations { newest, count: 20 },
    );
    assert_eq!(found.n, 1);
    let coverage = found.coverage;
    assert_eq!(
        json!(coverage),
        json!({"labelled": 20, "unused": 19, "share": 0.05, "reasons": {
            "not_ended": 2, "failed": 1, "cancelled": 1, "abstained": 1, "unscorable": 1, "not_applicable": 1,
            "not_assessed": 2, "note_only": 1, "raters_disagree": 0, "other_subject": 0, "other_scale": 1, "older": 8}})
    );
    assert_eq!(coverage.reasons.values().sum::<u64>(), coverage.unused);
    // A single pair has a share, of which little is known, and nothing else.
    let accuracy = found.accuracy.unwrap();
    assert_eq!((accuracy.value, accuracy.high), (1.0, Some(1.0)));
    assert!((accuracy.low.unwrap() - 0.206_549).abs() < 1e-6);
    assert!(found.kappa.is_none() && found.spearman.is_none());
}

#[test]
fn without_labels_there_are_no_figures() {
    let found = asked(question(None, Some(0.5)), Vec::new());
    assert_eq!((found.n, found.coverage.share), (0, None));
    assert!(found.accuracy.is_none() && found.krippendorff_alpha.is_none());
    assert!(found.passing.unwrap().precision.is_none());
    assert!(found.confusion.cells.is_empty());
}

#[test]
fn the_same_question_has_the_same_interval_and_a_cell_names_the_newest_cases() {
    let newest: Vec<_> = (0..60)
        .map(|each| {
            judged(
                f64::from(each % 7) / 7.0,
                &[score(f64::from(each % 5) / 5.0)],
            )
        })
        .collect();
    let found = asked(question(None, Some(0.99)), newest.clone());
    assert_eq!(found, asked(question(None, Some(0.99)), newest));
    let spearman = found.spearman.unwrap();
    assert!(spearman.low.unwrap() < spearman.value && spearman.value < spearman.high.unwrap());
    let cell = &found.confusion.cells[0];
    assert_eq!((cell.count, cell.cases.len()), (60, MAX_CASES));
}

#[test]
fn numbers_are_the_nearest_value_of_their_scale() {
    let numeric = |min, max| {
        Values::of_scale(&Scale::Numeric {
            min,
            max,
            anchors: BTreeMap::new(),
        })
    };
    let name = |values: &Values, number: f64| values.names()[values.of(number)].clone();
    assert_eq!(numeric(1.0, 5.0).names(), ["1", "2", "3", "4", "5"]);
    assert_eq!(name(&numeric(1.0, 5.0), 3.5), "4");
    assert_eq!(name(&numeric(0.0, 100.0), 60.0), "60 to 80");
    assert_eq!(name(&numeric(0.0, 100.0), 100.0), "80 to 100");
    assert_eq!(name(&Values::of_whole(None), 0.6), "0.6 to 0.8");
    assert_eq!(
        name(&Values::of_whole(Some(0.7)), 0.1 + 0.2 + 0.4),
        "passed"
    );
    let values = [("poor", 0.0), ("fair", 0.5), ("fine", 0.5), ("good", 1.0)];
    let values = values.map(|(word, worth)| (word.to_owned(), worth));
    let categories = Values::of_scale(&Scale::Categories {
        values: values.into(),
    });
    assert_eq!(categories.names(), ["poor", "fair or fine", "good"]);
    assert_eq!(name(&categories, 0.7), "fair or fine");
    assert_eq!(name(&categories, 0.75), "good");
    assert_eq!(name(&Values::Sides, 0.4), "second");
}
