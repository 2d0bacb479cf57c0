//! A whole message.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::identity::Identity;
use crate::ordered::Ordered;
use crate::reply::Reply;
use crate::usage::Usage;

/// A block of content. Written from a struct, because `json!` would sort a tool's input.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Ordered,
    },
}

#[derive(Debug, Serialize)]
struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: String,
    content: Vec<Block>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    usage: Value,
}

/// The body of an answer that is not streamed.
pub(crate) fn whole(ask: &Ask, reply: &Reply, identity: Identity) -> Bytes {
    let used = usage(Usage::of(ask, std::slice::from_ref(reply)));
    let message = message(ask, identity, blocks(reply), Some(stop_reason(reply)), used);
    // Writing to memory with string keys cannot fail.
    Bytes::from(serde_json::to_vec(&message).unwrap_or_default())
}

/// The message before anything is said.
pub(crate) fn begun(ask: &Ask, identity: Identity) -> Value {
    let used = Usage::begun(ask, 1);
    let message = message(ask, identity, Vec::new(), None, usage(used));
    serde_json::to_value(message).unwrap_or(Value::Null)
}

/// Anthropic's word for the reason of the end.
pub(crate) fn stop_reason(reply: &Reply) -> String {
    if reply.refusal.is_some() {
        return "refusal".to_owned();
    }
    match reply.finish.as_ref() {
        "stop" if reply.call.is_some() => "tool_use",
        "stop" => "end_turn",
        "tool_calls" => "tool_use",
        "length" => "max_tokens",
        other => other,
    }
    .to_owned()
}

/// The identifier of a call.
pub(crate) fn call_id(reply: &Reply) -> String {
    format!("toolu_{:016x}", reply.bits)
}

fn message(
    ask: &Ask,
    identity: Identity,
    content: Vec<Block>,
    stop_reason: Option<String>,
    usage: Value,
) -> Message {
    Message {
        id: identity.name("msg_"),
        kind: "message",
        role: "assistant",
        model: ask.model.clone(),
        content,
        stop_reason,
        stop_sequence: None,
        usage,
    }
}

fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.uncached(),
        "cache_creation_input_tokens": usage.written.unwrap_or_default(),
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
        "service_tier": "standard",
    })
}

/// A model that declines says nothing here: the reason of the end tells it.
fn blocks(reply: &Reply) -> Vec<Block> {
    if let Some((name, arguments)) = &reply.call {
        // Arguments that were cut off are not shown in part.
        let input = serde_json::from_str(arguments);
        return vec![Block::ToolUse {
            id: call_id(reply),
            name: name.clone(),
            input: input.unwrap_or_else(|_| Ordered::Object(Vec::new())),
        }];
    }
    let text = reply.content.clone().map(|text| Block::Text { text });
    text.into_iter().collect()
}
