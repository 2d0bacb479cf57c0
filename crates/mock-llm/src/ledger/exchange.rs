//! A request from its arrival to its end, however it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use actix_web::HttpRequest;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::ask::Ask;
use crate::ledger::{End, Entry, Ledger, Message, Ticket};
use crate::tokens;
use crate::usage::Usage;

const HEADERS: &[&str] = &["x-correlation-id", "traceparent", "idempotency-key"];
/// Messages described per request.
const MESSAGES: usize = 64;
/// Bytes kept of what a client writes into headers and names.
const NAME: usize = 256;

/// Counts a request as cancelled unless it is finished before it is dropped: actix drops the
/// handler and the body of a client that goes away.
#[derive(Debug)]
pub(crate) struct Exchange {
    ledger: Arc<Ledger>,
    ticket: Option<Ticket>,
}

impl Exchange {
    /// A request has arrived and its fault, if any, is decided.
    pub(crate) fn open(
        ledger: &Arc<Ledger>,
        request: &HttpRequest,
        ask: Option<&Ask>,
        body: &Bytes,
        fault: Option<&'static str>,
    ) -> Self {
        let hash = Sha256::digest(body);
        let headers = request.headers();
        let named = |name: &&'static str| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some((*name, tokens::clip(value, NAME).to_owned()))
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let turns = ask.map(|ask| ask.turns.as_slice()).unwrap_or_default();
        let describe = |turn: &crate::ask::Turn| Message {
            role: tokens::clip(&turn.role, NAME).to_owned(),
            bytes: turn.text.len(),
        };
        let entry = Entry {
            number: 0,
            at_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            path: request.path().to_owned(),
            model: ask.map(|ask| tokens::clip(&ask.model, NAME).to_owned()),
            stream: ask.is_some_and(|ask| ask.stream),
            body_sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            body_bytes: body.len(),
            authorization: headers.contains_key("authorization"),
            headers: HEADERS.iter().filter_map(named).collect::<BTreeMap<_, _>>(),
            messages: turns.iter().take(MESSAGES).map(describe).collect(),
            fault,
            outcome: "in_flight",
            status: None,
            duration_ms: None,
            begun: Instant::now(),
            // A copy has no spare capacity, which the limit of the journal could not see.
            body: Some(Bytes::copy_from_slice(body)),
        };
        let short = hash
            .iter()
            .take(16)
            .fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        let ticket = ledger.open(entry, short);
        Self {
            ledger: Arc::clone(ledger),
            ticket: Some(ticket),
        }
    }

    /// The server has done all it meant to do.
    pub(crate) fn finish(&mut self, status: u16, usage: Usage) {
        self.close(End::Completed(status, usage));
    }

    /// The number of the request.
    pub(crate) fn number(&self) -> u64 {
        self.ticket.map_or(0, |ticket| ticket.number)
    }

    fn close(&mut self, end: End) {
        if let Some(ticket) = self.ticket.take() {
            self.ledger.close(ticket, end);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.close(End::Cancelled);
    }
}
