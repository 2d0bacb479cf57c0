//! Where an evaluation is, and what it needs next: plan, replies, and the question to [`judging::next`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::failure::{Failure, FailureCode};
use domain::json::Json;
use domain::plan::Plan;
use domain::submission::{self, Submission};
use judging::{JudgeCall, Next, Replies, Reply, StepKey};
use queue::progress::Progress;
use storage::evaluations::Claimed;
use storage::replies::Committed;

use crate::calls::Under;
use crate::groups::Group;
use crate::memory::MemoryReservation;
use crate::plan::{self, StepsKey};
use crate::routes::Routes;
use crate::worker::{Stop, Worker};

/// Payloads from this size on take longer to read than other tasks should wait: about half a millisecond.
const LARGE: usize = 64 * 1024;

/// Where an evaluation is.
pub(crate) struct Course {
    plan: Option<Arc<Plan>>,
    /// What earlier claims bought, until there is a plan to read it by.
    committed: Vec<Committed<Reply>>,
    known: Replies,
    /// How many calls it makes when nothing has to be repaired.
    planned: u32,
    /// Whether a reply was committed in this claim.
    has_got_on: bool,
    /// Steps that were asked for in this claim.
    asked: BTreeSet<StepKey>,
    /// Under what the evaluation steps of its model are kept, until they are.
    steps_to_keep: Option<StepsKey>,
}

/// What comes next.
pub(crate) struct Decided {
    /// As judging says.
    pub(crate) next: Next,
    /// For so many requests side by side there is memory.
    pub(crate) at_once: usize,
}

impl Course {
    /// The beginning of a claim: what earlier claims bought is read once there is a plan.
    pub(crate) fn new(committed: Vec<Committed<Reply>>) -> Self {
        Self {
            plan: None,
            committed,
            known: Replies::new(),
            planned: 1,
            has_got_on: false,
            asked: BTreeSet::new(),
            steps_to_keep: None,
        }
    }

    /// Takes replies that were committed; says how many there are.
    pub(crate) fn take(&mut self, replies: Replies) -> u32 {
        self.has_got_on = true;
        self.known.extend(replies);
        count_of(self.known.len())
    }

    /// Asks what comes next, with a plan found or made where there is none yet. The payload is read here and gone
    /// afterwards: nothing holds it while a provider is awaited but the prompts made of it.
    pub(crate) async fn decide(
        &mut self,
        worker: &Worker,
        claimed: &Claimed,
        payload: &[u8],
        memory: &mut MemoryReservation,
    ) -> Result<Decided, Stop> {
        let json = aside(payload.len(), || Json::parse(payload))
            .map_err(|error| unreadable(&error.to_string()))?;
        // What was accepted can be read by a worker of the same release: where it cannot, this one is older.
        let submission = submission::parse_accepted(&json).map_err(|_| {
            tracing::info!("given back: its payload is of a newer release");
            Stop::NotHere {
                after: plan::FOR_A_NEWER_WORKER,
            }
        })?;
        let plan = match &self.plan {
            Some(plan) => Arc::clone(plan),
            None => {
                let plan = Arc::new(plan::obtain(worker, claimed, &submission).await?);
                tracing::Span::current().record("model", plan.model.as_str());
                self.planned = judging::steps_planned(&plan, &submission);
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
            LARGE
        } else {
            payload.len()
        };
        let next = aside(work, || {
            let committed = std::mem::take(&mut self.committed);
            if !committed.is_empty() {
                self.known = known(&plan, &submission, committed, claimed.round);
            }
            judging::next_of(&plan, &submission, &self.known, at_once)
        });
        Ok(Decided { next, at_once })
    }

    /// Once the model has made the evaluation steps of a rubric version, they are the version's.
    pub(crate) async fn keep_steps(
        &mut self,
        worker: &Worker,
        claimed: &Claimed,
    ) -> Result<(), Stop> {
        let (Some(key), Some(plan)) = (&self.steps_to_keep, &self.plan) else {
            return Ok(());
        };
        if let Some(steps) = judging::made_steps(plan, &self.known) {
            plan::keep_steps(worker, claimed, key, &steps).await?;
            self.steps_to_keep = None;
        }
        Ok(())
    }

    /// A reason to stop without the plan's mark: a provider's own words may quote the prompt, and are shown.
    pub(crate) fn unmarked(&self, mut stop: Stop) -> Stop {
        if let Some(plan) = &self.plan
            && let Stop::Failed(Failure { message: words, .. })
            | Stop::Later { reason: words, .. }
            | Stop::Waits { reason: words, .. } = &mut stop
        {
            *words = judging::without_mark(words, &plan.nonce);
        }
        stop
    }

    /// Under what its next calls are made.
    pub(crate) fn under(&self, claimed: &Claimed, calls: &[JudgeCall]) -> Under {
        // What is wanted once more was asked for together with others, and its request brought fewer choices.
        let steps: BTreeSet<StepKey> = calls.iter().map(|call| call.step.clone()).collect();
        let singly = steps.intersection(&self.asked).cloned().collect();
        Under {
            routes: Routes::new(self.plan.clone()),
            // Many calls may meet many hiccups: what counts is that it does not get on.
            failures: if self.has_got_on { 0 } else { claimed.failures },
            singly,
        }
    }

    /// These are asked for now.
    pub(crate) fn asks(&mut self, groups: &[Group]) {
        let steps = groups.iter().flat_map(Group::steps).cloned();
        self.asked.extend(steps);
    }

    /// How far it is when these calls begin.
    pub(crate) fn progress(&self, calls: &[JudgeCall]) -> Progress {
        let completed = count_of(self.known.len());
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
                .planned
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
fn known(
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
            for step in judging::spoiled(plan, submission, &known) {
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

/// Does work on a payload. For a large one the thread's other tasks move to another thread first.
fn aside<T>(size: usize, work: impl FnOnce() -> T) -> T {
    if size < LARGE {
        work()
    } else {
        tokio::task::block_in_place(work)
    }
}

pub(crate) fn unreadable(problem: &str) -> Stop {
    Stop::Failed(Failure {
        code: FailureCode::Unreadable,
        message: problem.to_owned(),
    })
}
