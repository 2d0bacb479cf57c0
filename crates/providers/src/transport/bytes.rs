//! The bytes of a body, made a text: without byte order marks before it, and with U+FFFD where there is no character.

use std::future;

use ::bytes::Bytes;
use futures::{Stream, StreamExt as _};

use crate::outcome::Failed;

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
                if has_begun && held.is_empty() && is_plain(&bytes) {
                    return bytes;
                }
                held.extend_from_slice(&bytes);
                if !has_begun {
                    while held.starts_with(MARK) {
                        held.drain(..MARK.len());
                    }
                    if !is_end && MARK.starts_with(&held) {
                        return Bytes::new();
                    }
                    has_begun = true;
                }
                Bytes::from(whole_characters(&mut held, is_end))
            });
            let is_something = passed.as_ref().map_or(true, |bytes| !bytes.is_empty());
            future::ready(is_something.then_some(passed))
        })
}

/// Takes what is whole out of the bytes; what is none, or stands in no JSON, is replaced.
fn whole_characters(held: &mut Vec<u8>, is_end: bool) -> Vec<u8> {
    let bytes = std::mem::take(held);
    let mut text = Vec::with_capacity(bytes.len());
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        for byte in chunk.valid().bytes() {
            if is_control(byte) {
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

/// Whether bytes are whole characters, and none of them is to be replaced.
fn is_plain(bytes: &[u8]) -> bool {
    // Without an early end, so that the compiler takes many at once.
    let has_control = bytes
        .iter()
        .fold(false, |found, byte| found | is_control(*byte));
    !has_control && std::str::from_utf8(bytes).is_ok()
}

/// Whether a byte is a control character that is no white space: those stand nowhere in JSON.
fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')
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
