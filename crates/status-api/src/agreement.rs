//! Figures of agreement between judges and people, made of what was read: no I/O here.

mod pairs;
mod values;

use ::agreement::{
    Detection, Interval, Resampling, Share, bootstrap, cohen_kappa, kendall_tau_b,
    krippendorff_alpha, mean, pearson, rogan_gladen, scott_pi, spearman, wilson,
};
use api::{
    Agreement, AgreementCoverage, AgreementSubject, Confusion, ConfusionCase, ConfusionCell,
    Estimate, IntervalMethod, PassAgreement, RaterAgreement,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use storage::agreement::LabelledEvaluations;

use self::pairs::{Compared, Pair, Unused};
pub(crate) use self::values::Values;

/// Figures are of so many of the newest labelled evaluations at most.
pub(crate) const MAX_EVALUATIONS: u32 = 1000;
/// How often is drawn anew for an interval.
const RESAMPLES: usize = 500;
/// So many of a cell's evaluations are named at most.
const MAX_CASES: usize = 20;
/// Of the two values that there are where scores are held against a threshold.
const PASSED: usize = 1;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// As it was asked.
    pub(crate) rubric: String,
    pub(crate) criterion: Option<String>,
    /// The values of scores, of the version that is asked about or the newest.
    pub(crate) values: Values,
    /// Of the same version; only where the whole is asked about.
    pub(crate) threshold: Option<f64>,
    /// How many of all evaluations judges pass, where it is known.
    pub(crate) passed: Option<Share>,
    /// The versions among the evaluations in which the criterion has the same scale.
    pub(crate) alike: Vec<String>,
}

/// The answer.
pub(crate) fn answer(question: Question, found: &LabelledEvaluations) -> Agreement {
    let compared = Compared::of(&question, found);
    let Compared {
        pairs,
        raters,
        unused,
        values,
        subject,
    } = &compared;
    let how = resampling(&question);
    let of_pairs = |figure: &dyn Fn(&[Pair]) -> Option<f64>| estimate(pairs, how, figure);
    let n = pairs.len() as u64;
    let threshold = question
        .threshold
        .filter(|_| *subject == AgreementSubject::Score);
    Agreement {
        compares: *subject,
        n,
        coverage: coverage(found.count, n, unused),
        accuracy: share(pairs, |_| true, |pair| pair.human_value == pair.judge_value),
        kappa: of_pairs(&|pairs| cohen_kappa(&classes(pairs))),
        scott_pi: of_pairs(&|pairs| scott_pi(&classes(pairs))),
        krippendorff_alpha: of_pairs(&|pairs| {
            let units = pairs.iter().map(|pair| {
                let both = [
                    (pair.human, pair.human_value),
                    (pair.judge, pair.judge_value),
                ];
                both.map(|(number, value)| values.rating(number, value))
                    .to_vec()
            });
            krippendorff_alpha(&units.collect::<Vec<_>>(), values.level())
        }),
        pearson: of_pairs(&|pairs| pearson(&numbers(pairs))),
        spearman: of_pairs(&|pairs| spearman(&numbers(pairs))),
        kendall_tau_b: of_pairs(&|pairs| kendall_tau_b(&numbers(pairs))),
        passing: threshold.map(|threshold| {
            let judge_passes = |pair: &Pair| pair.judge_value == PASSED;
            let human_passes = |pair: &Pair| pair.human_value == PASSED;
            PassAgreement {
                threshold,
                precision: share(pairs, judge_passes, human_passes),
                recall: share(pairs, human_passes, judge_passes),
                f1: of_pairs(&|pairs| {
                    let both = |pair: &Pair| (judge_passes(pair), human_passes(pair));
                    Detection::of(pairs.iter().map(both)).f1()
                }),
                pass_rate: question.passed.and_then(in_interval),
                corrected_pass_rate: question.passed.and_then(|passed| corrected(passed, pairs)),
            }
        }),
        between_raters: RaterAgreement {
            n: raters.len() as u64,
            krippendorff_alpha: estimate(raters, how, |units| {
                krippendorff_alpha(units, values.level())
            }),
        },
        confusion: confusion(pairs, values),
        intervals: IntervalMethod {
            method: "bootstrap_percentile_95".to_owned(),
            shares: "wilson_95".to_owned(),
            resamples: RESAMPLES as u64,
            max_evaluations: u64::from(MAX_EVALUATIONS),
        },
        rubric: question.rubric,
        criterion: question.criterion,
    }
}

/// How intervals are drawn for a question.
pub(crate) fn resampling(question: &Question) -> Resampling {
    Resampling {
        resamples: RESAMPLES,
        seed: seed(question),
        level: 0.95,
    }
}

/// How much the share changes on which the judge says what people say, from one version to another, over what both have.
pub(crate) fn accuracy_change(
    before: (&Question, &LabelledEvaluations),
    after: (&Question, &LabelledEvaluations),
) -> Option<Estimate> {
    let is_right = |pair: &Pair| f64::from(u8::from(pair.human_value == pair.judge_value));
    let was: BTreeMap<_, f64> = Compared::of(before.0, before.1)
        .pairs
        .iter()
        .map(|pair| (pair.id, is_right(pair)))
        .collect();
    let is = Compared::of(after.0, after.1).pairs;
    let changes = is
        .iter()
        .filter_map(|pair| Some(is_right(pair) - was.get(&pair.id)?));
    estimate(&changes.collect::<Vec<_>>(), resampling(after.0), mean)
}

/// The same question draws the same samples.
fn seed(question: &Question) -> u64 {
    let mut hash = Sha256::new();
    hash.update(&question.rubric);
    hash.update("\n");
    hash.update(question.criterion.as_deref().unwrap_or_default());
    let bytes = hash.finalize();
    bytes
        .iter()
        .take(8)
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// A figure of a sample with its interval.
pub(crate) fn estimate<T: Clone>(
    sample: &[T],
    how: Resampling,
    figure: impl Fn(&[T]) -> Option<f64>,
) -> Option<Estimate> {
    let value = figure(sample)?;
    let ends = bootstrap(sample, how, figure);
    Some(Estimate {
        value,
        low: ends.map(|Interval { low, .. }| low),
        high: ends.map(|Interval { high, .. }| high),
    })
}

/// The share of some pairs of which something holds, with its interval, which has a width also where all are alike.
fn share(
    pairs: &[Pair],
    is_one: impl Fn(&Pair) -> bool,
    holds: impl Fn(&Pair) -> bool,
) -> Option<Estimate> {
    let ones = || pairs.iter().filter(|pair| is_one(pair));
    in_interval(Share {
        part: ones().filter(|pair| holds(pair)).count(),
        whole: ones().count(),
    })
}

/// A share with its interval.
fn in_interval(share: Share) -> Option<Estimate> {
    let value = crate::figures::share(share.part as u64, share.whole as u64)?;
    let [low, high] = wilson(value, share.whole as f64);
    Some(Estimate {
        value,
        low: Some(low),
        high: Some(high),
    })
}

/// The share of all that people would pass, from what judges pass of all and how often they are right where people said so.
fn corrected(passed: Share, pairs: &[Pair]) -> Option<Estimate> {
    let right = |is_passed: bool| {
        let of_people = pairs
            .iter()
            .filter(|pair| (pair.human_value == PASSED) == is_passed);
        let is_right = |pair: &&Pair| pair.human_value == pair.judge_value;
        Share {
            part: of_people.clone().filter(is_right).count(),
            whole: of_people.count(),
        }
    };
    let corrected = rogan_gladen(passed, right(true), right(false))?;
    Some(Estimate {
        value: corrected.rate,
        low: Some(corrected.interval.low),
        high: Some(corrected.interval.high),
    })
}

fn classes(pairs: &[Pair]) -> Vec<(usize, usize)> {
    let both = |pair: &Pair| (pair.human_value, pair.judge_value);
    pairs.iter().map(both).collect()
}

fn numbers(pairs: &[Pair]) -> Vec<(f64, f64)> {
    pairs.iter().map(|pair| (pair.human, pair.judge)).collect()
}

fn coverage(labelled: u64, n: u64, unused: &BTreeMap<Unused, u64>) -> AgreementCoverage {
    let looked_at = n + unused.values().sum::<u64>();
    let reasons = Unused::ALL.iter().map(|reason| {
        let count = match *reason {
            Unused::Older => labelled.saturating_sub(looked_at),
            reason => unused.get(&reason).copied().unwrap_or_default(),
        };
        (reason.as_str().to_owned(), count)
    });
    AgreementCoverage {
        labelled,
        unused: labelled.saturating_sub(n),
        share: crate::figures::share(n, labelled),
        reasons: reasons.collect(),
    }
}

fn confusion(pairs: &[Pair], values: &Values) -> Confusion {
    let mut cells: BTreeMap<(usize, usize), (u64, Vec<ConfusionCase>)> = BTreeMap::new();
    for pair in pairs {
        let (count, cases) = cells
            .entry((pair.human_value, pair.judge_value))
            .or_default();
        *count += 1;
        if cases.len() < MAX_CASES {
            cases.push(ConfusionCase {
                id: pair.id.0,
                url: format!("/v1/evaluations/{}", pair.id),
            });
        }
    }
    let names = values.names();
    let name = |index: usize| names.get(index).cloned().unwrap_or_default();
    let cells = cells
        .into_iter()
        .map(|((human, judge), (count, cases))| ConfusionCell {
            human: name(human),
            judge: name(judge),
            count,
            cases,
        });
    Confusion {
        cells: cells.collect(),
        values: names,
    }
}

#[cfg(test)]
mod tests;
