//! One evaluation is one trace, from its post to its webhook, over three processes.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::receiver::Receiver;
use crate::spans::Span;
use crate::support::{SOON, System, payload};
use crate::system::{received, sending, start};

/// The span of the sender.
pub(crate) const UPSTREAM: &str = "00f067aa0ba902b7";

/// The only span of a name, and what is to be true of it.
#[track_caller]
pub(crate) fn only<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let mut named = spans.iter().filter(|span| span.name == name);
    let first = named
        .next()
        .unwrap_or_else(|| panic!("no {name}: {spans:#?}"));
    assert!(named.next().is_none(), "two of {name}: {spans:#?}");
    first
}

#[track_caller]
fn is(span: &Span, service: &str, kind: SpanKind, parent: &str) {
    let found = (&*span.service, span.kind, &*span.parent);
    assert_eq!(found, (service, kind, parent), "{span:#?}");
    assert!(span.start <= span.end, "{span:#?}");
}

#[track_caller]
pub(crate) fn has(span: &Span, attributes: &[(&str, &str)]) {
    for (name, value) in attributes {
        assert_eq!(span.attributes.text(name), *value, "{name} of {span:#?}");
    }
}

/// The span of a `traceparent`.
fn span_of(traceparent: &str) -> &str {
    traceparent.split('-').nth(2).unwrap_or_default()
}

/// Waits until so many spans of a trace have come.
pub(crate) async fn complete(
    collector: &Collector,
    trace: &str,
    count: usize,
) -> Result<Vec<Span>> {
    eventually(SOON, async || {
        let spans = collector.trace(trace);
        ensure!(spans.len() >= count, "{spans:#?}");
        anyhow::Ok(spans)
    })
    .await
}

pub(crate) async fn post_traced(
    system: &System,
    payload: &Value,
    traceparent: &str,
) -> Result<String> {
    let post = system.http().post(system.api.evaluations()).json(payload);
    let post = post
        .header("traceparent", traceparent)
        .header("x-correlation-id", "traced-1");
    let answer: Value = post.send().await?.json().await?;
    Ok(answer["id"].as_str().context("no id")?.to_owned())
}

/// A trace from a post to its webhook, exported to `endpoint` and looked at where `collector` has it.
pub(crate) async fn from_post_to_webhook(collector: &Collector, endpoint: &str) -> Result<()> {
    let traced = sending().env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    let (system, _) = start(traced).await?;
    let receiver = Receiver::start().await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut payload = payload("Traced from one end to the other.");
    payload["webhook"] = json!({"url": receiver.url("/hook/with-a-token?key=value")});
    let id = post_traced(&system, &payload, &format!("00-{trace}-{UPSTREAM}-01")).await?;
    let evaluation = system.judged(&id).await?;
    let message = received(&receiver, "/hook/with-a-token", 1)
        .await?
        .remove(0);

    let spans = complete(collector, trace, 6).await?;
    assert_eq!(spans.len(), 6, "{spans:#?}");
    assert!(spans.iter().all(|span| !span.has_failed), "{spans:#?}");
    let post = only(&spans, "POST /v1/evaluations");
    is(post, "ingest-api", SpanKind::Server, UPSTREAM);
    has(
        post,
        &[
            ("http.request.method", "POST"),
            ("http.route", "/v1/evaluations"),
            ("url.scheme", "http"),
            ("autorater.correlation_id", "traced-1"),
        ],
    );
    let status = post.attributes.count("http.response.status_code");
    assert_eq!(status, Some(202), "{post:#?}");

    let send = only(&spans, "send work");
    is(send, "ingest-api", SpanKind::Producer, &post.id);
    let process = only(&spans, "process work");
    is(process, "scorer-worker", SpanKind::Consumer, &send.id);
    for (span, operation) in [(send, "send"), (process, "process")] {
        has(
            span,
            &[
                ("messaging.system", "redis"),
                ("messaging.destination.name", "work"),
                ("messaging.operation.name", operation),
                ("messaging.operation.type", operation),
                ("messaging.message.id", &id),
                ("autorater.evaluation.id", &id),
                ("autorater.tenant", "default"),
                ("autorater.correlation_id", "traced-1"),
            ],
        );
    }
    let rubric = evaluation["rubric"].as_str().context("no rubric")?;
    has(
        process,
        &[
            ("autorater.evaluation.result", "succeeded"),
            ("autorater.evaluation.outcome", "scored"),
            ("autorater.rubric", rubric),
        ],
    );

    let call = only(&spans, "judge_call");
    is(call, "scorer-worker", SpanKind::Internal, &process.id);
    let request = system.mock_requests().await?.remove(0);
    let model = request["body"]["model"].as_str().unwrap_or("gpt-4o");
    let chat = only(&spans, &format!("chat {model}"));
    is(chat, "scorer-worker", SpanKind::Client, &call.id);
    let told = request["headers"]["traceparent"].as_str();
    assert_eq!(told, Some(&*format!("00-{trace}-{}-01", chat.id)));
    has(
        chat,
        &[
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "127.0.0.1"),
            ("gen_ai.request.model", model),
            ("gen_ai.response.model", model),
            ("server.address", "127.0.0.1"),
        ],
    );
    assert!(
        !chat.attributes.text("gen_ai.response.id").is_empty(),
        "{chat:#?}"
    );
    let reasons = chat.attributes.words("gen_ai.response.finish_reasons");
    assert_eq!(reasons, ["stop"], "{chat:#?}");
    let usage = &evaluation["usage"];
    for (name, counted) in [
        ("gen_ai.usage.input_tokens", &usage["input_tokens"]),
        ("gen_ai.usage.output_tokens", &usage["output_tokens"]),
        (
            "gen_ai.usage.cache_read.input_tokens",
            &usage["cached_input_tokens"],
        ),
    ] {
        assert_eq!(chat.attributes.count(name), counted.as_i64(), "{name}");
    }
    assert!(chat.attributes.count("server.port").is_some(), "{chat:#?}");

    let webhook = only(&spans, "POST webhook");
    is(webhook, "scorer-worker", SpanKind::Client, &send.id);
    assert_eq!(span_of(message.header("traceparent")), webhook.id);
    has(
        webhook,
        &[
            ("http.request.method", "POST"),
            ("server.address", "127.0.0.1"),
            ("autorater.webhook.id", message.header("webhook-id")),
        ],
    );
    let status = webhook.attributes.count("http.response.status_code");
    assert_eq!(status, Some(204), "{webhook:#?}");
    let shown = format!("{webhook:?}");
    assert!(!shown.contains("token"), "{shown}");
    Ok(())
}
