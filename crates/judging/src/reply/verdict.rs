//! What a reply says, whatever its form.

use std::ops::Range;

use domain::rubric::{Scale, Side};

/// A reply that has every criterion on its scale, or on each the better one of two candidates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// In the rubric's order.
    pub(crate) criteria: Vec<CriterionVerdict>,
    /// On the whole; may be empty.
    pub(crate) summary: String,
    /// The texts that give the verdict, where they were taken out of a reply that holds other things as well.
    pub(crate) taken_from: Vec<String>,
    /// The argument that a debater says changed its mind, such as `B1.correctness`.
    pub(crate) moved_by: Option<String>,
    /// Whether a moderator finds that the debate came to a verdict; `None` where it does not say.
    pub(crate) consensus: Option<bool>,
}

impl Verdict {
    /// A verdict without anything but its criteria.
    pub(super) fn of(criteria: Vec<CriterionVerdict>) -> Self {
        Self {
            criteria,
            summary: String::new(),
            taken_from: Vec::new(),
            moved_by: None,
            consensus: None,
        }
    }

    /// Whether two verdicts give the same values, for whatever reasons.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let values = |verdict: &Self| -> Vec<Option<(f64, Option<String>)>> {
            let grades = verdict.criteria.iter().map(|each| each.grade.as_ref());
            grades
                .map(|grade| grade.map(|grade| (grade.score, grade.label.clone())))
                .collect()
        };
        values(self) == values(other) && self.consensus == other.consensus
    }
}

/// What the judge says about one criterion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CriterionVerdict {
    /// Why; empty where a prompt of a rubric's own asks for no reason.
    pub(crate) rationale: String,
    /// What it quotes, to be looked up.
    pub(crate) quotes: Vec<String>,
    /// The value; `None` where it says that the criterion does not apply.
    pub(crate) grade: Option<Grade>,
    /// The index of the trajectory's message at which it failed, where it was asked for and the judge names one.
    pub(crate) failure_step: Option<usize>,
}

impl CriterionVerdict {
    /// The criterion does not apply.
    pub(super) fn not_applicable(rationale: String, quotes: Vec<String>) -> Self {
        Self {
            rationale,
            quotes,
            grade: None,
            failure_step: None,
        }
    }
}

/// A value on its criterion's scale; in a comparison the vote for the candidate that was shown first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grade {
    /// On the scale itself; in a comparison 1 for the first, 0 for the second, 0.5 for neither.
    pub(crate) score: f64,
    /// From 0 to 1.
    pub(crate) normalized: f64,
    /// The word, on a scale of words: a category, `true`, `false`; in a comparison `first`, `second`, `tie`.
    pub(crate) label: Option<String>,
    /// Where the value stands in the reply, in bytes, without quotes; `None` where it does not stand there as one
    /// text.
    pub(crate) at: Option<Range<usize>>,
}

impl Grade {
    /// A number, when it is on the scale.
    pub(super) fn number(scale: &Scale, score: f64) -> Option<Self> {
        Some(Self {
            score,
            normalized: scale.normalize_number(score)?,
            label: None,
            at: None,
        })
    }

    /// A truth.
    pub(super) fn truth(holds: bool) -> Self {
        if holds {
            Self::word("true", 1.0)
        } else {
            Self::word("false", 0.0)
        }
    }

    /// A category, when the scale has it.
    pub(super) fn category(scale: &Scale, word: &str) -> Option<Self> {
        let (category, worth) = scale.category(word)?;
        Some(Self::word(category, worth))
    }

    /// The better candidate, as shown.
    pub(super) fn side(side: Side) -> Self {
        Self::word(side.as_str(), side.vote())
    }

    /// The same value, which stands at a place of the reply.
    pub(super) fn standing(mut self, at: Range<usize>) -> Self {
        self.at = Some(at);
        self
    }

    /// The same value, which stands at a place where there is one.
    pub(super) fn standing_if(mut self, at: Option<Range<usize>>) -> Self {
        self.at = at;
        self
    }

    fn word(label: &str, worth: f64) -> Self {
        Self {
            score: worth,
            normalized: worth,
            label: Some(label.to_owned()),
            at: None,
        }
    }
}
