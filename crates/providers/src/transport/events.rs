//! The events of a stream: "Server-sent events" of the HTML standard, section 9.2.6, and what providers make of them.
//!
//! Read by ourselves, since readers of events pass over a line that is no field, and an answer with a hole is none: here such
//! a line is an error, or an event where it holds one.

use std::collections::VecDeque;

use ::bytes::Bytes;
use futures::{Stream, StreamExt as _};
use memchr::{memchr, memchr2};

use crate::outcome::{self, Failed, Trigger};

/// The longest name of a field with the blanks around it, in bytes.
const LONGEST_NAME: usize = 32;

/// An event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Event {
    /// Its type; empty where it has none.
    pub(super) name: String,
    pub(super) data: String,
    /// Only where it has one of its own: that of the event before says nothing of it.
    pub(super) id: Option<String>,
}

impl Event {
    /// Whether it is an error, whatever its data.
    pub(super) fn is_error(&self) -> bool {
        self.name == "error" || self.name.ends_with("Exception")
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.data.trim().is_empty() && !self.is_error()
    }
}

/// The events of a body that is a text in UTF-8.
pub(super) struct Events<S> {
    body: S,
    lines: Lines,
    ready: VecDeque<Event>,
    broken: Option<Failed>,
    has_ended: bool,
}

impl<S: Stream<Item = Result<Bytes, Failed>> + Unpin> Events<S> {
    pub(super) fn of(body: S) -> Self {
        Self {
            body,
            lines: Lines::default(),
            ready: VecDeque::new(),
            broken: None,
            has_ended: false,
        }
    }

    /// The next event, or what breaks the stream. Nothing is lost where it is dropped before it is done.
    pub(super) async fn next(&mut self) -> Option<Result<Event, Failed>> {
        loop {
            // What stands before a line that is none has been said.
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if let Some(broken) = self.broken.take() {
                return Some(Err(broken));
            }
            if self.has_ended {
                return None;
            }
            let taken = match self.body.next().await {
                Some(Ok(bytes)) => self.lines.take(&bytes, &mut self.ready),
                Some(Err(failed)) => Err(failed),
                None => {
                    self.has_ended = true;
                    self.lines.end(&mut self.ready)
                }
            };
            self.broken = taken.err();
        }
    }

    /// Whether the body came to its end before the latest event did.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }
}

/// The lines of a stream, which come in pieces of any size.
#[derive(Debug, Default)]
struct Lines {
    /// A line that has begun.
    begun: Vec<u8>,
    /// Whether the line before ended with a carriage return, of which a line feed is a part.
    has_returned: bool,
    /// The event that has begun.
    event: Event,
    /// Whether it has data, which may be empty.
    has_data: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], events: &mut VecDeque<Event>) -> Result<(), Failed> {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if std::mem::take(&mut self.has_returned) && *first == b'\n' {
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.begun.extend_from_slice(rest);
                // A line that can be none need not come to its end.
                return if is_json(&self.begun) {
                    Ok(())
                } else {
                    name(&self.begun).map(drop)
                };
            };
            let (line, behind) = rest.split_at(end);
            self.has_returned = behind.first() == Some(&b'\r');
            rest = behind.get(1..).unwrap_or_default();
            if self.begun.is_empty() {
                self.line(line, events)?;
            } else {
                let mut whole = std::mem::take(&mut self.begun);
                whole.extend_from_slice(line);
                self.line(&whole, events)?;
            }
        }
        Ok(())
    }

    /// Ends what has begun. Some leave out the empty line behind the last event: where the body has ended as it should, so has
    /// the event.
    fn end(&mut self, events: &mut VecDeque<Event>) -> Result<(), Failed> {
        let begun = std::mem::take(&mut self.begun);
        if !begun.is_empty() {
            self.line(&begun, events)?;
        }
        self.dispatch(events);
        Ok(())
    }

    fn line(&mut self, line: &[u8], events: &mut VecDeque<Event>) -> Result<(), Failed> {
        if is_json(line) {
            // As some write an error. Data that stand before it are an event of their own.
            if self.has_data {
                self.dispatch(events);
            }
            self.add(line);
            self.dispatch(events);
            return Ok(());
        }
        let name = name(line)?;
        let value = line.get(name.len() + 1..);
        let text = value.unwrap_or_default();
        let text = text.strip_prefix(b" ").unwrap_or(text);
        if name == b"data" {
            self.add(text);
            return Ok(());
        }
        // A field may be written with blanks around its name, or in capitals: `Data : …`.
        match trimmed(name).to_ascii_lowercase().as_str() {
            "" if value.is_none() => self.dispatch(events),
            // A comment, or a time to reconnect.
            "" | "retry" => {}
            "data" => self.add(text),
            "event" => self.event.name = owned(text),
            "id" => self.event.id = Some(owned(text)),
            // llama.cpp's name of an error. Data that stand before it are an event of their own.
            "error" if value.is_some() => {
                if self.has_data {
                    self.dispatch(events);
                }
                "error".clone_into(&mut self.event.name);
                self.add(text);
                self.dispatch(events);
            }
            _ => return Err(no_field()),
        }
        Ok(())
    }

    fn add(&mut self, text: &[u8]) {
        if std::mem::replace(&mut self.has_data, true) {
            self.event.data.push('\n');
        }
        match str::from_utf8(text) {
            Ok(text) => self.event.data.push_str(text),
            Err(_) => self.event.data.push_str(&String::from_utf8_lossy(text)),
        }
    }

    /// Ends an event. One without data is none, unless it is an error; its id is that of the next.
    fn dispatch(&mut self, events: &mut VecDeque<Event>) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) || event.is_error() {
            events.push_back(event);
        } else {
            self.event.id = event.id;
        }
    }
}

/// Whether a line is a JSON object, which no field is.
fn is_json(line: &[u8]) -> bool {
    line.first() == Some(&b'{')
}

/// What stands before the colon of a line, or all of it.
fn name(line: &[u8]) -> Result<&[u8], Failed> {
    let head = line.get(..=LONGEST_NAME).unwrap_or(line);
    match memchr(b':', head) {
        Some(colon) => Ok(head.split_at(colon).0),
        None if head.len() <= LONGEST_NAME => Ok(line),
        None => Err(no_field()),
    }
}

fn trimmed(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let is_blank = |each: char| each.is_whitespace() || each == '\u{feff}';
    name.trim_matches(is_blank).to_owned()
}

fn owned(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn no_field() -> Failed {
    let message = "the provider's stream holds a line that is no part of an event";
    outcome::of(Trigger::NoAnswer, message, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a text that comes in pieces of so many bytes, and whether it broke.
    fn read(text: &str, size: usize) -> (Vec<Event>, bool) {
        let mut lines = Lines::default();
        let mut events = VecDeque::new();
        let mut pieces = text.as_bytes().chunks(size);
        let taken = pieces.try_for_each(|piece| lines.take(piece, &mut events));
        let taken = taken.and_then(|()| lines.end(&mut events));
        (events.into(), taken.is_err())
    }

    fn event(name: &str, data: &str, id: Option<&str>) -> Event {
        Event {
            name: name.to_owned(),
            data: data.to_owned(),
            id: id.map(str::to_owned),
        }
    }

    #[test]
    fn pieces_and_ends_of_lines_change_nothing() {
        const TEXT: &str = concat!(
            ": open\n\ndata: a\ndata:b\ndata\n\nid: 1\n\nevent: ping\ndata: c: d\n\n",
            "data: e\n{\"f\": 1}\ndata:  g\n\nerror: h\nevent: none\n\nretry: 5\nid: 2\ndata: ü 🚀"
        );
        let expected = [
            event("", "a\nb\n", None),
            event("ping", "c: d", Some("1")),
            event("", "e", None),
            event("", "{\"f\": 1}", None),
            event("", " g", None),
            event("error", "h", None),
            event("", "ü 🚀", Some("2")),
        ];
        for ending in ["\n", "\r\n", "\r"] {
            let text = TEXT.replace('\n', ending);
            for size in 1..=text.len() {
                let (events, broken) = read(&text, size);
                assert_eq!(
                    (events.as_slice(), broken),
                    (&expected[..], false),
                    "{ending:?} {size}"
                );
            }
        }
    }

    #[test]
    fn what_stands_before_a_line_that_is_none_is_read() {
        for line in [
            "nonsense\n\n",
            "error\n\n",
            "a name of more bytes than any field has",
        ] {
            let text = format!("data: a\n\ndata: b\n{line}");
            for size in 1..=text.len() {
                let (events, broken) = read(&text, size);
                assert_eq!(
                    (events.as_slice(), broken),
                    (&[event("", "a", None)][..], true),
                    "{line} {size}"
                );
            }
        }
    }
}
