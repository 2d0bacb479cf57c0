//! A provider's words without what they quote of the prompt.
//!
//! A failed evaluation keeps the words, for people who look for the reason. Some providers repeat what they were sent,
//! and that is the candidate's.

use std::collections::HashSet;

use judging::JudgeCall;

/// Letters and digits in a row that are a quote: fewer of them are words that anybody may use.
const MIN_QUOTE: usize = 16;
/// Stands in a quote's place.
const QUOTED: &str = "[quoted]";
/// Of the rolling hash.
const BASE: u64 = 0x0100_0000_01b3;

/// The words, with each stretch that the call's prompt has as well replaced by `[quoted]`.
///
/// Only letters and digits are compared: quotes come escaped, and with other white space.
pub(crate) fn without_quotes(words: &str, call: &JudgeCall) -> String {
    let letters: Vec<(usize, char)> = words
        .char_indices()
        .filter(|(_, letter)| letter.is_alphanumeric())
        .collect();
    let windows = hashes(letters.iter().map(|(_, letter)| *letter));
    if windows.is_empty() {
        return words.to_owned();
    }
    let wanted: HashSet<u64> = windows.iter().copied().collect();
    let mut found = HashSet::new();
    for message in &call.messages {
        let letters = message
            .content
            .chars()
            .filter(|letter| letter.is_alphanumeric());
        each_hash(letters, |hash| {
            if wanted.contains(&hash) {
                found.insert(hash);
            }
        });
    }
    let mut is_quote = vec![false; letters.len()];
    for (start, hash) in windows.iter().enumerate() {
        if found.contains(hash) {
            is_quote
                .iter_mut()
                .skip(start)
                .take(MIN_QUOTE)
                .for_each(|quoted| *quoted = true);
        }
    }
    let quoted: HashSet<usize> = letters
        .iter()
        .zip(&is_quote)
        .filter_map(|((at, _), quoted)| quoted.then_some(*at))
        .collect();
    write(words, &quoted)
}

/// What stands between two letters of one quote goes with them.
fn write(words: &str, quoted: &HashSet<usize>) -> String {
    let mut text = String::with_capacity(words.len());
    let mut between = String::new();
    let mut in_quote = false;
    for (at, letter) in words.char_indices() {
        if !letter.is_alphanumeric() {
            between.push(letter);
        } else if quoted.contains(&at) {
            if !in_quote {
                text.push_str(&between);
                text.push_str(QUOTED);
            }
            between.clear();
            in_quote = true;
        } else {
            text.push_str(&between);
            between.clear();
            text.push(letter);
            in_quote = false;
        }
    }
    text.push_str(&between);
    text
}

fn hashes(letters: impl Iterator<Item = char>) -> Vec<u64> {
    let mut hashes = Vec::new();
    each_hash(letters, |hash| hashes.push(hash));
    hashes
}

/// The hash of each stretch of [`MIN_QUOTE`] letters, in their order; in time linear in the text's length.
fn each_hash(letters: impl Iterator<Item = char>, mut each: impl FnMut(u64)) {
    let highest = (1..MIN_QUOTE).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut window = [0_u64; MIN_QUOTE];
    let mut hash = 0_u64;
    for (count, letter) in letters.enumerate() {
        let value = u64::from(u32::from(letter)) + 1;
        let Some(oldest) = window.get_mut(count % MIN_QUOTE) else {
            return;
        };
        let without_oldest = hash.wrapping_sub(oldest.wrapping_mul(highest));
        hash = without_oldest.wrapping_mul(BASE).wrapping_add(value);
        *oldest = value;
        if count + 1 >= MIN_QUOTE {
            each(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use judging::{Message, ReplyFormat, Role, StepKey};

    use super::*;

    fn said(words: &str, prompt: &str) -> String {
        let call = JudgeCall {
            step: StepKey("judge".to_owned()),
            model: "judge-7".to_owned(),
            messages: vec![Message {
                role: Role::User,
                content: prompt.to_owned(),
                shared: None,
            }],
            format: ReplyFormat::Text,
            temperature: None,
            logprobs: false,
            alike: None,
            leads: false,
        };
        without_quotes(words, &call)
    }

    #[test]
    fn quotes_of_the_prompt_are_taken_out_however_they_are_written() {
        let prompt = "Judge that:\nMy diagnosis is \"acute\nappendicitis\", says the doctor.";
        for (words, expected) in [
            (
                r#"400: cannot process "My diagnosis is \"acute appendicitis\", says" at 7"#,
                r#"400: cannot process "[quoted]" at 7"#,
            ),
            ("no such model: judge-7", "no such model: judge-7"),
            ("the doctor", "the doctor"),
            ("diagnosis is acute appendicitis", "[quoted]"),
            ("", ""),
        ] {
            assert_eq!(said(words, prompt), expected, "{words}");
        }
    }

    #[test]
    fn letters_of_any_script_are_compared() {
        let prompt = "Пациент жалуется на острую боль";
        assert_eq!(
            said("не вышло: «жалуется на острую боль»", prompt),
            "не вышло: «[quoted]»"
        );
    }
}
