//! Direct scoring and chain of thought: one judge, asked once or several times.

use domain::plan::{Plan, SoloPlan, StrategyPlan};
use domain::rubric::Rubric;

use super::question::{Question, builtin, custom};
use super::{Progress, Replies, RunEnd, Verdict, run_concurrently};
use crate::ask::{CallAnswer, Unusable, ask};
use crate::call::{JudgeCall, ReplyFormat, StepKey};
use crate::context::{EvaluationContext, Order};
use crate::position::{self, Position, Speaker};
use crate::prompt::{self, schema};
use crate::reply;

/// The call that makes evaluation steps.
pub(super) const STEPS: &str = "steps";

pub(super) fn direct(case: &EvaluationContext<'_>, solo: SoloPlan) -> Progress<Vec<RunEnd>> {
    runs(case, solo, None)
}

pub(super) fn cot(
    case: &EvaluationContext<'_>,
    planned: Option<&[String]>,
    solo: SoloPlan,
) -> Progress<Vec<RunEnd>> {
    if let Some(steps) = planned {
        return runs(case, solo, Some(steps));
    }
    match ask_for_steps(case.plan, case.is_comparison(), case.replies) {
        CallAnswer::Call(call) => Progress::Calls(vec![*call]),
        CallAnswer::Answered(answered) => runs(case, solo, Some(&answered.value)),
        CallAnswer::Unusable(unusable) => Progress::Ended(vec![RunEnd {
            order: Order::Given,
            verdict: Verdict::Unusable(unusable),
            words: Vec::new(),
            passed_over: 0,
            uncertainty: None,
        }]),
    }
}

pub(super) fn made_steps(plan: &Plan, replies: &Replies) -> Option<Vec<String>> {
    let StrategyPlan::Cot { steps: None, .. } = &plan.strategy else {
        return None;
    };
    match ask_for_steps(plan, false, replies) {
        CallAnswer::Answered(answered) => Some(answered.value),
        CallAnswer::Call(_) | CallAnswer::Unusable(_) => None,
    }
}

fn ask_for_steps<'r>(
    plan: &Plan,
    comparison: bool,
    replies: &'r Replies,
) -> CallAnswer<'r, Vec<String>> {
    let call = |step| JudgeCall {
        step,
        model: plan.model.clone(),
        messages: prompt::steps(&plan.rubric, comparison),
        format: ReplyFormat::Json {
            name: "steps",
            schema: schema::steps(),
        },
        temperature: plan.temperature,
        logprobs: false,
        alike: None,
        leads: false,
    };
    ask(replies, STEPS, call, |text, _| {
        reply::steps(plan.reader, text)
    })
}

/// One run for each order and sample.
fn runs(
    case: &EvaluationContext<'_>,
    solo: SoloPlan,
    steps: Option<&[String]>,
) -> Progress<Vec<RunEnd>> {
    let runs = case.orders(solo.swap).iter().flat_map(|order| {
        (1..=solo.samples).map(|sample| Run {
            order: *order,
            sample,
            of: solo.samples,
        })
    });
    run_concurrently(case, runs.map(|run| one(case, solo, steps, run)))
}

#[derive(Clone, Copy)]
struct Run {
    order: Order,
    sample: u32,
    of: u32,
}

impl Run {
    /// The first sample of the same order.
    fn first(self) -> Self {
        Self { sample: 1, ..self }
    }

    /// `judge`, `judge/2`, `swapped/judge`: plans of version 1 know the first one.
    fn step(self) -> String {
        let prefix = self.order.prefix();
        match self.sample {
            1 => format!("{prefix}judge"),
            sample => format!("{prefix}judge/{sample}"),
        }
    }
}

fn one(
    case: &EvaluationContext<'_>,
    solo: SoloPlan,
    steps: Option<&[String]>,
    run: Run,
) -> Progress<RunEnd> {
    let rubric = case.rubric();
    // What stands behind the name of a run, and what is asked for.
    let parts: Vec<(String, Rubric)> = if solo.per_criterion && rubric.criteria.len() > 1 {
        let part = |(index, criterion): (usize, &domain::rubric::Criterion)| {
            let part = Rubric {
                criteria: vec![criterion.clone()],
                ..rubric.clone()
            };
            (format!("/criterion-{}", index + 1), part)
        };
        rubric.criteria.iter().enumerate().map(part).collect()
    } else {
        vec![(String::new(), rubric.clone())]
    };
    let asked = parts.iter().map(|(suffix, part)| {
        let shape = schema::Shape {
            whole: solo.logprobs,
            reasoning: steps.is_some(),
            ..schema::Shape::of(case)
        };
        let question = Question {
            step: format!("{}{suffix}", run.step()),
            model: &case.plan.model,
            rubric: part,
            order: run.order,
            shape,
            logprobs: solo.logprobs,
            alike: (run.of > 1).then(|| StepKey(format!("{}{suffix}", run.first().step()))),
        };
        let asked = custom(case, &question).unwrap_or_else(|| {
            builtin(case, &question, || {
                let messages = match steps {
                    Some(steps) => prompt::cot(case, part, run.order, shape, steps),
                    None => prompt::direct(case, part, run.order, shape),
                };
                prompt::sample(messages, run.sample)
            })
        });
        match asked {
            CallAnswer::Call(call) => Progress::Calls(vec![*call]),
            CallAnswer::Answered(answered) => {
                let by = (
                    answered.reply.model.clone(),
                    answered.reply.provider.clone(),
                );
                Progress::Ended(Ok((position::of(case, part, run.order, answered), by)))
            }
            CallAnswer::Unusable(unusable) => Progress::Ended(Err(unusable)),
        }
    });
    match run_concurrently(case, asked) {
        Progress::Calls(calls) => Progress::Calls(calls),
        Progress::Ended(answers) => Progress::Ended(combine(case, run, answers)),
    }
}

/// Model and provider.
type By = (String, String);

/// The answers of one run, for all criteria or for one each.
fn combine(
    case: &EvaluationContext<'_>,
    run: Run,
    answers: Vec<Result<(Position, By), Unusable>>,
) -> RunEnd {
    let ended = |verdict, words| RunEnd {
        order: run.order,
        verdict,
        words,
        passed_over: 0,
        uncertainty: None,
    };
    let mut whole = Position {
        marks: Vec::new(),
        summary: String::new(),
        repaired: false,
    };
    let mut speaker = None;
    let (mut unusable, mut summaries) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Ok((part, by)) => {
                whole.marks.extend(part.marks);
                whole.repaired |= part.repaired;
                summaries.push(part.summary);
                speaker.get_or_insert(by);
            }
            // A criterion without a mark leaves the whole without a score.
            Err(none) => unusable.push(none),
        }
    }
    if let Some(unusable) = Unusable::all(unusable) {
        return ended(Verdict::Unusable(unusable), Vec::new());
    }
    summaries.retain(|summary: &String| !summary.is_empty());
    whole.summary = summaries.join(" ");
    let words = speaker.map(|(model, provider)| {
        let speaker = Speaker {
            role: "judge",
            name: None,
            stance: None,
            round: 1,
            sample: (run.of > 1).then_some(run.sample),
            order: run.order,
            model: &model,
            provider: &provider,
            in_full: run.of > 1 || case.is_comparison(),
        };
        speaker.opinion(case, &whole)
    });
    ended(Verdict::of(case, whole), words.into_iter().collect())
}
