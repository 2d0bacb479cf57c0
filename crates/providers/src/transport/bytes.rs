//! The bytes of a body, made a text: without byte order marks before it, and with U+FFFD where there is no character.

use std::future;

use ::bytes::Bytes;
use futures::{Stream, StreamExt as _};

use crate::outcome::{self, Failed, Trigger};

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
const REPLACED: &[u8] = "\u{fffd}".as_bytes();

/// A body as UTF-8. Marks may come in pieces and are no part of it (eventsource-stream 0.2.3 panics at one); characters
/// may come in pieces, too.
pub(super) fn text(
    body: impl Stream<Item = Result<Bytes, Failed>>,
) -> impl Stream<Item = Result<Bytes, Failed>> {
    // What may become a character, or a mark; then whether the text has begun.
    let mut held = Vec::new();
    let mut has_begun = false;
    // At the end, half a character is none.
    let end = futures::stream::once(future::ready(Ok(Bytes::new())));
    body.map(|chunk| chunk.map(|bytes| (bytes, false)))
        .chain(end.map(|chunk| chunk.map(|bytes| (bytes, true))))
        .filter_map(move |chunk| {
            let passed = chunk.map(|(bytes, is_end)| {
                held.extend_from_slice(&bytes);
                if !has_begun {
                    while held.starts_with(MARK) {
                        held.drain(..MARK.len());
                    }
                    if !is_end && MARK.starts_with(&held) {
                        return Vec::new();
                    }
                    has_begun = true;
                }
                whole_characters(&mut held, is_end)
            });
            let passed = passed.map(Bytes::from);
            let is_something = passed.as_ref().map_or(true, |bytes| !bytes.is_empty());
            future::ready(is_something.then_some(passed))
        })
}

/// A stream of events in which a line that is a JSON object, as some write an error, is an event as well, and a field may
/// be written with blanks around its name, or in capitals: `data : …`. A reader of events passes over a line that is no field;
/// here it is an error, since an answer with a hole is none. Each id has the number of its line before it (`transport/event_ids.rs`).
pub(super) fn with_all_lines(
    body: impl Stream<Item = Result<Bytes, Failed>>,
) -> impl Stream<Item = Result<Bytes, Failed>> {
    let mut line = Line::Name(Vec::new());
    let mut ids = 0_u64;
    body.flat_map(move |chunk| {
        let taken = chunk.map(|bytes| {
            let mut lines = Vec::with_capacity(bytes.len());
            let mut bytes = bytes.into_iter();
            // What stands before a line that is none has been said.
            let broken = bytes.try_for_each(|byte| {
                line = line.take(byte, &mut lines, &mut ids)?;
                Ok(())
            });
            (Bytes::from(lines), broken.err())
        });
        let (lines, broken) = match taken {
            Ok((lines, broken)) => (Some(Ok(lines)), broken),
            Err(failed) => (None, Some(failed)),
        };
        futures::stream::iter(lines.into_iter().chain(broken.map(Err)))
    })
}

/// How far a line of events has been read.
enum Line {
    /// In its name, of which so much is there.
    Name(Vec<u8>),
    /// Behind the colon, or in a comment.
    Value,
    /// In JSON without a name.
    Json,
}

impl Line {
    fn take(&mut self, byte: u8, lines: &mut Vec<u8>, ids: &mut u64) -> Result<Self, Failed> {
        let is_end = matches!(byte, b'\n' | b'\r');
        let next = match std::mem::replace(self, Self::Value) {
            Self::Name(name) if name.is_empty() && byte == b'{' => {
                // What stands before it is an event of its own.
                lines.extend_from_slice(b"\ndata: {");
                return Ok(Self::Json);
            }
            Self::Name(name) if byte == b':' || is_end => {
                if byte == b':' && is_error(&name) {
                    // What stands before it is an event of its own.
                    lines.extend_from_slice(b"\nevent:error\ndata:");
                    return Ok(Self::Json);
                }
                let field = field(&name)?;
                lines.extend_from_slice(field);
                if field == b"id" && byte == b':' {
                    *ids += 1;
                    lines.extend_from_slice(format!(":{ids} ").as_bytes());
                    return Ok(Self::Value);
                }
                Self::Value
            }
            Self::Name(mut name) => {
                name.push(byte);
                if name.len() > LONGEST_NAME {
                    return Err(no_field());
                }
                return Ok(Self::Name(name));
            }
            other => other,
        };
        lines.push(byte);
        if !is_end {
            return Ok(next);
        }
        if matches!(next, Self::Json) {
            lines.extend_from_slice(b"\n\n");
        }
        Ok(Self::Name(Vec::new()))
    }
}

/// The longest name of a field with the blanks around it, in bytes.
const LONGEST_NAME: usize = 32;

/// Whether a line has the name that llama.cpp gives an error: `error: {…}`.
fn is_error(name: &[u8]) -> bool {
    name.trim_ascii().eq_ignore_ascii_case(b"error")
}

/// The name of a field as the standard writes it; nothing of a comment, or of a line that is empty.
fn field(name: &[u8]) -> Result<&'static [u8], Failed> {
    let name = String::from_utf8_lossy(name);
    let name = name.trim_matches(|each: char| each.is_whitespace() || each == '\u{feff}');
    match name.to_ascii_lowercase().as_str() {
        "" => Ok(b""),
        "data" => Ok(b"data"),
        "event" => Ok(b"event"),
        "id" => Ok(b"id"),
        "retry" => Ok(b"retry"),
        _ => Err(no_field()),
    }
}

fn no_field() -> Failed {
    let message = "the provider's stream holds a line that is no part of an event";
    outcome::of(Trigger::NoAnswer, message, "")
}

/// Takes what is whole out of the bytes; what is none, or stands in no JSON, is replaced.
fn whole_characters(held: &mut Vec<u8>, is_end: bool) -> Vec<u8> {
    let bytes = std::mem::take(held);
    let mut text = Vec::with_capacity(bytes.len());
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        let valid = chunk.valid().bytes();
        // A control character that is no white space stands nowhere in JSON.
        for byte in valid {
            if byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') {
                text.extend_from_slice(REPLACED);
            } else {
                text.push(byte);
            }
        }
        let invalid = chunk.invalid();
        let may_go_on = chunks.peek().is_none() && !is_end && is_beginning(invalid);
        if may_go_on {
            *held = invalid.to_vec();
        } else if !invalid.is_empty() {
            text.extend_from_slice(REPLACED);
        }
    }
    text
}

/// Whether bytes are the beginning of a character.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|problem| problem.error_len().is_none())
}

/// The chunks of a body up to the first that holds more than white space, in one.
pub(super) async fn beginning(
    body: &mut (impl Stream<Item = Result<Bytes, Failed>> + Unpin),
) -> Result<Vec<u8>, Failed> {
    let mut beginning = Vec::new();
    while let Some(chunk) = body.next().await {
        beginning.extend_from_slice(&chunk?);
        // Not fewer bytes than tell a field of a stream from something else.
        if beginning.trim_ascii_start().len() >= MAX_FIELD {
            break;
        }
    }
    Ok(beginning)
}

/// Bytes of `event:`.
const MAX_FIELD: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    async fn texts(chunks: &[&[u8]]) -> String {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let passed = text(futures::stream::iter(chunks));
        let passed: Vec<Bytes> = passed.map(Result::unwrap).collect().await;
        String::from_utf8(passed.concat()).unwrap()
    }

    #[tokio::test]
    async fn characters_and_marks_may_come_in_pieces() {
        let marked = "\u{feff}\u{feff}fold 🚀 ü".as_bytes();
        for size in 1..marked.len() {
            let chunks: Vec<&[u8]> = marked.chunks(size).collect();
            assert_eq!(texts(&chunks).await, "fold 🚀 ü", "{size}");
        }
        // What is no mark after all is passed on.
        assert_eq!(
            texts(&[b"\xef", b"\xbb\x80", b"\xef\xbb\xbf"]).await,
            "\u{fec0}\u{feff}"
        );
        assert_eq!(texts(&[]).await, "");
    }

    #[tokio::test]
    async fn what_is_no_character_is_replaced() {
        assert_eq!(texts(&[b"a\xf0\x9f", b"\"b"]).await, "a\u{fffd}\"b");
        assert_eq!(texts(&[b"a\xf0\x9f"]).await, "a\u{fffd}");
        assert_eq!(
            texts(&[b"a\x00\x1b\tb\xff\r\n"]).await,
            "a\u{fffd}\u{fffd}\tb\u{fffd}\r\n"
        );
    }
}
