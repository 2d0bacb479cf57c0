//! Finding what a JSON string has to escape (RFC 8259 §7), eight bytes at a time.

/// One in each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// How many bytes there are before the first quote, backslash or control character.
pub(super) fn length(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * 8 + (marks.trailing_zeros() / 8) as usize;
        }
    }
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let plain = rest.iter().position(special);
    bytes.len() - rest.len() + plain.unwrap_or(rest.len())
}

/// The highest bit of each byte that has to be escaped. A borrow may mark bytes after the first of them falsely, never
/// one before it (Anderson, "Bit Twiddling Hacks": a word has a byte less than n).
fn marks(word: u64) -> u64 {
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGHEST;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | equal(b'"') | equal(b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_told_apart_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let special = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..20 {
                for size in place + 1..22 {
                    let mut bytes = vec![b'a'; size];
                    bytes[place] = byte;
                    let expected = if special { place } else { size };
                    assert_eq!(length(&bytes), expected, "{byte:#x} at {place} of {size}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found() {
        for first in [0x00, 0x1F, b'"', b'\\'] {
            // What a borrow makes of its neighbours must not count.
            for next in [0x20, 0x21, 0x23, 0x5D, 0x80, 0xFF, 0x00] {
                for place in 0..7 {
                    let mut bytes = [0x80; 16];
                    bytes[place] = first;
                    bytes[place + 1] = next;
                    assert_eq!(length(&bytes), place);
                }
            }
        }
    }
}
