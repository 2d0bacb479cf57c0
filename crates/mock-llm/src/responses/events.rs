//! A streamed response, as typed events.

use std::iter;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::identity::Identity;
use crate::reply::Reply;
use crate::responses::envelope::{Stage, item, item_id, item_status, part, response, said};
use crate::tokens;

/// The frames in order; each carries its sequence number.
pub(crate) fn frames(
    ask: &Ask,
    reply: &Reply,
    identity: Identity,
) -> impl Iterator<Item = Bytes> + Send + 'static {
    let begun = response(ask, reply, identity, Stage::Begun);
    let done = response(ask, reply, identity, Stage::Done);
    let last = if reply.finish == "stop" {
        "response.completed"
    } else {
        "response.incomplete"
    };
    let head = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
    ];
    let (opening, pieces, closing) = match said(reply) {
        Some(text) => (
            opening(reply, identity),
            tokens::pieces(text),
            closing(reply, identity, text),
        ),
        None => Default::default(),
    };
    let kind = kind(reply);
    let id = item_id(identity);
    let deltas = pieces.into_iter().map(move |piece| {
        let mut delta = json!({
            "type": format!("response.{kind}.delta"),
            "item_id": id, "output_index": 0, "content_index": 0, "delta": piece,
        });
        if let Some(fields) = delta.as_object_mut().filter(|_| kind == "output_text") {
            fields.insert("logprobs".to_owned(), json!([]));
        }
        delta
    });
    head.into_iter()
        .chain(opening)
        .chain(deltas)
        .chain(closing)
        .chain(iter::once(json!({"type": last, "response": done})))
        .enumerate()
        .map(|(number, event)| frame(number, event))
}

fn kind(reply: &Reply) -> &'static str {
    if reply.refusal.is_some() {
        "refusal"
    } else {
        "output_text"
    }
}

fn opening(reply: &Reply, identity: Identity) -> Vec<Value> {
    vec![
        json!({
            "type": "response.output_item.added", "output_index": 0,
            "item": item(identity, "in_progress", Vec::new()),
        }),
        json!({
            "type": "response.content_part.added", "item_id": item_id(identity),
            "output_index": 0, "content_index": 0, "part": part(reply, ""),
        }),
    ]
}

fn closing(reply: &Reply, identity: Identity, text: &str) -> Vec<Value> {
    let id = item_id(identity);
    let said = if reply.refusal.is_some() {
        json!({
            "type": "response.refusal.done", "item_id": id,
            "output_index": 0, "content_index": 0, "refusal": text,
        })
    } else {
        json!({
            "type": "response.output_text.done", "item_id": id,
            "output_index": 0, "content_index": 0, "text": text, "logprobs": [],
        })
    };
    vec![
        said,
        json!({
            "type": "response.content_part.done", "item_id": id,
            "output_index": 0, "content_index": 0, "part": part(reply, text),
        }),
        json!({
            "type": "response.output_item.done", "output_index": 0,
            "item": item(identity, item_status(reply), vec![part(reply, text)]),
        }),
    ]
}

/// One event, with its number.
pub(crate) fn frame(number: usize, mut event: Value) -> Bytes {
    let kind = event
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if let Some(fields) = event.as_object_mut() {
        fields.insert("sequence_number".to_owned(), number.into());
    }
    Bytes::from(format!("event: {kind}\ndata: {event}\n\n"))
}
