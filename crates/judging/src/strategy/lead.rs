//! One call goes ahead of those that begin as it does: a provider has the beginning in its cache once it has answered,
//! and the others pay less for it. Calls that are made at the same moment all pay in full.

use crate::call::JudgeCall;
use crate::strategy::Replies;

/// How long a common beginning has to be, in bytes, to be worth the time of a call: some 8,000 tokens.
const WORTH_WAITING: usize = 32 * 1024;

/// Keeps of the wanted calls those that no other one goes ahead of. Once a call of the same order is answered all of
/// them are made; samples of one question are one.
pub(super) fn keep(calls: &mut Vec<JudgeCall>, replies: &Replies) {
    let mut ahead: Vec<JudgeCall> = Vec::new();
    for call in std::mem::take(calls) {
        let leads = |first: &&mut JudgeCall| {
            let is_same_question = call.alike.is_some() && call.alike == first.alike;
            !is_same_question
                && first.model == call.model
                && common_beginning(first, &call) >= WORTH_WAITING
        };
        let is_begun = replies.keys().any(|step| {
            is_swapped(&step.0) == is_swapped(&call.step.0) && step.0 != super::solo::STEPS
        });
        let leader = ahead.iter_mut().find(leads).filter(|_| !is_begun);
        match leader {
            // A provider that has the schema in front of the messages keeps nothing for another schema.
            Some(leader) => leader.leads |= schema(leader) == schema(&call),
            None => ahead.push(call),
        }
    }
    *calls = ahead;
}

fn schema(call: &JudgeCall) -> Option<&str> {
    call.format.json().map(|(_, schema)| schema.get())
}

fn is_swapped(step: &str) -> bool {
    step.starts_with(crate::context::Order::Swapped.prefix())
}

/// How many bytes of their messages are the same from the first on.
fn common_beginning(left: &JudgeCall, right: &JudgeCall) -> usize {
    let mut common = 0;
    for (left, right) in left.messages.iter().zip(&right.messages) {
        let (left_text, right_text) = (left.content.as_bytes(), right.content.as_bytes());
        let same = left_text
            .iter()
            .zip(right_text)
            .take_while(|(left, right)| left == right);
        common += if left_text == right_text {
            left_text.len()
        } else {
            same.count()
        };
        if left != right {
            break;
        }
    }
    common
}
