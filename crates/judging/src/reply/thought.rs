//! What a model that thinks aloud says in the end.

use std::ops::Range;

/// How models mark their thoughts when a plain server leaves them in the text. Letters may be in another case.
const MARKS: [(&str, &str); 13] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    // The channels of open models, and what is left of them where a server drops special tokens.
    ("<|channel|>analysis", CHANNEL),
    ("<|channel|>commentary", CHANNEL),
    ("", STRIPPED),
];

const STRIPPED: &str = "assistantfinal";

/// What begins the channel that holds the answer.
const CHANNEL: &str = "<|channel|>final";

/// How tokens of channels and turns begin, and what ends the head of a message in a channel.
const TOKEN: &str = "<|";
const MESSAGE: &str = "<|message|>";

/// How far behind a channel's name its message begins at most, in bytes.
const LONGEST_HEAD: usize = 80;

/// Tokens that servers leave at the end of a reply.
const ENDS: [&str; 8] = [
    "<|return|>",
    "<|end|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "</s>",
];

/// Reads what follows the thoughts of a reply; the whole reply where there are none. `read` is given the part to
/// read, in bytes of `text`; `same` says whether two readings say the same; `quotes` says of a part that holds the
/// beginning of a thought whether that is quoted in it.
///
/// A thought may quote the mark that ends it, and so may the answer, since the material that is judged may hold
/// it. So the answer has to read the same behind the first such mark and behind the last; and where the thought
/// does not begin with a mark (servers put it into the prompt), what stands before may be the answer: it must
/// then not read as another one.
///
/// # Errors
/// As `read`; and when there is no answer, or it is not clear where it begins.
pub(super) fn answer<T>(
    text: &str,
    read: impl Fn(Range<usize>) -> Result<T, String>,
    same: impl Fn(&T, &T) -> bool,
    quotes: impl Fn(&Range<usize>) -> bool,
) -> Result<T, String> {
    let text = ended(text);
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    // Of the same length as the text, so that places are the same.
    let folded = text.to_ascii_lowercase();
    let opened = opens(&folded)
        || begins_channel(text)
        || (folded.contains(STRIPPED) && folded.trim_start().starts_with("analysis"));
    let thoughtless = |part: Range<usize>| {
        let body = folded.get(part.clone()).unwrap_or_default();
        let unended = body.lines().any(opens)
            || body.contains("<|channel|>")
            || begins_channel(text.get(part.clone()).unwrap_or_default());
        if unended && !quotes(&part) {
            return Err("it holds no answer, only a thought that does not end".to_owned());
        }
        Ok(part)
    };
    // Where each thought ends and the answer begins, and how far that goes: a channel to the next token.
    let ends = || {
        MARKS.iter().flat_map(|(_, close)| {
            folded.match_indices(close).map(|(at, _)| {
                let behind = at + close.len();
                if *close != CHANNEL {
                    return (at, behind..text.len());
                }
                let rest = folded.get(behind..).unwrap_or_default();
                let head = rest.find(MESSAGE).filter(|head| *head <= LONGEST_HEAD);
                let from = behind + head.map_or(0, |head| head + MESSAGE.len());
                let length = folded.get(from..).and_then(|rest| rest.find(TOKEN));
                (at, from..length.map_or(text.len(), |length| from + length))
            })
        })
    };
    let (Some((first, first_part)), Some((last, behind))) = (
        ends().min_by_key(|(at, _)| *at),
        ends().max_by_key(|(at, _)| *at),
    ) else {
        return read(thoughtless(0..text.len())?);
    };
    // A channel that is not the last one is followed by thoughts.
    let beyond = folded.get(behind.end..).unwrap_or_default();
    if beyond.contains("<|channel|>") {
        return Err("it holds no answer behind its thoughts".to_owned());
    }
    if text
        .get(behind.clone())
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        return Err("it holds no answer behind its thoughts".to_owned());
    }
    let answer = read(thoughtless(behind)?)?;
    let unclear = || "it is not clear where its thoughts end and its answer begins".to_owned();
    if first != last {
        match read(first_part) {
            Ok(other) if same(&answer, &other) => {}
            _ => return Err(unclear()),
        }
    }
    if !opened && read(0..first).is_ok_and(|before| !same(&answer, &before)) {
        return Err(unclear());
    }
    Ok(answer)
}

/// Whether a text begins with a channel of thoughts whose tokens a server dropped: `analysisWe need to …`.
fn begins_channel(text: &str) -> bool {
    ["analysis", "commentary"].iter().any(|channel| {
        let behind = text.trim_start().strip_prefix(channel);
        behind.is_some_and(|behind| behind.starts_with(char::is_uppercase))
    })
}

/// A text without the tokens and blanks that end it.
fn ended(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(rest) = ENDS.iter().find_map(|end| text.strip_suffix(end)) {
        text = rest.trim_end();
    }
    text
}

/// Whether a text, in small letters, begins with a thought.
fn opens(text: &str) -> bool {
    let begun = text.trim_start().trim_start_matches("<|start|>assistant");
    MARKS
        .iter()
        .any(|(open, _)| !open.is_empty() && begun.starts_with(open))
}
