//! Which calls one request answers.

use std::num::NonZeroU32;

use judging::{JudgeCall, StepKey};

/// Choices of one request at most: Gemini and what is compatible with it take no more, and every endpoint may be one of
/// those.
const MAX_CHOICES: usize = 8;

/// Calls that put the same question, to be answered by one request. The prompts of all but the first are gone.
#[derive(Debug)]
pub(crate) struct CallBatch {
    /// The call that is made.
    pub(crate) call: JudgeCall,
    /// The steps that it answers besides its own, in order.
    pub(crate) others: Vec<StepKey>,
    may_grow: bool,
}

impl CallBatch {
    /// How many choices are wanted.
    pub(crate) fn choice_count(&self) -> NonZeroU32 {
        let others = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
        NonZeroU32::MIN.saturating_add(others)
    }

    /// Its name: after a crash the same calls have the same, and no others have it.
    pub(crate) fn name(&self) -> String {
        let step = &self.call.step;
        match self.others.len() {
            0 => step.to_string(),
            more => format!("{step}+{more}"),
        }
    }

    /// The steps that it answers, in order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &StepKey> {
        std::iter::once(&self.call.step).chain(&self.others)
    }

    /// The steps that it answers, in order.
    pub(crate) fn into_steps(self) -> impl Iterator<Item = StepKey> {
        std::iter::once(self.call.step).chain(self.others)
    }
}

/// Puts calls that are alike together, in order, where `may` says that one request may answer several of them.
pub(crate) fn batched(calls: Vec<JudgeCall>, may: impl Fn(&JudgeCall) -> bool) -> Vec<CallBatch> {
    let mut groups: Vec<CallBatch> = Vec::new();
    for call in calls {
        let may_join = call.alike.is_some() && may(&call);
        let has_room = |group: &&mut CallBatch| {
            group.may_grow && group.call.alike == call.alike && group.others.len() + 1 < MAX_CHOICES
        };
        match groups.iter_mut().find(has_room).filter(|_| may_join) {
            Some(group) => group.others.push(call.step),
            None => groups.push(CallBatch {
                call,
                others: Vec::new(),
                may_grow: may_join,
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use judging::ReplyFormat;

    use super::*;

    fn call(step: &str, alike: Option<&str>) -> JudgeCall {
        let key = |step: &str| StepKey(step.to_owned());
        JudgeCall {
            step: key(step),
            model: "judge-1".to_owned(),
            messages: Vec::new(),
            format: ReplyFormat::Text,
            temperature: None,
            logprobs: false,
            alike: alike.map(key),
            leads: false,
        }
    }

    fn names(groups: &[CallBatch]) -> Vec<String> {
        groups.iter().map(CallBatch::name).collect()
    }

    fn samples(count: usize) -> Vec<JudgeCall> {
        (1..=count)
            .map(|number| call(&format!("judge/{number}"), Some("judge/1")))
            .collect()
    }

    #[test]
    fn calls_that_are_alike_are_one_request_of_eight_at_most() {
        let groups = batched(samples(5), |_| true);
        assert_eq!(names(&groups), ["judge/1+4"]);
        assert_eq!(groups[0].choice_count().get(), 5);
        assert_eq!(
            names(&batched(samples(16), |_| true)),
            ["judge/1+7", "judge/9+7"]
        );
        assert_eq!(
            names(&batched(samples(9), |_| true)),
            ["judge/1+7", "judge/9"]
        );
    }

    #[test]
    fn those_between_them_do_not_part_them() {
        let calls = vec![
            call("judge/1", Some("judge/1")),
            call("swapped/1", Some("swapped/1")),
            call("judge/2/repair", None),
            call("judge/3", Some("judge/1")),
            call("steps", None),
            call("swapped/2", Some("swapped/1")),
        ];
        let groups = batched(calls, |_| true);
        assert_eq!(
            names(&groups),
            ["judge/1+1", "swapped/1+1", "judge/2/repair", "steps"]
        );
        let steps = groups.into_iter().flat_map(CallBatch::into_steps);
        assert_eq!(
            steps.map(|step| step.0).collect::<Vec<_>>(),
            [
                "judge/1",
                "judge/3",
                "swapped/1",
                "swapped/2",
                "judge/2/repair",
                "steps"
            ]
        );
    }

    #[test]
    fn where_it_may_not_be_each_call_is_a_request() {
        let groups = batched(samples(2), |_| false);
        assert_eq!(names(&groups), ["judge/1", "judge/2"]);
        // Of those that came short each is asked by itself.
        let groups = batched(samples(4), |call| call.step.0 != "judge/2");
        assert_eq!(names(&groups), ["judge/1+2", "judge/2"]);
    }
}
