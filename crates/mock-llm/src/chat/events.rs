//! A streamed chat completion.

use std::collections::VecDeque;
use std::iter;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::chat::envelope;
use crate::identity::{FINGERPRINT, Identity};
use crate::logprobs;
use crate::reply::Reply;
use crate::tokens;
use crate::usage::Usage;

/// The frames, made as they are sent: thousands of streams may be open.
pub(crate) fn frames(
    ask: &Ask,
    replies: Vec<Reply>,
    identity: Identity,
) -> impl Iterator<Item = Bytes> + Send + 'static {
    let include_usage = ask.include_usage;
    let used = Usage::of(ask, &replies);
    let head = Head {
        id: identity.name("chatcmpl-"),
        created: identity.created,
        model: ask.model.clone(),
        tier: ask.tier,
    };
    let last = include_usage.then(|| frame(&head.chunk(&[], Some(envelope::usage(used)))));
    let top = ask.logprobs.then_some(ask.top_logprobs);
    let choices = replies.into_iter().enumerate();
    in_turn(choices.map(move |(index, reply)| choice(index, reply, top)))
        .map(move |choice| {
            let usage = include_usage.then_some(Value::Null);
            frame(&head.chunk(&[choice], usage))
        })
        .chain(last)
        .chain(iter::once(Bytes::from_static(b"data: [DONE]\n\n")))
}

/// The pieces of all choices as they are generated: side by side.
fn in_turn<I: Iterator<Item = Value>>(
    choices: impl Iterator<Item = I>,
) -> impl Iterator<Item = Value> {
    let mut waiting: VecDeque<I> = choices.collect();
    iter::from_fn(move || {
        loop {
            let mut choice = waiting.pop_front()?;
            if let Some(piece) = choice.next() {
                waiting.push_back(choice);
                return Some(piece);
            }
        }
    })
}

/// One server-sent event.
pub(crate) fn frame(value: &impl Serialize) -> Bytes {
    let mut frame = b"data: ".to_vec();
    if let Err(problem) = serde_json::to_writer(&mut frame, value) {
        // What has no JSON is no event: it shows to whoever reads the stream.
        frame = format!("error: {problem}").into_bytes();
    }
    frame.extend_from_slice(b"\n\n");
    Bytes::from(frame)
}

/// What all chunks of a completion say.
struct Head {
    id: String,
    created: u64,
    model: String,
    tier: &'static str,
}

/// A chunk; its fields are those of the API.
#[derive(Serialize)]
struct Chunk<'c> {
    id: &'c str,
    object: &'static str,
    created: u64,
    model: &'c str,
    choices: &'c [Value],
    service_tier: &'static str,
    system_fingerprint: &'static str,
    /// Null in all but the last, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

impl Head {
    fn chunk<'c>(&'c self, choices: &'c [Value], usage: Option<Value>) -> Chunk<'c> {
        Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            service_tier: self.tier,
            system_fingerprint: FINGERPRINT,
            usage,
        }
    }
}

/// The chunks of one choice: the role, the text in pieces, the reason of the end.
fn choice(index: usize, reply: Reply, top: Option<usize>) -> impl Iterator<Item = Value> + Send {
    let told = top.map(|top| logprobs::entries(&reply, top));
    let chunk = move |delta: Value, logprobs: Value, finish: Option<&str>| json!({"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish});
    let id = envelope::call_id(&reply);
    let Reply {
        content,
        refusal,
        call,
        finish,
        ..
    } = reply;
    let first = match &call {
        Some((name, _)) => json!({"role": "assistant", "content": null, "tool_calls": [{
            "index": 0, "id": id, "type": "function",
            "function": {"name": name, "arguments": ""},
        }]}),
        None => json!({"role": "assistant", "content": "", "refusal": null}),
    };
    let (kind, text) = match (content, refusal, call) {
        (_, _, Some((_, arguments))) => (Kind::Arguments, arguments),
        (_, Some(refusal), _) => (Kind::Refusal, refusal),
        (content, ..) => (Kind::Content, content.unwrap_or_default()),
    };
    let mut told = told.filter(|_| kind == Kind::Content);
    let middle = tokens::pieces(&text).into_iter().map(move |piece| {
        let entry = told.as_mut().and_then(Iterator::next);
        let logprobs = entry.map_or(
            Value::Null,
            |(_, entry)| json!({"content": [entry], "refusal": null}),
        );
        let delta = match kind {
            Kind::Content => json!({"content": piece}),
            Kind::Refusal => json!({"refusal": piece}),
            Kind::Arguments => {
                json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            }
        };
        chunk(delta, logprobs, None)
    });
    iter::once(chunk(first, Value::Null, None))
        .chain(middle)
        .chain(iter::once(chunk(json!({}), Value::Null, Some(&finish))))
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Content,
    Refusal,
    Arguments,
}
