//! One HTTP exchange, exactly one attempt, with a bound on every silence.
//!
//! Answers are streamed, so that silence shows: until an answer begins the model may think, once it has begun it has
//! to go on. Signs of life that hold nothing of an answer (comments, the opening of a stream) do not count as one,
//! or a provider that hangs politely would never be left.

mod bytes;
mod event_ids;
mod events;
mod exchange_error;

use std::panic::resume_unwind;
use std::time::Duration;

use ::bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use event_ids::EventIds;
use events::{Event, Events};
pub(crate) use exchange_error::ExchangeError;

use crate::error::CallError;
use crate::outcome::{self, Failed, Trigger};
use crate::parsed_response::{ChunkKind, Complete, DecodeError, ResponseDecoder};

/// No answer is larger, in bytes.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

/// How long an endpoint may be silent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadTimeouts {
    /// Before its answer begins; thinking aloud is no silence.
    pub(crate) first_byte: Duration,
    /// Within its answer.
    pub(crate) chunk: Duration,
}

/// Sends a request and gathers the answer; says whether it was streamed. Dropped before it is done, it breaks the exchange off.
///
/// It runs in a task of its own: an answer may come in hundreds of pieces, and each would wake all that waits for the whole, with
/// its spans and time-outs.
///
/// # Errors
/// [`ExchangeError`]: no answer came, or something else.
pub(crate) async fn send<D: ResponseDecoder + Send + 'static>(
    client: reqwest::Client,
    request: reqwest::Request,
    silence: ReadTimeouts,
    mut gather: D,
) -> Result<(D, bool), ExchangeError> {
    let mut task = JoinSet::new();
    task.spawn(async move {
        let was_streamed = exchange(&client, request, silence, &mut gather).await?;
        Ok((gather, was_streamed))
    });
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(broken)) if broken.is_panic() => resume_unwind(broken.into_panic()),
        // Only a runtime that shuts down ends it otherwise.
        Some(Err(_)) | None => Err(interrupted().into()),
    }
}

async fn exchange(
    client: &reqwest::Client,
    request: reqwest::Request,
    silence: ReadTimeouts,
    gather: &mut impl ResponseDecoder,
) -> Result<bool, ExchangeError> {
    let first = Instant::now() + silence.first_byte;
    let response = timeout_at(first, client.execute(request))
        .await
        .map_err(|_| timed_out("the provider did not begin to answer in time"))?
        .map_err(|error| Failed::Error(classify(&error)))?;
    let status = response.status();
    let retry_after = outcome::retry_after(response.headers(), Timestamp::now());
    let is_stream = response
        .headers()
        .get(reqwest::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    let body = bytes::text(bounded(response.bytes_stream()));
    if !status.is_success() {
        let body = whole(body, silence).await?;
        return Err(ExchangeError::Status {
            status: status.as_u16(),
            body,
            retry_after,
        });
    }
    // What it is, it shows itself: some call a document a stream, and some a stream something else.
    let mut body = Box::pin(body);
    let beginning = match timeout_at(first, bytes::beginning(&mut body)).await {
        Ok(beginning) => beginning?,
        Err(_) => {
            return Err(timed_out("the provider did not begin to answer in time").into());
        }
    };
    let is_stream = match beginning.trim_ascii_start().first() {
        Some(b'{' | b'[' | b'<' | b'"') => false,
        Some(_)
            if FIELDS
                .iter()
                .any(|head| beginning.trim_ascii_start().starts_with(head)) =>
        {
            true
        }
        _ => is_stream,
    };
    let body = stream::iter([Ok(Bytes::from(beginning))]).chain(body);
    if is_stream {
        events(body, first, silence, gather).await?;
        return Ok(true);
    }
    let body = whole(body, silence).await?;
    let taken = gather.take(&String::from_utf8_lossy(&body));
    taken.map_err(|broken| outcome::of_page(&body).map_or(broken, DecodeError::Unexpected))?;
    Ok(false)
}

/// Gets a document: its status, and the whole of it. The request has the bound of its time.
pub(crate) async fn get(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), CallError> {
    let response = request.send().await.map_err(|error| classify(&error))?;
    let status = response.status().as_u16();
    let body = bounded(response.bytes_stream());
    let body = body.try_fold(Vec::new(), async |mut whole, chunk| {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    });
    match body.await {
        Ok(body) => Ok((status, body)),
        Err(Failed::Error(error)) => Err(error),
        // Of a page of models there is no such answer.
        Err(Failed::Answer(..)) => Ok((status, Vec::new())),
    }
}

/// How the lines of a stream begin.
const FIELDS: [&[u8]; 6] = [b"data:", b"event:", b"id:", b"retry:", b"error:", b":"];

/// How long a stream is listened to that has said that it is done: what it says then makes its answer another one.
const AFTER_DONE: Duration = Duration::from_millis(100);

/// Takes the events of a stream until its answer is there.
async fn events(
    body: impl Stream<Item = Result<Bytes, Failed>>,
    first: Instant,
    silence: ReadTimeouts,
    gather: &mut impl ResponseDecoder,
) -> Result<(), ExchangeError> {
    let mut ids = EventIds::default();
    events_with_ids(body, first, silence, gather, &mut ids).await?;
    if ids.repeat() {
        return Err(outcome::several_answers(true).into());
    }
    Ok(())
}

async fn events_with_ids(
    body: impl Stream<Item = Result<Bytes, Failed>>,
    first: Instant,
    silence: ReadTimeouts,
    gather: &mut impl ResponseDecoder,
    ids: &mut EventIds,
) -> Result<(), ExchangeError> {
    let body = std::pin::pin!(body);
    let mut events = Events::of(body);
    let mut deadline = first;
    let mut has_begun = false;
    loop {
        let before = gather.complete();
        let has_answer = matches!(before, Complete::Yes | Complete::SoFar);
        let event = match timeout_at(deadline, events.next()).await {
            // What can be missing now is what it cost, or choices of which there is not a word.
            Err(_) | Ok(Some(Err(_)) | None) if has_answer => return Ok(()),
            Ok(None) if before == Complete::Perhaps => return Ok(()),
            Err(_) if has_begun => {
                return Err(timed_out("the provider fell silent within its answer").into());
            }
            Err(_) => {
                return Err(timed_out("the provider did not begin to answer in time").into());
            }
            Ok(None) => return Err(interrupted().into()),
            Ok(Some(Err(failed))) => return Err(failed.into()),
            Ok(Some(Ok(event))) => event,
        };
        if event.data.trim() == "[DONE]" && !event.is_error() {
            return after_done(events, gather).await;
        }
        if event.is_empty() {
            continue;
        }
        if let Some(id) = &event.id {
            ids.take(id);
        }
        let heard = match taken(event, gather) {
            Ok(heard) => heard,
            Err(DecodeError::Unexpected(_)) if events.has_ended() && !has_answer => {
                return Err(interrupted().into());
            }
            // An error behind an answer is about that answer, unless others may still come.
            Err(broken @ DecodeError::Error(_)) if before != Complete::SoFar => {
                return Err(broken.into());
            }
            // What else comes behind an answer takes nothing away from it.
            Err(_) if has_answer => return Ok(()),
            Err(broken) => return Err(broken.into()),
        };
        deadline = match heard {
            ChunkKind::Nothing => deadline,
            ChunkKind::Thinking if !has_begun => Instant::now() + silence.first_byte,
            ChunkKind::Thinking => Instant::now() + silence.chunk,
            ChunkKind::Answer => {
                has_begun = true;
                Instant::now() + silence.chunk
            }
        };
        // The next choice is an answer of its own, before which the model may think.
        if gather.complete() == Complete::SoFar && before != Complete::SoFar {
            has_begun = false;
            deadline = Instant::now() + silence.first_byte;
        }
    }
}

/// Takes an event of a stream, or the error that it is.
fn taken(event: Event, gather: &mut impl ResponseDecoder) -> Result<ChunkKind, DecodeError> {
    if event.is_error() {
        return Err(DecodeError::Error(event.data));
    }
    gather.take(&event.data)
}

/// Listens to what comes behind the end of a stream: words of an answer there are a part of another one, and an error is
/// about the answer.
async fn after_done(
    mut events: Events<impl Stream<Item = Result<Bytes, Failed>> + Unpin>,
    gather: &mut impl ResponseDecoder,
) -> Result<(), ExchangeError> {
    let end = Instant::now() + AFTER_DONE;
    let may_miss_others = gather.complete() == Complete::SoFar;
    while let Ok(Some(Ok(event))) = timeout_at(end, events.next()).await {
        if event.is_empty() {
            continue;
        }
        match taken(event, gather) {
            Ok(ChunkKind::Answer) => return Err(outcome::several_answers(true).into()),
            Err(broken @ DecodeError::Error(_)) if !may_miss_others => {
                return Err(broken.into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The whole of a body that is no stream.
async fn whole(
    body: impl Stream<Item = Result<Bytes, Failed>>,
    silence: ReadTimeouts,
) -> Result<Vec<u8>, Failed> {
    let mut body = std::pin::pin!(body);
    let mut whole = Vec::new();
    loop {
        let deadline = Instant::now() + silence.first_byte;
        match timeout_at(deadline, body.next()).await {
            Err(_) => return Err(timed_out("the provider fell silent within its answer")),
            Ok(None) => return Ok(whole),
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk?),
        }
    }
}

/// The chunks of a body, up to the bound.
fn bounded(
    body: impl Stream<Item = reqwest::Result<Bytes>>,
) -> impl Stream<Item = Result<Bytes, Failed>> {
    let mut taken = 0;
    body.map(move |chunk| {
        let chunk = chunk.map_err(|error| Failed::Error(classify(&error)))?;
        taken += chunk.len();
        if taken > MAX_RESPONSE {
            let message = "the provider's answer is larger than 16 MiB";
            return Err(outcome::of(Trigger::TooLarge, message, ""));
        }
        Ok(chunk)
    })
}

fn interrupted() -> Failed {
    let message = "the provider's stream ended before its answer did";
    outcome::of(Trigger::CutOff, message, "")
}

fn timed_out(message: &str) -> Failed {
    outcome::of(Trigger::Silence, message, "")
}

/// The error of a client that cannot be made, or of an exchange that broke.
pub(crate) fn classify(error: &reqwest::Error) -> CallError {
    let (kind, what) = if error.is_connect() {
        (
            outcome::kind(Trigger::NoConnection),
            "the provider cannot be reached",
        )
    } else if error.is_timeout() {
        (
            outcome::kind(Trigger::Silence),
            "the provider did not answer in time",
        )
    } else if error.is_builder() {
        (
            outcome::kind(Trigger::NoRequest),
            "the request cannot be made",
        )
    } else {
        (
            outcome::kind(Trigger::CutOff),
            "the provider broke the connection",
        )
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    CallError {
        was_begun: !error.is_connect() && !error.is_builder(),
        ..CallError::new(kind, format!("{what}: {cause}"))
    }
}

#[cfg(test)]
mod tests;
