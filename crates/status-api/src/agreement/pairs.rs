//! What people and judges say of the same evaluation, and why one of them cannot be used.

use std::collections::BTreeMap;

use api::AgreementSubject;
use domain::assessment::Outcome;
use domain::{EvaluationId, State};
use storage::agreement::{LabelledEvaluation, LabelledEvaluations, Rating};

use super::{Question, Values};

/// What both say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) id: EvaluationId,
    /// What people say, together.
    pub(super) human: f64,
    /// What the judges came to.
    pub(super) judge: f64,
    /// Which of the values these are.
    pub(super) human_value: usize,
    pub(super) judge_value: usize,
}

macro_rules! reasons {
    ($($Reason:ident $name:literal)+) => {
        /// Why a labelled evaluation cannot be used; what each means stands in the schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Unused { $($Reason),+ }

        impl Unused {
            pub(super) const ALL: &[Self] = &[$(Self::$Reason),+];

            pub(super) fn as_str(self) -> &'static str {
                match self { $(Self::$Reason => $name),+ }
            }
        }
    };
}

reasons! {
    NotEnded "not_ended"
    Failed "failed"
    Cancelled "cancelled"
    Abstained "abstained"
    Unscorable "unscorable"
    NotApplicable "not_applicable"
    NotAssessed "not_assessed"
    NoteOnly "note_only"
    RatersDisagree "raters_disagree"
    OtherSubject "other_subject"
    OtherScale "other_scale"
    Older "older"
}

/// Everything that can be compared.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) subject: AgreementSubject,
    pub(super) values: Values,
    /// The newest evaluation first.
    pub(super) pairs: Vec<Pair>,
    /// The ratings of each evaluation that has several, whatever its judges came to.
    pub(super) raters: Vec<Vec<f64>>,
    /// How many could not be used; without the older ones.
    pub(super) unused: BTreeMap<Unused, u64>,
}

impl Compared {
    pub(super) fn of(question: &Question, found: &LabelledEvaluations) -> Self {
        let subject = subject(found);
        let values = match subject {
            AgreementSubject::Score => question.values.clone(),
            AgreementSubject::Preference => Values::Sides,
        };
        let mut it = Self {
            subject,
            values,
            pairs: Vec::new(),
            raters: Vec::new(),
            unused: BTreeMap::new(),
        };
        for evaluation in &found.newest {
            match it.pair(question, evaluation) {
                Ok(pair) => it.pairs.push(pair),
                Err(reason) => *it.unused.entry(reason).or_default() += 1,
            }
        }
        it
    }

    fn pair(&mut self, question: &Question, of: &LabelledEvaluation) -> Result<Pair, Unused> {
        if self.subject == AgreementSubject::Score && !question.alike.contains(&of.rubric) {
            return Err(Unused::OtherScale);
        }
        let human = self.human(&of.ratings)?;
        let judge = self.judge(question, of)?;
        Ok(Pair {
            id: of.id,
            human,
            judge,
            human_value: self.values.of(human),
            judge_value: self.values.of(judge),
        })
    }

    /// What people say, together: the most frequent value where there are few, else the mean.
    fn human(&mut self, ratings: &[Rating]) -> Result<f64, Unused> {
        let numbers: Vec<f64> = ratings
            .iter()
            .filter_map(|rating| match self.subject {
                AgreementSubject::Score => rating.score,
                AgreementSubject::Preference => rating.preference.map(|side| side.vote()),
            })
            .collect();
        if numbers.is_empty() {
            let is_note = |rating: &Rating| rating.score.is_none() && rating.preference.is_none();
            return Err(if ratings.iter().all(is_note) {
                Unused::NoteOnly
            } else {
                Unused::OtherSubject
            });
        }
        if numbers.len() > 1 {
            let ratings = numbers.iter();
            let ratings =
                ratings.map(|number| self.values.rating(*number, self.values.of(*number)));
            self.raters.push(ratings.collect());
        }
        if self.values.are_voted_on() {
            self.most_frequent(&numbers).ok_or(Unused::RatersDisagree)
        } else {
            ::agreement::mean(&numbers).ok_or(Unused::NoteOnly)
        }
    }

    fn most_frequent(&self, numbers: &[f64]) -> Option<f64> {
        let mut votes: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
        for number in numbers {
            votes
                .entry(self.values.of(*number))
                .or_insert((0, *number))
                .0 += 1;
        }
        let most = votes.values().map(|(count, _)| *count).max()?;
        let mut first = votes.values().filter(|(count, _)| *count == most);
        match (first.next(), first.next()) {
            (Some((_, number)), None) => Some(*number),
            _ => None,
        }
    }

    fn judge(&self, question: &Question, of: &LabelledEvaluation) -> Result<f64, Unused> {
        match of.state {
            State::Queued | State::Running => return Err(Unused::NotEnded),
            State::Failed => return Err(Unused::Failed),
            State::Cancelled => return Err(Unused::Cancelled),
            State::Succeeded => {}
        }
        match of.outcome {
            None => return Err(Unused::NotAssessed),
            Some(Outcome::Abstained) => return Err(Unused::Abstained),
            Some(Outcome::Unscorable) => return Err(Unused::Unscorable),
            Some(Outcome::Scored) => {}
        }
        let of_whole = question.criterion.is_none();
        let number = match self.subject {
            AgreementSubject::Preference if of_whole => of.winner.map(|side| side.vote()),
            _ => of.score,
        };
        number.ok_or(if of_whole {
            Unused::OtherSubject
        } else if of.has_criterion {
            Unused::NotApplicable
        } else {
            Unused::NotAssessed
        })
    }
}

/// What more evaluations are labelled with.
fn subject(found: &LabelledEvaluations) -> AgreementSubject {
    let count = |has: fn(&Rating) -> bool| {
        let evaluations = found.newest.iter();
        evaluations
            .filter(|each| each.ratings.iter().any(has))
            .count()
    };
    if count(|rating| rating.preference.is_some()) > count(|rating| rating.score.is_some()) {
        AgreementSubject::Preference
    } else {
        AgreementSubject::Score
    }
}
