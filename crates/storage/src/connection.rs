//! A connection that never keeps its user waiting for ever.
//!
//! The server bounds each statement itself, as long as it lives. One that hangs (frozen, or behind a network
//! that swallows packets) bounds nothing, so the client counts too.

use std::collections::HashSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Object;
use futures::future::join_all;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement, ToStatement};

use crate::error::{Error, Result, spoils_connection, words};
use crate::group_commit::Write;
use crate::statement_failures::{RecordKey, Refusals, StatementKey};

type Params<'p> = [&'p (dyn ToSql + Sync)];

/// A connection of the pool. It goes back when this is dropped, unless it is spoiled.
pub(crate) struct Connection {
    /// There until this is dropped.
    object: Option<Object>,
    bound: Duration,
    refusals: Refusals,
    /// The statement that was prepared last: the one that is run.
    statement: Mutex<Option<StatementKey>>,
    /// The only record that is written.
    record: Option<RecordKey>,
    /// Whether it must not go back: a statement is under way on it, or it is of no use any more.
    is_spoiled: AtomicBool,
}

impl Connection {
    pub(crate) fn new(object: Object, bound: Duration, refusals: Refusals) -> Self {
        Self {
            object: Some(object),
            bound,
            refusals,
            statement: Mutex::default(),
            record: None,
            is_spoiled: AtomicBool::new(false),
        }
    }

    /// The same for statements that write this record only, where [`Self::accepted`] says whether they did.
    pub(crate) fn for_record(mut self, record: RecordKey) -> Self {
        self.record = Some(record);
        self
    }

    /// The record was written.
    pub(crate) fn accepted(&self) {
        if let Some(statement) = self.statement() {
            self.refusals.done(statement);
        }
    }

    fn statement(&self) -> Option<StatementKey> {
        *self
            .statement
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn prepare_cached(&self, sql: &str) -> Result<Statement> {
        *self
            .statement
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(StatementKey::of(sql));
        self.bounded(async |object| object.prepare_cached(sql).await)
            .await
    }

    pub(crate) async fn query<T: ?Sized + ToStatement>(
        &self,
        statement: &T,
        params: &Params<'_>,
    ) -> Result<Vec<Row>> {
        self.within(async |object| object.query(statement, params).await)
            .await
    }

    pub(crate) async fn query_opt<T: ?Sized + ToStatement>(
        &self,
        statement: &T,
        params: &Params<'_>,
    ) -> Result<Option<Row>> {
        self.within(async |object| object.query_opt(statement, params).await)
            .await
    }

    pub(crate) async fn query_one<T: ?Sized + ToStatement>(
        &self,
        statement: &T,
        params: &Params<'_>,
    ) -> Result<Row> {
        self.within(async |object| object.query_one(statement, params).await)
            .await
    }

    pub(crate) async fn execute<T: ?Sized + ToStatement>(
        &self,
        statement: &T,
        params: &Params<'_>,
    ) -> Result<u64> {
        self.within(async |object| object.execute(statement, params).await)
            .await
    }

    /// Runs writes in one transaction, sent at once, and returns the row of each that came through its fence. `None`: the
    /// server refused one of them, so that nothing was written; which one, and why, shows when each is run alone.
    pub(crate) async fn write_together<'w>(
        &self,
        writes: impl Iterator<Item = &'w Write>,
    ) -> Result<Option<Vec<Option<Row>>>> {
        let Some(object) = &self.object else {
            return Err(given_back());
        };
        self.is_spoiled.store(true, Ordering::Relaxed);
        let written = tokio::time::timeout(self.bound, write_all(object, writes)).await;
        let Ok(written) = written else {
            return Err(self.no_answer());
        };
        match written {
            Ok((rows, statements)) => {
                self.is_spoiled.store(false, Ordering::Relaxed);
                statements.into_iter().for_each(|it| self.refusals.done(it));
                Ok(Some(rows))
            }
            // All answers have been read, so that it serves others.
            Err(error) => match error.code() {
                Some(code) => {
                    let is_spoiled = spoils_connection(code);
                    self.is_spoiled.store(is_spoiled, Ordering::Relaxed);
                    Ok(None)
                }
                None => Err(error.into()),
            },
        }
    }

    fn no_answer(&self) -> Error {
        Error::Unavailable(format!("no answer within {} s", self.bound.as_secs()))
    }

    /// Runs what was prepared.
    async fn within<'c, T, F>(&'c self, operation: impl FnOnce(&'c Object) -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    {
        let done = self.bounded(operation).await;
        if done.is_ok() && self.record.is_none() {
            self.accepted();
        }
        done
    }

    async fn bounded<'c, T, F>(&'c self, operation: impl FnOnce(&'c Object) -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    {
        let Some(object) = &self.object else {
            return Err(given_back());
        };
        // Set while a statement is under way: whoever drops this future leaves a busy connection behind.
        self.is_spoiled.store(true, Ordering::Relaxed);
        let answer = tokio::time::timeout(self.bound, operation(object)).await;
        let Ok(answer) = answer else {
            return Err(self.no_answer());
        };
        answer
            .map_err(|error| {
                let statement = self.statement().unwrap_or_default();
                let is_of_many = self.refusals.note(&error, statement, self.record);
                let is_spoiled = error.code().is_some_and(spoils_connection);
                self.is_spoiled.store(is_spoiled, Ordering::Relaxed);
                // What all records are refused for lies in none of them.
                if is_of_many {
                    Error::Unavailable(words(&error))
                } else {
                    error.into()
                }
            })
            .inspect(|_| self.is_spoiled.store(false, Ordering::Relaxed))
    }
}

fn given_back() -> Error {
    Error::Unavailable("the connection was given back".to_owned())
}

/// The rows of the writes, and which statements wrote one.
type Written = (Vec<Option<Row>>, HashSet<StatementKey>);

/// Writes all in one transaction, or none.
async fn write_all<'w>(
    object: &Object,
    writes: impl Iterator<Item = &'w Write>,
) -> std::result::Result<Written, tokio_postgres::Error> {
    let mut prepared = Vec::new();
    for write in writes {
        prepared.push((object.prepare_cached(write.sql).await?, write));
    }
    // A request is sent when its future is polled first, and these are polled in order: one round trip for all. Is one
    // refused, so are all behind it, and the last makes a rollback of it.
    let rows = prepared
        .iter()
        .map(async |(statement, write)| object.query_opt(statement, &write.params()).await);
    let (begun, rows, committed) = futures::join!(
        object.batch_execute("BEGIN"),
        join_all(rows),
        object.batch_execute("COMMIT")
    );
    begun?;
    let rows: Vec<Option<Row>> = rows.into_iter().collect::<std::result::Result<_, _>>()?;
    committed?;
    let wrote = prepared.iter().zip(&rows).filter(|(_, row)| row.is_some());
    let statements = wrote.map(|((_, write), _)| StatementKey::of(write.sql));
    let statements = statements.collect();
    Ok((rows, statements))
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && self.is_spoiled.load(Ordering::Relaxed)
        {
            // The next user would wait for the end of a statement that is not its own.
            drop(Object::take(object));
        }
    }
}
