//! The plan a request takes under its fault rule.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::broken;
use crate::call::{Api, Call};
use crate::chat::events::frame;
use crate::control::opinion::Character;
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

/// Lays out the plan.
pub(crate) fn of(
    (call, document): (&Call, &Ordered),
    rule: Option<&FaultRule>,
    server_seed: u64,
    character: Character,
    identity: Identity,
) -> ResponsePlan {
    let said = |distortion: Distortion<'_>| {
        let options = ReplyOptions {
            server_seed,
            character,
            distortion,
        };
        call.answer(options, identity)
    };
    let Some(rule) = rule else {
        return ResponsePlan::Answer(said(Distortion::Straight), Ending::Complete);
    };
    let answer = match rule.fault {
        Fault::Hang => return ResponsePlan::Silence,
        Fault::Stall => {
            let comments = rule.keepalive_ms.map(Duration::from_millis);
            let ending = Ending::Stall(rule.after_bytes.unwrap_or(0), comments);
            return ResponsePlan::Answer(said(Distortion::Straight), ending);
        }
        Fault::Cut if rule.clean == Some(true) => {
            let answer = said(Distortion::Straight);
            return match (rule.after_bytes, &answer.body) {
                (Some(bytes), _) => ResponsePlan::Answer(answer, Ending::Short(bytes)),
                (None, Body::Whole(whole)) => {
                    let half = u64::try_from(whole.len() / 2).unwrap_or(0);
                    ResponsePlan::Answer(answer, Ending::Short(half))
                }
                (None, Body::Frames(_)) => {
                    ResponsePlan::Answer(broken::half(call, answer), Ending::Complete)
                }
            };
        }
        Fault::Think => {
            let events = if call.api() == Api::Responses { 2 } else { 1 };
            let time = Duration::from_millis(rule.ms.unwrap_or(0));
            return ResponsePlan::Answer(said(Distortion::Straight), Ending::Pause(events, time));
        }
        Fault::ErrorInStream => broken::by_error(call, said(Distortion::Straight), identity),
        Fault::Refuse => {
            let model = call.ask().map_or("", |ask| ask.model.as_str());
            let style = rule.style.unwrap_or_default();
            refused::answer(call.api(), style, model, &rule.met(Some(document)))
        }
        Fault::Cut => {
            let answer = said(Distortion::Straight);
            let half = match &answer.body {
                Body::Whole(bytes) => u64::try_from(bytes.len() / 2).unwrap_or(0),
                Body::Frames(_) => 512,
            };
            return ResponsePlan::Answer(answer, Ending::Cut(rule.after_bytes.unwrap_or(half)));
        }
        Fault::Status => with_retry(status(call.api(), rule), rule),
        Fault::RateLimit => {
            let answer = call
                .api()
                .error(&ApiError::rate_limit())
                .header("x-ratelimit-limit-requests", "500")
                .header("x-ratelimit-remaining-requests", "0");
            with_retry(answer, rule)
        }
        Fault::ContextLength => {
            let tokens = call.ask().map_or(0, crate::ask::Ask::input_tokens);
            let api = call.api();
            api.error(&match api {
                Api::Messages => messages::errors::context_length(tokens),
                Api::Chat | Api::Responses | Api::Models => ApiError::context_length(tokens),
            })
        }
        Fault::Garbage => match rule.kind {
            Some(Garbage::Html) => {
                Answer::raw(200, "text/html", Bytes::from_static(HTML.as_bytes()))
            }
            Some(Garbage::Empty) | None => Answer::raw(200, "application/json", Bytes::new()),
            Some(Garbage::TruncatedJson) => truncated(said(Distortion::Straight)),
            Some(Garbage::ErrorInOk) => error_in_ok(call),
            Some(Garbage::NotJsonText) => said(Distortion::NotJson),
        },
        Fault::Refusal => said(Distortion::Refusal),
        Fault::Length => said(Distortion::Length),
        Fault::ContentFilter => said(Distortion::ContentFilter),
        Fault::Reply => said(Distortion::Said {
            texts: rule.texts.as_deref().unwrap_or(rule.text.as_slice()),
            finish: rule.finish_reason.as_deref().unwrap_or("stop"),
            alternatives: rule.alternatives.as_ref(),
        }),
        Fault::Fenced => said(Distortion::Fenced),
        // Such a rule never is the one that applies.
        Fault::Ignore => said(Distortion::Straight),
    };
    ResponsePlan::Answer(answer, Ending::Complete)
}

fn status(api: Api, rule: &FaultRule) -> Answer {
    let status = rule.status.unwrap_or(500);
    let Some(body) = &rule.body else {
        return api.error(&ApiError::for_status(status));
    };
    let json = serde_json::from_str::<Value>(body).is_ok();
    let content_type = if json {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    Answer::raw(status, content_type, Bytes::from(body.clone()))
}

fn with_retry(answer: Answer, rule: &FaultRule) -> Answer {
    match &rule.retry_after {
        Some(after) => answer.header("retry-after", after),
        None => answer,
    }
}

fn error_in_ok(call: &Call) -> Answer {
    let message = "upstream connect error or disconnect/reset before headers";
    let error = if call.api() == Api::Messages {
        json!({"type": "error", "error": {"type": "api_error", "message": message}})
    } else {
        json!({"error": {"message": message, "type": "server_error", "param": null, "code": 502}})
    };
    match (call.streams(), call.api()) {
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
