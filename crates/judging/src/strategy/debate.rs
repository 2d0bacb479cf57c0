//! A debate: independent openings side by side, rounds over the anonymised arguments of the others, and a
//! verdict. Without rounds: a jury.
//!
//! After Du et al. 2023 (rounds), Chan et al. 2023 (roles) and Verga et al. 2024 (juries). It stops as soon as
//! the debaters agree, and each sees the last rounds only, so that its cost grows with the rounds and not with
//! their square.

mod ending;

use domain::assessment::{JudgeWord, Moved};
use domain::plan::DebatePlan;
use domain::strategy::{Debater, Ruling};

use super::question::{Question, builtin, custom};
use super::{Progress, RunEnd, Verdict, run_concurrently};
use crate::ask::{CallAnswer, Unusable};
use crate::call::Answer;
use crate::context::{EvaluationContext, Order};
use crate::position::{self, Position, Speaker};
use crate::prompt::{self, Argument, Seat};

/// What debaters read where one says so of a criterion.
const DOES_NOT_APPLY: &str = "it does not apply";

/// The moderator's call.
pub(super) const MODERATOR: &str = "moderator";

pub(super) fn run(case: &EvaluationContext<'_>, plan: &DebatePlan) -> Progress<Vec<RunEnd>> {
    let names = names(plan.debaters.len(), case.plan.seed);
    let orders = case.orders(plan.swap).iter();
    run_concurrently(
        case,
        orders.map(|order| {
            let debate = Debate {
                case,
                plan,
                names: &names,
                order: *order,
            };
            debate.run()
        }),
    )
}

/// The letters by which debaters know each other, drawn by the plan's seed (splitmix64, Steele et al. 2014):
/// a letter says nothing about which model it is.
fn names(count: usize, seed: u64) -> Vec<char> {
    let mut names: Vec<char> = ('A'..='Z').take(count).collect();
    let mut state = seed;
    for last in (1..names.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let chosen = (mixed ^ (mixed >> 31)) % (last as u64 + 1);
        names.swap(last, usize::try_from(chosen).unwrap_or(last));
    }
    names
}

/// One debate, over the candidates in one order.
struct Debate<'d, 'c> {
    case: &'d EvaluationContext<'c>,
    plan: &'d DebatePlan,
    names: &'d [char],
    order: Order,
}

/// A debater's turn that was of use.
struct Turn {
    /// Its place among the debaters.
    seat: usize,
    round: u32,
    position: Position,
    /// The reply as it was given.
    text: String,
    word: JudgeWord,
}

impl Debate<'_, '_> {
    fn run(&self) -> Progress<RunEnd> {
        let seats = 0..self.plan.debaters.len();
        let openings = seats.clone().map(|seat| self.turn(seat, 0, &[]));
        let openings = match run_concurrently(self.case, openings) {
            Progress::Calls(calls) => return Progress::Calls(calls),
            Progress::Ended(openings) => openings,
        };
        let (mut turns, mut unusable) = (Vec::new(), Vec::new());
        for opening in openings {
            match opening {
                Ok(turn) => turns.push(turn),
                Err(none) => unusable.push(none),
            }
        }
        let mut passed_over = unusable.len();
        // One voice is no debate, and a minority no jury.
        if turns.len() < 2 || turns.len() < unusable.len() {
            return Progress::Ended(self.unusable(unusable, turns));
        }
        for round in 1..=self.plan.rounds {
            if self.agreed(&turns) {
                break;
            }
            let present = seats.clone().filter(|seat| has_spoken(&turns, *seat));
            let spoken = match run_concurrently(
                self.case,
                present.map(|seat| self.turn(seat, round, &turns)),
            ) {
                Progress::Calls(calls) => return Progress::Calls(calls),
                Progress::Ended(spoken) => spoken,
            };
            for turn in spoken {
                match turn {
                    Ok(turn) => turns.push(turn),
                    // Its last position stands.
                    Err(_) => passed_over += 1,
                }
            }
        }
        self.end(turns, passed_over)
    }

    fn end(&self, turns: Vec<Turn>, passed_over: usize) -> Progress<RunEnd> {
        let agreed = self.agreed(&turns);
        let is_jury = self.plan.rounds == 0;
        // A jury's ruling was asked for as such; agreement spares it the moderator only.
        let counted = matches!(
            self.plan.verdict,
            Ruling::Mean | Ruling::Median | Ruling::Majority
        );
        let verdict = if agreed && !(is_jury && counted) {
            self.ruled(Ruling::Mean, &turns)
        } else {
            match self.plan.verdict {
                Ruling::Moderator => match self.moderated(&turns) {
                    Progress::Calls(calls) => return Progress::Calls(calls),
                    Progress::Ended((verdict, word)) => {
                        return Progress::Ended(self.ended(
                            verdict,
                            turns,
                            word,
                            passed_over,
                            None,
                        ));
                    }
                },
                Ruling::Consensus => Verdict::NoConsensus(self.apart(&turns)),
                ruling => self.ruled(ruling, &turns),
            }
        };
        let uncertainty = is_jury.then(|| self.uncertainty(&turns, passed_over));
        Progress::Ended(self.ended(verdict, turns, None, passed_over, uncertainty))
    }

    fn ended(
        &self,
        verdict: Verdict,
        turns: Vec<Turn>,
        moderator: Option<JudgeWord>,
        passed_over: usize,
        uncertainty: Option<domain::assessment::Uncertainty>,
    ) -> RunEnd {
        let words = turns.into_iter().map(|turn| turn.word).chain(moderator);
        RunEnd {
            order: self.order,
            verdict,
            words: words.collect(),
            passed_over,
            uncertainty,
        }
    }

    fn unusable(&self, unusable: Vec<Unusable>, turns: Vec<Turn>) -> RunEnd {
        let verdict = match Unusable::all(unusable) {
            Some(all) => Verdict::Unusable(all),
            // A debate has two debaters at least, so some were of no use.
            None => Verdict::NoConsensus("nobody debates".to_owned()),
        };
        self.ended(verdict, turns, None, 0, None)
    }

    /// A debater's turn: its opening, or its answer to what the others said.
    fn turn(&self, seat: usize, round: u32, before: &[Turn]) -> Progress<Result<Turn, Unusable>> {
        let (Some(debater), Some(name)) = (self.plan.debaters.get(seat), self.names.get(seat))
        else {
            return Progress::Calls(Vec::new());
        };
        let (case, rubric) = (self.case, self.case.rubric());
        let place = Seat {
            name: *name,
            stance: debater.stance,
            of: self.plan.debaters.len(),
            is_jury: self.plan.rounds == 0,
        };
        let own_last = last_of(before, seat);
        let part = match round {
            0 => "opening".to_owned(),
            round => format!("round-{round}"),
        };
        let shape = if round == 0 {
            prompt::turn_shape(case)
        } else {
            prompt::round_shape(case)
        };
        let question = Question {
            step: format!("{}{part}/{}", self.order.prefix(), seat + 1),
            model: &debater.model,
            rubric,
            order: self.order,
            shape,
            logprobs: false,
            alike: None,
        };
        let asked = custom(case, &question).unwrap_or_else(|| {
            builtin(case, &question, || match own_last {
                None => prompt::opening(case, rubric, self.order, place),
                Some(last) => {
                    let others = self.arguments(before, round, Some(seat));
                    prompt::round(case, rubric, self.order, place, last.text.clone(), &others)
                }
            })
        });
        let answered = match asked {
            CallAnswer::Call(call) => return Progress::Calls(vec![*call]),
            CallAnswer::Unusable(unusable) => return Progress::Ended(Err(unusable)),
            CallAnswer::Answered(answered) => answered,
        };
        let (reply, moved_by) = (answered.reply, answered.value.moved_by.clone());
        let position = position::of(case, rubric, self.order, answered);
        let speaker = self.speaker(debater, place, round, (&reply.model, &reply.provider));
        let mut word = speaker.opinion(case, &position);
        word.moved = own_last.and_then(|last| {
            let (from, to) = (last.position.overall(case)?, position.overall(case)?);
            let known = |name: &String| {
                let arguments = self.arguments(before, round, Some(seat));
                arguments.iter().any(|argument| argument.name == *name)
            };
            ((from - to).abs() > 1e-9).then(|| Moved {
                from,
                to,
                by: moved_by.filter(known),
            })
        });
        let text = match &reply.answer {
            Answer::Text { text, .. } => text.clone(),
            _ => String::new(),
        };
        Progress::Ended(Ok(Turn {
            seat,
            round,
            position,
            text,
            word,
        }))
    }

    fn speaker<'s>(
        &self,
        debater: &Debater<String>,
        place: Seat,
        round: u32,
        (model, provider): (&'s str, &'s str),
    ) -> Speaker<'s> {
        let is_jury = self.plan.rounds == 0;
        Speaker {
            role: if is_jury { "juror" } else { "debater" },
            name: Some(place.name),
            stance: Some(debater.stance),
            round,
            sample: None,
            order: self.order,
            model,
            provider,
            in_full: true,
        }
    }

    /// What was said in the last rounds before `round`, by all but one.
    fn arguments<'t>(
        &self,
        turns: &'t [Turn],
        round: u32,
        but: Option<usize>,
    ) -> Vec<Argument<'t>> {
        let first = round.saturating_sub(self.plan.window);
        let mut arguments = Vec::new();
        for turn in turns {
            if turn.round < first || Some(turn.seat) == but {
                continue;
            }
            let Some(name) = self.names.get(turn.seat) else {
                continue;
            };
            let criteria = &self.case.rubric().criteria;
            for (criterion, mark) in criteria.iter().zip(&turn.position.marks) {
                arguments.push(Argument {
                    name: format!("{name}{}.{}", turn.round, criterion.name),
                    verdict: self.in_words(mark),
                    rationale: &mark.rationale,
                });
            }
        }
        arguments
    }

    /// A mark as the debaters read it: in a comparison by the letters under which they see the candidates.
    fn in_words(&self, mark: &position::CriterionMark) -> String {
        if self.case.is_comparison() {
            let Some(value) = &mark.value else {
                return DOES_NOT_APPLY.to_owned();
            };
            let shown = crate::context::side(self.order.vote(value.normalized));
            return match shown {
                domain::rubric::Side::First => "A is better".to_owned(),
                domain::rubric::Side::Second => "B is better".to_owned(),
                domain::rubric::Side::Tie => "neither is better".to_owned(),
            };
        }
        match &mark.value {
            None => DOES_NOT_APPLY.to_owned(),
            Some(value) => {
                let verdict = match &value.label {
                    Some(label) => label.clone(),
                    None => format!("score {}", value.score),
                };
                match mark.failure_step {
                    Some(step) => format!("{verdict}, failed at message {step}"),
                    None => verdict,
                }
            }
        }
    }
}

fn last_of(turns: &[Turn], seat: usize) -> Option<&Turn> {
    turns.iter().rev().find(|turn| turn.seat == seat)
}

fn has_spoken(turns: &[Turn], seat: usize) -> bool {
    last_of(turns, seat).is_some()
}
