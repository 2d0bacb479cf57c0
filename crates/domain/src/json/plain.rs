//! Finding what a JSON string has to escape (RFC 8259 §7), 64 bytes at a time.

use wide::u8x64;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// The quotes, backslashes and control characters of a text. What one look at a block has found is kept: a line of
/// source code has several of them.
pub(super) struct Specials<'a> {
    bytes: &'a [u8],
    /// Where the block begins whose marks these are.
    block: usize,
    /// A bit for each byte of the block.
    marks: u64,
}

impl<'a> Specials<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            block: 0,
            marks: marks(bytes),
        }
    }

    /// Where the first of them is at or behind a place, or the end of the text.
    pub(super) fn next(&mut self, at: usize) -> usize {
        let block = at - at % BLOCK;
        if block != self.block {
            self.look_at(block);
        }
        let mut marks = self.marks & (u64::MAX << (at % BLOCK));
        while marks == 0 {
            let next = self.block + BLOCK;
            if next >= self.bytes.len() {
                return self.bytes.len();
            }
            self.look_at(next);
            marks = self.marks;
        }
        self.block + marks.trailing_zeros() as usize
    }

    fn look_at(&mut self, block: usize) {
        self.block = block;
        self.marks = marks(self.bytes.get(block..).unwrap_or_default());
    }
}

/// Which of the first 64 bytes have to be escaped.
fn marks(bytes: &[u8]) -> u64 {
    let block = match bytes.first_chunk::<BLOCK>() {
        Some(block) => *block,
        None => {
            let mut block = [b' '; BLOCK];
            block[..bytes.len()].copy_from_slice(bytes);
            block
        }
    };
    let block = u8x64::new(block);
    let is = |byte: u8| block.simd_eq(u8x64::splat(byte));
    let control = block.simd_lt(u8x64::splat(b' '));
    (control | is(b'"') | is(b'\\')).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_told_apart_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let special = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in [0, 1, 15, 16, 62, 63, 64, 65, 100, 127, 128, 140] {
                for size in [place + 1, place + 2, place + 63, place + 64, place + 65] {
                    let mut bytes = vec![b'a'; size];
                    bytes[place] = byte;
                    let mut specials = Specials::of(&bytes);
                    let expected = if special { place } else { size };
                    assert_eq!(specials.next(0), expected, "{byte:#x} at {place} of {size}");
                    assert_eq!(specials.next(place), expected);
                    assert_eq!(specials.next(place + 1), size);
                }
            }
        }
    }

    #[test]
    fn each_is_found_in_turn_and_from_any_place() {
        let text: Vec<u8> = (0..1_000_u32)
            .map(|nth| if nth * nth % 7 == 2 { b'"' } else { b'a' })
            .collect();
        let mut specials = Specials::of(&text);
        for at in (0..=text.len()).chain((0..text.len()).rev()) {
            let expected = text.iter().skip(at).position(|byte| *byte == b'"');
            let expected = expected.map_or(text.len(), |more| at + more);
            assert_eq!(specials.next(at), expected, "from {at}");
        }
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(Specials::of(b"").next(0), 0);
        assert_eq!(Specials::of(&[b'a'; 64]).next(64), 64);
    }
}
