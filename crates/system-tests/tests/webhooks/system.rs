//! A stack that may send webhooks to this machine.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{StackBuilder, eventually};
use serde_json::{Value, json};

use crate::receiver::{Received, Receiver};
use crate::support::{System, payload, quick};

/// How long a receiver may take.
const TIMEOUT: &str = "2s";
/// Longer than the first two waits between tries, and than the lease of a try.
pub(crate) const LATER: Duration = Duration::from_secs(60);

/// A stack with short settings.
pub(crate) fn sending() -> StackBuilder {
    quick()
        .env("AUTORATER__WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.0/8")
        .env("AUTORATER__WEBHOOKS__ALLOW_HTTP", "true")
        .env("AUTORATER__WEBHOOKS__TIMEOUT", TIMEOUT)
}

/// A stack, and the secret that its webhooks are signed with.
pub(crate) async fn start(builder: StackBuilder) -> Result<(System, String)> {
    let system = System::start(builder).await?;
    let secret = new_secret(&system, json!({})).await?;
    Ok((system, secret))
}

pub(crate) async fn new_secret(system: &System, body: Value) -> Result<String> {
    let url = format!("{}/v1/webhooks/secrets", system.status_url());
    let answer = system.http().post(url).json(&body).send().await?;
    let status = answer.status();
    let made: Value = answer.json().await?;
    ensure!(status == 201, "{status}: {made}");
    Ok(made["secret"].as_str().context("no secret")?.to_owned())
}

/// Posts a candidate whose end is told at this URL.
pub(crate) async fn post(system: &System, text: &str, url: &str) -> Result<String> {
    let mut payload = payload(text);
    payload["webhook"] = json!({ "url": url });
    system.post_payload(&payload).await
}

/// Waits until so many messages have come to a path.
pub(crate) async fn received(
    receiver: &Receiver,
    path: &str,
    count: usize,
) -> Result<Vec<Received>> {
    eventually(LATER, async || {
        let received = receiver.at(path);
        ensure!(received.len() >= count, "{} came to {path}", received.len());
        anyhow::Ok(received)
    })
    .await
}

/// The deliveries of an evaluation, the newest first.
pub(crate) async fn deliveries(system: &System, id: &str) -> Result<Vec<Value>> {
    let path = format!("/v1/webhooks/deliveries?evaluation_id={id}");
    let page: Value = system.api.get(&path).await?;
    Ok(page["items"].as_array().context("no items")?.clone())
}

/// Waits until the newest delivery of an evaluation has a status.
pub(crate) async fn is(system: &System, id: &str, status: &str) -> Result<Value> {
    eventually(LATER, async || {
        let newest = deliveries(system, id).await?.into_iter().next();
        let newest = newest.context("no delivery")?;
        ensure!(newest["status"] == status, "{newest}");
        anyhow::Ok(newest)
    })
    .await
}

/// Has a delivery made once more.
pub(crate) async fn redeliver(system: &System, delivery: &Value) -> Result<()> {
    let id = delivery["id"].as_str().context("no id")?;
    let url = format!(
        "{}/v1/webhooks/deliveries/{id}/redeliver",
        system.status_url()
    );
    let answer = system.http().post(url).send().await?;
    ensure!(answer.status() == 202, "{}", answer.text().await?);
    Ok(())
}

/// Lets what waits for its next try be due now.
pub(crate) async fn is_due_now(system: &System) -> Result<()> {
    let due =
        "UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending' AND worker IS NULL";
    system.run_sql(due).await
}

/// Cancels or retries an evaluation, which its state has to allow.
pub(crate) async fn ask(system: &System, id: &str, wish: &str) -> Result<()> {
    let (status, evaluation) = system.api.transition(id, wish).await?;
    ensure!(status == 202, "{wish}: {status}: {evaluation}");
    Ok(())
}
