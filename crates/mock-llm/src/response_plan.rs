//! The plan a request takes under its fault rule.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::broken;
use crate::call::{Api, Call};
use crate::chat::events::frame;
use crate::control::rule::{Fault, FaultRule, Garbage};
use crate::errors::ApiError;
use crate::identity::Identity;
use crate::messages;
use crate::ordered::Ordered;
use crate::refused;
use crate::reply::{Distortion, ReplyOptions};

/// What is sent and how it ends.
pub(crate) enum ResponsePlan {
    /// An answer.
    Answer(Answer, Ending),
    /// Nothing, ever.
    Silence,
}

/// How the transport of an answer ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    /// As it should.
    Complete,
    /// Silence after that many bytes, with comments at that distance if there is one.
    Stall(u64, Option<Duration>),
    /// The connection closes after that many bytes.
    Cut(u64),
    /// The body ends as if it were whole, after that many bytes.
    Short(u64),
    /// Complete, but silent for that time after so many events; a body that is no stream is late as a whole.
    Pause(usize, Duration),
}

impl ResponsePlan {
    /// Time that passes before anything is sent.
    pub(crate) fn delay(&self) -> Duration {
        match self {
            Self::Answer(answer, Ending::Pause(_, time)) if !answer.streams() => *time,
            Self::Answer(..) | Self::Silence => Duration::ZERO,
        }
    }
}

const HTML: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
                    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// What happens to a request under the rule that applies.
pub(crate) fn of(
    (call, document): (&Call, &Ordered),
    rule: Option<&FaultRule>,
    server_seed: u64,
    identity: Identity,
) -> ResponsePlan {
    let said = |distortion: Distortion<'_>| {
        let options = ReplyOptions {
            server_seed,
            distortion,
        };
        call.answer(options, identity)
    };
    let plain = || said(Distortion::None);
    let api = call.api;
    let Some(rule) = rule else {
        return ResponsePlan::Answer(plain(), Ending::Complete);
    };
    let mut ending = Ending::Complete;
    let answer = match &rule.fault {
        Fault::Hang {} => return ResponsePlan::Silence,
        Fault::Stall {
            after_bytes,
            keepalive_ms,
        } => {
            let comments = keepalive_ms.map(|time| Duration::from_millis(time.get()));
            ending = Ending::Stall(*after_bytes, comments);
            plain()
        }
        Fault::Cut { after_bytes, clean } => {
            let answer = plain();
            let half = match &answer.body {
                Body::Whole(bytes) => u64::try_from(bytes.len() / 2).unwrap_or(0),
                Body::Frames(_) => 512,
            };
            match (clean, after_bytes) {
                (true, None) if answer.streams() => broken::half(call, answer),
                (clean, bytes) => {
                    let bytes = bytes.unwrap_or(half);
                    ending = if *clean {
                        Ending::Short(bytes)
                    } else {
                        Ending::Cut(bytes)
                    };
                    answer
                }
            }
        }
        Fault::Think { ms } => {
            let events = if api == Api::Responses { 2 } else { 1 };
            ending = Ending::Pause(events, Duration::from_millis(*ms));
            plain()
        }
        Fault::ErrorInStream {} => broken::by_error(call, plain(), identity),
        Fault::Refuse { style, .. } => {
            refused::answer(api, *style, &call.ask.model, &rule.met(Some(document)))
        }
        Fault::Status {
            status: code,
            body,
            retry_after,
        } => with_retry(status(api, *code, body.as_deref()), retry_after.as_deref()),
        Fault::RateLimit { retry_after } => {
            let answer = api
                .error(&ApiError::rate_limit())
                .header("x-ratelimit-limit-requests", "500")
                .header("x-ratelimit-remaining-requests", "0");
            with_retry(answer, retry_after.as_deref())
        }
        Fault::NoCapacity {} => api.error(&ApiError::no_capacity()),
        Fault::ContextLength {} => {
            let tokens = call.ask.input_tokens();
            api.error(&match api {
                Api::Messages => messages::errors::context_length(tokens),
                Api::Chat | Api::Responses => ApiError::context_length(tokens),
            })
        }
        Fault::Garbage { kind } => match kind {
            Garbage::Html => Answer::raw(200, "text/html", Bytes::from_static(HTML.as_bytes())),
            Garbage::Empty => Answer::raw(200, "application/json", Bytes::new()),
            Garbage::TruncatedJson => truncated(plain()),
            Garbage::ErrorInOk => error_in_ok(call),
            Garbage::NotJsonText => said(Distortion::NotJson),
        },
        Fault::Refusal {} => said(Distortion::Refusal),
        Fault::Length {} => said(Distortion::Length),
        Fault::ContentFilter {} => said(Distortion::ContentFilter),
        Fault::Reply(script) => said(Distortion::Script(script)),
        Fault::Fenced {} => said(Distortion::Fenced),
        // Such a rule never is the one that applies.
        Fault::Ignore { .. } => plain(),
    };
    ResponsePlan::Answer(answer, ending)
}

fn status(api: Api, status: u16, body: Option<&str>) -> Answer {
    let Some(body) = body else {
        return api.error(&ApiError::for_status(status));
    };
    let json = serde_json::from_str::<Value>(body).is_ok();
    let content_type = if json {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    Answer::raw(status, content_type, Bytes::from(body.to_owned()))
}

fn with_retry(answer: Answer, after: Option<&str>) -> Answer {
    match after {
        Some(after) => answer.header("retry-after", after),
        None => answer,
    }
}

fn error_in_ok(call: &Call) -> Answer {
    let message = "upstream connect error or disconnect/reset before headers";
    let error = if call.api == Api::Messages {
        json!({"type": "error", "error": {"type": "api_error", "message": message}})
    } else {
        json!({"error": {"message": message, "type": "server_error", "param": null, "code": 502}})
    };
    match (call.ask.stream, call.api) {
        (false, _) => Answer::json(&error),
        (true, Api::Messages) => Answer::events(std::iter::once(messages::events::frame(&error))),
        (true, _) => Answer::events(std::iter::once(frame(&error))),
    }
}

/// Half of the answer, with a length that says it is all.
fn truncated(answer: Answer) -> Answer {
    let half = |bytes: &Bytes| bytes.slice(..bytes.len() / 2);
    let body = match answer.body {
        Body::Whole(bytes) => Body::Whole(half(&bytes)),
        Body::Frames(frames) => {
            let mut frames: Vec<Bytes> = frames.collect();
            frames.truncate(frames.len() / 2);
            if let Some(last) = frames.last_mut() {
                *last = half(last);
            }
            Body::Frames(Box::new(frames.into_iter()))
        }
    };
    Answer { body, ..answer }
}
