//! A whole chat completion.

use serde_json::{Map, Value, json};

use crate::ask::Ask;
use crate::identity::{FINGERPRINT, Identity};
use crate::logprobs;
use crate::reply::Reply;
use crate::usage::Usage;

/// The body of an answer that is not streamed.
pub(crate) fn completion(ask: &Ask, replies: &[Reply], identity: Identity) -> Value {
    let choices: Vec<Value> = replies
        .iter()
        .enumerate()
        .map(|(index, reply)| {
            json!({
                "index": index,
                "message": message(reply),
                "logprobs": chosen_logprobs(ask, reply),
                "finish_reason": reply.finish,
            })
        })
        .collect();
    json!({
        "id": identity.name("chatcmpl-"),
        "object": "chat.completion",
        "created": identity.created,
        "model": ask.model,
        "choices": choices,
        "usage": usage(Usage::of(ask, replies)),
        "service_tier": ask.tier,
        "system_fingerprint": FINGERPRINT,
    })
}

/// The usage object. Of an explicit cache it tells as LiteLLM does, which has Anthropic's counts beside its own.
pub(crate) fn usage(usage: Usage) -> Value {
    let mut told = json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    });
    if let (Some(written), Some(fields)) = (usage.written, told.as_object_mut()) {
        fields.insert("cache_creation_input_tokens".to_owned(), written.into());
        fields.insert("cache_read_input_tokens".to_owned(), usage.cached.into());
    }
    told
}

/// The identifier of a call.
pub(crate) fn call_id(reply: &Reply) -> String {
    format!("call_{:016x}", reply.bits)
}

fn message(reply: &Reply) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    message.insert("content".to_owned(), reply.content.clone().into());
    message.insert("refusal".to_owned(), reply.refusal.clone().into());
    if let Some((name, arguments)) = &reply.call {
        let call = json!({
            "id": call_id(reply),
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        });
        message.insert("tool_calls".to_owned(), vec![call].into());
    }
    message.into()
}

fn chosen_logprobs(ask: &Ask, reply: &Reply) -> Value {
    if reply.content.is_none() || !ask.logprobs {
        return Value::Null;
    }
    let entries = logprobs::entries(reply, ask.top_logprobs);
    let entries: Vec<Value> = entries.map(|(_, entry)| entry).collect();
    json!({"content": entries, "refusal": null})
}
