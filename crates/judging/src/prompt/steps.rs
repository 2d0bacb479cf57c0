//! Asks for the evaluation steps of a rubric. They are made from the rubric alone, so that they serve every
//! candidate.

use domain::rubric::Rubric;

use super::rubric;
use crate::call::{Message, Role};

pub(crate) fn steps(asked: &Rubric, comparison: bool) -> Vec<Message> {
    let what = if comparison {
        "two candidates against each other"
    } else {
        "a candidate"
    };
    let system = format!(
        "You prepare the work of a judge who will judge {what} by a rubric. Write down the steps that the judge should go \
         through, from reading the task to being ready to score: what to look for, where, in which order, and what to \
         compare it with. Three to seven steps, each one or two sentences, each something that can be done with the \
         candidate at hand. Cover every criterion. No step may give, suggest or add up scores.\n\
         \n\
         Answer with one JSON object, {{\"steps\": [\"…\"]}}, and with nothing else."
    );
    vec![
        Message {
            role: Role::System,
            content: system,
            shared: None,
        },
        Message {
            role: Role::User,
            content: rubric::block(asked),
            shared: None,
        },
    ]
}
