//! A streamed chat completion.

use std::collections::VecDeque;
use std::iter;

use bytes::Bytes;
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
        usage_field: include_usage,
    };
    let last = include_usage.then(|| {
        let mut chunk = head.chunk(Vec::new());
        if let Some(fields) = chunk.as_object_mut() {
            fields.insert("usage".to_owned(), envelope::usage(used));
        }
        frame(&chunk)
    });
    let top = ask.logprobs.then_some(ask.top_logprobs);
    let choices = replies.into_iter().enumerate();
    in_turn(choices.map(move |(index, reply)| choice(index, reply, top)))
        .map(move |choice| frame(&head.chunk(vec![choice])))
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
pub(crate) fn frame(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

#[derive(Clone)]
struct Head {
    id: String,
    created: u64,
    model: String,
    tier: &'static str,
    usage_field: bool,
}

impl Head {
    fn chunk(&self, choices: Vec<Value>) -> Value {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "service_tier": self.tier,
            "system_fingerprint": FINGERPRINT,
        });
        if let Some(fields) = chunk.as_object_mut().filter(|_| self.usage_field) {
            fields.insert("usage".to_owned(), Value::Null);
        }
        chunk
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
