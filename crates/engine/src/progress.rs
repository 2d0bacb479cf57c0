//! Progress for those who watch, written by the side: judging never waits for Redis.

use std::collections::HashSet;

use domain::EvaluationId;
use queue::Redis;
use queue::progress::{Progress, Waiting};
use tokio::sync::mpsc;

/// Writes that wait; beyond that they are left out.
const QUEUE: usize = 10_000;
/// Writes that are looked at together.
const AT_ONCE: usize = 256;

/// The sending end; clones are cheap.
#[derive(Debug, Clone)]
pub struct ProgressWriter {
    sender: mpsc::Sender<Write>,
}

#[derive(Debug)]
enum Write {
    Step {
        id: EvaluationId,
        epoch: i64,
        progress: Progress,
    },
    Waits {
        id: EvaluationId,
        epoch: i64,
        waiting: Option<Waiting>,
    },
    End {
        id: EvaluationId,
    },
}

impl Write {
    fn id(&self) -> EvaluationId {
        match self {
            Self::Step { id, .. } | Self::Waits { id, .. } | Self::End { id } => *id,
        }
    }
}

/// Takes them out in order, without what is over already: of an evaluation whose end is among them only that is told.
fn without_superseded(writes: &mut Vec<Write>) -> impl Iterator<Item = Write> {
    let mut ended = HashSet::new();
    let mut left: Vec<Write> = Vec::with_capacity(writes.len());
    for write in writes.drain(..).rev() {
        let is_end = matches!(write, Write::End { .. });
        if is_end || !ended.contains(&write.id()) {
            left.push(write);
        }
        // What comes behind the end is of its next claim, and was kept.
        if let Some(Write::End { id }) = left.last() {
            ended.insert(*id);
        }
    }
    left.into_iter().rev()
}

/// The sending end, and the task that writes until every clone of it is gone.
pub fn start(redis: Redis) -> (ProgressWriter, impl Future<Output = ()> + Send + 'static) {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    let writer = async move {
        let mut writes = Vec::new();
        while receiver.recv_many(&mut writes, AT_ONCE).await > 0 {
            for write in without_superseded(&mut writes) {
                let written = match write {
                    Write::Step {
                        id,
                        epoch,
                        progress,
                    } => redis.write_progress(id, epoch, &progress).await.map(|_| ()),
                    Write::Waits { id, epoch, waiting } => {
                        redis.write_waiting(id, epoch, waiting.as_ref()).await
                    }
                    Write::End { id } => redis.end_progress(id).await,
                };
                if let Err(error) = written {
                    // The record is in PostgreSQL, and readers know to look there.
                    tracing::debug!(%error, "progress not written");
                }
            }
        }
    };
    (ProgressWriter { sender }, writer)
}

impl ProgressWriter {
    /// Says how far an evaluation is.
    pub fn step(&self, id: EvaluationId, epoch: i64, progress: Progress) {
        self.send(Write::Step {
            id,
            epoch,
            progress,
        });
    }

    /// Says what an evaluation waits for now; `None`: it goes on.
    pub fn waits(&self, id: EvaluationId, epoch: i64, waiting: Option<Waiting>) {
        self.send(Write::Waits { id, epoch, waiting });
    }

    /// Says that an evaluation has ended, or left: those who wait for it are woken.
    pub fn end(&self, id: EvaluationId) {
        self.send(Write::End { id });
    }

    fn send(&self, write: Write) {
        if self.sender.try_send(write).is_err() {
            tracing::debug!("progress left out");
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_over_is_not_told() {
        let id = |number| EvaluationId(Uuid::from_u128(number));
        let waits = |number| Write::Waits {
            id: id(number),
            epoch: 1,
            waiting: None,
        };
        let end = |number| Write::End { id: id(number) };
        let mut writes = vec![
            waits(1),
            waits(2),
            waits(1),
            end(1),
            waits(3),
            waits(1),
            end(3),
        ];
        let left: Vec<_> = without_superseded(&mut writes)
            .map(|write| (write.id().0.as_u128(), matches!(write, Write::End { .. })))
            .collect();
        // The second claim of the first goes on.
        assert_eq!(left, [(2, false), (1, true), (1, false), (3, true)]);
        assert!(writes.is_empty());
    }
}
