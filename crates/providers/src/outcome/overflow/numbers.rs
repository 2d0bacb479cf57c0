//! What the numbers of a message say.

/// Whether it has two numbers that differ, of three digits or more: what there is room for, and what came.
pub(super) fn has_two_numbers(message: &str) -> bool {
    let is_separator = |c: char| matches!(c, '.' | ',' | '\u{a0}' | '\u{202f}' | '\'');
    let plain = message.replace(is_separator, "");
    let mut numbers = plain
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() > 2);
    let first = numbers.next();
    first.is_some() && numbers.any(|other| Some(other) != first)
}

/// Whether it states that one number is greater than another, and it is: `9120 > 8192`, with names beside them.
pub(super) fn is_greater(message: &str) -> bool {
    message.match_indices(" > ").any(|(at, sign)| {
        let before = message.get(..at).unwrap_or_default();
        let behind = message.get(at + sign.len()..).unwrap_or_default();
        let sent = before.split_whitespace().rev().take(2).find_map(number);
        let most = behind.split_whitespace().take(2).find_map(number);
        sent > most && most.is_some()
    })
}

fn number(word: &str) -> Option<u64> {
    let is_mark = |c: char| !c.is_ascii_alphanumeric();
    word.trim_matches(is_mark)
        .replace([',', '_'], "")
        .parse()
        .ok()
}

/// Whether it states a number of three digits or more.
pub(super) fn has_number(message: &str) -> bool {
    let mut numbers = message.split(|c: char| !c.is_ascii_digit());
    numbers.any(|digits| digits.len() > 2)
}

/// Whether it states how long something may be as a range: `length: 1..100000`.
pub(super) fn has_range(message: &str) -> bool {
    message.match_indices("length: ").any(|(at, found)| {
        let range = message.get(at + found.len()..).unwrap_or_default();
        let rest = range.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < range.len() && rest.starts_with("..")
    })
}
