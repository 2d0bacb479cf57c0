//! Progress for those who watch, written by the side: judging never waits for Redis.

use domain::EvaluationId;
use queue::Redis;
use queue::progress::{Progress, Waiting};
use tokio::sync::mpsc;

/// Writes that wait; beyond that they are left out.
const QUEUE: usize = 10_000;

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

/// The sending end, and the task that writes until every clone of it is gone.
pub fn start(redis: Redis) -> (ProgressWriter, impl Future<Output = ()> + Send + 'static) {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    let writer = async move {
        while let Some(write) = receiver.recv().await {
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
