//! An answer on its way out.

use bytes::Bytes;
use serde_json::Value;

use crate::usage::Usage;

/// Status, headers and body.
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Of the body.
    pub(crate) content_type: &'static str,
    /// Others.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Body,
    /// Tokens to be counted for it.
    pub(crate) usage: Usage,
}

/// A body.
pub(crate) enum Body {
    /// Known as a whole.
    Whole(Bytes),
    /// Made frame by frame.
    Frames(Frames),
}

/// Frames of an event stream, made when they are due.
pub(crate) type Frames = Box<dyn Iterator<Item = Bytes> + Send>;

impl Answer {
    /// JSON under status 200.
    pub(crate) fn json(value: &Value) -> Self {
        Self::raw(200, "application/json", Bytes::from(value.to_string()))
    }

    /// An event stream.
    pub(crate) fn events(frames: impl Iterator<Item = Bytes> + Send + 'static) -> Self {
        Self {
            body: Body::Frames(Box::new(frames)),
            ..Self::raw(200, "text/event-stream; charset=utf-8", Bytes::new())
        }
    }

    /// Anything else.
    pub(crate) fn raw(status: u16, content_type: &'static str, body: Bytes) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body: Body::Whole(body),
            usage: Usage::default(),
        }
    }

    /// Whether it is made of events.
    pub(crate) fn streams(&self) -> bool {
        matches!(self.body, Body::Frames(_))
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With tokens to count.
    pub(crate) fn using(self, usage: Usage) -> Self {
        Self { usage, ..self }
    }
}
