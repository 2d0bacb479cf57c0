//! What a receiver gets.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::receiver::Receiver;
use crate::support::{System, payload};
use crate::system::{ask, deliveries, is, new_secret, post, received, redeliver, sending, start};

#[tokio::test]
async fn a_receiver_gets_one_verified_message_with_the_evaluation_as_it_is_read() -> Result<()> {
    let (system, secret) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    let mut payload = payload("Told of when it is judged.");
    payload["webhook"] = json!({"url": receiver.url("/hook?a=b")});
    let posted = system.http().post(system.api.evaluations()).json(&payload);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let posted = posted
        .header("x-correlation-id", "from-upstream-7")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let answer: serde_json::Value = posted.send().await?.json().await?;
    let id = answer["id"].as_str().context("no id")?;
    let evaluation = system.judged(id).await?;

    let message = received(&receiver, "/hook", 1).await?.remove(0);
    message.verify(&secret)?;
    let delivery = is(&system, id, "delivered").await?;
    assert_eq!(message.header("webhook-id"), delivery["id"]);
    assert_eq!(message.header("x-correlation-id"), "from-upstream-7");
    assert!(message.header("traceparent").contains(trace));
    assert_eq!(message.header("content-type"), "application/json");
    let body = message.json()?;
    assert_eq!(body["type"], "evaluation.succeeded");
    assert_eq!(body["timestamp"], evaluation["finished_at"]);
    assert_eq!(body["data"], evaluation);
    assert_eq!(delivery["tries"], 1);
    assert_eq!(delivery["last_status"], 204);

    // Once is enough: nothing else comes with what is sent afterwards.
    let other = post(&system, "Told of afterwards.", &receiver.url("/other")).await?;
    received(&receiver, "/other", 1).await?;
    is(&system, &other, "delivered").await?;
    assert_eq!(receiver.at("/hook").len(), 1);

    redeliver(&system, &delivery).await?;
    let again = received(&receiver, "/hook", 2).await?.remove(1);
    again.verify(&secret)?;
    assert_eq!(again.header("webhook-id"), message.header("webhook-id"));
    assert_eq!(again.body, message.body);
    shows_metrics(
        &system,
        "autorater_webhook_deliveries_total{result=\"delivered\"} 3",
    )
    .await
}

async fn shows_metrics(system: &System, line: &str) -> Result<()> {
    let worker = system.worker(0);
    let url = format!(
        "{}/metrics",
        worker.admin_url().context("no admin address")?
    );
    eventually(crate::support::SOON, async || {
        let metrics = system.http().get(&url).send().await?.text().await?;
        ensure!(metrics.contains(line), "{metrics}");
        ensure!(
            metrics.contains("autorater_webhook_oldest_seconds 0"),
            "{metrics}"
        );
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn a_cancelled_and_a_failed_one_are_told_of_as_such_and_in_order() -> Result<()> {
    let (system, secret) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = post(&system, "Taken back.", &receiver.url("/cancelled")).await?;
    system.mock_reaches("in_flight", 1).await?;
    ask(&system, &id, "cancel").await?;
    let message = received(&receiver, "/cancelled", 1).await?.remove(0);
    message.verify(&secret)?;
    assert_eq!(message.json()?["type"], "evaluation.cancelled");
    assert_eq!(message.json()?["data"]["status"], "cancelled");

    // Run again, it ends again.
    is(&system, &id, "delivered").await?;
    system.mock_is(json!({})).await?;
    ask(&system, &id, "retry").await?;
    let message = received(&receiver, "/cancelled", 2).await?.remove(1);
    assert_eq!(message.json()?["type"], "evaluation.succeeded");
    let both = deliveries(&system, &id).await?;
    assert_eq!(both.len(), 2, "{both:?}");
    // The first end is told again as it was told, whatever has become of the evaluation.
    is(&system, &id, "delivered").await?;
    redeliver(&system, &both[1]).await?;
    let again = received(&receiver, "/cancelled", 3).await?;
    assert_eq!(again[2].header("webhook-id"), again[0].header("webhook-id"));
    assert_eq!(again[2].body, again[0].body);

    let mut late = payload("Too late.");
    late["deadline_seconds"] = json!(1);
    late["webhook"] = json!({"url": receiver.url("/failed")});
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    system.post_payload(&late).await?;
    let message = received(&receiver, "/failed", 1).await?.remove(0);
    assert_eq!(message.json()?["type"], "evaluation.failed");
    assert_eq!(
        message.json()?["data"]["error"]["code"],
        "deadline_exceeded"
    );
    Ok(())
}

#[tokio::test]
async fn while_a_secret_is_rotated_receivers_verify_with_either() -> Result<()> {
    let (system, old) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    let new = new_secret(&system, json!({"overlap_seconds": 3600})).await?;
    post(&system, "Signed twice.", &receiver.url("/both")).await?;
    let message = received(&receiver, "/both", 1).await?.remove(0);
    message.verify(&old)?;
    message.verify(&new)?;
    let newest = new_secret(&system, json!({"overlap_seconds": 0})).await?;
    post(&system, "Signed once.", &receiver.url("/newest")).await?;
    let message = received(&receiver, "/newest", 1).await?.remove(0);
    message.verify(&newest)?;
    assert!(message.verify(&new).is_err());
    // What is listed are no secrets.
    let list: serde_json::Value = system.api.get("/v1/webhooks/secrets").await?;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    assert!(!list.to_string().contains("whsec_"), "{list}");
    Ok(())
}
