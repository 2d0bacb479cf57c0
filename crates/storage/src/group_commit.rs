//! Transactions that owners share: writes that come while one is under way go with the next one.
//!
//! Each write keeps its own fence. One that the server refuses spoils the transaction, not the others: then each is written
//! alone. See ADR 29.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{self, StreamExt as _};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::database::Database;
use crate::error::Result;
use crate::grouped::{Grouped, Limits, Pending, Work};
use crate::statement_failures::RecordKey;

/// Transactions at a time: while one is at the disk, the next is sent. A row that somebody else has locked holds up one.
const LANES: usize = 2;
/// Writes of one transaction.
const MAX_ITEMS: usize = 128;
/// Bytes of one transaction's records.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Of a transaction that was refused, so many are written at a time.
const ALONE_AT_ONCE: usize = 4;

/// A parameter that outlives whoever asked for the write.
pub(crate) type Param = Box<dyn ToSql + Sync + Send>;

/// One statement of one owner, under its fence.
pub(crate) struct Write {
    /// The evaluation, and under which epoch.
    pub(crate) record: RecordKey,
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Param>,
}

impl Write {
    pub(crate) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let params = self.params.iter();
        params
            .map(|param| &**param as &(dyn ToSql + Sync))
            .collect()
    }

    /// Writes it in a transaction of its own.
    pub(crate) async fn alone(&self, database: &Database) -> Result<Option<Row>> {
        let client = database.connection().await?;
        let client = client.for_record(self.record);
        let statement = client.prepare_cached(self.sql).await?;
        let written = client.query_opt(&statement, &self.params()).await?;
        if written.is_some() {
            client.accepted();
        }
        Ok(written)
    }
}

/// A write with whoever waits for it. `None` is the answer where its fence let nothing through.
type PendingWrite = Pending<Write, Option<Row>>;

/// The end that hands writes in, and the task that commits them.
pub(crate) fn start(database: Database) -> (Grouped<Write, Option<Row>>, impl Future<Output = ()>) {
    let limits = Limits {
        lanes: LANES,
        items: MAX_ITEMS,
        bytes: MAX_BYTES,
    };
    let size = Arc::new(AtomicUsize::new(MAX_ITEMS));
    let work: Work<Write, Option<Row>> = Arc::new(move |mut group| {
        let (database, size) = (database.clone(), Arc::clone(&size));
        Box::pin(async move {
            // By id, as all who lock several rows: two that do must not wait for each other in a circle.
            group.sort_by_key(|pending| pending.item.record.0);
            while !group.is_empty() {
                let most = size.load(Ordering::Relaxed).min(group.len());
                let rest = group.split_off(most);
                commit(&database, group, &size).await;
                group = rest;
            }
        })
    });
    Grouped::start(limits, work)
}

/// Commits a group. `size` is how many writes a transaction has at most: half as many where the server did not get through
/// one in time, so that one that is slow gets on.
async fn commit(database: &Database, group: Vec<PendingWrite>, size: &AtomicUsize) {
    if group.len() > 1 {
        let count = group.len();
        match together(database, &group).await {
            Ok(Some(rows)) => {
                let more = size.load(Ordering::Relaxed).max(count * 2);
                size.store(more.min(MAX_ITEMS), Ordering::Relaxed);
                for (pending, row) in group.into_iter().zip(rows) {
                    pending.answer(Ok(row));
                }
                return;
            }
            // One of them is at fault, and none of the others.
            Ok(None) => {}
            Err(error) => {
                size.store((count / 2).max(2), Ordering::Relaxed);
                for pending in group {
                    pending.answer(Err(error.clone()));
                }
                return;
            }
        }
    }
    stream::iter(group)
        .for_each_concurrent(ALONE_AT_ONCE, async |pending| {
            let written = pending.item.alone(database).await;
            pending.answer(written);
        })
        .await;
}

/// Writes all or none; `None`: the server refused one, and nothing was written.
async fn together(database: &Database, group: &[PendingWrite]) -> Result<Option<Vec<Option<Row>>>> {
    let client = database.connection().await?;
    let writes = || group.iter().map(|pending| &pending.item);
    client.write_together(writes()).await
}
