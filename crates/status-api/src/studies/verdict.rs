//! What an evaluation came to, for comparing it with another one of the same candidate.

use domain::State;
use domain::assessment::{Assessment, NOT_APPLICABLE, Outcome};
use storage::agreement::{LabelledEvaluation, Rating};
use storage::evaluations::Evaluation;

/// A verdict on a criterion, or on the whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// From 0 to 1; of a comparison the share of votes for the first.
    pub(super) value: f64,
    /// In a word, where there are few: `passed`, a side, a category.
    pub(super) word: Option<String>,
}

/// The assessment of an evaluation that has one which this release can read.
fn assessment(evaluation: &Evaluation) -> Option<Assessment> {
    let body = evaluation.assessment.as_ref()?;
    serde_json::from_str(body.get()).ok()
}

/// The verdict of an evaluation.
///
/// # Errors
/// Why it has none.
pub(super) fn of(
    evaluation: &Evaluation,
    criterion: Option<&str>,
) -> Result<Verdict, &'static str> {
    let assessment = match evaluation.state {
        State::Queued | State::Running => return Err("not_ended"),
        State::Failed => return Err("failed"),
        State::Cancelled => return Err("cancelled"),
        State::Succeeded => assessment(evaluation).ok_or("unscorable")?,
    };
    match assessment.outcome {
        Outcome::Scored => {}
        Outcome::Abstained => return Err("abstained"),
        Outcome::Unscorable => return Err("unscorable"),
    }
    let Some(name) = criterion else {
        if let Some(preference) = assessment.preference {
            return Ok(Verdict {
                value: preference.probability_first,
                word: Some(preference.winner.as_str().to_owned()),
            });
        }
        let word = |passed| if passed { "passed" } else { "failed" };
        return Ok(Verdict {
            value: assessment.score.ok_or("unscorable")?,
            word: assessment.passed.map(|passed| word(passed).to_owned()),
        });
    };
    let mut criteria = assessment.criteria.into_iter();
    let found = criteria.find(|each| each.name == name);
    let found = found.ok_or("not_applicable")?;
    Ok(Verdict {
        value: found.normalized.ok_or("not_applicable")?,
        word: found.label.filter(|label| label != NOT_APPLICABLE),
    })
}

/// An evaluation beside what people say of the labelled one that it stands for.
pub(super) fn labelled(
    evaluation: &Evaluation,
    criterion: Option<&str>,
    of: domain::EvaluationId,
    ratings: Vec<Rating>,
) -> LabelledEvaluation {
    let assessment = assessment(evaluation);
    let found = criterion.zip(assessment.as_ref()).and_then(|(name, it)| {
        let mut criteria = it.criteria.iter();
        criteria.find(|each| each.name == name)
    });
    let whole = assessment.as_ref().filter(|_| criterion.is_none());
    let preference = whole.and_then(|it| it.preference.as_ref());
    LabelledEvaluation {
        id: of,
        rubric: evaluation.rubric.clone(),
        state: evaluation.state,
        outcome: assessment.as_ref().map(|it| it.outcome),
        has_criterion: found.is_some(),
        score: match criterion {
            Some(_) => found.and_then(|it| it.score),
            None => whole.and_then(|it| it.score),
        },
        winner: preference.map(|it| it.winner),
        ratings,
    }
}
