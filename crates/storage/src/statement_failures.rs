//! What the server refuses for a reason that somebody has to take away: for the health of the process.
//!
//! A server may answer every probe and still refuse one statement for ever: a right that was not granted, a column
//! that is not there, a disk that is full. Each use of the database notes here what it met.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Cause, cause, words};

/// How long a refusal counts after it was met. Who waits for the database tries again every two seconds.
const RECENT: Duration = Duration::from_secs(10);
/// What is met now and then counts from one time to the next: retention comes round every minute.
const MAX_GAP: Duration = Duration::from_secs(120);
/// So many records that are refused for one reason, with no longer than this between two of them, are no coincidence.
const MIN_RECORDS: u32 = 5;
const RECORD_GAP: Duration = Duration::from_secs(60);
/// Different reasons that are kept: there are seldom two.
const MAX_REASONS: usize = 32;

/// What was met lately; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<HashMap<String, Occurrence>>>);

#[derive(Debug, Clone, Copy)]
struct Occurrence {
    cause: Cause,
    last: Instant,
    /// Between the last two times.
    gap: Duration,
    /// How often, since it began to count.
    times: u32,
}

impl Occurrence {
    fn counts(&self, now: Instant) -> bool {
        let longest = match self.cause {
            Cause::Record => RECORD_GAP,
            _ => RECENT + (2 * self.gap).min(MAX_GAP),
        };
        now.duration_since(self.last) < longest
    }
}

impl Refusals {
    /// Notes what a statement met.
    pub(crate) fn note(&self, error: &tokio_postgres::Error) {
        let Some(cause) = error.code().map(cause) else {
            return;
        };
        if cause == Cause::Moment {
            return;
        }
        self.note_at(words(error), cause, Instant::now());
    }

    fn note_at(&self, reason: String, cause: Cause, now: Instant) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.retain(|_, met| met.counts(now));
        if met.len() >= MAX_REASONS {
            return;
        }
        met.entry(reason)
            .and_modify(|met| {
                met.gap = now.duration_since(met.last);
                met.last = now;
                met.times = met.times.saturating_add(1);
            })
            .or_insert(Occurrence {
                cause,
                last: now,
                gap: Duration::ZERO,
                times: 1,
            });
    }

    /// What counts now, in one order.
    pub(crate) fn current(&self, with_slowness: bool) -> Option<String> {
        self.current_at(with_slowness, Instant::now())
    }

    fn current_at(&self, with_slowness: bool, now: Instant) -> Option<String> {
        self.first(now, |met| match met.cause {
            Cause::Server => true,
            Cause::Slowness => with_slowness,
            Cause::Record | Cause::Moment => false,
        })
    }

    /// What many records in a row are refused for now.
    pub(crate) fn of_records(&self) -> Option<String> {
        self.of_records_at(Instant::now())
    }

    fn of_records_at(&self, now: Instant) -> Option<String> {
        let reason = self.first(now, |met| {
            met.cause == Cause::Record && met.times >= MIN_RECORDS
        })?;
        Some(format!(
            "PostgreSQL refuses one record after another: {reason}"
        ))
    }

    fn first(&self, now: Instant, is_wanted: impl Fn(&Occurrence) -> bool) -> Option<String> {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.iter()
            .filter(|(_, met)| met.counts(now) && is_wanted(met))
            .map(|(reason, _)| reason)
            .min()
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASON: &str = "permission denied for table replies (SQLSTATE 42501)";

    #[test]
    fn a_refusal_counts_until_it_is_not_met_any_more() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        refusals.note_at(REASON.to_owned(), Cause::Server, at(0));
        assert_eq!(refusals.current_at(false, at(9)).as_deref(), Some(REASON));
        assert_eq!(refusals.current_at(false, at(10)), None);
        // Once a minute: it counts in between, and not for ever.
        refusals.note_at(REASON.to_owned(), Cause::Server, at(20));
        refusals.note_at(REASON.to_owned(), Cause::Server, at(25));
        refusals.note_at(REASON.to_owned(), Cause::Server, at(40));
        assert!(refusals.current_at(false, at(75)).is_some());
        assert_eq!(refusals.current_at(false, at(100)), None);
    }

    #[test]
    fn a_statement_that_took_too_long_counts_only_where_that_is_asked_for() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        refusals.note_at("too long".to_owned(), Cause::Slowness, now);
        assert_eq!(refusals.current_at(false, now), None);
        assert!(refusals.current_at(true, now).is_some());
    }

    #[test]
    fn many_records_in_a_row_that_are_refused_for_one_reason_are_told() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let met = |reason: &str, seconds| {
            refusals.note_at(reason.to_owned(), Cause::Record, at(seconds));
        };
        let constraint = "SQLSTATE 23514, table `assessments`, constraint `wrong`";
        for n in 0..4 {
            met(constraint, n * 50);
            // For other reasons: each may have its own fault.
            met(&format!("SQLSTATE 2200{n}"), n * 50);
        }
        assert_eq!(refusals.of_records_at(at(150)), None);
        met(constraint, 200);
        let told = refusals.of_records_at(at(259)).unwrap();
        assert!(told.ends_with(constraint), "{told}");
        // Nobody waits for it to be mended, so it is no refusal of the server's.
        assert_eq!(refusals.current_at(true, at(201)), None);
        // It is over when no more are met, and then begins anew.
        assert_eq!(refusals.of_records_at(at(260)), None);
        met(constraint, 261);
        assert_eq!(refusals.of_records_at(at(261)), None);
    }
}
