//! How much memory a payload takes while it is judged: known before it is read.

/// The part of all memory that is kept for what passes a larger evaluation which waits.
const PASSING_SHARE: u32 = 8;

/// The rule by which a worker reckons, in KiB: as much for each evaluation, as many copies of its payload, and
/// never more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeeds {
    /// For each evaluation, whatever the size of its payload.
    pub fixed: u32,
    /// How often the payload is in memory.
    pub copies: u32,
    /// The most that one evaluation may have; one that needs more runs alone.
    pub max: u32,
}

impl MemoryNeeds {
    /// Memory that an evaluation takes besides its payload, in KiB.
    pub const BASE_KIB: u32 = 64;
    /// How often a payload is in memory for as long as its claim lasts: as it was sent.
    pub const COPIES_PER_CLAIM: u32 = 1;
    /// And for each call that is made with it: the prompt, and the request's body.
    pub const COPIES_PER_CALL: u32 = 2;

    /// What an evaluation takes that makes so many calls at once, where all may take `max` together, in KiB.
    #[must_use]
    pub const fn of_calls(calls: u32, max: u32) -> Self {
        Self {
            fixed: Self::BASE_KIB,
            copies: calls
                .saturating_mul(Self::COPIES_PER_CALL)
                .saturating_add(Self::COPIES_PER_CLAIM),
            max,
        }
    }

    /// The memory of a worker with a budget of so many bytes, in KiB: for evaluations in order, and for those that pass.
    #[must_use]
    pub fn parts_of(bytes: u64) -> [u32; 2] {
        let kibibytes = u32::try_from(bytes / 1024)
            .unwrap_or(u32::MAX)
            .min(u32::MAX >> 3);
        let passing = kibibytes / PASSING_SHARE;
        [kibibytes - passing, passing]
    }

    /// What a payload of so many bytes takes, in KiB.
    #[must_use]
    pub fn of(self, bytes: u64) -> u32 {
        let copies = bytes.saturating_mul(u64::from(self.copies)).div_ceil(1024);
        let whole = copies.saturating_add(u64::from(self.fixed));
        u32::try_from(whole).unwrap_or(u32::MAX).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_copy_counts_up_to_all_that_there_is() {
        let needs = MemoryNeeds {
            fixed: 64,
            copies: 3,
            max: 10_000,
        };
        assert_eq!(needs.of(0), 64);
        assert_eq!(needs.of(1), 65);
        assert_eq!(needs.of(1 << 20), 64 + 3 * 1024);
        assert_eq!(needs.of(4 << 20), 10_000);
        assert_eq!(needs.of(u64::MAX), 10_000);
    }
}
