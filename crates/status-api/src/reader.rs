//! Reading evaluations together: what is asked for while a statement is under way goes with the next one.
//!
//! A statement costs the database and the network about the same for one row as for a hundred, so this is what reads in a
//! second depend on. Nobody waits for company: while there is a turn, an evaluation is read at once. And nobody gets what was
//! read before he asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{EvaluationId, Tenant};
use service::problem::{Problem, ProblemCode};
use storage::Database;
use storage::evaluations::{self, Evaluation};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

/// Statements at a time: while one is at the server, the rows of the other are read.
const CONCURRENCY: usize = 2;
/// Reads that wait for their turn; more than that wait in their requests.
const QUEUE_CAPACITY: usize = 1_024;
/// Evaluations of one statement.
const MAX_ITEMS: usize = 256;

type Answer = storage::Result<Option<Box<Evaluation>>>;

/// Who asked for an evaluation, and does not know yet.
type Waiting = HashMap<(Tenant, EvaluationId), Vec<oneshot::Sender<Answer>>>;

/// The asking end; clones share it.
#[derive(Clone)]
pub(crate) struct Reader {
    sender: mpsc::Sender<PendingRead>,
    patience: Duration,
}

struct PendingRead {
    tenant: Tenant,
    id: EvaluationId,
    answer: oneshot::Sender<Answer>,
}

impl Reader {
    /// Starts the task that gives turns. A read that takes longer than `patience` is given up.
    pub(crate) fn start(tasks: &TaskTracker, database: Database, patience: Duration) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
        // Ends when the last sender is gone, which is when the server has stopped.
        tasks.spawn(run_turns(tasks.clone(), database, receiver));
        Self { sender, patience }
    }

    /// The evaluation as it is now; `None` where the tenant has none of this id.
    ///
    /// # Errors
    /// The database cannot be reached, or not in time; the record cannot be read.
    pub(crate) async fn read(
        &self,
        tenant: &Tenant,
        id: EvaluationId,
    ) -> Result<Option<Box<Evaluation>>, Problem> {
        let (answer, read) = oneshot::channel();
        let asked = async {
            let pending = PendingRead {
                tenant: tenant.clone(),
                id,
                answer,
            };
            self.sender.send(pending).await.ok()?;
            read.await.ok()
        };
        match tokio::time::timeout(self.patience, asked).await {
            Ok(Some(answer)) => Ok(answer?),
            Ok(None) | Err(_) => Err(Problem::new(ProblemCode::DependencyUnavailable)
                .with_detail("it could not be read in time; try again")),
        }
    }
}

async fn run_turns(
    tasks: TaskTracker,
    database: Database,
    mut receiver: mpsc::Receiver<PendingRead>,
) {
    let turns = Arc::new(Semaphore::new(CONCURRENCY));
    while let Some(first) = receiver.recv().await {
        // Closed never.
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
            return;
        };
        // Only now, so that all who came meanwhile are in it.
        let waiting = take(first, &mut receiver);
        let database = database.clone();
        tasks.spawn(async move {
            read_all(&database, waiting).await;
            drop(turn);
        });
    }
}

fn take(first: PendingRead, receiver: &mut mpsc::Receiver<PendingRead>) -> Waiting {
    let mut waiting = Waiting::new();
    let mut next = Some(first);
    while let Some(pending) = next {
        // Its client may have gone.
        if !pending.answer.is_closed() {
            let wanted = waiting.entry((pending.tenant, pending.id)).or_default();
            wanted.push(pending.answer);
        }
        if waiting.len() == MAX_ITEMS {
            break;
        }
        next = receiver.try_recv().ok();
    }
    waiting
}

async fn read_all(database: &Database, waiting: Waiting) {
    let waiting: Vec<_> = waiting.into_iter().collect();
    match evaluations::find_all(database, &ids(&waiting)).await {
        Ok(found) => {
            for ((_, answers), found) in waiting.into_iter().zip(found) {
                give(answers, &found.transpose().map(|found| found.map(Box::new)));
            }
        }
        // One of them is at fault, and none of the others.
        Err(error) if error.fault_of_record().is_some() => {
            for one in waiting {
                let found = evaluations::find_all(database, &ids(std::slice::from_ref(&one))).await;
                let answer = found.and_then(|found| {
                    let found = found.into_iter().flatten().next().transpose()?;
                    Ok(found.map(Box::new))
                });
                give(one.1, &answer);
            }
        }
        Err(error) => {
            for (_, answers) in waiting {
                give(answers, &Err(error.clone()));
            }
        }
    }
}

fn ids<T>(of: &[((Tenant, EvaluationId), T)]) -> Vec<(&Tenant, EvaluationId)> {
    of.iter().map(|((tenant, id), _)| (tenant, *id)).collect()
}

fn give(answers: Vec<oneshot::Sender<Answer>>, answer: &Answer) {
    for sender in answers {
        // Its client may have gone.
        drop(sender.send(answer.clone()));
    }
}
