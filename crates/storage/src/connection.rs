//! A connection that never keeps its user waiting for ever.
//!
//! The server bounds each statement itself, as long as it lives. One that hangs (frozen, or behind a network
//! that swallows packets) bounds nothing, so the client counts too.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement, ToStatement};

use crate::error::{Error, Result, spoils_connection};
use crate::statement_failures::Refusals;

type Params<'p> = [&'p (dyn ToSql + Sync)];

/// A connection of the pool. It goes back when this is dropped, unless it is spoiled.
pub(crate) struct Connection {
    /// There until this is dropped.
    object: Option<Object>,
    bound: Duration,
    refusals: Refusals,
    /// Whether it must not go back: a statement is under way on it, or it is of no use any more.
    is_spoiled: AtomicBool,
}

impl Connection {
    pub(crate) fn new(object: Object, bound: Duration, refusals: Refusals) -> Self {
        Self {
            object: Some(object),
            bound,
            refusals,
            is_spoiled: AtomicBool::new(false),
        }
    }

    pub(crate) async fn prepare_cached(&self, sql: &str) -> Result<Statement> {
        self.within(async |object| object.prepare_cached(sql).await)
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

    async fn within<'c, T, F>(&'c self, operation: impl FnOnce(&'c Object) -> F) -> Result<T>
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
                self.refusals.note(&error);
                let is_spoiled = error.code().is_some_and(spoils_connection);
                self.is_spoiled.store(is_spoiled, Ordering::Relaxed);
                error.into()
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
