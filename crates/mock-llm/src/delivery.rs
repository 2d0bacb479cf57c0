//! Sending an answer, to its end or to where a fault ends it.

use std::io;
use std::iter::Peekable;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures::Stream;
use futures::stream::unfold;

use crate::answer::{Answer, Body, Frames};
use crate::course::Ending;
use crate::ledger::exchange::Exchange;
use crate::usage::Usage;

/// Time for the bytes before a cut to leave the buffers: an error discards them.
const FLUSH: Duration = Duration::from_millis(20);

/// Turns an answer into a response which ends the exchange when it ends.
pub(crate) fn respond(
    answer: Answer,
    ending: Ending,
    chunk_delay: Duration,
    mut exchange: Exchange,
) -> HttpResponse {
    let Answer {
        status,
        content_type,
        headers,
        body,
        usage,
    } = answer;
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response: HttpResponseBuilder = HttpResponse::build(code);
    response.content_type(content_type);
    for (name, value) in headers {
        response.insert_header((name, value));
    }
    let (length, frames): (Option<usize>, Frames) = match body {
        Body::Whole(bytes) if ending == Ending::Complete => {
            exchange.finish(status, usage);
            return response.body(bytes);
        }
        Body::Whole(bytes) => (Some(bytes.len()), Box::new(std::iter::once(bytes))),
        Body::Frames(frames) => (None, frames),
    };
    let flow = Flow {
        frames: frames.peekable(),
        ending,
        sent: 0,
        phase: Phase::Flowing,
        delay: chunk_delay,
        exchange,
        status,
        usage,
    };
    match length.and_then(|length| u64::try_from(length).ok()) {
        // The promised length lets a client notice that the body broke off.
        Some(length) => response.body(SizedStream::new(length, flow.stream())),
        None => response
            .insert_header(("cache-control", "no-cache"))
            .streaming(flow.stream()),
    }
}

/// A body being sent.
struct Flow {
    frames: Peekable<Frames>,
    ending: Ending,
    sent: u64,
    phase: Phase,
    delay: Duration,
    exchange: Exchange,
    status: u16,
    usage: Usage,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Flowing,
    Broken,
    Over,
}

impl Flow {
    fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + 'static {
        unfold(self, |mut flow| async move {
            let item = flow.next().await;
            item.map(|item| (item, flow))
        })
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.phase == Phase::Flowing {
            if self.sent > 0 && !self.delay.is_zero() {
                tokio::time::sleep(self.delay).await;
            }
            if let Some(frame) = self.frame() {
                return Some(Ok(frame));
            }
        }
        match (self.phase, self.ending) {
            (Phase::Broken, Ending::Stall(_)) => std::future::pending().await,
            (Phase::Broken, _) => {
                tokio::time::sleep(FLUSH).await;
                self.phase = Phase::Over;
                self.exchange.finish(self.status, self.usage);
                Some(Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "cut by a fault rule",
                )))
            }
            (Phase::Flowing | Phase::Over, _) => None,
        }
    }

    /// The next frame, shortened where the fault wants it. A stalled or cut body never has its
    /// last byte: otherwise the client would see a whole answer.
    fn frame(&mut self) -> Option<Bytes> {
        let Some(mut frame) = self.frames.next() else {
            self.exchange.finish(self.status, self.usage);
            self.phase = Phase::Over;
            return None;
        };
        let last = self.frames.peek().is_none();
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        let limit = match self.ending {
            Ending::Complete => {
                if last {
                    // Before the bytes leave: a client that has them all must find it counted.
                    self.exchange.finish(self.status, self.usage);
                    self.phase = Phase::Over;
                }
                self.sent += length;
                return Some(frame);
            }
            Ending::Stall(limit) | Ending::Cut(limit) => limit,
        };
        let room = limit.saturating_sub(self.sent);
        let most = if last {
            length.saturating_sub(1)
        } else {
            length
        };
        let taken = room.min(most);
        if taken < length {
            self.phase = Phase::Broken;
            frame.truncate(usize::try_from(taken).unwrap_or(usize::MAX));
        }
        self.sent += taken;
        (!frame.is_empty()).then_some(frame)
    }
}
