//! Numbers of cards, accounts and telephones.

use std::ops::Range;

use super::{Kind, Needs, is_apart, is_in_word, neighbours, pattern};

/// The length of an account's number by country, of the IBAN registry (ISO 13616).
const IBANS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23\
GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29\
PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20";

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            mask: "[iban]",
            needs: Needs::Digit,
            candidate: pattern(r"[A-Za-z]{2}\d{2}(?:[ .\u{a0}\u{202f}-]?[A-Za-z0-9]){11,30}"),
            check: iban,
        },
        Kind {
            mask: "[card]",
            needs: Needs::Digit,
            // With points only in the groups of cards: a number with a fraction is none.
            candidate: pattern(
                r"(?x) [2-6]\d{3} (?: (?: \.\d{4} ){3} | \.\d{6}\.\d{5} )
                | [2-6]\d{2,} (?: [\ \u{a0}\u{202f}-]? \d{3,} ){0,4}",
            ),
            check: card,
        },
    ]
}

/// With the code of a country, or in one of the usual groupings of a national one: a bare run of digits is anything.
pub(super) fn phone() -> Kind {
    Kind {
        mask: "[phone]",
        needs: Needs::Digit,
        candidate: pattern(
            r"(?x)
            \+ \(? [0-9] (?: [\ \u{a0}\u{202f}./()-]{0,3} [0-9] ){7,14}
            | (?-u:\b) 00 [1-9][0-9]{0,2} [\ \u{a0}\u{202f}./-] \(? [0-9] (?: [\ \u{a0}\u{202f}./()-]{0,3} [0-9] ){5,11}
            | (?: (?-u:\b) 1 [\ \u{a0}.-]? )? (?: \( [0-9]{3} \) [\ \u{a0}]? | (?-u:\b) [0-9]{3} [\ \u{a0}-] ) [0-9]{3} [\ \u{a0}-] [0-9]{4}
            | (?-u:\b) (?: 1 [.] )? [0-9]{3} [.] [0-9]{3} [.] [0-9]{4}
            | (?-u:\b) 0 [0-9] (?: [\ \u{a0}\u{202f}.-] [0-9]{2} ){4}
            | (?-u:\b) 0 [0-9]{2,4} [\ \u{a0}/-] [0-9]{3,8} (?: [\ \u{a0}-] [0-9]{2,5} ){0,2}
            ",
        ),
        check: |text, mut found| {
            while !is_phone(text, &found) {
                // Its last digits may belong to what follows: `+49 171 2345678 3x`.
                let candidate = text.get(found.clone())?;
                let rest = candidate.trim_end_matches(char::is_alphanumeric);
                let rest = rest.trim_end_matches(|letter: char| !letter.is_alphanumeric());
                if rest.is_empty() {
                    return None;
                }
                found.end = found.start + rest.len();
            }
            Some(found)
        },
    }
}

fn is_phone(text: &str, found: &Range<usize>) -> bool {
    let (before, behind) = neighbours(text, found);
    // Within a name, a time or a path it is a part of that.
    let part = |letter: Option<char>| {
        letter.is_some_and(|letter| is_in_word(letter) || matches!(letter, '_' | '-' | '/'))
    };
    let candidate = text.get(found.clone()).unwrap_or_default();
    let digits = candidate.bytes().filter(u8::is_ascii_digit).count();
    let is_number = (9..=15).contains(&digits) && is_apart(text, found) && !part(behind);
    is_number && (candidate.starts_with('+') || !part(before))
}

/// A prefix of the candidate that is of the right length and sums up (ISO 7064, mod 97).
fn iban(text: &str, found: Range<usize>) -> Option<Range<usize>> {
    let candidate = text.get(found.clone())?;
    let country = candidate.get(..2)?.to_ascii_uppercase();
    let mut countries = IBANS.as_bytes().chunks_exact(4);
    let length = countries.find(|entry| entry.starts_with(country.as_bytes()))?;
    let length: usize = str::from_utf8(length.get(2..)?).ok()?.parse().ok()?;
    let mut letters = candidate
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_alphanumeric());
    let found = found.start..found.start + letters.nth(length - 1)?.0 + 1;
    let digits = text
        .get(found.clone())?
        .chars()
        .filter_map(|letter| letter.to_digit(36));
    let digits: Vec<u32> = digits.collect();
    let (head, tail) = digits.split_at_checked(4)?;
    let remainder = tail.iter().chain(head).fold(0, |sum, digit| {
        let shift = if *digit > 9 { 100 } else { 10 };
        (sum * shift + digit) % 97
    });
    (remainder == 1 && is_apart(text, &found)).then_some(found)
}

/// The longest prefix of the candidate that has the length of its network and sums up (Luhn).
fn card(text: &str, found: Range<usize>) -> Option<Range<usize>> {
    let candidate = text.get(found.clone())?;
    let mut ends = Vec::new();
    let mut digits = Vec::new();
    for (index, letter) in candidate.char_indices().take(24) {
        if let Some(digit) = letter.to_digit(10) {
            digits.push(digit);
            ends.push(index + 1);
        }
    }
    (13..=19).rev().find_map(|length| {
        let number = digits.get(..length)?;
        let found = found.start..found.start + ends.get(length - 1)?;
        (is_issued(number) && luhn(number) && is_apart(text, &found)).then_some(found)
    })
}

/// Whether a network issues numbers that begin so and are so long. None begins as times in seconds or parts of them do.
fn is_issued(number: &[u32]) -> bool {
    match (number, number.len()) {
        ([3, 4 | 7, ..], length) => length == 15,
        ([3, 0 | 6 | 8 | 9, ..], length) => (14..=19).contains(&length),
        ([3, 5, ..], length) => (16..=19).contains(&length),
        ([4, ..], length) => matches!(length, 13 | 16 | 19),
        ([5, ..], length) => length == 16,
        ([6, ..], length) => (16..=19).contains(&length),
        ([2, 2..=7, ..], length) => length == 16,
        _ => false,
    }
}

fn luhn(number: &[u32]) -> bool {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match digit * 2 {
            twice if index % 2 == 1 => twice / 10 + twice % 10,
            _ => *digit,
        })
        .sum();
    sum.is_multiple_of(10)
}
