//! A whole response.

use serde_json::{Value, json};

use crate::ask::{Ask, Format};
use crate::identity::Identity;
use crate::reply::Reply;
use crate::usage::Usage;

/// The stages a response object goes through.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    /// No output so far.
    Begun,
    /// With output and usage.
    Done,
}

/// The response object.
pub(crate) fn response(ask: &Ask, reply: &Reply, identity: Identity, stage: Stage) -> Value {
    let incomplete = match reply.finish.as_ref() {
        "length" => Some("max_output_tokens"),
        "content_filter" => Some("content_filter"),
        _ => None,
    };
    let done = stage == Stage::Done;
    let status = match (done, incomplete) {
        (false, _) => "in_progress",
        (true, None) => "completed",
        (true, Some(_)) => "incomplete",
    };
    let usage = Usage::of(ask, std::slice::from_ref(reply));
    let usage = json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input + usage.output,
    });
    let instructions = ask
        .turns
        .first()
        .filter(|turn| turn.role == "system")
        .map(|turn| turn.text.as_str());
    json!({
        "id": identity.name("resp_"),
        "object": "response",
        "created_at": identity.created,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": incomplete.filter(|_| done).map(|reason| json!({"reason": reason})),
        "instructions": instructions,
        "max_output_tokens": ask.max_tokens,
        "model": ask.model,
        "output": if done { output(reply, identity) } else { Vec::new() },
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null},
        "service_tier": ask.tier,
        "store": false,
        "temperature": ask.temperature,
        "text": {"format": format(&ask.format)},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": if done { usage } else { Value::Null },
        "user": null,
        "metadata": {},
    })
}

/// The identifier of the only message.
pub(crate) fn item_id(identity: Identity) -> String {
    identity.name("msg_")
}

/// The message item around some content.
pub(crate) fn item(identity: Identity, status: &str, content: Vec<Value>) -> Value {
    json!({
        "id": item_id(identity),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    })
}

/// The only content part, with this text.
pub(crate) fn part(reply: &Reply, text: &str) -> Value {
    if reply.refusal.is_some() {
        json!({"type": "refusal", "refusal": text})
    } else {
        json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
    }
}

/// The said text, if any.
pub(crate) fn said(reply: &Reply) -> Option<&str> {
    reply.refusal.as_deref().or(reply.content.as_deref())
}

/// The status of the message item at its end.
pub(crate) fn item_status(reply: &Reply) -> &'static str {
    if reply.finish == "stop" {
        "completed"
    } else {
        "incomplete"
    }
}

fn output(reply: &Reply, identity: Identity) -> Vec<Value> {
    said(reply)
        .map(|text| item(identity, item_status(reply), vec![part(reply, text)]))
        .into_iter()
        .collect()
}

fn format(format: &Format) -> Value {
    match format {
        Format::Text => json!({"type": "text"}),
        Format::JsonObject => json!({"type": "json_object"}),
        Format::Schema(schema) => json!({
            "type": "json_schema",
            "name": "response",
            "strict": true,
            "schema": serde_json::to_value(schema).unwrap_or(Value::Null),
        }),
    }
}
