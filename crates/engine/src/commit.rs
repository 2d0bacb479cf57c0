//! Committing what was paid for, whatever the database thinks of what it says.

use domain::timeline::RequestRecord;
use judging::{Answer, Replies, Reply};
use storage::Ownership;
use storage::replies::{self, Cost, PaidReply};

use crate::Engine;
use crate::abort::Abort;
use crate::unavailable::retry_while_unavailable;

/// Commits replies; false: the evaluation is no longer ours.
pub(crate) async fn commit(
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
    let bought = given.iter().map(|(step, reply)| {
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
    let bought: Vec<_> = bought.collect();
    replies::commit(&engine.database, ownership, Reply::VERSION, &bought).await
}
