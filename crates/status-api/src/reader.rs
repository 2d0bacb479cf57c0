//! Reading evaluations together: what is asked for while a statement is under way goes with the next one.
//!
//! A statement costs the database and the network about the same for one row as for a hundred, so this is what reads in a
//! second depend on. Nobody waits for company: while there is a turn, an evaluation is read at once. And nobody gets what was
//! read before he asked: of an answer that is kept, the statement reads whether the evaluation is still that one.

mod cache;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use domain::{EvaluationId, Tenant};
use service::problem::{Problem, ProblemCode};
use storage::Database;
use storage::evaluations::{self, Evaluation, Revision};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

use self::cache::Cache;

/// Statements at a time: while one is at the server, the rows of the other are read.
const CONCURRENCY: usize = 2;
/// Reads that wait for their turn; more than that wait in their requests.
const QUEUE_CAPACITY: usize = 1_024;
/// Evaluations of one statement.
const MAX_ITEMS: usize = 256;

/// An evaluation as a reader gets it.
pub(crate) struct View {
    pub(crate) body: Bytes,
    /// Names this state, as `ETag` has it.
    pub(crate) tag: HeaderValue,
    /// Whether it will not change again by itself.
    pub(crate) is_terminal: bool,
    pub(crate) strategy: String,
    /// From its creation to its last change, on the database's clock.
    pub(crate) age: Duration,
}

/// What came of a read.
#[derive(Clone)]
pub(crate) enum Found {
    /// It is the one whose answer was kept.
    Kept(Arc<View>),
    /// The evaluation, for its answer to be made.
    Read(Box<Evaluation>, Revision),
}

type Answer = storage::Result<Option<Found>>;

/// Who asked for an evaluation, and does not know yet.
type Waiting = HashMap<(Tenant, EvaluationId), Vec<oneshot::Sender<Answer>>>;

/// The asking end; clones share it.
#[derive(Clone)]
pub(crate) struct Reader {
    sender: mpsc::Sender<PendingRead>,
    cache: Arc<Cache>,
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
        let cache = Arc::new(Cache::default());
        // Ends when the last sender is gone, which is when the server has stopped.
        tasks.spawn(run_turns(
            tasks.clone(),
            database,
            Arc::clone(&cache),
            receiver,
        ));
        Self {
            sender,
            cache,
            patience,
        }
    }

    /// The evaluation as it is now; `None` where the tenant has none of this id.
    ///
    /// # Errors
    /// The database cannot be reached, or not in time; the record cannot be read.
    pub(crate) async fn read(
        &self,
        tenant: &Tenant,
        id: EvaluationId,
    ) -> Result<Option<Found>, Problem> {
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

    /// Keeps the answer of an evaluation that has ended.
    pub(crate) fn keep(&self, id: EvaluationId, revision: Revision, view: Arc<View>) {
        self.cache.put(id, revision, view);
    }
}

async fn run_turns(
    tasks: TaskTracker,
    database: Database,
    cache: Arc<Cache>,
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
        let (database, cache) = (database.clone(), Arc::clone(&cache));
        tasks.spawn(async move {
            read_all(&database, &cache, waiting).await;
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

/// Answers all: those whose answer is kept and still holds with that, the others with what is read.
async fn read_all(database: &Database, cache: &Cache, waiting: Waiting) {
    let kept = cache.get_all(waiting.keys().map(|(_, id)| *id));
    let (known, mut unknown): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(|((_, id), _)| kept.contains_key(id));
    if !known.is_empty() {
        let now = evaluations::revisions(database, &ids(&known)).await;
        for (index, ((tenant, id), answers)) in known.into_iter().enumerate() {
            let answer = match (&now, kept.get(&id)) {
                (Err(error), _) => Err(error.clone()),
                (Ok(now), Some((revision, view))) => match now.get(index).copied().flatten() {
                    Some(now) if now == *revision => Ok(Some(Found::Kept(Arc::clone(view)))),
                    Some(_) => {
                        unknown.push(((tenant, id), answers));
                        continue;
                    }
                    None => Ok(None),
                },
                (Ok(_), None) => continue,
            };
            give(answers, &answer);
        }
    }
    if unknown.is_empty() {
        return;
    }
    match evaluations::find_all(database, &ids(&unknown)).await {
        Ok(found) => {
            for ((_, answers), found) in unknown.into_iter().zip(found) {
                give(answers, &found.map(read).transpose());
            }
        }
        // One of them is at fault, and none of the others.
        Err(error) if error.fault_of_record().is_some() => {
            for one in unknown {
                let found = evaluations::find_all(database, &ids(std::slice::from_ref(&one))).await;
                let answer = found
                    .and_then(|found| found.into_iter().flatten().next().map(read).transpose());
                give(one.1, &answer);
            }
        }
        Err(error) => {
            for (_, answers) in unknown {
                give(answers, &Err(error.clone()));
            }
        }
    }
}

fn read(found: storage::Result<(Evaluation, Revision)>) -> storage::Result<Found> {
    found.map(|(evaluation, revision)| Found::Read(Box::new(evaluation), revision))
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
