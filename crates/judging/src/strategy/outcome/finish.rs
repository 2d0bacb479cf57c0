//! What is done to every assessment at its end: nothing in it shows the plan's mark, and no number what rounding left.

use domain::assessment::{Assessment, CriterionScore, CriterionWord, JudgeWord};

use crate::{mark, score};

/// An assessment as it is shown.
///
/// Numbers that were reckoned out are rounded here and nowhere before, so that nothing is decided by a rounded one.
pub(super) fn finished(mut assessment: Assessment, nonce: &str) -> Assessment {
    let unmarked = |text: &mut String| mark::remove_from(text, nonce);
    let tidy = |number: &mut f64| *number = score::tidy(*number);
    assessment.detail.iter_mut().for_each(unmarked);
    assessment.score.iter_mut().for_each(tidy);
    for CriterionScore {
        score,
        normalized,
        rationale,
        evidence,
        ..
    } in &mut assessment.criteria
    {
        score.iter_mut().chain(normalized).for_each(tidy);
        unmarked(rationale);
        evidence
            .iter_mut()
            .for_each(|each| unmarked(&mut each.quote));
    }
    if let Some(preference) = &mut assessment.preference {
        tidy(&mut preference.probability_first);
    }
    if let Some(uncertainty) = &mut assessment.uncertainty {
        let ends = uncertainty.low.iter_mut().chain(&mut uncertainty.high);
        uncertainty.std.iter_mut().chain(ends).for_each(tidy);
    }
    for JudgeWord {
        score,
        rationale,
        criteria,
        moved,
        ..
    } in &mut assessment.judges
    {
        score.iter_mut().for_each(tidy);
        unmarked(rationale);
        for CriterionWord {
            normalized,
            rationale,
            ..
        } in criteria
        {
            normalized.iter_mut().for_each(tidy);
            unmarked(rationale);
        }
        if let Some(moved) = moved {
            tidy(&mut moved.from);
            tidy(&mut moved.to);
        }
    }
    assessment
}
