//! Answers on their way to a sender that may not read them yet.

use std::sync::Arc;
use std::time::Duration;

use api::BatchAnswer;
use bytes::Bytes;
use futures::Stream;
use service::problem::{Problem, ProblemCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::memory::kibibytes;
use crate::state::State;

/// What one batch may have in answers that nobody has read: 140,000 lines that were taken.
const UNREAD_BYTES: u64 = 16 * 1024 * 1024;
/// Set aside for the answers of a group before it is read; more than most take.
const GROUP_ANSWERS: u64 = 64 * 1024;

/// Both ends of the answers of one batch.
pub(super) fn channel(state: &State) -> (Answers, UnreadBytes) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let answers = Answers {
        sender,
        room: Arc::new(Semaphore::new(kibibytes(UNREAD_BYTES) as usize)),
        memory: Arc::clone(&state.body_memory.all),
    };
    (answers, UnreadBytes(receiver))
}

/// The end that answers are put in.
pub(super) struct Answers {
    sender: mpsc::UnboundedSender<Chunk>,
    /// Of this batch, in KiB.
    room: Arc<Semaphore>,
    /// Of all requests.
    memory: Arc<Semaphore>,
}

/// Answers of one group.
struct Chunk {
    bytes: Bytes,
    _room: Option<AnswerPermit>,
}

/// What is set aside for some answers until they are read.
pub(super) struct AnswerPermit {
    own: OwnedSemaphorePermit,
    common: OwnedSemaphorePermit,
}

/// Nobody is there to read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientGone {
    #[error("its connection is closed")]
    Closed,
    #[error(transparent)]
    Unwritable(#[from] serde_json::Error),
}

impl Answers {
    /// Waits for room for the answers of a group.
    ///
    /// # Errors
    /// 408 when the sender reads nothing for so long, 503 when others need the memory.
    pub(super) async fn room(&self, patience: Duration) -> Result<AnswerPermit, Problem> {
        let seconds = patience.as_secs();
        let own = acquire(&self.room, patience).await.ok_or_else(|| {
            Problem::new(ProblemCode::RequestTimeout).with_detail(format!(
                "the answers to the lines before were not read within {seconds} s; send this line and those behind it again"
            ))
        })?;
        let common = acquire(&self.memory, patience).await.ok_or_else(|| {
            Problem::new(ProblemCode::Overloaded).with_detail(
                "there is no memory to keep answers in; send this line and those behind it again",
            )
        })?;
        Ok(AnswerPermit { own, common })
    }

    /// Answers a group.
    pub(super) fn send(
        &self,
        lines: &[BatchAnswer],
        room: Option<AnswerPermit>,
    ) -> Result<(), ClientGone> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
        let chunk = Chunk {
            _room: room.map(|room| self.fitted(room, bytes.len())),
            bytes: bytes.into(),
        };
        self.sender.send(chunk).map_err(|_| ClientGone::Closed)
    }

    /// What is needed and no more. Where a group has answers of many words, more is taken if it is there.
    fn fitted(&self, mut room: AnswerPermit, bytes: usize) -> AnswerPermit {
        let (there, needed) = (kibibytes(GROUP_ANSWERS), kibibytes(bytes as u64));
        if let Some(spare) = there.checked_sub(needed) {
            drop(room.own.split(spare as usize));
            drop(room.common.split(spare as usize));
            return room;
        }
        let more = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_many_owned(needed - there);
        if let (Ok(own), Ok(common)) = (more(&self.room), more(&self.memory)) {
            room.own.merge(own);
            room.common.merge(common);
        }
        room
    }
}

async fn acquire(of: &Arc<Semaphore>, patience: Duration) -> Option<OwnedSemaphorePermit> {
    let acquiring = Arc::clone(of).acquire_many_owned(kibibytes(GROUP_ANSWERS));
    tokio::time::timeout(patience, acquiring).await.ok()?.ok()
}

/// The end that answers are read from.
pub(super) struct UnreadBytes(mpsc::UnboundedReceiver<Chunk>);

impl UnreadBytes {
    /// The answers that this work makes, which ends when nobody reads them. It is no end when the work did not end in
    /// good order.
    pub(super) fn of(self, work: JoinSet<()>) -> impl Stream<Item = Result<Bytes, Problem>> {
        futures::stream::unfold((self, work), |(mut unread, mut work)| async move {
            if let Some(chunk) = unread.0.recv().await {
                return Some((Ok(chunk.bytes), (unread, work)));
            }
            match work.join_next().await {
                Some(Err(error)) => Some((Err(Problem::internal(error)), (unread, work))),
                Some(Ok(())) | None => None,
            }
        })
    }
}
