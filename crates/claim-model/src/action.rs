//! What can happen, one atomic step each: a statement in PostgreSQL, a command in Redis, or a fault.

use crate::state::{Life, State, WORKERS};

/// A step.
///
/// `worker`, `evaluation`, `entry` and `step` are numbers; `task` is the place in the worker's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named above")]
pub enum Action {
    /// An entry reaches the stream: `Redis::ring`, by the ingest API or a relay.
    Ring { evaluation: usize },
    /// A relay marks a queued row and is about to ring: `evaluations::announce`.
    Announce { evaluation: usize },
    /// A relay takes the mark off a row whose entry must be gone: `evaluations::forget_lost`.
    ForgetLost { evaluation: usize },
    /// A worker reads an entry, not always the first: `Reader::take`.
    Deliver { worker: usize, entry: u8 },
    /// A worker puts an entry that was delivered in vain back into the stream: `Redis::take_over`, `Redis::put_back`.
    TakeOver { worker: usize, entry: u8 },
    /// The claim of what is in hand: `evaluations::claim`.
    Claim { worker: usize },
    /// Its entry leaves the stream: `Redis::dismiss`.
    Dismiss { worker: usize },
    /// The committed replies are read: `inputs::load`.
    Load { worker: usize, task: usize },
    /// The calls that the strategy wants next begin, and are paid: `calls::make`.
    Call { worker: usize, task: usize },
    /// A reply is here and is committed: `replies::commit`.
    Commit {
        worker: usize,
        task: usize,
        step: u8,
    },
    /// The assessment is written: `assessments::finish`.
    Finish { worker: usize, task: usize },
    /// Any worker queues what a dead one held: `evaluations::sweep`.
    Sweep { evaluation: usize },
    /// A worker that has nothing else runs a suspect: `evaluations::claim_suspects`.
    Isolate { worker: usize, evaluation: usize },
    /// A worker queues what it owns and does not work on (`evaluations::let_go`).
    Recall { evaluation: usize },
    /// A worker that was silent beats again: `workers::heartbeat`.
    Beat { worker: usize },
    /// A new process takes the place of one that is gone.
    Restart { worker: usize },

    /// The process is gone: `kill -9`.
    Crash { worker: usize },
    /// It stands still.
    Suspend { worker: usize },
    /// It goes on, as if no time had passed. Nobody promises that this ever happens.
    Wake { worker: usize },
    /// It gives back what it holds, drops its calls, and leaves: `evaluations::give_back`, `Worker::leave`.
    Depart { worker: usize },
    /// Redis loses the stream.
    LoseStream,
    /// Who was about to ring dies, or Redis refuses.
    LoseRing { evaluation: usize },
    /// A mark is taken off although its entry is there or under way: a slow ring, or one that failed in part.
    ForgetEarly { evaluation: usize },
    /// A delivered entry is idle for so long that it counts as delivered in vain, though its worker has it.
    Linger { worker: usize },
    /// What was delivered does not fit into the worker and goes back into the stream: `Redis::put_back`.
    PutBack { worker: usize },
    /// The dismissal does not get through; the entry stays.
    DismissFails { worker: usize },
    /// The sender takes it back, or its deadline passes: `evaluations::expire`.
    Withdraw { evaluation: usize },
    /// A claim goes through, but its answer gets lost; the worker will claim again.
    ClaimUnheard { worker: usize },
    /// A worker lets go of an evaluation without a write.
    Abandon { worker: usize, task: usize },
}

impl Action {
    /// The steps that the system takes by itself, sooner or later, wherever they are possible.
    pub(crate) fn of_system(state: &State) -> Vec<Self> {
        let mut actions = Vec::with_capacity(16);
        for evaluation in 0..state.rows.len() {
            actions.extend([
                Self::Ring { evaluation },
                Self::Announce { evaluation },
                Self::ForgetLost { evaluation },
                Self::Sweep { evaluation },
                Self::Recall { evaluation },
            ]);
        }
        for worker in 0..WORKERS {
            let process = &state.workers[worker];
            match process.life {
                Life::Down => actions.push(Self::Restart { worker }),
                Life::Silent => actions.push(Self::Beat { worker }),
                Life::Up | Life::Suspended => {}
            }
            if !process.is_awake() {
                continue;
            }
            let evaluations = 0..state.rows.len();
            actions.extend(evaluations.map(|evaluation| Self::Isolate { worker, evaluation }));
            match &process.hand {
                None => {
                    let entries = state.stream.iter().map(|entry| entry.number);
                    actions.extend(entries.map(|entry| Self::Deliver { worker, entry }));
                }
                Some(hand) if hand.decided => actions.push(Self::Dismiss { worker }),
                Some(_) => actions.push(Self::Claim { worker }),
            }
            actions.extend(state.stream.iter().map(|entry| Self::TakeOver {
                worker,
                entry: entry.number,
            }));
            for (task, known) in process.tasks.iter().enumerate() {
                if known.loaded {
                    let commits = known.calling.iter();
                    actions.extend(commits.map(|step| Self::Commit { worker, task, step }));
                    actions.extend([Self::Call { worker, task }, Self::Finish { worker, task }]);
                } else {
                    actions.push(Self::Load { worker, task });
                }
            }
        }
        actions
    }

    /// What may go wrong.
    pub(crate) fn of_faults(state: &State) -> Vec<Self> {
        let mut actions = vec![Self::LoseStream];
        for evaluation in 0..state.rows.len() {
            actions.extend([
                Self::LoseRing { evaluation },
                Self::ForgetEarly { evaluation },
                Self::Withdraw { evaluation },
            ]);
        }
        for worker in 0..WORKERS {
            actions.extend([
                Self::Crash { worker },
                Self::Suspend { worker },
                Self::Wake { worker },
                Self::Depart { worker },
                Self::Linger { worker },
                Self::PutBack { worker },
                Self::DismissFails { worker },
                Self::ClaimUnheard { worker },
            ]);
            let tasks = 0..state.workers[worker].tasks.len();
            actions.extend(tasks.map(|task| Self::Abandon { worker, task }));
        }
        actions
    }
}
