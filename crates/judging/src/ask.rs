//! One question to a judge: the call, one repair where the reply cannot be read, or the reason why there is
//! no answer.

use domain::assessment::ReasonCode;

use crate::call::{Answer, JudgeCall, Message, Reply, ReplyFormat, Role, StepKey, Token};
use crate::prompt;
use crate::strategy::Replies;

/// What is known of a reply besides its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawReply<'r> {
    /// Whether it ended at the model's output limit: what stands last in it may go on.
    pub(crate) cut_off: bool,
    /// Its tokens with their probabilities, where they were asked for.
    pub(crate) tokens: Option<&'r [Token]>,
}

/// How a question stands.
pub(crate) enum CallAnswer<'r, T> {
    /// It has to be asked, or asked once more.
    Call(Box<JudgeCall>),
    /// It is answered.
    Answered(Answered<'r, T>),
    /// There is no answer to be had.
    Unusable(Unusable),
}

/// An answer, and the reply that it was read from.
pub(crate) struct Answered<'r, T> {
    pub(crate) value: T,
    pub(crate) reply: &'r Reply,
    pub(crate) text: &'r str,
    /// Whether the first reply could not be read.
    pub(crate) repaired: bool,
}

/// Why a question has no answer.
#[derive(Debug, Clone)]
pub(crate) struct Unusable {
    pub(crate) reason: ReasonCode,
    pub(crate) detail: String,
    /// The calls whose replies were of no use.
    pub(crate) steps: Vec<StepKey>,
    /// The models that gave them.
    pub(crate) models: Vec<String>,
}

impl Unusable {
    /// Several questions that had no answer as one; the first gives the reason. `None`: there are none.
    pub(crate) fn all(several: impl IntoIterator<Item = Self>) -> Option<Self> {
        several.into_iter().reduce(|mut first, other| {
            first.steps.extend(other.steps);
            first.models.extend(other.models);
            first
        })
    }
}

/// Asks for what `call` asks, under its step and that of its repair.
pub(crate) fn ask<'r, T>(
    replies: &'r Replies,
    step: &str,
    call: impl FnOnce(StepKey) -> JudgeCall,
    read: impl Fn(&str, RawReply<'_>) -> Result<T, String>,
) -> CallAnswer<'r, T> {
    let first_step = StepKey(step.to_owned());
    let Some(first) = replies.get(&first_step) else {
        return CallAnswer::Call(Box::new(call(first_step)));
    };
    let problem = match inspect(first, &read) {
        Inspected::Read(value, text) => {
            return CallAnswer::Answered(Answered {
                value,
                reply: first,
                text,
                repaired: false,
            });
        }
        Inspected::No(reason, detail) => {
            return CallAnswer::Unusable(Unusable {
                reason,
                detail: detail.to_owned(),
                steps: vec![first_step],
                models: vec![first.model.clone()],
            });
        }
        Inspected::Unreadable(problem) => problem,
    };
    let second_step = StepKey(format!("{step}/repair"));
    let Some(second) = replies.get(&second_step) else {
        let again = repair(call(first_step), second_step, first, &problem);
        return CallAnswer::Call(Box::new(again));
    };
    let (reason, detail) = match inspect(second, &read) {
        Inspected::Read(value, text) => {
            return CallAnswer::Answered(Answered {
                value,
                reply: second,
                text,
                repaired: true,
            });
        }
        Inspected::No(reason, detail) => (reason, detail.to_owned()),
        Inspected::Unreadable(problem) => {
            let cut_off = matches!(second.answer, Answer::Text { cut_off: true, .. });
            let reason = if cut_off {
                ReasonCode::ReplyCutOff
            } else {
                ReasonCode::UnreadableReply
            };
            let detail = format!("the judge's reply cannot be read, nor its repair: {problem}");
            (reason, detail)
        }
    };
    CallAnswer::Unusable(Unusable {
        reason,
        detail,
        steps: vec![first_step, second_step],
        models: vec![first.model.clone(), second.model.clone()],
    })
}

enum Inspected<'r, T> {
    Read(T, &'r str),
    Unreadable(String),
    No(ReasonCode, &'static str),
}

fn inspect<'r, T>(
    reply: &'r Reply,
    read: impl Fn(&str, RawReply<'_>) -> Result<T, String>,
) -> Inspected<'r, T> {
    let given = |cut_off| RawReply {
        cut_off,
        tokens: reply.logprobs.as_deref(),
    };
    match &reply.answer {
        Answer::Text { text, cut_off } => match read(text, given(*cut_off)) {
            Ok(value) => Inspected::Read(value, text),
            Err(problem) if *cut_off => {
                Inspected::Unreadable(format!("it was cut off at the output limit; {problem}"))
            }
            Err(problem) => Inspected::Unreadable(problem),
        },
        Answer::Refused { .. } => {
            Inspected::No(ReasonCode::Refused, "the judge model refused to answer")
        }
        Answer::ContentFiltered => Inspected::No(
            ReasonCode::ContentFiltered,
            "the provider's content filter stopped the call",
        ),
        Answer::ContextTooLong => Inspected::No(
            ReasonCode::ContextTooLong,
            "the candidate does not fit into the judge model's context",
        ),
    }
}

/// The same call with the reply that could not be read and what was wrong with it.
fn repair(mut call: JudgeCall, step: StepKey, first: &Reply, problem: &str) -> JudgeCall {
    call.step = step;
    // It shows a reply that no other sample was given.
    call.alike = None;
    if let Answer::Text { text, .. } = &first.answer
        && !text.trim().is_empty()
    {
        call.messages.push(Message {
            role: Role::Assistant,
            content: text.clone(),
            shared: None,
        });
    }
    let words = match call.format {
        ReplyFormat::Json { .. } => prompt::repair(problem),
        ReplyFormat::Text => prompt::repair_custom(problem),
    };
    call.messages.push(Message {
        role: Role::User,
        content: words,
        shared: None,
    });
    call
}
