//! Counts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ledger::{End, Entry};

/// Names counted apart: clients choose models and could choose millions.
const NAMES: usize = 1_000;

/// The answer to `GET /mock/stats`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Stats {
    requests: u64,
    in_flight: u64,
    max_in_flight: u64,
    by_path: BTreeMap<String, u64>,
    by_model: BTreeMap<String, u64>,
    by_fault: BTreeMap<String, u64>,
    completed: u64,
    cancelled: u64,
    distinct_bodies: u64,
    repeated_bodies: u64,
    input_tokens: u64,
    cached_input_tokens: u64,
    cache_write_tokens: u64,
    output_tokens: u64,
}

impl Stats {
    /// Counts anew, with what is under way.
    pub(super) fn successor(&self) -> Self {
        Self {
            in_flight: self.in_flight,
            max_in_flight: self.in_flight,
            ..Self::default()
        }
    }

    /// A request that counts no more has ended.
    pub(super) fn left(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A request came in.
    pub(super) fn opened(&mut self, entry: &Entry, repeated: bool) {
        self.requests += 1;
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        raise(&mut self.by_path, &entry.path);
        if let Some(model) = &entry.model {
            raise(&mut self.by_model, model);
        }
        if let Some(fault) = &entry.fault {
            raise(&mut self.by_fault, fault);
        }
        // A request without a body repeats nothing.
        match (entry.body_bytes, repeated) {
            (0, _) => {}
            (_, true) => self.repeated_bodies += 1,
            (_, false) => self.distinct_bodies += 1,
        }
    }

    /// A request came to its end.
    pub(super) fn closed(&mut self, end: End) {
        match end {
            End::Completed(_, usage) => {
                self.completed += 1;
                self.input_tokens += usage.input;
                self.cached_input_tokens += usage.cached;
                self.cache_write_tokens += usage.written.unwrap_or_default();
                self.output_tokens += usage.output;
            }
            End::Cancelled => self.cancelled += 1,
        }
    }
}

fn raise(counts: &mut BTreeMap<String, u64>, name: &str) {
    let name = if counts.len() < NAMES || counts.contains_key(name) {
        name
    } else {
        "(others)"
    };
    *counts.entry(name.to_owned()).or_default() += 1;
}
