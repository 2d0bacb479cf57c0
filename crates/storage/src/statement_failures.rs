//! What the server refuses for a reason that somebody has to take away: for the health of the process.
//!
//! A server may answer every probe and still refuse one statement for ever: a right that was not granted, a column
//! that is not there, a disk that is full. Each use of the database notes here what it met.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::error::{Cause, cause, words};

/// How long a refusal counts after it was met. Who waits for the database tries again every two seconds.
const RECENT: Duration = Duration::from_secs(10);
/// What is met now and then counts from one time to the next: retention comes round every minute.
const MAX_GAP: Duration = Duration::from_secs(120);
/// How long it counts where the same statement is done in the meantime: those who wait would have met it again.
const MENDED: Duration = Duration::from_secs(3);
/// So many records that are refused for one reason, of which none is taken in between, are no coincidence.
const MIN_RECORDS: usize = 2;
/// The same of statements that write several records, and name none.
const MIN_STATEMENTS: u32 = 5;
/// How long after the latest of them health speaks of it. That one reason has met several is known until the statement is
/// done again, however seldom it is tried.
const RECORDS_SHOWN: Duration = Duration::from_secs(60);
/// Different reasons that are kept: there are seldom two.
const MAX_REASONS: usize = 64;

/// Of which try to write a record a statement is: the evaluation, and under which epoch.
pub(crate) type RecordKey = (Uuid, i64);

/// What was met lately; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<HashMap<(StatementKey, String), Occurrence>>>);

/// Which statement it is: a hash of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct StatementKey(u64);

impl StatementKey {
    pub(crate) fn of(sql: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        Self(hasher.finish())
    }
}

#[derive(Debug, Clone)]
struct Occurrence {
    cause: Cause,
    last: Instant,
    /// Between the last two times.
    gap: Duration,
    /// How often, since it began to count, where no record is known.
    times: u32,
    /// Of which records, as many as it takes.
    records: BTreeSet<RecordKey>,
    /// When the same statement was done since.
    is_done: bool,
}

impl Occurrence {
    fn counts(&self, now: Instant) -> bool {
        let longest = match self.cause {
            Cause::Record => RECORDS_SHOWN,
            _ if self.is_done => MENDED,
            _ => RECENT + (2 * self.gap).min(MAX_GAP),
        };
        now.duration_since(self.last) < longest
    }

    /// Whether it is refused of one record after another.
    fn is_of_many(&self) -> bool {
        self.cause == Cause::Record
            && (self.records.len() >= MIN_RECORDS || self.times >= MIN_STATEMENTS)
    }
}

impl Refusals {
    /// Notes what a statement met, of a record where it writes only one. Says whether that is refused of one record
    /// after another, so that it lies in none of them.
    pub(crate) fn note(
        &self,
        error: &tokio_postgres::Error,
        statement: StatementKey,
        record: Option<RecordKey>,
    ) -> bool {
        let Some(cause) = error
            .code()
            .map(cause)
            .filter(|&cause| cause != Cause::Moment)
        else {
            return false;
        };
        self.note_at((statement, words(error)), cause, record, Instant::now())
    }

    fn note_at(
        &self,
        key: (StatementKey, String),
        cause: Cause,
        record: Option<RecordKey>,
        now: Instant,
    ) -> bool {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.retain(|_, met| met.cause == Cause::Record || met.counts(now));
        if met.len() >= MAX_REASONS && !met.contains_key(&key) {
            let oldest = met.iter().min_by_key(|(_, met)| met.last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                met.remove(&oldest);
            }
        }
        let met = met.entry(key).or_insert_with(|| Occurrence {
            cause,
            last: now,
            gap: Duration::ZERO,
            times: 0,
            records: BTreeSet::new(),
            is_done: false,
        });
        met.gap = now.duration_since(met.last);
        met.last = now;
        met.is_done = false;
        match record {
            Some(record) if met.records.len() < MIN_RECORDS => {
                met.records.insert(record);
            }
            Some(_) => {}
            None => met.times = met.times.saturating_add(1),
        }
        record.is_some() && met.is_of_many()
    }

    /// Notes that a statement was done: what it met before is over, or lies in single records.
    pub(crate) fn done(&self, statement: StatementKey) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.retain(|(of, _), met| {
            let is_it = *of == statement;
            met.is_done |= is_it;
            !is_it || met.cause != Cause::Record
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
        let reason = self.first(now, Occurrence::is_of_many)?;
        Some(format!(
            "PostgreSQL refuses one record after another: {reason}"
        ))
    }

    fn first(&self, now: Instant, is_wanted: impl Fn(&Occurrence) -> bool) -> Option<String> {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.iter()
            .filter(|(_, met)| met.counts(now) && is_wanted(met))
            .map(|((_, reason), _)| reason)
            .min()
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASON: &str = "permission denied for table replies (SQLSTATE 42501)";
    const CONSTRAINT: &str = "SQLSTATE 23514, table `assessments`, constraint `wrong`";
    const WRITE: StatementKey = StatementKey(1);
    const OTHER: StatementKey = StatementKey(2);

    fn reason(reason: &str) -> (StatementKey, String) {
        (WRITE, reason.to_owned())
    }

    fn record(number: u128, epoch: i64) -> Option<RecordKey> {
        Some((Uuid::from_u128(number), epoch))
    }

    #[test]
    fn a_refusal_counts_until_it_is_not_met_any_more() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let met = |seconds| refusals.note_at(reason(REASON), Cause::Server, None, at(seconds));
        met(0);
        assert_eq!(refusals.current_at(false, at(9)).as_deref(), Some(REASON));
        assert_eq!(refusals.current_at(false, at(10)), None);
        // Once a minute: it counts in between, and not for ever.
        met(20);
        met(25);
        met(40);
        assert!(refusals.current_at(false, at(75)).is_some());
        assert_eq!(refusals.current_at(false, at(100)), None);
    }

    #[test]
    fn a_refusal_is_over_soon_after_the_same_statement_is_done() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let met = |seconds| refusals.note_at(reason(REASON), Cause::Server, None, at(seconds));
        met(0);
        met(9);
        refusals.done(OTHER);
        assert!(refusals.current_at(false, at(20)).is_some());
        refusals.done(WRITE);
        assert_eq!(refusals.current_at(false, at(12)), None);
        // Where others still meet it, it is not.
        met(13);
        refusals.done(WRITE);
        assert!(refusals.current_at(false, at(15)).is_some());
        met(15);
        assert!(refusals.current_at(false, at(17)).is_some());
    }

    #[test]
    fn a_statement_that_took_too_long_counts_only_where_that_is_asked_for() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        refusals.note_at(reason("too long"), Cause::Slowness, None, now);
        assert_eq!(refusals.current_at(false, now), None);
        assert!(refusals.current_at(true, now).is_some());
    }

    #[test]
    fn the_second_record_in_a_row_that_is_refused_for_one_reason_shows_that_it_lies_in_none() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let met = |reason: &str, record, seconds| {
            let key = (WRITE, reason.to_owned());
            refusals.note_at(key, Cause::Record, record, at(seconds))
        };
        assert!(!met(CONSTRAINT, record(1, 1), 0));
        // The same one, as often as it is tried.
        assert!(!met(CONSTRAINT, record(1, 1), 1));
        // For another reason: each may have its own fault.
        assert!(!met("SQLSTATE 22003", record(2, 1), 2));
        assert_eq!(refusals.of_records_at(at(2)), None);
        assert!(met(CONSTRAINT, record(2, 1), 3));
        assert!(met(CONSTRAINT, record(1, 1), 4));
        let told = refusals.of_records_at(at(50)).unwrap();
        assert!(told.ends_with(CONSTRAINT), "{told}");
        // It is no refusal that each statement would meet.
        assert_eq!(refusals.current_at(true, at(5)), None);
        // Another statement says nothing of it; one record that is taken does.
        refusals.done(OTHER);
        assert!(met(CONSTRAINT, record(3, 1), 6));
        refusals.done(WRITE);
        assert_eq!(refusals.of_records_at(at(7)), None);
        assert!(!met(CONSTRAINT, record(3, 1), 8));
        // Judged again and refused again: that is bought for nothing.
        assert!(met(CONSTRAINT, record(3, 2), 9));
        assert_eq!(refusals.of_records_at(at(69)), None);
    }

    #[test]
    fn however_seldom_records_come_one_at_most_is_refused_for_a_reason_that_lies_in_none() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let at = |minutes: u64| begun + Duration::from_secs(61 * minutes);
        let met = |number, minutes| {
            let key = reason(CONSTRAINT);
            refusals.note_at(key, Cause::Record, record(number, 1), at(minutes))
        };
        assert!(!met(1, 0));
        for number in 2..60 {
            assert!(met(number, u64::try_from(number).unwrap()), "{number}");
        }
        assert!(refusals.of_records_at(at(59)).is_some());
        assert_eq!(refusals.of_records_at(at(60)), None);
        // One that was taken in between shows that the others had their own faults.
        refusals.done(WRITE);
        assert!(!met(60, 60));
    }

    #[test]
    fn of_more_reasons_than_are_kept_the_latest_are() {
        let (refusals, begun) = (Refusals::default(), Instant::now());
        let met = |number: u64, record| {
            let key = reason(&format!("SQLSTATE 22003 {number}"));
            let now = begun + Duration::from_secs(number);
            refusals.note_at(key, Cause::Record, record, now)
        };
        for number in 0..200 {
            assert!(!met(number, record(u128::from(number), 1)));
        }
        assert!(met(199, record(1_000, 1)));
        assert!(!met(0, record(1_000, 1)), "it was forgotten");
    }

    #[test]
    fn of_statements_that_name_no_record_it_takes_more() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let met = || refusals.note_at(reason(CONSTRAINT), Cause::Record, None, now);
        for _ in 0..4 {
            assert!(!met());
        }
        assert_eq!(refusals.of_records_at(now), None);
        // Whoever made it is told at once: it waits for nothing.
        assert!(!met());
        assert!(refusals.of_records_at(now).is_some());
    }
}
