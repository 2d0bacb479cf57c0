//! How a debate ends: who rules, on which arguments, and how far the debaters are apart.

use domain::assessment::JudgeWord;
use domain::strategy::Ruling;

use super::{Debate, MODERATOR, Turn, last_of};
use crate::ask::CallAnswer;
use crate::interval;
use crate::position::{self, Speaker};
use crate::prompt::{self, Argument};
use crate::strategy::question::{Question, builtin};
use crate::strategy::{Progress, Verdict, ruling};

impl Debate<'_, '_> {
    pub(super) fn moderated(&self, turns: &[Turn]) -> Progress<(Verdict, Option<JudgeWord>)> {
        let (case, rubric) = (self.case, self.case.rubric());
        let question = Question {
            step: format!("{}{MODERATOR}", self.order.prefix()),
            model: &self.plan.moderator,
            rubric,
            order: self.order,
            shape: prompt::moderator_shape(case),
            logprobs: false,
            alike: None,
        };
        let last: Vec<_> = self.arguments_at_the_end(turns);
        let asked = builtin(case, &question, || {
            prompt::moderator(case, rubric, self.order, &last)
        });
        let answered = match asked {
            CallAnswer::Call(call) => return Progress::Calls(vec![*call]),
            CallAnswer::Unusable(unusable) => {
                return Progress::Ended((Verdict::Unusable(unusable), None));
            }
            CallAnswer::Answered(answered) => answered,
        };
        let (reply, consensus) = (answered.reply, answered.value.consensus);
        let position = position::of(case, rubric, self.order, answered);
        let speaker = Speaker {
            role: "moderator",
            name: None,
            stance: None,
            round: self.plan.rounds,
            sample: None,
            order: self.order,
            model: &reply.model,
            provider: &reply.provider,
            in_full: true,
        };
        let mut word = speaker.opinion(case, &position);
        if consensus == Some(false) {
            (word.score, word.preference) = (None, None);
            let detail = format!("the moderator sees no consensus: {}", self.apart(turns));
            return Progress::Ended((Verdict::NoConsensus(detail), Some(word)));
        }
        Progress::Ended((Verdict::of(case, position), Some(word)))
    }

    /// The last turn of each.
    pub(super) fn arguments_at_the_end<'t>(&self, turns: &'t [Turn]) -> Vec<Argument<'t>> {
        let mut arguments = Vec::new();
        for seat in 0..self.plan.debaters.len() {
            if let Some(last) = last_of(turns, seat) {
                arguments.extend(self.arguments(std::slice::from_ref(last), last.round, None));
            }
        }
        arguments
    }

    /// The last position of each, with its weight.
    pub(super) fn positions<'t>(&self, turns: &'t [Turn]) -> Vec<ruling::Weighted<'t>> {
        let debaters = self.plan.debaters.iter().enumerate();
        debaters
            .filter_map(|(seat, debater)| Some((&last_of(turns, seat)?.position, debater.weight)))
            .collect()
    }

    pub(super) fn agreed(&self, turns: &[Turn]) -> bool {
        ruling::agree(&self.positions(turns), self.plan.agreement)
    }

    pub(super) fn ruled(&self, by: Ruling, turns: &[Turn]) -> Verdict {
        let positions = self.positions(turns);
        let votes = if self.case.is_comparison() {
            ruling::vote(self.case, by, &positions)
        } else {
            Ok(None)
        };
        match (ruling::rule(self.case, by, &positions), votes) {
            (Ok(position), Ok(vote)) => Verdict::Position { position, vote },
            (Err(tied), _) | (_, Err(tied)) => Verdict::NoConsensus(tied),
        }
    }

    /// How far apart the debaters are, in a sentence.
    pub(super) fn apart(&self, turns: &[Turn]) -> String {
        let positions = self.positions(turns);
        let said: Vec<String> = positions
            .iter()
            .map(|(position, _)| match position.overall(self.case) {
                Some(overall) => format!("{overall:.2}"),
                None => "none".to_owned(),
            })
            .collect();
        let what = if self.case.is_comparison() {
            "votes for the first candidate"
        } else {
            "overall scores"
        };
        format!(
            "the {what} of the {} judges are {}",
            positions.len(),
            said.join(", ")
        )
    }

    pub(super) fn uncertainty(
        &self,
        turns: &[Turn],
        passed_over: usize,
    ) -> domain::assessment::Uncertainty {
        let positions = self.positions(turns);
        let values: Vec<f64> = positions
            .iter()
            .filter_map(|(position, _)| position.overall(self.case))
            .collect();
        let passed_over = passed_over + positions.len() - values.len();
        let same_weight = positions
            .windows(2)
            .all(|pair| matches!(pair, [left, right] if (left.1 - right.1).abs() < 1e-9));
        if self.case.is_comparison() && same_weight {
            interval::of_votes(&values, passed_over)
        } else if self.plan.verdict == Ruling::Mean && same_weight {
            interval::of_scores(&values, passed_over)
        } else {
            interval::of_spread(&values, passed_over)
        }
    }
}
