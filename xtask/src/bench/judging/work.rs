//! What a worker is given to judge, and what is wanted of it.

use serde_json::{Value, json};

use crate::bench::report::Goal;

const KB: usize = 1_000;
const MB: usize = 1_000_000;

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Candidates of 2 KB, a provider that answers at once.
    Small,
    /// The same of 1 MB.
    Large,
    /// A provider that takes a second, 200 calls in flight.
    Second,
    /// A provider that takes a minute: what is held meanwhile.
    Waiting,
    /// Debates of three over two rounds, a provider that answers at once.
    Debate,
    /// Reads of evaluations beside full judging.
    Reads,
    /// 50 posts a second, with limits, prices and a budget: what a call costs beside the provider where nothing waits for its turn.
    Steady,
}

/// What is judged in a run.
pub(super) struct Work {
    pub(super) name: &'static str,
    pub(super) payloads: Vec<Value>,
    /// Of the provider.
    pub(super) latency_ms: u64,
    /// Of the worker.
    pub(super) slots: usize,
    /// Whether it ends when all calls are in flight.
    pub(super) is_held: bool,
    /// Whether evaluations are read meanwhile.
    pub(super) is_read: bool,
    /// Posts in a second, one by one, of calls that are limited and paid from a budget; all at once without it.
    pub(super) rate: Option<u32>,
    pub(super) goals: Goals,
}

#[derive(Default)]
pub(super) struct Goals {
    pub(super) rate: Option<Goal>,
    pub(super) cpu: Option<Goal>,
    pub(super) overhead: Option<Goal>,
    pub(super) memory: Option<Goal>,
    pub(super) waiting: Option<Goal>,
    pub(super) until_waiting: Option<Goal>,
    pub(super) reads: Option<Goal>,
}

impl Part {
    /// Those that are wanted: all where none is named.
    pub(super) fn all(only: &[Self]) -> impl Iterator<Item = Self> {
        let all = [
            Self::Small,
            Self::Large,
            Self::Second,
            Self::Waiting,
            Self::Debate,
            Self::Reads,
            Self::Steady,
        ];
        all.into_iter()
            .filter(move |part| only.is_empty() || only.contains(part))
    }

    pub(super) fn work(self, count: usize, waiting: usize) -> Work {
        let direct = |name, count, size| Work {
            name,
            payloads: payloads(count, size, &json!("direct")),
            latency_ms: 0,
            slots: 1_000,
            is_held: false,
            is_read: false,
            rate: None,
            goals: Goals::default(),
        };
        let at_least = |goal| Some(Goal::AtLeast(goal));
        let below = |goal| Some(Goal::Below(goal));
        match self {
            Self::Small => Work {
                goals: Goals {
                    rate: at_least(1_500.0),
                    cpu: below(0.4),
                    ..Goals::default()
                },
                ..direct("2 KB, at once", count, 2 * KB)
            },
            Self::Large => Work {
                goals: Goals {
                    rate: at_least(100.0),
                    memory: below(512.0),
                    ..Goals::default()
                },
                ..direct("1 MB, at once", (count / 10).max(1), MB)
            },
            Self::Second => Work {
                latency_ms: 1_000,
                slots: 200,
                goals: Goals {
                    rate: at_least(197.0),
                    overhead: below(2.0),
                    ..Goals::default()
                },
                ..direct("2 KB, after 1 s, 200 in flight", 4_000, 2 * KB)
            },
            Self::Waiting => Work {
                latency_ms: 60_000,
                slots: waiting,
                is_held: true,
                goals: Goals {
                    waiting: below(20.0),
                    until_waiting: below(4.0),
                    ..Goals::default()
                },
                ..direct("2 KB, after 60 s", waiting, 2 * KB)
            },
            Self::Debate => {
                let debate = json!({"kind": "debate", "models": ["a", "b", "c"], "rounds": 2});
                Work {
                    payloads: payloads((count / 6).max(1), 2 * KB, &debate),
                    ..direct("debate of 3 over 2 rounds, at once", 0, 0)
                }
            }
            Self::Reads => Work {
                is_read: true,
                goals: Goals {
                    reads: below(20.0),
                    ..Goals::default()
                },
                ..direct("2 KB, at once, read meanwhile", count, 2 * KB)
            },
            Self::Steady => Work {
                latency_ms: 100,
                rate: Some(50),
                goals: Goals {
                    overhead: below(2.0),
                    ..Goals::default()
                },
                ..direct(
                    "2 KB, after 0.1 s, 50 posts/s, limits and a budget",
                    count.min(1_500),
                    2 * KB,
                )
            },
        }
    }
}

/// Different candidates of so many bytes.
fn payloads(count: usize, size: usize, strategy: &Value) -> Vec<Value> {
    let line = "let median = sorted[sorted.len() / 2]; // the middle of what is in order\n";
    let text = line.repeat(size / line.len() + 1);
    let of = |number| {
        let text: String = text.chars().take(size).collect();
        json!({"output": format!("{text}{number}"), "strategy": strategy})
    };
    (0..count).map(of).collect()
}
