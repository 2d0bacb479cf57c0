//! Streams that end before they are whole.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::ask::Ask;
use crate::call::{Api, Call};
use crate::chat;
use crate::identity::Identity;
use crate::messages;
use crate::reply::Reply;
use crate::responses::envelope::{Stage, response};
use crate::responses::events::frame;

const MESSAGE: &str = "The server had an error while processing your request. Sorry about that!";

/// Events before the text and after it.
fn frame_counts(call: &Call) -> (usize, usize) {
    let usage = call.ask.include_usage;
    match call.api {
        Api::Chat => (1, 2 + usize::from(usage)),
        Api::Responses => (4, 4),
        Api::Messages => (2, 3),
    }
}

/// The first half of a stream's text, which is at least one piece of it; a whole body stays whole.
pub(crate) fn half(call: &Call, answer: Answer) -> Answer {
    let (before, after) = frame_counts(call);
    let body = match answer.body {
        Body::Whole(bytes) => Body::Whole(bytes),
        Body::Frames(frames) => {
            let mut frames: Vec<Bytes> = frames.collect();
            let text = frames.len().saturating_sub(before + after);
            frames.truncate(before + text.div_ceil(2));
            Body::Frames(Box::new(frames.into_iter()))
        }
    };
    Answer { body, ..answer }
}

/// Half a stream, and the error of its API in place of the rest; a whole body stays whole.
pub(crate) fn by_error(call: &Call, answer: Answer, identity: Identity) -> Answer {
    let answer = half(call, answer);
    let Body::Frames(frames) = answer.body else {
        return answer;
    };
    let frames: Vec<Bytes> = frames.collect();
    let ending = ending(call, frames.len(), identity);
    Answer::events(frames.into_iter().chain(ending))
}

fn ending(call: &Call, sent: usize, identity: Identity) -> Vec<Bytes> {
    match call.api {
        Api::Responses => {
            let error = json!({"code": "server_error", "message": MESSAGE});
            let told =
                json!({"type": "error", "code": "server_error", "message": MESSAGE, "param": null});
            let failed =
                json!({"type": "response.failed", "response": failed(&call.ask, identity, &error)});
            vec![frame(sent, told), frame(sent + 1, failed)]
        }
        Api::Messages => {
            let error = json!({"type": "overloaded_error", "message": "Overloaded"});
            let event = json!({"type": "error", "error": error});
            vec![messages::events::frame(&event)]
        }
        Api::Chat => {
            let error = json!({
                "message": MESSAGE, "type": "server_error", "param": null, "code": null,
            });
            vec![chat::events::frame(&json!({"error": error}))]
        }
    }
}

fn failed(ask: &Ask, identity: Identity, error: &Value) -> Value {
    let mut response = response(ask, &Reply::default(), identity, Stage::Begun);
    if let Some(fields) = response.as_object_mut() {
        fields.insert("status".to_owned(), "failed".into());
        fields.insert("error".to_owned(), error.clone());
    }
    response
}
