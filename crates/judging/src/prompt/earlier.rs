//! The layout of the prompts of earlier releases: the mark in the system message's second paragraph, rubric and form
//! in the user message. Plans that were made with them keep them, so that what is asked for last goes with what was
//! asked for first.

use domain::rubric::Rubric;

use super::judge::{END, Mark, Task, rules};
use super::schema::Shape;
use super::{candidate, guidance, rubric};
use crate::call::{Message, Role};
use crate::context::{EvaluationContext, Order};

/// The versions of prompts that have it.
const VERSIONS: [&str; 7] = [
    "direct-1", "direct-2", "direct-3", "cot-1", "cot-2", "debate-1", "debate-2",
];

/// Whether a version of a prompt has it.
pub(crate) fn is_earlier(version: &str) -> bool {
    VERSIONS.contains(&version.strip_suffix("-pair").unwrap_or(version))
}

/// Versions of this layout whose calls have each a schema of their own.
const WITH_OWN_SCHEMAS: [&str; 3] = ["direct-4", "cot-3", "debate-3"];

/// Whether all calls of an evaluation have one schema, where they differ in criterion or turn.
pub(crate) fn has_one_schema(version: &str) -> bool {
    let version = version.strip_suffix("-pair").unwrap_or(version);
    !VERSIONS.contains(&version) && !WITH_OWN_SCHEMAS.contains(&version)
}

/// Whether a version before the present one of a strategy is one that this build writes.
pub(crate) fn is_written(version: &str) -> bool {
    let version = version.strip_suffix("-pair").unwrap_or(version);
    VERSIONS.contains(&version) || WITH_OWN_SCHEMAS.contains(&version)
}

/// Instructions in the system message; rubric, form and material in the user message.
pub(super) fn messages(
    case: &EvaluationContext<'_>,
    asked: &Rubric,
    order: Order,
    shape: Shape,
    told: &str,
) -> Vec<Message> {
    // Plans of the first release were made with a prompt that had no guidance: they keep it.
    let guidance = if case.plan.prompt_version == "direct-1" {
        String::new()
    } else {
        guidance::of(&case.submission.candidate)
    };
    let rules = rules(Mark::Is(&case.plan.nonce), shape);
    let user = format!(
        "{}\n{}\n\n{}\n# Task\nThe material ends here. {}",
        rubric::block(asked),
        rubric::form(asked, shape),
        candidate::blocks(case, order),
        Task::verdict(case, "").0
    );
    vec![
        Message {
            role: Role::System,
            content: format!("{rules}{guidance}{told}{END}"),
            shared: None,
        },
        Message {
            role: Role::User,
            content: user,
            shared: None,
        },
    ]
}
