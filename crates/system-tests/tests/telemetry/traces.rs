//! What traces hold of what went well and of what did not.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::collector::{Collector, Mode};
use crate::one_trace::{UPSTREAM, complete, from_post_to_webhook, has, only, post_traced};
use crate::receiver::Receiver;
use crate::spans::Span;
use crate::support::payload;
use crate::system::{ask, received, sending, start};

#[tokio::test]
async fn one_trace_goes_from_the_post_to_the_webhook() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    from_post_to_webhook(&collector, collector.endpoint()).await
}

#[tokio::test]
async fn what_failed_is_said_in_few_words_and_only_of_what_did() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    let traced = sending().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let (system, _) = start(traced).await?;
    system
        .mock_is(json!({"faults": [{"fault": "status", "status": 500, "times": 1}, {"fault": "status", "status": 404}]}))
        .await?;
    let trace = "5bf92f3577b34da6a3ce929d0e0e4737";
    let parent = format!("00-{trace}-{UPSTREAM}-01");
    let id = post_traced(&system, &payload("Refused in the end."), &parent).await?;
    let ended = system.ended(&id).await?;
    assert_eq!(ended["error"]["code"], "provider_rejected", "{ended}");

    let spans = complete(&collector, trace, 6).await?;
    let mut tries: Vec<_> = spans
        .iter()
        .filter(|span| span.name.starts_with("chat "))
        .collect();
    tries.sort_by_key(|span| span.start);
    let of = |span: &&Span| {
        let status = span.attributes.count("http.response.status_code");
        (span.has_failed, span.attributes.text("error.type"), status)
    };
    let found: Vec<_> = tries.iter().map(of).collect();
    let rejected = (true, "rejected".to_owned(), Some(404));
    assert_eq!(found[1], rejected, "{tries:#?}");
    assert_eq!(found[0].1, "unavailable", "{tries:#?}");
    let process = only(&spans, "process work");
    assert!(process.has_failed, "{process:#?}");
    has(
        process,
        &[
            ("error.type", "provider_rejected"),
            ("autorater.evaluation.result", "failed"),
        ],
    );
    // A call that was refused is the caller's mistake, and no error of this server.
    let wrong = "6bf92f3577b34da6a3ce929d0e0e4738";
    let post = system.http().post(system.api.evaluations()).body("{");
    let post = post
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{wrong}-{UPSTREAM}-01"));
    assert_eq!(post.send().await?.status(), 400);
    let refused = complete(&collector, wrong, 1).await?;
    assert!(
        !only(&refused, "POST /v1/evaluations").has_failed,
        "{refused:#?}"
    );
    // Nor is a path that is none a name: there would be any number of them.
    let lost = "7bf92f3577b34da6a3ce929d0e0e4739";
    let url = format!("{}/no/such/path", system.ingest_url(0));
    let get = system
        .http()
        .get(url)
        .header("traceparent", format!("00-{lost}-{UPSTREAM}-01"));
    assert_eq!(get.send().await?.status(), 404);
    let span = complete(&collector, lost, 1).await?.remove(0);
    assert_eq!(
        (&*span.name, &*span.service),
        ("GET", "ingest-api"),
        "{span:#?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_is_passed_on_and_not_exported() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    let traced = sending().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let (system, _) = start(traced).await?;
    let receiver = Receiver::start().await?;
    let trace = "8bf92f3577b34da6a3ce929d0e0e473a";
    let mut unsampled = payload("Nobody asked for its trace.");
    unsampled["webhook"] = json!({"url": receiver.url("/hook")});
    let id = post_traced(&system, &unsampled, &format!("00-{trace}-{UPSTREAM}-00")).await?;
    system.judged(&id).await?;
    let message = received(&receiver, "/hook", 1).await?.remove(0);
    let request = system.mock_requests().await?.remove(0);
    for passed_on in [
        message.header("traceparent"),
        request["headers"]["traceparent"].as_str().unwrap(),
    ] {
        assert!(
            passed_on.contains(trace) && passed_on.ends_with("-00"),
            "{passed_on}"
        );
    }
    // What comes afterwards has come: so would have what came before.
    let later = "9bf92f3577b34da6a3ce929d0e0e473b";
    let parent = format!("00-{later}-{UPSTREAM}-01");
    let id = post_traced(&system, &payload("Asked for."), &parent).await?;
    system.judged(&id).await?;
    complete(&collector, later, 5).await?;
    let exported = collector.trace(trace);
    assert!(exported.is_empty(), "{exported:#?}");
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_broken_off_says_so() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    let traced = sending().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let (system, _) = start(traced).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let trace = "cbf92f3577b34da6a3ce929d0e0e473d";
    let parent = format!("00-{trace}-{UPSTREAM}-01");
    let id = post_traced(&system, &payload("Taken back."), &parent).await?;
    system.mock_reaches("in_flight", 1).await?;
    ask(&system, &id, "cancel").await?;
    let spans = complete(&collector, trace, 5).await?;
    let request = spans.iter().find(|span| span.name.starts_with("chat "));
    let request = request.context("no request")?;
    assert!(request.has_failed, "{request:#?}");
    has(request, &[("error.type", "broken_off")]);
    let process = only(&spans, "process work");
    has(process, &[("autorater.evaluation.result", "lost")]);
    assert!(!process.has_failed, "{process:#?}");
    Ok(())
}
