//! Every statistic against the figures of a reference implementation: `reference/figures.py` makes them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use agreement::{
    Detection, Game, Lengths, Level, Resampling, Share, Shown, accuracy, bootstrap, bradley_terry,
    cohen_kappa, expected_calibration_error, fleiss_kappa, kendall_tau_b, krippendorff_alpha,
    length_bias, macro_f1, mean, pearson, position_bias, ranks, rogan_gladen, sample_deviation,
    scott_pi, sign_flip_p_value, spearman, wilson,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn figures(part: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../reference/figures.json")).unwrap();
    all[part].clone()
}

fn data<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

#[track_caller]
fn near(found: Option<f64>, expected: &Value, within: f64) {
    let (found, expected) = (found.unwrap(), expected.as_f64().unwrap());
    assert!(
        (found - expected).abs() <= within,
        "{found}, not {expected}"
    );
}

#[test]
fn labels_without_an_order() {
    let figures = figures("nominal");
    let pairs: Vec<(String, String)> = data(&figures["pairs"]);
    near(accuracy(&pairs), &figures["accuracy"], 1e-12);
    near(cohen_kappa(&pairs), &figures["cohen_kappa"], 1e-12);
    near(scott_pi(&pairs), &figures["scott_pi"], 1e-12);
    let subjects: Vec<Vec<String>> = data(&figures["subjects"]);
    near(fleiss_kappa(&subjects), &figures["fleiss_kappa"], 1e-12);
    // Fleiss' kappa of two raters is Scott's pi.
    let two: Vec<Vec<String>> = pairs
        .iter()
        .map(|(a, b)| vec![a.clone(), b.clone()])
        .collect();
    assert!((fleiss_kappa(&two).unwrap() - scott_pi(&pairs).unwrap()).abs() < 1e-12);
}

#[test]
fn alpha_at_each_level_with_ratings_missing() {
    let figures = figures("alpha");
    let units: Vec<Vec<f64>> = data(&figures["units"]);
    for (level, name) in [
        (Level::Nominal, "nominal"),
        (Level::Ordinal, "ordinal"),
        (Level::Interval, "interval"),
    ] {
        near(krippendorff_alpha(&units, level), &figures[name], 1e-12);
    }
}

#[test]
fn correlations_with_ties() {
    let figures = figures("correlation");
    let pairs: Vec<(f64, f64)> = data(&figures["pairs"]);
    near(pearson(&pairs), &figures["pearson"], 1e-12);
    near(spearman(&pairs), &figures["spearman"], 1e-12);
    near(kendall_tau_b(&pairs), &figures["kendall_tau_b"], 1e-12);
    let rights: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    assert_eq!(ranks(&rights), data::<Vec<f64>>(&figures["ranks"]));
}

#[test]
fn detection_at_a_threshold_and_calibration() {
    let figures = figures("detection");
    let scores: Vec<(f64, bool)> = data(&figures["scores"]);
    let counts = Detection::at_threshold(&scores, 0.5);
    near(counts.precision(), &figures["precision"], 1e-12);
    near(counts.recall(), &figures["recall"], 1e-12);
    near(counts.f1(), &figures["f1"], 1e-12);
    let kinds: Vec<(Option<String>, Option<String>)> = data(&figures["kinds"]);
    near(macro_f1(&kinds), &figures["macro_f1"], 1e-12);
    let error = expected_calibration_error(&scores, 10);
    near(error, &figures["calibration_error"], 1e-12);
}

#[test]
fn an_interval_by_resampling() {
    let figures = figures("bootstrap");
    let values: Vec<f64> = data(&figures["values"]);
    let how = Resampling {
        seed: 7,
        ..Resampling::default()
    };
    let interval = bootstrap(&values, how, mean).unwrap();
    // The same draws, and other ones of the same kind.
    for (ends, within) in [("percentiles", 1e-12), ("scipy", 0.03)] {
        near(Some(interval.low), &figures[ends][0], within);
        near(Some(interval.high), &figures[ends][1], within);
    }
    assert_eq!(bootstrap(&values, how, mean), Some(interval));
}

#[test]
fn differences_that_chance_might_have_brought() {
    let figures = figures("randomization");
    for case in figures["exact"].as_array().unwrap() {
        let values: Vec<f64> = data(&case["values"]);
        near(sign_flip_p_value(&values, 0), &case["p"], 1e-12);
    }
    let drawn = &figures["drawn"];
    let values: Vec<f64> = data(&drawn["values"]);
    near(sign_flip_p_value(&values, 0), &drawn["p"], 0.01);
    assert_eq!(sign_flip_p_value(&values, 3), sign_flip_p_value(&values, 3));
    // However alike they are, five may be chance.
    assert!(sign_flip_p_value(&[0.5; 5], 0) > Some(0.05));
    assert!(sign_flip_p_value(&[0.5; 6], 0) < Some(0.05));
    assert_eq!(sign_flip_p_value(&[0.0; 100], 0), Some(1.0));
    assert_eq!(sign_flip_p_value(&[0.5; 100], 0), Some(1e-4));
    assert_eq!(sign_flip_p_value(&[], 0), None);
    assert_eq!(sign_flip_p_value(&[0.5, f64::NAN], 0), None);
}

#[test]
fn figures_do_not_depend_on_the_unit_and_a_rater_may_say_one_value_only() {
    let figures = figures("extremes");
    let pairs: Vec<(f64, f64)> = data(&figures["pairs"]);
    for unit in [1e-200, 1e-9, 1.0, 1e9, 1e200] {
        let pairs: Vec<_> = pairs.iter().map(|(a, b)| (a * unit, b * unit)).collect();
        let units: Vec<_> = pairs.iter().map(|(a, b)| vec![*a, *b]).collect();
        near(pearson(&pairs), &figures["pearson"], 1e-12);
        let alpha = krippendorff_alpha(&units, Level::Interval);
        near(alpha, &figures["interval_alpha"], 1e-12);
    }
    let constant = [vec![1.0, 1.0], vec![2.0, 1.0], vec![3.0, 1.0]];
    for (index, level) in [Level::Nominal, Level::Ordinal, Level::Interval]
        .into_iter()
        .enumerate()
    {
        let alpha = krippendorff_alpha(&constant, level);
        near(alpha, &figures["constant_rater"][index], 1e-12);
    }
    let kappa = cohen_kappa(&[(1, 1), (1, 1), (1, 0)]);
    near(kappa, &figures["kappa_constant_rater"], 1e-12);
    for [part, whole, low, high] in data::<Vec<[f64; 4]>>(&figures["wilson"]) {
        let ends = wilson(part / whole, whole);
        assert!((ends[0] - low).abs() < 1e-6 && (ends[1] - high).abs() < 1e-6);
    }
    assert_eq!(wilson(0.0, 0.0), [0.0, 1.0]);
}

#[test]
fn rates_corrected_for_known_errors() {
    let figures = figures("rates");
    for case in figures["cases"].as_array().unwrap() {
        let share = |name: &str| {
            let [part, whole] = data(&case[name]);
            Share { part, whole }
        };
        let corrected =
            rogan_gladen(share("passed"), share("sensitivity"), share("specificity")).unwrap();
        near(Some(corrected.rate), &case["rate"], 1e-12);
        near(Some(corrected.interval.low), &case["interval"][0], 1e-12);
        near(Some(corrected.interval.high), &case["interval"][1], 1e-12);
    }
    // What the interval promises, in 4000 drawn experiments.
    let coverage = figures["coverage_by_simulation"].as_f64().unwrap();
    assert!((0.94..0.97).contains(&coverage), "{coverage}");
    for [part, whole, low, high] in data::<Vec<[f64; 4]>>(&figures["wilson"]) {
        let ends = wilson(part / whole, whole);
        assert!((ends[0] - low).abs() < 1e-6 && (ends[1] - high).abs() < 1e-6);
    }
}

fn games(fit: &Value) -> Vec<Game> {
    data::<Vec<(usize, usize, String)>>(&fit["games"])
        .into_iter()
        .map(|(left, right, end)| match end.as_str() {
            "won" => Game::Won(left, right),
            "lost" => Game::Won(right, left),
            _ => Game::Tied(left, right),
        })
        .collect()
}

#[test]
fn strengths_with_ties_and_without() {
    for name in ["with_ties", "without"] {
        let fit = &figures("bradley_terry")[name];
        let fitted = bradley_terry(4, &games(fit)).unwrap();
        near(Some(fitted.tie), &fit["tie"], 1e-6);
        for (index, strength) in fitted.strengths.iter().enumerate() {
            near(Some(strength.log_strength), &fit["logs"][index], 1e-6);
            let error = (strength.interval.high - strength.interval.low) / 2.0 / 1.959_964;
            near(Some(error), &fit["errors"][index], 1e-4);
        }
    }
}

#[test]
fn place_and_length() {
    let shown = |vote, swapped| Shown { vote, swapped };
    let bias = position_bias(&[
        // The same candidate both ways.
        shown(1.0, Some(0.0)),
        // Whichever is first, whichever is second.
        shown(1.0, Some(1.0)),
        shown(1.0, Some(1.0)),
        shown(0.0, Some(0.0)),
        shown(0.5, Some(0.5)),
        shown(0.5, None),
    ]);
    assert_eq!((bias.decisive, bias.pairs), (8, 5));
    assert_eq!(bias.first_share, Some(5.0 / 8.0));
    assert_eq!(bias.consistency, Some(2.0 / 5.0));
    assert_eq!(
        (bias.prefers_first, bias.prefers_second),
        (Some(0.4), Some(0.2))
    );
    let interval = bias.first_interval.unwrap();
    assert!(interval.low < 5.0 / 8.0 && interval.high > 5.0 / 8.0);

    let lengths = |first, second, vote| Lengths {
        first,
        second,
        vote,
    };
    let bias = length_bias(&[
        lengths(900.0, 100.0, 1.0),
        lengths(50.0, 700.0, 0.0),
        lengths(300.0, 200.0, 0.0),
        lengths(10.0, 10.0, 1.0),
        lengths(10.0, 90.0, 0.5),
    ]);
    assert_eq!((bias.decisive, bias.longer_share), (3, Some(2.0 / 3.0)));
    assert!(bias.correlation.unwrap() > 0.3);
}

#[test]
fn what_is_undefined_is_none() {
    let same = [("a", "a"), ("a", "a"), ("a", "a")];
    assert_eq!(accuracy(&same), Some(1.0));
    assert_eq!((cohen_kappa(&same), scott_pi(&same)), (None, None));
    assert_eq!(accuracy::<u8>(&[]), None);
    assert_eq!(
        (cohen_kappa(&[(1, 2)]), cohen_kappa::<u8>(&[])),
        (None, None)
    );
    assert_eq!(fleiss_kappa(&[vec![1, 1], vec![1, 1]]), None);
    assert_eq!(fleiss_kappa(&[vec![1, 2], vec![1]]), None);
    assert_eq!(fleiss_kappa(&[vec![1], vec![2]]), None);
    for level in [Level::Nominal, Level::Ordinal, Level::Interval] {
        for units in [
            vec![],
            vec![vec![1.0], vec![2.0]],
            vec![vec![3.0, 3.0], vec![3.0, 3.0]],
            vec![vec![1.0, f64::NAN], vec![1.0, 2.0]],
        ] {
            assert_eq!(krippendorff_alpha(&units, level), None, "{units:?}");
        }
    }
    for pairs in [
        &[][..],
        &[(1.0, 2.0)],
        &[(1.0, 2.0), (1.0, 3.0)],
        &[(1.0, 2.0), (3.0, 2.0)],
        &[(f64::NAN, 2.0), (3.0, 1.0)],
    ] {
        assert_eq!(pearson(pairs), None, "{pairs:?}");
        assert_eq!(spearman(pairs), None, "{pairs:?}");
        assert_eq!(kendall_tau_b(pairs), None, "{pairs:?}");
    }
    // The mean of three tenths is not quite a tenth.
    assert_eq!(pearson(&[(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)]), None);
    assert_eq!(
        (spearman(&[(1.0, 1.0)]), mean(&[]), sample_deviation(&[1.0])),
        (None, None, None)
    );
    let none = Detection::default();
    assert_eq!(
        (none.precision(), none.recall(), none.f1()),
        (None, None, None)
    );
    assert_eq!(none.false_alarm_rate(), None);
    assert_eq!(macro_f1::<u8>(&[(None, None)]), None);
    assert_eq!(expected_calibration_error(&[], 10), None);
    assert_eq!(expected_calibration_error(&[(0.5, true)], 0), None);
    assert_eq!(expected_calibration_error(&[(1.5, true)], 10), None);
    assert_eq!(bootstrap(&[1.0], Resampling::default(), mean), None);
    assert_eq!(
        bootstrap(&[1.0, 2.0], Resampling::default(), |_| None),
        None
    );
    let share = |part, whole| Share { part, whole };
    // No better than chance, and nothing known.
    assert_eq!(rogan_gladen(share(5, 10), share(5, 10), share(5, 10)), None);
    assert_eq!(rogan_gladen(share(5, 10), share(0, 0), share(5, 10)), None);
}

#[test]
fn strengths_that_have_no_end_are_none() {
    let ends = [
        Game::Won(0, 1),
        Game::Won(1, 0),
        Game::Won(0, 2),
        Game::Won(1, 2),
    ];
    assert_eq!(bradley_terry(3, &ends), None, "2 never won");
    assert_eq!(
        bradley_terry(3, &[Game::Tied(0, 1)]),
        None,
        "2 never played"
    );
    assert_eq!(bradley_terry(2, &[Game::Won(0, 0)]), None);
    assert_eq!(bradley_terry(2, &[Game::Won(0, 2)]), None);
    assert_eq!(bradley_terry(1, &[]), None);
    let ties = [Game::Tied(0, 1), Game::Tied(1, 2), Game::Tied(0, 2)];
    assert_eq!(bradley_terry(3, &ties), None, "all are ties");
    let even = bradley_terry(2, &[Game::Won(0, 1), Game::Won(1, 0)]).unwrap();
    assert!(even.strengths[0].log_strength.abs() < 1e-9);
    assert!(even.strengths[0].interval.high > 0.5);
}

mod properties {
    use super::*;

    /// Values that repeat, from a number.
    fn drawn(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(seed >> 61).unwrap())
        }
    }

    #[test]
    fn tau_is_that_of_all_pairs_counted_one_by_one() {
        for seed in 0..200 {
            let mut next = drawn(seed);
            let pairs: Vec<(f64, f64)> = (0..(2 + seed % 17)).map(|_| (next(), next())).collect();
            let (mut both, mut lefts, mut rights) = (0.0, 0.0, 0.0);
            for (index, one) in pairs.iter().enumerate() {
                for other in &pairs[index + 1..] {
                    let (left, right) = (one.0 - other.0, one.1 - other.1);
                    both += if left == 0.0 || right == 0.0 {
                        0.0
                    } else {
                        left.signum() * right.signum()
                    };
                    lefts += f64::from(u8::from(left != 0.0));
                    rights += f64::from(u8::from(right != 0.0));
                }
            }
            let expected = (lefts > 0.0 && rights > 0.0).then(|| both / f64::sqrt(lefts * rights));
            match (kendall_tau_b(&pairs), expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12),
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }
}
