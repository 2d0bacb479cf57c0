//! How much memory a payload takes while it is judged: known before it is read.

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
