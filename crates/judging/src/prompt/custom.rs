//! A rubric's own prompt, filled in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::rubric::{Prompt, template};
use domain::submission::Prose;

use super::{candidate, rubric};
use crate::call::{Message, Role};
use crate::context::{EvaluationContext, Order};

/// How often a prompt may show what it is given: memory is reserved for as much.
const TIMES: usize = 2;
/// Bytes for a prompt's own words.
const SLACK: usize = 128 * 1024;

/// The messages of a prompt of the rubric's own.
///
/// # Errors
/// A sentence that names a value that the prompt uses and the submission lacks.
pub(crate) fn fill_in(
    case: &EvaluationContext<'_>,
    prompt: &Prompt,
    order: Order,
) -> Result<Vec<Message>, String> {
    let values = values(case, order);
    let rendered = template::render(prompt, &values).map_err(|error| error.to_string())?;
    let material: usize = values.values().map(|value| value.len()).sum();
    let most = material.saturating_mul(TIMES).saturating_add(SLACK);
    if rendered.user.len() > most {
        return Err(format!(
            "the rubric's prompt shows the material more than {TIMES} times over"
        ));
    }
    let system = rendered.system.map(|content| Message {
        role: Role::System,
        content,
        shared: None,
    });
    let user = Message {
        role: Role::User,
        content: rendered.user,
        shared: None,
    };
    Ok(system.into_iter().chain([user]).collect())
}

fn values<'c>(case: &EvaluationContext<'c>, order: Order) -> BTreeMap<&'static str, Cow<'c, str>> {
    let (submission, plan) = (case.submission, case.plan);
    let candidate = &submission.candidate;
    let mut values = BTreeMap::new();
    let mut put = |name: &'static str, value: Option<Cow<'c, str>>| {
        if let Some(value) = value {
            values.insert(name, value);
        }
    };
    put(
        "input",
        submission.input.as_ref().map(|input| match input {
            Prose::Text(text) => Cow::Borrowed(text.as_ref()),
            Prose::Messages(messages) => {
                Cow::Owned(candidate::conversation(messages, &plan.nonce, 1))
            }
        }),
    );
    put("output", candidate.output.as_deref().map(Cow::Borrowed));
    if let Some(outputs) = &candidate.outputs {
        let (a, b) = order.in_order(outputs);
        put("output_a", Some(Cow::Borrowed(a.text.as_ref())));
        put("output_b", Some(Cow::Borrowed(b.text.as_ref())));
    }
    put(
        "reference",
        submission.reference.as_deref().map(Cow::Borrowed),
    );
    put("context", submission.context.as_deref().map(Cow::Borrowed));
    put(
        "trajectory",
        candidate
            .trajectory
            .as_ref()
            .map(|messages| Cow::Owned(candidate::conversation(messages, &plan.nonce, 1))),
    );
    if let Some(change) = &candidate.change {
        put("patch", Some(Cow::Borrowed(change.patch.as_ref())));
        put("base", change.base.as_deref().map(Cow::Borrowed));
        put("test_log", change.test_log.as_deref().map(Cow::Borrowed));
    }
    put(
        "rubric",
        Some(Cow::Borrowed(plan.rubric.description.as_str())),
    );
    put("criteria", Some(Cow::Owned(rubric::block(&plan.rubric))));
    put("nonce", Some(Cow::Borrowed(plan.nonce.as_str())));
    values
}
