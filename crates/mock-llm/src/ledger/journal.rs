//! The last requests.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::ledger::End;

/// Requests kept.
const REQUESTS: usize = 1_000;
/// Bytes of bodies kept.
const BODIES: usize = 64 << 20;

/// One request as it is remembered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Counts from the start of the server.
    pub(crate) number: u64,
    /// Milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// As requested.
    pub(crate) path: String,
    /// As named in the body.
    pub(crate) model: Option<String>,
    /// Whether events were asked for.
    pub(crate) stream: bool,
    /// How many choices were asked for.
    pub(crate) n: usize,
    /// In hexadecimal.
    pub(crate) body_sha256: String,
    /// Length of the body.
    pub(crate) body_bytes: usize,
    /// Whether any credentials were there; never which.
    pub(crate) authorization: bool,
    /// Headers of interest.
    pub(crate) headers: BTreeMap<String, String>,
    /// The conversation without its text.
    pub(crate) messages: Vec<Message>,
    /// The applied fault.
    pub(crate) fault: Option<String>,
    /// `in_flight`, `completed` or `cancelled`.
    pub(crate) outcome: &'static str,
    /// The answered status.
    pub(crate) status: Option<u16>,
    /// From the request to its end.
    pub(crate) duration_ms: Option<u64>,
    /// For the duration.
    #[serde(skip)]
    pub(crate) begun: Instant,
    /// The body, as long as there is room.
    #[serde(skip)]
    pub(crate) body: Option<Bytes>,
}

/// Role and size of a message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
    /// `system`, `user`, …
    pub(crate) role: String,
    /// Bytes of its text.
    pub(crate) bytes: usize,
}

/// A ring of entries.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    next: u64,
    kept: usize,
}

impl Journal {
    /// An empty journal which goes on counting.
    pub(super) fn successor(&self) -> Self {
        Self {
            next: self.next,
            ..Self::default()
        }
    }

    /// Adds an entry and returns its number.
    pub(super) fn add(&mut self, mut entry: Entry) -> u64 {
        let number = self.next;
        self.next += 1;
        entry.number = number;
        self.kept += entry.body.as_ref().map_or(0, Bytes::len);
        self.entries.push_back(entry);
        if self.entries.len() > REQUESTS
            && let Some(body) = self.entries.pop_front().and_then(|entry| entry.body)
        {
            self.kept -= body.len();
        }
        for entry in &mut self.entries {
            if self.kept <= BODIES {
                break;
            }
            self.kept -= entry.body.take().map_or(0, |body| body.len());
        }
        number
    }

    /// Notes how a request ended, if it is still remembered.
    pub(super) fn end(&mut self, number: u64, end: End) {
        let first = self.entries.front().map_or(0, |entry| entry.number);
        let index = number
            .checked_sub(first)
            .and_then(|index| usize::try_from(index).ok());
        let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) else {
            return;
        };
        let elapsed = entry.begun.elapsed().as_millis();
        entry.duration_ms = Some(u64::try_from(elapsed).unwrap_or(u64::MAX));
        match end {
            End::Completed(status, _) => {
                entry.outcome = "completed";
                entry.status = Some(status);
            }
            End::Cancelled => entry.outcome = "cancelled",
        }
    }

    /// The last entries, oldest first.
    pub(super) fn recent(&self, limit: usize, bodies: bool) -> Vec<Value> {
        let skipped = self.entries.len().saturating_sub(limit);
        self.entries
            .iter()
            .skip(skipped)
            .map(|entry| shown(entry, bodies))
            .collect()
    }
}

fn shown(entry: &Entry, with_body: bool) -> Value {
    let mut value = serde_json::to_value(entry).unwrap_or(Value::Null);
    if let Some(fields) = value.as_object_mut().filter(|_| with_body) {
        let body = entry
            .body
            .as_ref()
            .map(|body| String::from_utf8_lossy(body).into_owned());
        fields.insert("body".to_owned(), body.into());
    }
    value
}
