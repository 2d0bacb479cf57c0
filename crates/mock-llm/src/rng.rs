//! Repeatable randomness: every choice the simulator makes is a function of a hash.

use sha2::{Digest, Sha256};

/// A hash that answers questions; asking the same question twice gives the same answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeededRng(u64);

impl SeededRng {
    /// SeededRng for a sequence of byte strings; boundaries between the parts count.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let folded = hash
            .finalize()
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Self(folded)
    }

    /// Independent rng for a named question.
    pub(crate) fn on(self, question: &str) -> Self {
        // FNV-1a over the name: questions are short and asked often (once per token).
        let hash = question
            .bytes()
            .fold(self.0 ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        Self(scramble(hash))
    }

    /// Independent rng for the n-th repetition of a question.
    pub(crate) fn nth(self, index: usize) -> Self {
        let index = u64::try_from(index).unwrap_or(u64::MAX);
        Self(scramble(
            self.0 ^ scramble(index.wrapping_add(0x9e37_79b9_7f4a_7c15)),
        ))
    }

    /// A number in `0.0 .. 1.0`.
    pub(crate) fn unit(self) -> f64 {
        // 53 bits are what an f64 holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64")]
        let bits = (scramble(self.0) >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    /// A number in `-1.0 .. 1.0`.
    pub(crate) fn swing(self) -> f64 {
        self.unit().mul_add(2.0, -1.0)
    }

    /// An index below `limit`; 0 when there is nothing to choose from.
    pub(crate) fn below(self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(scramble(self.0) % limit).unwrap_or(0)
    }

    /// The raw bits, for identifiers.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }
}

/// The finaliser of splitmix64.
fn scramble(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::SeededRng;

    #[test]
    fn answers_repeat_and_questions_differ() {
        let rng = SeededRng::of([b"a".as_slice(), b"b"]);
        assert_eq!(
            rng.on("x").bits(),
            SeededRng::of([b"a".as_slice(), b"b"]).on("x").bits()
        );
        assert_ne!(rng.on("x").bits(), rng.on("y").bits());
        assert_ne!(rng.bits(), SeededRng::of([b"ab".as_slice()]).bits());
        assert!((0.0..1.0).contains(&rng.unit()));
        assert!(rng.below(3) < 3);
        assert_eq!(rng.below(0), 0);
    }
}
