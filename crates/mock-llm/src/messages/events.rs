//! A streamed message, as typed events.

use std::iter;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::identity::Identity;
use crate::messages::envelope::{begun, call_id, stop_reason};
use crate::reply::Reply;
use crate::tokens;
use crate::usage::Usage;

/// The frames in order.
pub(crate) fn frames(
    ask: &Ask,
    reply: &Reply,
    identity: Identity,
) -> impl Iterator<Item = Bytes> + Send + 'static {
    let used = Usage::of(ask, std::slice::from_ref(reply));
    let called = reply.call.is_some();
    let (block, text) = match (&reply.call, &reply.content) {
        (Some((name, arguments)), _) => (
            Some(json!({"type": "tool_use", "id": call_id(reply), "name": name, "input": {}})),
            arguments.as_str(),
        ),
        (None, Some(text)) => (Some(json!({"type": "text", "text": ""})), text.as_str()),
        (None, None) => (None, ""),
    };
    let said = block.is_some();
    let start = block
        .map(|block| json!({"type": "content_block_start", "index": 0, "content_block": block}));
    let deltas = tokens::pieces(text).into_iter().map(move |piece| {
        let delta = if called {
            json!({"type": "input_json_delta", "partial_json": piece})
        } else {
            json!({"type": "text_delta", "text": piece})
        };
        json!({"type": "content_block_delta", "index": 0, "delta": delta})
    });
    let end = json!({
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason(reply), "stop_sequence": null},
        "usage": {"output_tokens": used.output},
    });
    let head = json!({"type": "message_start", "message": begun(ask, identity)});
    iter::once(head)
        .chain(start)
        .chain(deltas)
        .chain(said.then(|| json!({"type": "content_block_stop", "index": 0})))
        .chain([end, json!({"type": "message_stop"})])
        .map(|event| frame(&event))
}

/// One event, named by its type.
pub(crate) fn frame(event: &Value) -> Bytes {
    let kind = event.get("type").and_then(Value::as_str);
    Bytes::from(format!(
        "event: {}\ndata: {event}\n\n",
        kind.unwrap_or_default()
    ))
}
