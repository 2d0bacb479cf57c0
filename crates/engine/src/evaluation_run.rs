//! Where an evaluation is, and what it needs next: plan, replies, and the question to [`judging::next`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::assessment::Assessment;
use domain::failure::Failure;
use domain::plan::Plan;
use domain::submission::Submission;
use judging::{JudgeCall, Next, Replies, Reply, StepKey};
use queue::progress::Progress;
use storage::evaluations::Claimed;
use storage::replies::Committed;

use crate::Engine;
use crate::abort::Abort;
use crate::call_batch::CallBatch;
use crate::calls::CallScope;
use crate::commit::Received;
use crate::memory::MemoryReservation;
use crate::payload::{LARGE_PAYLOAD, Payload, off_executor};
use crate::plan::{self, StepsKey};
use crate::route_cache::Routes;

/// Where an evaluation is.
pub(crate) struct EvaluationRun {
    plan: Option<Arc<Plan>>,
    /// That of an earlier claim, until it is followed.
    stored_plan: Option<Plan>,
    /// What earlier claims bought, until there is a plan to read it by.
    committed: Vec<Committed<Reply>>,
    replies: Replies,
    /// How many calls it makes when nothing has to be repaired.
    planned_calls: u32,
    /// Whether a reply was committed in this claim.
    has_progressed: bool,
    /// Steps that were asked for in this claim.
    requested: BTreeSet<StepKey>,
    /// Under what the evaluation steps of its model are kept, until they are.
    steps_to_keep: Option<StepsKey>,
    /// Of `replies`, those that are not committed yet.
    received: Option<Received>,
}

/// What comes next.
pub(crate) struct NextAction {
    /// As judging says.
    pub(crate) next: Next,
    /// For so many requests side by side there is memory.
    pub(crate) at_once: usize,
}

impl EvaluationRun {
    /// The beginning of a claim: with the plan of an earlier one, and what those bought.
    pub(crate) fn new(plan: Option<Plan>, committed: Vec<Committed<Reply>>) -> Self {
        Self {
            plan: None,
            stored_plan: plan,
            committed,
            replies: Replies::new(),
            planned_calls: 1,
            has_progressed: false,
            requested: BTreeSet::new(),
            steps_to_keep: None,
            received: None,
        }
    }

    /// Takes what a request brought, before it is committed: until then nothing may be waited for but the decision what is next.
    pub(crate) fn receive(&mut self, received: Received) {
        self.extend(received.replies.clone());
        self.received = Some(received);
    }

    /// Commits what is not committed yet together with the end that is made of it; false: the end is still to be written.
    pub(crate) async fn finish(
        &mut self,
        engine: &Engine,
        claimed: &Claimed,
        assessment: &Assessment,
    ) -> Result<bool, Abort> {
        match self.received.take() {
            Some(received) => {
                received
                    .finish(engine, &claimed.ownership, assessment)
                    .await
            }
            None => Ok(false),
        }
    }

    /// Commits what is not committed yet.
    pub(crate) async fn commit_received(
        &mut self,
        engine: &Engine,
        claimed: &Claimed,
    ) -> Result<(), Abort> {
        match self.received.take() {
            Some(received) => received.commit(engine, &claimed.ownership).await,
            None => Ok(()),
        }
    }

    /// Whether what its model made is to be kept for others, once it is committed.
    pub(crate) fn has_steps_to_keep(&self) -> bool {
        self.steps_to_keep.is_some()
    }

    /// Takes replies; says how many there are.
    pub(crate) fn extend(&mut self, replies: Replies) -> u32 {
        self.has_progressed = true;
        self.replies.extend(replies);
        count_of(self.replies.len())
    }

    /// Asks what comes next, with a plan found or made where there is none yet.
    pub(crate) async fn decide(
        &mut self,
        engine: &Engine,
        claimed: &Claimed,
        payload: &mut Payload<'_>,
        memory: &mut MemoryReservation,
    ) -> Result<NextAction, Abort> {
        let submission = payload.submission()?;
        let plan = match &self.plan {
            Some(plan) => Arc::clone(plan),
            None => {
                let plan = match self.stored_plan.take() {
                    Some(plan) => plan,
                    None => plan::make(engine, claimed, &submission).await?,
                };
                let plan = Arc::new(plan);
                tracing::Span::current().record("model", plan.model.as_str());
                self.planned_calls = judging::steps_planned(&plan, &submission);
                self.steps_to_keep = plan::steps_key(&plan, &submission);
                self.plan = Some(Arc::clone(&plan));
                plan
            }
        };
        // A prompt of the rubric's own may show the candidate twice.
        let times = if plan.rubric.prompt.is_some() { 2 } else { 1 };
        let copies = judging::calls_at_once(&plan, &submission).saturating_mul(times);
        let at_once = (memory.regrow(copies) / times).max(1);
        let at_once = usize::try_from(at_once).unwrap_or(usize::MAX);
        // A small candidate in a prompt of the rubric's own may still be long work.
        let work = if plan.rubric.prompt.is_some() {
            LARGE_PAYLOAD
        } else {
            payload.size()
        };
        let next = off_executor(work, || {
            let committed = std::mem::take(&mut self.committed);
            if !committed.is_empty() {
                self.replies = parse_committed(&plan, &submission, committed, claimed.round);
            }
            judging::next_of(&plan, &submission, &self.replies, at_once)
        });
        Ok(NextAction { next, at_once })
    }

    /// Once the model has made the evaluation steps of a rubric version, they are the version's.
    pub(crate) async fn keep_steps(
        &mut self,
        engine: &Engine,
        claimed: &Claimed,
    ) -> Result<(), Abort> {
        let (Some(key), Some(plan)) = (&self.steps_to_keep, &self.plan) else {
            return Ok(());
        };
        if let Some(steps) = judging::made_steps(plan, &self.replies) {
            plan::keep_steps(engine, claimed, key, &steps).await?;
            self.steps_to_keep = None;
        }
        Ok(())
    }

    /// A reason to stop without the plan's mark: a provider's own words may quote the prompt, and are shown.
    pub(crate) fn without_mark(&self, mut stop: Abort) -> Abort {
        if let Some(plan) = &self.plan
            && let Abort::Failed(Failure { message: words, .. }, _)
            | Abort::RetryLater { reason: words, .. }
            | Abort::ProviderUnavailable { reason: words, .. } = &mut stop
        {
            *words = judging::without_mark(words, &plan.nonce);
        }
        stop
    }

    /// Under what its next calls are made.
    pub(crate) fn call_scope(&self, claimed: &Claimed, calls: &[JudgeCall]) -> CallScope {
        // What is wanted once more was asked for together with others, and its request brought fewer choices.
        let steps: BTreeSet<StepKey> = calls.iter().map(|call| call.step.clone()).collect();
        let singly = steps.intersection(&self.requested).cloned().collect();
        CallScope {
            routes: Routes::new(self.plan.clone()),
            // Many calls may meet many hiccups: what counts is that it does not get on.
            failures: if self.has_progressed {
                0
            } else {
                claimed.failures
            },
            unbatched: singly,
        }
    }

    /// These are asked for now.
    pub(crate) fn mark_requested(&mut self, groups: &[CallBatch]) {
        let steps = groups.iter().flat_map(CallBatch::steps).cloned();
        self.requested.extend(steps);
    }

    /// How far it is when these calls begin.
    pub(crate) fn progress(&self, calls: &[JudgeCall]) -> Progress {
        let completed = count_of(self.replies.len());
        let models: BTreeSet<&str> = calls.iter().map(|call| call.model.as_str()).collect();
        let models: Vec<&str> = models.into_iter().collect();
        Progress {
            step: self
                .plan
                .as_ref()
                .map_or_else(String::new, |plan| judging::stage(plan, calls)),
            completed,
            // Repairs come on top of what was planned.
            total: self
                .planned_calls
                .max(completed.saturating_add(count_of(calls.len()))),
            message: format!("waiting for {}", models.join(", ")),
        }
    }
}

fn count_of(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What is known after the replies of earlier claims: of each step that of its latest round.
///
/// A round that begins with an unscorable end is run again because of that: it buys once more what was of no
/// use. This goes through the rounds as they went, so that a crash in the middle of one changes nothing.
fn parse_committed(
    plan: &Plan,
    submission: &Submission<'_>,
    committed: Vec<Committed<Reply>>,
    round: i32,
) -> Replies {
    let mut rounds = BTreeMap::from([(round, Vec::new())]);
    for reply in committed {
        rounds.entry(reply.round).or_default().push(reply);
    }
    let mut known = Replies::new();
    for bought in rounds.into_values() {
        if !known.is_empty() {
            for step in judging::unusable_steps(plan, submission, &known) {
                known.remove(&step);
            }
        }
        known.extend(
            bought
                .into_iter()
                .map(|committed| (StepKey(committed.step), committed.reply)),
        );
    }
    known
}
