//! Direct scoring: one structured call for all criteria, and one repair where the reply cannot be read.

use std::collections::BTreeSet;

use domain::assessment::{Assessment, Flag, JudgeWord, Outcome, ReasonCode};
use domain::plan::Plan;
use domain::submission::Submission;

use super::{Next, Replies};
use crate::call::{Answer, JudgeCall, Message, Reply, ReplyFormat, Role, StepKey};
use crate::{evidence, prompt, reply, score};

/// Of `prompt::direct`; raised with every change to its words.
pub(super) const PROMPT_VERSION: &str = "direct-1";

const JUDGE: &str = "judge";
const REPAIR: &str = "judge/repair";

pub(super) fn next(plan: &Plan, submission: &Submission<'_>, replies: &Replies) -> Next {
    let Some(first) = replies.get(&step(JUDGE)) else {
        return Next::Calls(vec![judge_call(plan, submission)]);
    };
    let problem = match read(plan, submission, first, false) {
        Read::Done(assessment) => return Next::Done(assessment),
        Read::Unreadable(problem) => problem,
    };
    let Some(second) = replies.get(&step(REPAIR)) else {
        return Next::Calls(vec![repair_call(plan, submission, first, &problem)]);
    };
    Next::Done(match read(plan, submission, second, true) {
        Read::Done(assessment) => assessment,
        Read::Unreadable(problem) => {
            let cut_off = matches!(second.answer, Answer::Text { cut_off: true, .. });
            let code = if cut_off {
                ReasonCode::ReplyCutOff
            } else {
                ReasonCode::UnreadableReply
            };
            unscorable(
                plan,
                [first, second],
                code,
                format!("the judge's reply cannot be read, nor its repair: {problem}"),
            )
        }
    })
}

pub(super) fn is_usable(plan: &Plan, given: &Reply) -> bool {
    matches!(&given.answer, Answer::Text { text, .. } if reply::direct(&plan.rubric, text).is_ok())
}

enum Read {
    Done(Box<Assessment>),
    Unreadable(String),
}

fn read(plan: &Plan, submission: &Submission<'_>, given: &Reply, repaired: bool) -> Read {
    let (code, detail) = match &given.answer {
        Answer::Text { text, cut_off } => {
            return match reply::direct(&plan.rubric, text) {
                Ok(verdict) if is_quoted(plan, submission, &verdict) => Read::Unreadable(
                    "the only verdict in it is quoted from the material".to_owned(),
                ),
                Ok(verdict) => Read::Done(scored(plan, submission, given, verdict, repaired)),
                Err(problem) if *cut_off => {
                    Read::Unreadable(format!("it was cut off at the output limit; {problem}"))
                }
                Err(problem) => Read::Unreadable(problem),
            };
        }
        Answer::Refused { .. } => (ReasonCode::Refused, "the judge model refused to answer"),
        Answer::ContentFiltered => (
            ReasonCode::ContentFiltered,
            "the provider's content filter stopped the call",
        ),
        Answer::ContextTooLong => (
            ReasonCode::ContextTooLong,
            "the candidate does not fit into the judge model's context",
        ),
    };
    Read::Done(unscorable(plan, [given], code, detail.to_owned()))
}

/// Whether a verdict that was found among other words stands in the candidate: then a judge that talks about the
/// candidate quotes it, and it is the candidate's verdict on itself.
fn is_quoted(plan: &Plan, submission: &Submission<'_>, verdict: &reply::Verdict) -> bool {
    let index = evidence::Index::of(&submission.candidate, &plan.nonce);
    verdict
        .taken_from
        .as_ref()
        .is_some_and(|text| index.holds(text))
}

fn scored(
    plan: &Plan,
    submission: &Submission<'_>,
    given: &Reply,
    verdict: reply::Verdict,
    repaired: bool,
) -> Box<Assessment> {
    let criteria = score::criteria(
        &plan.rubric,
        verdict.criteria,
        &evidence::Index::of(&submission.candidate, &plan.nonce),
    );
    let score = score::weighted_mean(&criteria);
    let mut flags = BTreeSet::new();
    if repaired {
        flags.insert(Flag::ReplyRepaired);
    }
    if criteria
        .iter()
        .flat_map(|criterion| &criterion.evidence)
        .any(|evidence| !evidence.found)
    {
        flags.insert(Flag::EvidenceNotFound);
    }
    Box::new(Assessment {
        outcome: Outcome::Scored,
        reason: None,
        detail: None,
        score: Some(score),
        passed: plan
            .rubric
            .pass_threshold
            .map(|threshold| score::reaches(score, threshold)),
        criteria,
        preference: None,
        uncertainty: None,
        judges: vec![JudgeWord {
            model: given.model.clone(),
            provider: given.provider.clone(),
            role: "judge".to_owned(),
            round: 1,
            score: Some(score),
            rationale: verdict.summary,
        }],
        flags: flags.into_iter().collect(),
        model_requested: plan.model.clone(),
        model_used: vec![given.model.clone()],
        prompt_version: plan.prompt_version.clone(),
    })
}

fn unscorable<'r>(
    plan: &Plan,
    replies: impl IntoIterator<Item = &'r Reply>,
    reason: ReasonCode,
    detail: String,
) -> Box<Assessment> {
    let model_used: BTreeSet<String> = replies
        .into_iter()
        .map(|reply| reply.model.clone())
        .collect();
    Box::new(Assessment {
        outcome: Outcome::Unscorable,
        reason: Some(reason),
        detail: Some(detail),
        score: None,
        passed: None,
        criteria: Vec::new(),
        preference: None,
        uncertainty: None,
        judges: Vec::new(),
        flags: Vec::new(),
        model_requested: plan.model.clone(),
        model_used: model_used.into_iter().collect(),
        prompt_version: plan.prompt_version.clone(),
    })
}

fn step(name: &str) -> StepKey {
    StepKey(name.to_owned())
}

fn judge_call(plan: &Plan, submission: &Submission<'_>) -> JudgeCall {
    JudgeCall {
        step: step(JUDGE),
        model: plan.model.clone(),
        messages: prompt::direct(plan, submission),
        format: ReplyFormat::Json {
            name: "assessment",
            schema: prompt::schema::direct(&plan.rubric),
        },
        temperature: plan.temperature,
    }
}

fn repair_call(
    plan: &Plan,
    submission: &Submission<'_>,
    first: &Reply,
    problem: &str,
) -> JudgeCall {
    let mut call = judge_call(plan, submission);
    call.step = step(REPAIR);
    if let Answer::Text { text, .. } = &first.answer
        && !text.trim().is_empty()
    {
        call.messages.push(Message {
            role: Role::Assistant,
            content: text.clone(),
        });
    }
    call.messages.push(Message {
        role: Role::User,
        content: prompt::repair(problem),
    });
    call
}
