//! What was sent to be judged is in nothing that is exported.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::collector::{Collector, Mode};
use crate::support::{SOON, System, payload, quick};

/// In candidates; none may be in what is exported, nor in metrics.
const CANARIES: [&str; 4] = [
    "canary-4e1d-violet",
    "4111 1111 1111 1111",
    "sk-proj-Canary0Canary1Canary2Canary3Canary4",
    "violet.canary@example.com",
];

#[tokio::test]
async fn candidates_cards_keys_and_addresses_are_in_nothing_that_is_exported() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    // Everything that could be, is exported.
    let traced = quick()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("RUST_LOG", "trace");
    let system = System::start(traced).await?;
    let text = format!("A secret of somebody: {}.", CANARIES.join(" and "));
    let mut ids = Vec::new();
    for (n, fault) in [
        json!({}),
        json!({"faults": [{"fault": "status", "status": 400, "body": json!({"error": {"message": text}}).to_string()}]}),
        json!({"faults": [{"fault": "reply", "text": text}]}),
    ]
    .into_iter()
    .enumerate()
    {
        system.mock_is(fault).await?;
        let mut payload = payload(&format!("{n}: {text}"));
        for key in ["input", "reference", "context"] {
            payload[key] = json!(text);
        }
        // Labels of the sender's own are not exported either.
        payload["metadata"] = json!({"note": text});
        let id = system.post_payload(&payload).await?;
        system.ended(&id).await?;
        ids.push(id);
    }
    for body in [
        format!(r#"{{"output":"{text}"#),
        format!(r#"{{"output":"{text}","{text}":1}}"#),
    ] {
        let post = system.http().post(system.api.evaluations()).body(body);
        let post = post.header("content-type", "application/json");
        ensure!(post.send().await?.status().is_client_error());
    }
    let get = format!("{}/v1/evaluations?{}=1", system.status_url(), CANARIES[0]);
    ensure!(
        system
            .http()
            .get(get)
            .send()
            .await?
            .status()
            .is_client_error()
    );
    eventually(SOON, async || {
        for id in &ids {
            ensure!(!collector.records(id).is_empty(), "no result of {id}");
        }
        let spans = collector.spans();
        let is_there = |service: &str| spans.iter().any(|span| span.service == service);
        ensure!(
            is_there("ingest-api") && is_there("status-api"),
            "{spans:#?}"
        );
        anyhow::Ok(())
    })
    .await?;
    for canary in CANARIES {
        for message in collector.raw() {
            let found = message
                .windows(canary.len())
                .any(|part| part == canary.as_bytes());
            assert!(!found, "{canary}: {}", String::from_utf8_lossy(&message));
        }
    }
    let worker = system.worker(0);
    for service in system
        .ingest()
        .iter()
        .chain(system.status())
        .chain([&*worker])
    {
        let url = format!("{}/metrics", service.admin_url().unwrap_or_default());
        let metrics = system.http().get(url).send().await?.text().await?;
        for canary in CANARIES {
            assert!(!metrics.contains(canary), "{canary}: {metrics}");
        }
    }
    // Those of libraries are not ours, whatever the filter lets through.
    let foreign: Vec<_> = collector
        .spans()
        .into_iter()
        .map(|span| span.name)
        .filter(|name| {
            let ours = [
                "GET",
                "POST",
                "send work",
                "process work",
                "judge_call",
                "chat ",
            ];
            !ours.iter().any(|known| name.starts_with(known))
        })
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    Ok(())
}
