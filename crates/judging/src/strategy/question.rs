//! A question for a verdict: how it is put to the judge, and how its answer is read.

use domain::assessment::ReasonCode;
use domain::rubric::{ReplyForm, Rubric};
use serde_json::value::RawValue;

use crate::ask::{CallAnswer, Unusable, ask};
use crate::call::{JudgeCall, Message, ReplyFormat, StepKey};
use crate::context::{EvaluationContext, Order};
use crate::prompt;
use crate::prompt::schema::{self, Shape};
use crate::reply::{self, Verdict};

/// What a judge is asked.
pub(super) struct Question<'q> {
    pub(super) step: String,
    pub(super) model: &'q str,
    /// The criteria that are asked for, one or all.
    pub(super) rubric: &'q Rubric,
    pub(super) order: Order,
    pub(super) shape: Shape,
    pub(super) logprobs: bool,
    /// The first of the samples that put it, where there are several.
    pub(super) alike: Option<StepKey>,
}

impl Question<'_> {
    /// The schema of the reply. Providers keep prompts with the schema in front of them: so calls of one evaluation have
    /// one schema, also where each asks for another criterion.
    fn schema(&self, case: &EvaluationContext<'_>) -> Box<RawValue> {
        let asks_for_one = self.rubric.criteria.len() < case.rubric().criteria.len();
        if asks_for_one && prompt::has_one_schema(&case.plan.prompt_version) {
            schema::any_criterion(case.rubric(), self.shape)
        } else {
            schema::verdict(self.rubric, self.shape)
        }
    }
}

/// Asks with a prompt of ours.
pub(super) fn builtin<'r>(
    case: &EvaluationContext<'r>,
    question: &Question<'_>,
    messages: impl FnOnce() -> Vec<Message>,
) -> CallAnswer<'r, Verdict> {
    let call = |step: StepKey| JudgeCall {
        step,
        model: question.model.to_owned(),
        messages: messages(),
        format: ReplyFormat::Json {
            name: "assessment",
            schema: question.schema(case),
        },
        temperature: case.plan.temperature,
        logprobs: question.logprobs,
        alike: question.alike.clone(),
        leads: false,
    };
    ask(case.replies, &question.step, call, |text, _| {
        let verdict = if question.shape.comparison {
            reply::comparison(question.rubric, case.plan.reader, text)?
        } else {
            reply::direct(question.rubric, case.plan.reader, case.messages(), text)?
        };
        // A schema that all turns have leaves it open.
        if question.shape.any_turn && question.shape.consensus && verdict.consensus.is_none() {
            return Err("`consensus` is neither true nor false".to_owned());
        }
        not_quoted(case, verdict)
    })
}

/// Asks with the rubric's own prompt, where it has one.
pub(super) fn custom<'r>(
    case: &EvaluationContext<'r>,
    question: &Question<'_>,
) -> Option<CallAnswer<'r, Verdict>> {
    let prompt = case.rubric().prompt.as_ref()?;
    let messages = match case.custom_prompt(prompt, question.order) {
        Ok(messages) => messages,
        Err(detail) => {
            return Some(CallAnswer::Unusable(Unusable {
                reason: ReasonCode::PromptIncomplete,
                detail,
                steps: Vec::new(),
                models: Vec::new(),
            }));
        }
    };
    let form = case.rubric().reply.clone().unwrap_or_default();
    let call = |step: StepKey| JudgeCall {
        step,
        model: question.model.to_owned(),
        messages,
        format: ReplyFormat::Text,
        temperature: case.plan.temperature,
        logprobs: form.logprobs,
        alike: question.alike.clone(),
        leads: false,
    };
    Some(ask(case.replies, &question.step, call, |text, given| {
        // Where an object ends is plain; a number or a word may go on: `1` may have become `10`. Of a judge that is asked for
        // one token and its probabilities nothing more is wanted.
        let is_whole = form.format == ReplyForm::default().format
            || form.logprobs && given.tokens.is_some_and(|tokens| tokens.len() == 1);
        if given.cut_off && !is_whole {
            return Err("its verdict may not be the whole of it".to_owned());
        }
        let comparison = case.is_comparison();
        let verdict = reply::read_custom(
            question.rubric,
            case.plan.reader,
            &form,
            comparison,
            text,
            given.tokens,
        )?;
        not_quoted(case, verdict)
    }))
}

/// A verdict that was found among other words and stands in the material is not the judge's own: a candidate's
/// verdict on itself, or an example, which a judge that talks about it quotes.
fn not_quoted(case: &EvaluationContext<'_>, verdict: Verdict) -> Result<Verdict, String> {
    let quoted = verdict
        .taken_from
        .iter()
        .any(|text| case.index().holds(case.submission, text));
    if quoted {
        Err("the only verdict in it is quoted from the material".to_owned())
    } else {
        Ok(verdict)
    }
}
