//! A request from its arrival to its end, however it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::ask::Ask;
use crate::ledger::{End, Entry, Ledger, Message, Ticket};
use crate::tokens;
use crate::usage::Usage;

/// Headers kept, besides those that begin with `x-`.
const HEADERS: &[&str] = &["traceparent", "idempotency-key"];
/// Headers of which only the presence is kept.
const CREDENTIALS: &[&str] = &["authorization", "x-api-key"];
/// Headers kept per request.
const HEADERS_KEPT: usize = 64;
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
        fault: Option<&str>,
    ) -> Self {
        let hash = Sha256::digest(body);
        let headers = request.headers();
        let kept = |(name, value): (&HeaderName, &HeaderValue)| {
            let name = name.as_str();
            let wanted = HEADERS.contains(&name) || name.starts_with("x-");
            if !wanted || CREDENTIALS.contains(&name) {
                return None;
            }
            let value = tokens::clip(value.to_str().ok()?, NAME);
            Some((tokens::clip(name, NAME).to_owned(), value.to_owned()))
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
            n: ask.map_or(1, |ask| ask.samples),
            body_sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            body_bytes: body.len(),
            authorization: CREDENTIALS.iter().any(|name| headers.contains_key(*name)),
            headers: headers
                .iter()
                .filter_map(kept)
                .take(HEADERS_KEPT)
                .collect::<BTreeMap<_, _>>(),
            messages: turns.iter().take(MESSAGES).map(describe).collect(),
            fault: fault.map(str::to_owned),
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
