//! Fences around thoughts: ```` ```scratchpad ````.

use std::ops::Range;

/// The first fence whose name is that of thoughts, with its lines, in bytes of the text from a place on. Its end is `None`
/// where nothing closes it.
pub(super) fn of_thoughts(text: &str, from: usize) -> Option<(usize, Option<usize>)> {
    let mut open: Option<(Range<usize>, char, usize, bool)> = None;
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim();
        let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'));
        let Some(mark) = mark else { continue };
        let length = line.len() - line.trim_start_matches(mark).len();
        let name = line.trim_start_matches(mark).trim();
        match &open {
            Some((begun, known, least, is_thought))
                if mark == *known && length >= *least && name.is_empty() =>
            {
                if *is_thought {
                    return Some((begun.start, Some(at)));
                }
                open = None;
            }
            None if length >= SHORTEST && !name.contains(mark) => {
                let name = name.to_lowercase();
                open = Some((start..at, mark, length, super::is_thinking(&name)));
            }
            _ => {}
        }
    }
    open.filter(|(.., is_thought)| *is_thought)
        .map(|(begun, ..)| (begun.start, None))
}

/// Marks of the shortest fence.
const SHORTEST: usize = 3;
