//! An evaluation as strategies see it.

use std::cell::OnceCell;

use domain::plan::Plan;
use domain::rubric::{Prompt, Rubric, Side};
use domain::submission::Submission;

use crate::call::Message;
use crate::evidence::Index;
use crate::strategy::Replies;

/// Everything that a strategy may look at.
pub(crate) struct EvaluationContext<'c> {
    pub(crate) plan: &'c Plan,
    pub(crate) submission: &'c Submission<'c>,
    pub(crate) replies: &'c Replies,
    /// How many questions may be put at once.
    pub(crate) at_once: usize,
    index: OnceCell<Index<'c>>,
    own_prompts: [OnceCell<Result<Vec<Message>, String>>; 2],
}

impl<'c> EvaluationContext<'c> {
    pub(crate) fn new(
        plan: &'c Plan,
        submission: &'c Submission<'c>,
        replies: &'c Replies,
        at_once: usize,
    ) -> Self {
        Self {
            plan,
            submission,
            replies,
            at_once,
            index: OnceCell::new(),
            own_prompts: [OnceCell::new(), OnceCell::new()],
        }
    }

    pub(crate) fn rubric(&self) -> &'c Rubric {
        &self.plan.rubric
    }

    /// Whether two candidates are compared.
    pub(crate) fn is_comparison(&self) -> bool {
        self.submission.candidate.outputs.is_some()
    }

    /// How many messages the trajectory has, where a criterion asks at which one it failed.
    pub(crate) fn messages(&self) -> Option<usize> {
        let trajectory = self.submission.candidate.trajectory.as_ref()?;
        self.asks_to_locate().then_some(trajectory.0.len())
    }

    /// Whether a criterion asks at which message of a trajectory it failed.
    pub(crate) fn asks_to_locate(&self) -> bool {
        self.rubric().criteria.iter().any(|each| each.locate)
    }

    /// The orders in which the candidate, or the two of them, are shown.
    pub(crate) fn orders(&self, swap: bool) -> &'static [Order] {
        if swap && self.is_comparison() {
            &[Order::Given, Order::Swapped]
        } else {
            &[Order::Given]
        }
    }

    /// The rubric's own prompt, filled in; made once for each order, since every sample has the same.
    ///
    /// # Errors
    /// A sentence: why it cannot be filled in.
    pub(crate) fn custom_prompt(
        &self,
        prompt: &Prompt,
        order: Order,
    ) -> Result<Vec<Message>, String> {
        let [given, swapped] = &self.own_prompts;
        let cell = match order {
            Order::Given => given,
            Order::Swapped => swapped,
        };
        cell.get_or_init(|| crate::prompt::fill_in(self, prompt, order))
            .clone()
    }

    /// The candidate's texts to look quotations up in; made once, since a candidate may be megabytes.
    pub(crate) fn index(&self) -> &Index<'c> {
        self.index.get_or_init(|| Index::of(self))
    }
}

/// The order in which two candidates are shown. A single one has the given order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// As in the payload.
    Given,
    /// The second one first.
    Swapped,
}

impl Order {
    /// A vote for the candidate shown first as a vote for the first of the payload, and back.
    pub(crate) fn vote(self, vote: f64) -> f64 {
        match self {
            Self::Given => vote,
            Self::Swapped => 1.0 - vote,
        }
    }

    /// Two candidates as they are shown, A and B.
    pub(crate) fn in_order<T>(self, [first, second]: &[T; 2]) -> (&T, &T) {
        match self {
            Self::Given => (first, second),
            Self::Swapped => (second, first),
        }
    }

    /// What the names of its steps begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Given => "",
            Self::Swapped => "swapped/",
        }
    }
}

/// The side that a share of the votes for the first candidate stands for. Sums of weights are rounded, so what
/// is within a billionth of the middle is a tie.
pub(crate) fn side(votes_for_first: f64) -> Side {
    const ROUNDING: f64 = 1e-9;
    if votes_for_first > 0.5 + ROUNDING {
        Side::First
    } else if votes_for_first < 0.5 - ROUNDING {
        Side::Second
    } else {
        Side::Tie
    }
}
