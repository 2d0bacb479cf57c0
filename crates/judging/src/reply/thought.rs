//! What a model that thinks aloud says in the end.

use std::ops::Range;

/// How models mark their thoughts when a plain server leaves them in the text.
const MARKS: [(&str, &str); 7] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
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
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let opened = opens(text);
    let ended = |part: Range<usize>| {
        let unended = text
            .get(part.clone())
            .unwrap_or_default()
            .lines()
            .any(opens);
        if unended && !quotes(&part) {
            return Err("it holds no answer, only a thought that does not end".to_owned());
        }
        Ok(part)
    };
    let ends = || {
        let each = MARKS.iter();
        each.flat_map(|(_, close)| text.match_indices(close).map(|(at, _)| (at, close.len())))
    };
    let (Some((first, first_mark)), Some((last, last_mark))) = (ends().min(), ends().max()) else {
        return read(ended(0..text.len())?);
    };
    let behind = last + last_mark..text.len();
    if text
        .get(behind.clone())
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        return Err("it holds no answer behind its thoughts".to_owned());
    }
    let answer = read(ended(behind)?)?;
    let unclear = || "it is not clear where its thoughts end and its answer begins".to_owned();
    if first != last {
        match read(first + first_mark..text.len()) {
            Ok(other) if same(&answer, &other) => {}
            _ => return Err(unclear()),
        }
    }
    if !opened && read(0..first).is_ok_and(|before| !same(&answer, &before)) {
        return Err(unclear());
    }
    Ok(answer)
}

/// Whether a text begins with a thought.
fn opens(text: &str) -> bool {
    let begun = text.trim_start();
    MARKS.iter().any(|(open, _)| begun.starts_with(open))
}
