//! The memory that evaluations take, within a worker's bound.
//!
//! It is reserved before the claim: what does not fit stays in the queue, where others see it. Nobody who has some waits
//! for more: an evaluation that would make several calls at once takes what is free, and makes as many as fit.

use std::sync::Arc;
use std::time::Duration;

use domain::MemoryNeeds;
use queue::stream::take::Capacity;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often is looked again whether something can be started, although no memory became free: entries come and go.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The worker's memory, one permit for each KiB; clones share it.
#[derive(Debug, Clone)]
pub struct MemoryBudget {
    main: Arc<Semaphore>,
    passing: Arc<Semaphore>,
    main_kib: u32,
    passing_kib: u32,
}

impl MemoryBudget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let [main_kib, passing_kib] = MemoryNeeds::parts_of(bytes);
        Self {
            main: Arc::new(Semaphore::new(main_kib as usize)),
            passing: Arc::new(Semaphore::new(passing_kib as usize)),
            main_kib,
            passing_kib,
        }
    }

    /// What an evaluation takes that makes one call at a time.
    #[must_use]
    pub fn needs(&self) -> MemoryNeeds {
        self.needs_of(1)
    }

    fn needs_of(&self, calls: u32) -> MemoryNeeds {
        MemoryNeeds::of_calls(calls, self.main_kib)
    }

    /// What can be started besides what is.
    #[must_use]
    pub fn capacity(&self, entries: usize) -> Capacity {
        Capacity {
            entries,
            memory: self.main.available_permits(),
            for_passing: self.passing.available_permits(),
            needs: self.needs(),
        }
    }

    /// Whether anything is reserved.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.main.available_permits() < self.main_kib as usize
            || self.passing.available_permits() < self.passing_kib as usize
    }

    /// Reserves what a payload of so many bytes takes, if there is as much.
    #[must_use]
    pub fn reserve(&self, bytes: u64, passing: bool) -> Option<MemoryReservation> {
        let pool = if passing { &self.passing } else { &self.main };
        let permit = Arc::clone(pool).try_acquire_many_owned(self.needs().of(bytes));
        Some(MemoryReservation {
            permit: permit.ok()?,
            budget: self.clone(),
            bytes,
        })
    }

    /// Waits until there is so much free memory, and no longer than until something else may fit.
    pub async fn freed(&self, kibibytes: u32) {
        let freed = self.main.acquire_many(kibibytes.min(self.main_kib));
        drop(tokio::time::timeout(RETRY_INTERVAL, freed).await);
    }
}

/// What one evaluation has reserved, until this is dropped.
#[derive(Debug)]
pub struct MemoryReservation {
    permit: OwnedSemaphorePermit,
    budget: MemoryBudget,
    bytes: u64,
}

impl MemoryReservation {
    /// Takes what is free for so many calls at once, and says how many calls it has memory for: one at least. It does not
    /// wait: two that each wait for the other's would wait for ever, and whatever comes behind with them.
    pub fn regrow(&mut self, calls: u32) -> u32 {
        let pool = Arc::clone(self.permit.semaphore());
        let free = u32::try_from(pool.available_permits()).unwrap_or(u32::MAX);
        let fit = self.calls(self.kibibytes().saturating_add(free)).min(calls);
        let wanted = self.budget.needs_of(fit).of(self.bytes);
        let missing = wanted.saturating_sub(self.kibibytes());
        let Ok(more) = pool.try_acquire_many_owned(missing) else {
            return self.calls(self.kibibytes()).clamp(1, calls.max(1));
        };
        self.permit.merge(more);
        fit.max(1)
    }

    /// For how many calls at once so much memory is enough.
    fn calls(&self, kibibytes: u32) -> u32 {
        let each = self
            .bytes
            .saturating_mul(u64::from(MemoryNeeds::COPIES_PER_CALL))
            .max(1);
        let has = u64::from(kibibytes.saturating_sub(MemoryNeeds::BASE_KIB)) * 1024;
        let kept = self
            .bytes
            .saturating_mul(u64::from(MemoryNeeds::COPIES_PER_CLAIM));
        u32::try_from(has.saturating_sub(kept) / each).unwrap_or(u32::MAX)
    }

    fn kibibytes(&self) -> u32 {
        u32::try_from(self.permit.num_permits()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    #[test]
    fn what_does_not_fit_is_not_reserved() {
        // 14 MiB, and 2 for what passes.
        let budget = MemoryBudget::new(16 * MB);
        let held: Vec<_> = (0..4).filter_map(|_| budget.reserve(MB, false)).collect();
        assert_eq!(held.len(), 4);
        assert!(budget.reserve(MB, false).is_none());
        assert!(budget.reserve(MB, true).is_none());
        let small = budget.reserve(MB / 2, true);
        assert!(small.is_some());
        assert!(budget.is_used());
        drop((held, small));
        assert!(!budget.is_used());
    }

    #[test]
    fn one_that_is_larger_than_everything_runs_alone() {
        let budget = MemoryBudget::new(MB);
        let mut large = budget.reserve(40 * MB, false).unwrap();
        assert!(budget.reserve(0, false).is_none());
        assert!(budget.reserve(0, true).is_some());
        assert_eq!(large.regrow(16), 1);
    }

    #[test]
    fn a_debate_makes_as_many_calls_at_once_as_there_is_memory_for() {
        let budget = MemoryBudget::new(16 * MB);
        let mut debate = budget.reserve(MB, false).unwrap();
        let small = budget.reserve(1000, false);
        assert_eq!(debate.regrow(2), 2);
        // It took 5 of 14 MiB; all that is left is enough for four more calls.
        assert_eq!(debate.regrow(16), 6);
        assert!(budget.reserve(MB / 2, false).is_none());
        drop(small);
        assert_eq!(debate.regrow(3), 3);
        let other = MemoryBudget::new(16 * MB);
        for bytes in [0, 1, 999, 1000, MB / 10] {
            let mut few = other.reserve(bytes, false).unwrap();
            for calls in 1..=16 {
                assert_eq!(few.regrow(calls), calls, "{bytes} bytes");
            }
        }
    }
}
