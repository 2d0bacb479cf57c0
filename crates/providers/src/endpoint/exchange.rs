//! One request to an endpoint and what comes back.

use std::time::Duration;

use domain::routing::Api;
use judging::Message;
use sha2::{Digest as _, Sha256};

use super::{CallContext, EndpointRequest};
use crate::cache::Marks;
use crate::capabilities::Capabilities;
use crate::deployment::RequestSettings;
use crate::function_calls::AskedFunction;
use crate::outcome::{self, Failed, Trigger};
use crate::parsed_response::{ParsedResponse, ResponseDecoder};
use crate::provider::Provider;
use crate::transport::{self, ReadTimeouts};
use crate::{chat, responses};

/// The key of a request: that of its call, and a digest of its body. Whoever keeps answers by their keys must not
/// answer another question with them, and the same body has the same key, also after a crash.
fn key(of_call: &str, body: &[u8]) -> String {
    const BYTES: usize = 8;
    let digest = Sha256::digest(body);
    let digest = digest.iter().take(BYTES);
    digest.fold(format!("{of_call}."), |key, byte| {
        format!("{key}{byte:02x}")
    })
}

/// About so many bytes a request holds besides its messages.
const BESIDE_MESSAGES: usize = 2 * 1024;

/// How long a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestBounds {
    /// In all.
    pub(super) call: Duration,
    /// Until its answer begins.
    pub(super) first_byte: Duration,
}

/// One exchange.
pub(super) async fn once(
    provider: &Provider,
    (question, marks): (EndpointRequest<'_>, Marks),
    asked: &RequestSettings,
    abilities: Capabilities,
    bounds: RequestBounds,
    (context, traceparent): (&CallContext, Option<&str>),
) -> Result<(ParsedResponse, bool), Failed> {
    let EndpointRequest { call, wanted } = question;
    let options = &provider.options;
    let size: usize = call.messages.iter().map(|each| each.content.len()).sum();
    let mut body = Vec::with_capacity(size + size / 8 + BESIDE_MESSAGES);
    let written = match options.api {
        Api::Chat => {
            let request = chat::Request::of(call, wanted, marks, asked, abilities);
            serde_json::to_writer(&mut body, &request)
        }
        Api::Responses => {
            let request = responses::Request::of(call, asked, abilities);
            serde_json::to_writer(&mut body, &request)
        }
    };
    written.map_err(|problem| {
        outcome::of(
            Trigger::NoRequest,
            format!("the request cannot be made: {problem}"),
            "",
        )
    })?;
    let key = key(&context.idempotency_key, &body);
    let mut headers = vec![
        ("x-correlation-id", context.correlation_id.as_str()),
        ("idempotency-key", &key),
    ];
    headers.extend(traceparent.map(|trace| ("traceparent", trace)));
    let request = provider.request(body, &headers)?;
    let silence = if abilities.streams {
        ReadTimeouts {
            first_byte: bounds.first_byte,
            chunk: options.chunk_timeout,
        }
    } else {
        // Who answers in one piece is silent until the end.
        ReadTimeouts {
            first_byte: bounds.call,
            chunk: bounds.call,
        }
    };
    let wanted_of_it = ResponseFormat {
        logprobs: call.logprobs && abilities.logprobs,
        // Some make a function of a schema that is asked for otherwise.
        function: (call.format.json()).map(|(name, schema)| AskedFunction { name, schema }),
    };
    match options.api {
        Api::Chat => {
            gathered(
                provider,
                request,
                &call.messages,
                silence,
                chat::Completion::of(wanted),
                wanted_of_it,
            )
            .await
        }
        Api::Responses => {
            gathered(
                provider,
                request,
                &call.messages,
                silence,
                responses::Response::default(),
                wanted_of_it,
            )
            .await
        }
    }
}

/// What is looked for in an answer.
#[derive(Clone, Copy)]
struct ResponseFormat<'c> {
    logprobs: bool,
    /// The function that is to be called.
    function: Option<AskedFunction<'c>>,
}

async fn gathered(
    provider: &Provider,
    request: reqwest::Request,
    asked: &[Message],
    silence: ReadTimeouts,
    gather: impl ResponseDecoder + Send + 'static,
    wanted: ResponseFormat<'_>,
) -> Result<(ParsedResponse, bool), Failed> {
    let client = provider.client.clone();
    let sent = transport::send(client, request, silence, gather).await;
    let read = sent.and_then(|(gather, was_streamed)| {
        let read = gather.read(wanted.logprobs, wanted.function)?;
        Ok((read, was_streamed))
    });
    read.map_err(|error| error.classify(asked))
}
