//! A connection that never keeps its user waiting for ever.
//!
//! The server bounds each statement itself, as long as it lives. One that hangs (frozen, or behind a network
//! that swallows packets) bounds nothing, so the client counts too.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement, ToStatement};

use crate::error::{Error, Result, spoils_connection, words};
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
            return Err(Error::Unavailable(
                "the connection was given back".to_owned(),
            ));
        };
        // Set while a statement is under way: whoever drops this future leaves a busy connection behind.
        self.is_spoiled.store(true, Ordering::Relaxed);
        let answer = tokio::time::timeout(self.bound, operation(object)).await;
        let Ok(answer) = answer else {
            return Err(Error::Unavailable(format!(
                "no answer within {} s",
                self.bound.as_secs()
            )));
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
