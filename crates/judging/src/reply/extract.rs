//! Finding the one JSON object in a reply that has other things around it.

use std::ops::Range;

use domain::plan::ReaderVersion;

use super::json::{self, Node, Problem, ProblemKind};
use super::{layout, reasoning_block};

/// How many braces that look like the beginning of an object are tried: more are no verdict but a flood.
const MAX_ATTEMPTS: usize = 200;

/// Checks the words around an object.
type Around<'f, T> = &'f dyn Fn(&T, &Range<usize>, Range<usize>) -> Result<(), String>;

/// Reads the object of a reply: the whole reply; else the whole of what follows the thoughts of a model that
/// thinks aloud; else the objects that stand in that among other words, in a code fence or not.
///
/// `read` makes a value of an object, `same` says whether two values say the same, and `around` checks the words around
/// an object, given the part of the reply and the object's place. With the value comes the text
/// of its object where other words stand around it.
///
/// Of several objects those count that can be read. They have to say the same: which of two different verdicts is
/// meant would be a guess. Nothing is taken out of an object that is broken or breaks off, and none counts that
/// such a one, or one that cannot be read, follows: that is where the judge's last word would be.
///
/// # Errors
/// One sentence: what the reply has instead.
pub(super) fn object<T>(
    text: &str,
    reader: ReaderVersion,
    read: &dyn Fn(&Node<'_>) -> Result<T, String>,
    same: &dyn Fn(&T, &T) -> bool,
    around: Around<'_, T>,
) -> Result<(T, Option<String>), String> {
    // First as it is: an answer may quote `</think>` out of the material.
    let all = |object: &Node<'_>, part: Range<usize>| {
        let value = read(&object.unfolded(reader))?;
        // There may be comments.
        around(&value, &part, part.clone())?;
        Ok((value, None))
    };
    if let Ok(object) = whole(text, reader, 0) {
        return all(&object, 0..text.len());
    }
    reasoning_block::answer(
        text,
        reader,
        |part| match whole(text.get(..part.end).unwrap_or_default(), reader, part.start) {
            Ok(object) => all(&object, part),
            Err(problem) => among(text, reader, part, read, same, around, problem),
        },
        |(one, _), (other, _)| same(one, other),
        |part| whole(text, reader, part.start).is_ok(),
    )
}

/// The object that is all there is behind a place.
fn whole(text: &str, reader: ReaderVersion, from: usize) -> Result<Node<'_>, String> {
    let (node, end) =
        json::value(text, reader, from, text.len()).map_err(|problem| sentence(&problem))?;
    let node = layout::enlisted(node, reader);
    if node.unfolded(reader).members().is_none() {
        return Err(format!(
            "it is {} where an object was asked for",
            node.kind()
        ));
    }
    if text.get(end..).unwrap_or_default().trim().is_empty() {
        Ok(node)
    } else {
        Err("it is not a JSON object and nothing else".to_owned())
    }
}

fn sentence(problem: &Problem) -> String {
    let Problem { what, at, kind } = problem;
    match kind {
        ProblemKind::DuplicateKey => format!("its JSON has {what}"),
        ProblemKind::Unfinished => {
            format!("it is not a JSON object: it breaks off before its end ({what})")
        }
        ProblemKind::Malformed => format!("it is not a JSON object ({what} at byte {at})"),
    }
}

fn among<T>(
    text: &str,
    reader: ReaderVersion,
    part: Range<usize>,
    read: &dyn Fn(&Node<'_>) -> Result<T, String>,
    same: &dyn Fn(&T, &T) -> bool,
    around: Around<'_, T>,
    otherwise: String,
) -> Result<(T, Option<String>), String> {
    let Range {
        start: from,
        end: to,
    } = part;
    let mut found: Option<(T, Range<usize>)> = None;
    let mut problem = None;
    let mut at = from;
    let mut tries = 0;
    while let Some(open) = next_open(text, at, to) {
        tries += 1;
        if tries > MAX_ATTEMPTS {
            return Err("it holds too many braces to look for a JSON object".to_owned());
        }
        // A list that the object begins.
        let list = text
            .get(from..open)
            .and_then(|before| before.trim_end().strip_suffix('['));
        let list = list.and_then(|before| json::value(text, reader, from + before.len(), to).ok());
        let list = list.map(|(list, end)| (layout::enlisted(list, reader), end));
        let list = list.filter(|(list, _)| list.members().is_some());
        match list.map_or_else(|| json::value(text, reader, open, to), Ok) {
            Ok((object, end)) => {
                at = end;
                match read(&object) {
                    Ok(value) => {
                        if found
                            .as_ref()
                            .is_some_and(|(before, _)| !same(before, &value))
                        {
                            return Err("it holds two different verdicts".to_owned());
                        }
                        let open = object.at.as_ref().map_or(open, |at| at.start);
                        found = Some((value, open..end));
                        problem = None;
                    }
                    Err(unread) => {
                        problem = Some(unread);
                        at = behind_stray(text, end, to);
                    }
                }
            }
            Err(broken) => {
                problem = Some(sentence(&broken));
                at = behind_broken(text, from, open, to);
            }
        }
    }
    match (found, problem) {
        (Some((value, at)), None) => {
            around(&value, &part, at.clone())?;
            Ok((value, text.get(at).map(str::to_owned)))
        }
        (_, Some(problem)) => Err(problem),
        (None, None) => Err(otherwise),
    }
}

/// The next brace that begins an object: one with a key or a comment behind it, in quotes or not. Other braces belong
/// to prose, formulas and programs.
fn next_open(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let open = at + text.get(at..to)?.find('{')?;
        let inside = text.get(open + 1..to)?.trim_start();
        let word = inside.trim_start_matches(|each: char| each.is_alphanumeric() || each == '_');
        if inside.starts_with(['"', '\''])
            || inside.starts_with("//")
            || inside.starts_with("/*")
            || (word.len() < inside.len() && word.trim_start().starts_with(':'))
        {
            return Some(open);
        }
        at = open + 1;
    }
}

/// How far an object reaches that cannot be read: to the brace that closes it; in a code fence no further than to the
/// line that closes that; else to the end.
fn behind_broken(text: &str, from: usize, open: usize, to: usize) -> usize {
    let body = text.get(open..to).unwrap_or_default();
    let before = text.get(from..open).unwrap_or_default().lines();
    let is_fenced = before.filter(|line| line.starts_with("```")).count() % 2 == 1;
    let fence = is_fenced.then(|| body.find("\n```")).flatten();
    let end = closing(body, fence.unwrap_or(body.len()));
    behind_stray(text, open + end, to)
}

/// The place behind the brace that closes the first one, as far as `limit`.
fn closing(body: &str, limit: usize) -> usize {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, each) in body.bytes().enumerate().take(limit) {
        if quoted {
            quoted = escaped || each != b'"';
            escaped = !escaped && each == b'\\';
            continue;
        }
        match each {
            b'"' => quoted = true,
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    limit
}

/// Where an object that seems to end at a place ends: behind the last brace that closes nothing else. One of its
/// quotes misled where there is such a brace, and what stands before it is part of a text.
fn behind_stray(text: &str, end: usize, to: usize) -> usize {
    let rest = text.get(end..to).unwrap_or_default();
    let mut depth = 0_usize;
    let mut stray = 0;
    for (at, each) in rest.bytes().enumerate() {
        match each {
            b'{' => depth += 1,
            b'}' if depth == 0 => stray = at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    end + stray
}
