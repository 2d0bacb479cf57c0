//! Committing what was paid for, whatever the database thinks of what it says.

use std::time::Instant;

use domain::assessment::Assessment;
use domain::timeline::RequestRecord;
use judging::{Answer, Replies, Reply};
use service::metrics;
use storage::replies::{self, Cost, PaidReply};
use storage::{Ownership, assessments};

use crate::Engine;
use crate::abort::Abort;
use crate::unavailable::retry_while_unavailable;

/// What a request brought, and what it took to get it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) replies: Replies,
    pub(crate) request: RequestRecord,
    /// When it was there.
    pub(crate) at: Instant,
}

impl Received {
    /// Counts how long it took to commit it.
    fn committed(&self) {
        let took = self.at.elapsed().as_secs_f64();
        metrics::judge_call_overhead_seconds("commit").record(took);
    }

    /// Commits it.
    pub(crate) async fn commit(&self, engine: &Engine, ownership: &Ownership) -> Result<(), Abort> {
        if commit(engine, ownership, &self.replies, &self.request).await? {
            self.committed();
            Ok(())
        } else {
            Err(Abort::OwnershipLost)
        }
    }

    /// Commits it in the statement that ends its evaluation. False: only the reply could be committed, and the end is still to be
    /// written. Whatever keeps the end from being written must not keep what was paid for: that has no bound but the evaluation's.
    pub(crate) async fn finish(
        &self,
        engine: &Engine,
        ownership: &Ownership,
        assessment: &Assessment,
    ) -> Result<bool, Abort> {
        let bought = paid(&self.replies, &self.request);
        let database = &engine.database;
        let whole = assessments::finish_with_replies(
            database,
            ownership,
            assessment,
            Reply::VERSION,
            &bought,
        );
        match whole.await {
            Ok(true) => {
                self.committed();
                Ok(true)
            }
            Ok(false) => Err(Abort::OwnershipLost),
            Err(error) => {
                tracing::debug!(%error, "the reply is committed before the end");
                self.commit(engine, ownership).await.map(|()| false)
            }
        }
    }
}

/// Commits replies; false: the evaluation is no longer ours.
async fn commit(
    engine: &Engine,
    ownership: &Ownership,
    given: &Replies,
    request: &RequestRecord,
) -> Result<bool, Abort> {
    loop {
        let whole = || write(engine, ownership, given, request);
        let refused = match retry_while_unavailable(whole).await {
            Err(refused @ Abort::Failed(..)) => refused,
            kept => return kept,
        };
        // The database does not take what a reply says. What was paid for it counts all the same, and it may take that.
        match write(engine, ownership, &emptied(given), request).await {
            Ok(false) => return Ok(false),
            // Meanwhile it has shown that it is not this reply's fault.
            Err(error) if error.is_unavailable() => {}
            Ok(true) | Err(_) => return Err(refused),
        }
    }
}

/// The same replies without what they say.
fn emptied(given: &Replies) -> Replies {
    let mut emptied = given.clone();
    for reply in emptied.values_mut() {
        reply.answer = Answer::Text {
            text: String::new(),
            cut_off: false,
        };
        reply.logprobs = None;
    }
    emptied
}

async fn write(
    engine: &Engine,
    ownership: &Ownership,
    given: &Replies,
    request: &RequestRecord,
) -> storage::Result<bool> {
    let bought = paid(given, request);
    replies::commit(&engine.database, ownership, Reply::VERSION, &bought).await
}

/// As the database takes them.
fn paid<'r>(given: &'r Replies, request: &'r RequestRecord) -> Vec<PaidReply<'r, Reply>> {
    let paid = given.iter().map(|(step, reply)| {
        let usage = reply.usage;
        PaidReply {
            step: &step.0,
            reply,
            cost: Cost {
                input_tokens: usage.input_tokens,
                cached_input_tokens: usage.cached_input_tokens,
                cache_write_tokens: usage.cache_write_tokens,
                output_tokens: usage.output_tokens,
                nano_usd: usage.cost_nano_usd,
            },
            request: Some(request),
        }
    });
    paid.collect()
}
