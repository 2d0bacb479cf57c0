//! How many slots there should be.

use storage::workers::Size;

/// How many slots all workers together should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// What all that waits and runs would take.
    pub demanded: u64,
    /// The same, of no more evaluations than the limits of the providers can feed.
    pub wanted: u64,
}

impl Slots {
    /// Of so many evaluations, which take so much memory (KiB) together, where so many calls can be under way at once.
    pub(super) fn of(evaluations: u64, memory: u64, fed: Option<u64>, size: Size) -> Self {
        // An evaluation that runs has a call under way or is about to: more of them than calls would only wait.
        let useful = fed.map_or(evaluations, |fed| fed.min(evaluations));
        let share = u128::from(memory) * u128::from(useful) / u128::from(evaluations.max(1));
        let share = u64::try_from(share).unwrap_or(u64::MAX);
        Self {
            demanded: taken(evaluations, memory, size),
            wanted: taken(useful, share, size),
        }
    }
}

/// One slot for each evaluation, or those of as many workers as their memory (KiB) takes, whichever are more.
fn taken(evaluations: u64, memory: u64, size: Size) -> u64 {
    let by_memory = memory
        .saturating_mul(size.slots)
        .div_ceil(u64::from(size.needs.max).max(1));
    evaluations.max(by_memory)
}

#[cfg(test)]
mod tests {
    use domain::MemoryNeeds;

    use super::*;

    fn size(slots: u64, max: u32) -> Size {
        let needs = MemoryNeeds::of_calls(1, max);
        Size { slots, needs }
    }

    #[track_caller]
    fn check(evaluations: u64, memory: u64, (slots, max): (u64, u32), expected: u64) {
        let unlimited = Slots::of(evaluations, memory, None, size(slots, max));
        assert_eq!((unlimited.demanded, unlimited.wanted), (expected, expected));
    }

    #[test]
    fn large_payloads_want_the_slots_of_as_many_workers_as_their_memory_takes() {
        // A worker with 1,000 slots and memory for 10 of 100 KiB.
        check(7, 7, (1000, 1000), 7);
        check(0, 0, (1000, 1000), 0);
        check(25, 2500, (1000, 1000), 2500);
        check(1000, 1000, (1000, 1000), 1000);
        check(3, 2, (1, 3), 3);
        check(1, 4, (1, 3), 2);
    }

    #[test]
    fn no_more_evaluations_want_slots_than_providers_can_feed() {
        let slots = |evaluations, memory, fed| {
            let slots = Slots::of(evaluations, memory, Some(fed), size(1000, 1000));
            (slots.demanded, slots.wanted)
        };
        assert_eq!(slots(3000, 3000, 40), (3000, 40));
        assert_eq!(slots(30, 30, 40), (30, 30));
        assert_eq!(slots(0, 0, 40), (0, 0));
        // Those that can be fed take their part of the memory: 10 of 100 KiB fill a worker.
        assert_eq!(slots(300, 30_000, 25), (30_000, 2500));
    }
}
