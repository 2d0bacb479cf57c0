//! What a message says, without what it quotes and what it points at.

use judging::Message;

use crate::phrases::has_any;

/// No shorter run of words in an error is taken for a quotation of the request.
const QUOTED: usize = 5;

/// That a text is to have less: whoever is told so is not told to wait.
const LESS: &[&str] = &[
    "shorten",
    "shorter",
    "shortening",
    "reduce",
    "reducing",
    "decrease",
    "fewer",
    "smaller",
    "trim",
    "truncate",
    "split",
    "less",
];

/// The sentences of a message.
pub(super) fn sentences(message: &str) -> impl Iterator<Item = &str> {
    message.split(". ").flat_map(str::lines)
}

/// A message, in lower case, without addresses: the page behind one may be about anything.
pub(super) fn without_addresses(message: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>()[]{},;".contains(c);
    let pieces = message.split_inclusive(is_end);
    let mut kept = String::with_capacity(message.len());
    for piece in pieces {
        let word = piece.trim_end_matches(is_end);
        if is_address(word) {
            // The end of a sentence stays one.
            let stop = word.trim_end_matches('.').len();
            kept.push_str(piece.get(stop..).unwrap_or_default());
        } else {
            kept.push_str(piece);
        }
    }
    kept
}

fn is_address(word: &str) -> bool {
    let host = word.split_once('/').map(|(host, _)| host);
    let domain = host.and_then(|host| host.rsplit_once('.'));
    let is_domain = |(name, top): (&str, &str)| {
        !name.is_empty() && top.len() > 1 && top.chars().all(|c| c.is_ascii_alphabetic())
    };
    word.contains("://") || word.starts_with("www.") || domain.is_some_and(is_domain)
}

/// A message without the advice to send again what is to be shorter: that is no word of time.
pub(super) fn without_hints(message: &str) -> String {
    let mut plain = message.to_owned();
    for sentence in sentences(message).filter(|sentence| has_any(sentence, LESS)) {
        if let Some((before, behind)) = sentence.split_once("retry") {
            let of_time = [" in ", " after", " later"];
            if !of_time.iter().any(|word| behind.starts_with(word)) {
                plain = plain.replace(sentence, &format!("{before}send{behind}"));
            }
        }
    }
    plain
}

/// The message without the runs of words that the request has as well.
pub(super) fn without_quotations(message: &str, request: &[Message]) -> String {
    let request: Vec<String> = request
        .iter()
        .map(|message| {
            let words = message.content.split_whitespace();
            without_addresses(&words.collect::<Vec<_>>().join(" ").to_lowercase())
        })
        .collect();
    let words: Vec<&str> = message.split_whitespace().collect();
    let mut is_quoted = vec![false; words.len()];
    for (start, run) in words.windows(QUOTED).enumerate() {
        let run = run.join(" ");
        let run = run.trim_matches(|c: char| c.is_ascii_punctuation());
        if request.iter().any(|content| content.contains(run)) {
            is_quoted
                .iter_mut()
                .skip(start)
                .take(QUOTED)
                .for_each(|quoted| *quoted = true);
        }
    }
    let kept = words.into_iter().zip(is_quoted);
    let kept = kept
        .filter(|(_, is_quoted)| !is_quoted)
        .map(|(word, _)| word);
    kept.collect::<Vec<_>>().join(" ")
}
