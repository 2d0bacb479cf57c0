//! Numbers in prose.

use std::collections::HashMap;
use std::sync::LazyLock;

use rustc_hash::FxBuildHasher;

use super::unseen;

/// The zeros of the scripts whose digits are read: ASCII, Arabic-Indic, Persian, Devanagari, full width.
const ZEROS: [char; 5] = ['0', '\u{660}', '\u{6F0}', '\u{966}', '\u{FF10}'];

/// The most digits of a number: fewer than a double keeps exactly.
const MOST_DIGITS: usize = 15;

/// What may stand right behind a number although it is a letter: units of scores.
const UNITS: [&str; 4] = ["分", "点", "點", "점"];

/// In the place of a number that is another word as well, in its language or in another one: `due`, `dos`, `acht`.
const LEFT_OUT: &str = "-";
/// Numbers in words, from two to ten: `one` is seldom a number.
const WORDS: [&str; 8] = [
    "two three four five six seven eight nine ten",
    "zwei drei vier fünf sechs sieben - neun zehn",
    "deux trois quatre cinq six sept huit - dix",
    "- tres cuatro cinco seis siete ocho nueve diez",
    "- tre quattro cinque - sette otto nove dieci",
    "dois três quatro cinco seis sete oito nove dez",
    "двух трёх четырёх пяти шести семи восьми девяти десяти",
    "二 三 四 五 六 七 八 九 十",
];
const LARGER: [(&str, f64); 3] = [("twelve", 12.0), ("twenty", 20.0), ("hundred", 100.0)];

/// The number that a word in small letters is.
pub(super) fn word(word: &str) -> Option<f64> {
    static NUMBERS: LazyLock<HashMap<&str, f64, FxBuildHasher>> = LazyLock::new(|| {
        let numbers = |words: &'static str| words.split(' ').zip((2..).map(f64::from));
        let all = WORDS.into_iter().flat_map(numbers).chain(LARGER);
        all.filter(|(word, _)| *word != LEFT_OUT).collect()
    });
    NUMBERS.get(word).copied()
}

/// A text with digits for its numbers in words; `None` where it has none.
pub(super) fn spelled(text: &str) -> Option<String> {
    let mut is_spelled = false;
    let pieces = text.split_inclusive(|each: char| !each.is_alphabetic());
    let pieces = pieces.map(|piece| {
        let bare = piece.trim_end_matches(|each: char| !each.is_alphabetic());
        let Some(number) = word(&bare.to_lowercase()) else {
            return piece.to_owned();
        };
        is_spelled = true;
        format!("{number}{}", piece.get(bare.len()..).unwrap_or_default())
    });
    let text = pieces.collect();
    is_spelled.then_some(text)
}

/// The number that begins at a place, and the place behind it; both in bytes. Digits with at most one point. `None`
/// when what stands there is none or is part of something longer: `4,5` (which may be one number or two), `1e5`,
/// `80%`, `3rd`, `1.2.3`, `3-4`. With `in_row` a comma may follow at once, as in `(8,5)`.
pub(super) fn at(text: &str, from: usize, in_row: bool) -> Option<(f64, usize)> {
    let rest = text.get(from..)?;
    let unsigned = rest.trim_start_matches(['-', '−', '+']);
    let sign = rest.get(..rest.len() - unsigned.len())?;
    let mut plain = String::new();
    if matches!(sign, "-" | "−") {
        plain.push('-');
    } else if !matches!(sign, "" | "+") {
        return None;
    }
    let mut behind = unsigned.chars();
    let mut digits = 0_usize;
    loop {
        let mut ahead = behind.clone();
        let next = ahead.next();
        if let Some(digit) = next.and_then(value) {
            plain.push(digit);
            digits += 1;
        } else if next == Some('.')
            && digits > 0
            && !plain.contains('.')
            && ahead.clone().next().and_then(value).is_some()
        {
            plain.push('.');
        } else {
            break;
        }
        behind = ahead;
    }
    if digits == 0 || digits > MOST_DIGITS || goes_on(behind.as_str(), in_row) {
        return None;
    }
    let number = plain.parse::<f64>().ok()?;
    // -0 is 0: nobody means another value by it.
    Some((number + 0.0, text.len() - behind.as_str().len()))
}

/// Whether a word is digits and nothing else.
pub(super) fn is_digits(word: &str) -> bool {
    word.chars().all(|each| value(each).is_some())
}

/// A text that is a number and nothing else.
pub(super) fn number(text: &str) -> Option<f64> {
    let (number, end) = at(text, 0, false)?;
    (end == text.len()).then_some(number)
}

/// The ASCII digit of a digit of any script that is read.
fn value(each: char) -> Option<char> {
    let zeros = ZEROS.iter();
    let digits = zeros.filter_map(|zero| u32::from(each).checked_sub(u32::from(*zero)));
    let digit = digits.filter(|digit| *digit < 10).min()?;
    char::from_digit(digit, 10)
}

/// Whether what stands behind digits makes them part of something longer.
fn goes_on(rest: &str, in_row: bool) -> bool {
    if UNITS.iter().any(|unit| rest.starts_with(unit)) {
        return false;
    }
    let mut behind = rest.chars();
    let (Some(next), after) = (behind.next(), behind.next()) else {
        return false;
    };
    let digit_after = after.and_then(value).is_some();
    match next {
        '%' | '‰' | '^' | '٫' => true,
        '_' => after.is_some_and(char::is_alphanumeric),
        ',' => digit_after && !in_row,
        '.' | '-' | '–' | '—' | '~' | '～' | '〜' | '±' | '…' | '*' => digit_after,
        other => other.is_alphanumeric() || unseen::is_combining(other),
    }
}
