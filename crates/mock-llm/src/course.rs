//! The course a request takes under its fault rule.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::chat::events::frame;
use crate::control::opinion::Character;
use crate::control::rule::{Fault, FaultRule, Garbage};
use crate::errors::ApiError;
use crate::identity::Identity;
use crate::reply::{Manner, Twist};

/// What is sent and how it ends.
pub(crate) enum Course {
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
    /// Silence after that many bytes.
    Stall(u64),
    /// The connection closes after that many bytes.
    Cut(u64),
}

const HTML: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
                    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// Lays out the course.
pub(crate) fn lay(
    call: &Call,
    rule: Option<&FaultRule>,
    server_seed: u64,
    character: Character,
    identity: Identity,
) -> Course {
    let said = |twist: Twist<'_>| {
        let manner = Manner {
            server_seed,
            character,
            twist,
        };
        call.answer(manner, identity)
    };
    let Some(rule) = rule else {
        return Course::Answer(said(Twist::Straight), Ending::Complete);
    };
    let answer = match rule.fault {
        Fault::Hang => return Course::Silence,
        Fault::Stall => {
            let ending = Ending::Stall(rule.after_bytes.unwrap_or(0));
            return Course::Answer(said(Twist::Straight), ending);
        }
        Fault::Cut => {
            let answer = said(Twist::Straight);
            let half = match &answer.body {
                Body::Whole(bytes) => u64::try_from(bytes.len() / 2).unwrap_or(0),
                Body::Frames(_) => 512,
            };
            return Course::Answer(answer, Ending::Cut(rule.after_bytes.unwrap_or(half)));
        }
        Fault::Status => with_retry(status(rule), rule),
        Fault::RateLimit => {
            let answer = Answer::from(&ApiError::rate_limit())
                .header("x-ratelimit-limit-requests", "500")
                .header("x-ratelimit-remaining-requests", "0");
            with_retry(answer, rule)
        }
        Fault::ContextLength => {
            let tokens = call.ask().map_or(0, crate::ask::Ask::input_tokens);
            Answer::from(&ApiError::context_length(tokens))
        }
        Fault::Garbage => match rule.kind {
            Some(Garbage::Html) => {
                Answer::raw(200, "text/html", Bytes::from_static(HTML.as_bytes()))
            }
            Some(Garbage::Empty) | None => Answer::raw(200, "application/json", Bytes::new()),
            Some(Garbage::TruncatedJson) => truncated(said(Twist::Straight)),
            Some(Garbage::ErrorInOk) => error_in_ok(call),
            Some(Garbage::NotJsonText) => said(Twist::NotJson),
        },
        Fault::Refusal => said(Twist::Refusal),
        Fault::Length => said(Twist::Length),
        Fault::ContentFilter => said(Twist::ContentFilter),
        Fault::Reply => said(Twist::Said {
            text: rule.text.as_deref().unwrap_or_default(),
            finish: rule.finish_reason.as_deref().unwrap_or("stop"),
            alternatives: rule.alternatives.as_ref(),
        }),
        Fault::Fenced => said(Twist::Fenced),
    };
    Course::Answer(answer, Ending::Complete)
}

fn status(rule: &FaultRule) -> Answer {
    let status = rule.status.unwrap_or(500);
    let Some(body) = &rule.body else {
        return Answer::from(&ApiError::for_status(status));
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
    let error = json!({"error": {
        "message": "upstream connect error or disconnect/reset before headers",
        "type": "server_error", "param": null, "code": 502,
    }});
    if call.streams() {
        Answer::events(std::iter::once(frame(&error)))
    } else {
        Answer::json(&error)
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
