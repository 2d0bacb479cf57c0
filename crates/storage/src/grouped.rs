//! Working in groups: what is asked for while a group is under way goes with the next one.
//!
//! A statement, a round trip and a commit cost about the same for one record as for a hundred (group commit: `DeWitt` et
//! al., "Implementation techniques for main memory database systems", 1984). Nobody waits for company: while there is a
//! lane, one alone is done at once.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, Result};

/// Items that wait for a lane; whoever brings more waits to hand them in.
const QUEUE_CAPACITY: usize = 1_024;

/// How large groups get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Groups at a time.
    pub(crate) lanes: usize,
    /// Items of a group.
    pub(crate) items: usize,
    /// Bytes of a group; one item alone may have more.
    pub(crate) bytes: usize,
}

/// The end that hands items in; clones are cheap.
pub(crate) struct Grouped<I, O> {
    sender: mpsc::Sender<Pending<I, O>>,
}

/// An item that somebody waits for.
pub(crate) struct Pending<I, O> {
    pub(crate) item: I,
    bytes: usize,
    answer: oneshot::Sender<Result<O>>,
}

impl<I, O> Pending<I, O> {
    /// Tells whoever waits for it what came of it.
    pub(crate) fn answer(self, result: Result<O>) {
        // Its caller may have gone: then nobody needs to know.
        drop(self.answer.send(result));
    }
}

impl<I, O> Clone for Grouped<I, O> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
        }
    }
}

impl<I, O> std::fmt::Debug for Grouped<I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grouped").finish_non_exhaustive()
    }
}

/// Does the work of a group, and answers each of its items.
pub(crate) type Work<I, O> =
    Arc<dyn Fn(Vec<Pending<I, O>>) -> BoxFuture<'static, ()> + Send + Sync>;

impl<I, O> Grouped<I, O> {
    /// The end that hands items in, and the task that does them in groups until the last clone of that end is gone.
    pub(crate) fn start(limits: Limits, work: Work<I, O>) -> (Self, impl Future<Output = ()>) {
        let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
        (Self { sender }, run(limits, work, receiver))
    }

    /// Has an item done with others. An item that was handed in is done even when this future is dropped.
    ///
    /// # Errors
    /// What came of the item; [`Error::Unavailable`] when the task has ended.
    pub(crate) async fn submit(&self, item: I, bytes: usize) -> Result<O> {
        let (answer, done) = oneshot::channel();
        let pending = Pending {
            item,
            bytes,
            answer,
        };
        let ended = || Error::Unavailable("groups are no longer done".to_owned());
        self.sender.send(pending).await.map_err(|_| ended())?;
        done.await.map_err(|_| ended())?
    }
}

async fn run<I, O>(limits: Limits, work: Work<I, O>, mut receiver: mpsc::Receiver<Pending<I, O>>) {
    let mut under_way = FuturesUnordered::new();
    // The first of the next group, which did not fit into the one before.
    let mut left = None;
    let mut is_open = true;
    loop {
        while under_way.len() < limits.lanes {
            let (group, rest) = take(left.take(), &mut receiver, limits);
            left = rest;
            if group.is_empty() {
                break;
            }
            under_way.push(work(group));
        }
        tokio::select! {
            Some(()) = under_way.next() => {}
            first = receiver.recv(), if is_open && under_way.len() < limits.lanes => match first {
                Some(first) => left = Some(first),
                None => is_open = false,
            },
            else => return,
        }
    }
}

type Group<I, O> = Vec<Pending<I, O>>;

/// All who wait by now, as far as they fit, and the first who does not.
fn take<I, O>(
    first: Option<Pending<I, O>>,
    receiver: &mut mpsc::Receiver<Pending<I, O>>,
    limits: Limits,
) -> (Group<I, O>, Option<Pending<I, O>>) {
    let (mut group, mut bytes) = (Vec::new(), 0_usize);
    let mut next = first.or_else(|| receiver.try_recv().ok());
    while let Some(pending) = next {
        bytes = bytes.saturating_add(pending.bytes);
        if !group.is_empty() && bytes > limits.bytes {
            return (group, Some(pending));
        }
        group.push(pending);
        if group.len() >= limits.items {
            break;
        }
        next = receiver.try_recv().ok();
    }
    (group, None)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    const LIMITS: Limits = Limits {
        lanes: 1,
        items: 4,
        bytes: 100,
    };

    /// Notes groups as they begin; each waits for a permit of the gate.
    fn noted(groups: &Arc<Mutex<Vec<Vec<u32>>>>, gate: &Arc<Semaphore>) -> Work<u32, u32> {
        let (groups, gate) = (Arc::clone(groups), Arc::clone(gate));
        Arc::new(move |group| {
            let (groups, gate) = (Arc::clone(&groups), Arc::clone(&gate));
            Box::pin(async move {
                let items = group.iter().map(|pending| pending.item).collect();
                groups.lock().unwrap().push(items);
                gate.acquire().await.unwrap().forget();
                for pending in group {
                    let double = pending.item * 2;
                    pending.answer(Ok(double));
                }
            })
        })
    }

    #[tokio::test]
    async fn what_comes_while_a_group_is_under_way_goes_together_as_far_as_it_fits() {
        let groups = Arc::default();
        let gate = Arc::new(Semaphore::new(0));
        let (grouped, task) = Grouped::start(LIMITS, noted(&groups, &gate));
        // The large one would make its group too large, and goes alone.
        let items = [
            (1, 1),
            (2, 1),
            (3, 1),
            (4, 500),
            (5, 1),
            (6, 1),
            (7, 1),
            (8, 1),
            (9, 1),
        ];
        let all = async {
            let asked = async move {
                let asked = items.map(|(item, bytes)| grouped.submit(item, bytes));
                let answers = join_all(asked).await;
                drop(grouped);
                answers
            };
            let opened = async {
                // The first begins alone; the others come while it is under way.
                tokio::task::yield_now().await;
                gate.add_permits(100);
            };
            futures::join!(asked, task, opened).0
        };
        let answers = all.await;
        let doubled: Vec<u32> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        assert_eq!(doubled, items.map(|(item, _)| item * 2));
        let groups = groups.lock().unwrap();
        let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
        assert!(sizes.iter().all(|size| *size <= 4), "{groups:?}");
        assert!(sizes.len() < items.len(), "{groups:?}");
        assert!(groups.contains(&vec![4]), "{groups:?}");
        assert_eq!(groups.concat(), items.map(|(item, _)| item), "in order");
    }

    #[tokio::test]
    async fn who_goes_away_takes_nobodys_answer() {
        let groups = Arc::default();
        let gate = Arc::new(Semaphore::new(0));
        let (grouped, task) = Grouped::start(LIMITS, noted(&groups, &gate));
        gate.add_permits(2);
        let asked = async move {
            let mut gone = Box::pin(grouped.submit(1, 1));
            assert!(futures::poll!(gone.as_mut()).is_pending());
            drop(gone);
            grouped.submit(2, 1).await
        };
        assert_eq!(futures::join!(asked, task).0, Ok(4));
        // It was handed in, so it was done.
        assert!(groups.lock().unwrap().concat().contains(&1));
    }
}
