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
use crate::ledger::exchange::Exchange;
use crate::response_plan::Ending;
use crate::usage::Usage;

/// Time for the bytes before a cut to leave the buffers: an error discards them.
const FLUSH: Duration = Duration::from_millis(20);
/// What is due goes out in pieces of about so many bytes.
const WRITE: usize = 16 * 1024;
/// What a stream says to stay alive.
const COMMENT: &[u8] = b": keep-alive\n\n";

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
    let streams = matches!(body, Body::Frames(_));
    let (length, frames): (Option<usize>, Frames) = match body {
        Body::Whole(bytes) if matches!(ending, Ending::Complete | Ending::Pause(..)) => {
            exchange.finish(status, usage);
            return response.body(bytes);
        }
        Body::Whole(bytes) => {
            // Without a promised length a short body looks whole.
            let length = (!matches!(ending, Ending::Short(_))).then_some(bytes.len());
            (length, Box::new(std::iter::once(bytes)))
        }
        Body::Frames(frames) => (None, frames),
    };
    let flow = Flow {
        frames: frames.peekable(),
        ending,
        // Nothing may come into an event that is begun, and a stream that ends cleanly ends after an event.
        entire: streams && matches!(ending, Ending::Stall(_, Some(_)) | Ending::Short(_)),
        pause: match ending {
            Ending::Pause(events, time) => Some((events, time)),
            _ => None,
        },
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
    /// Events are sent as a whole or not at all.
    entire: bool,
    /// The events before a pause, and how long it is.
    pause: Option<(usize, Duration)>,
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
            if let Some((events, time)) = self.pause {
                self.pause = events.checked_sub(1).map(|events| (events, time));
                if events == 0 {
                    tokio::time::sleep(time).await;
                }
            }
            if let Some(frame) = self.frame() {
                return Some(Ok(self.with_what_is_due(frame)));
            }
        }
        match (self.phase, self.ending) {
            (Phase::Broken, Ending::Stall(_, Some(distance))) if self.entire => {
                tokio::time::sleep(distance).await;
                Some(Ok(Bytes::from_static(COMMENT)))
            }
            (Phase::Broken, Ending::Stall(..)) => std::future::pending().await,
            (Phase::Broken, Ending::Short(_)) => {
                self.phase = Phase::Over;
                self.exchange.finish(self.status, self.usage);
                None
            }
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

    /// A frame with those behind it that are due at once, in one write, as a fast server's are.
    fn with_what_is_due(&mut self, frame: Bytes) -> Bytes {
        if self.ending != Ending::Complete || !self.delay.is_zero() || self.phase == Phase::Over {
            return frame;
        }
        let mut all = Vec::from(frame);
        while all.len() < WRITE
            && let Some(next) = self.frame()
        {
            all.extend_from_slice(&next);
        }
        Bytes::from(all)
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
            Ending::Complete | Ending::Pause(..) => {
                if last {
                    // Before the bytes leave: a client that has them all must find it counted.
                    self.exchange.finish(self.status, self.usage);
                    self.phase = Phase::Over;
                }
                self.sent += length;
                return Some(frame);
            }
            Ending::Stall(limit, _) | Ending::Cut(limit) | Ending::Short(limit) => limit,
        };
        let room = limit.saturating_sub(self.sent);
        let most = if last {
            length.saturating_sub(1)
        } else {
            length
        };
        let taken = match room.min(most) {
            taken if self.entire && taken < length => 0,
            taken => taken,
        };
        if taken < length {
            self.phase = Phase::Broken;
            frame.truncate(usize::try_from(taken).unwrap_or(usize::MAX));
        }
        self.sent += taken;
        (!frame.is_empty()).then_some(frame)
    }
}
