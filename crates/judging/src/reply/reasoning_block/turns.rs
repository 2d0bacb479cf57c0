//! Turns of somebody else, which a judge goes on with: a model that plays the whole dialogue.

use crate::reply::word_list::is_among;

/// Words with which a line begins a turn of somebody else.
const SPEAKERS: &str = "q 用户 human user instruction prompt question utilisateur benutzer usuario";

/// The most turns that are looked at.
const MAX_TURNS: usize = 4;

/// Where turns of somebody else begin: lines such as `User: …`, `### Instruction:`, `<|user|>`.
pub(super) fn of_others(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    let starts = text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    });
    let begins = |line: &str| {
        let bare = line.trim_start_matches(|each: char| {
            each.is_whitespace() || matches!(each, '#' | '*' | '<' | '|' | '[')
        });
        let end = bare
            .find(|each: char| !each.is_alphabetic())
            .unwrap_or(bare.len());
        let (word, behind) = bare.split_at_checked(end).unwrap_or_default();
        let behind = behind
            .trim_start_matches(|each: char| matches!(each, '*' | ' ') || each.is_ascii_digit());
        is_among(SPEAKERS, &word.to_lowercase())
            && (behind.starts_with([':', '：', '>', ']'])
                || behind.starts_with("|>")
                || line.trim() == word)
    };
    starts
        .filter(move |(start, line)| *start > 0 && begins(line))
        .map(|(start, _)| start)
        .take(MAX_TURNS)
}
