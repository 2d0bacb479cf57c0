//! Receivers that do not take what they are sent, and workers that die over it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use local_stack::eventually;
use serde_json::json;

use crate::receiver::{Receiver, Reply};
use crate::system::{LATER, ask, is, is_due_now, post, received, redeliver, sending, start};

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_id_and_body() -> Result<()> {
    let (system, secret) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    receiver.answers(
        "/hook",
        [Reply::Status(500), Reply::Status(503), Reply::Status(200)],
    );
    let id = post(&system, "Taken with the third try.", &receiver.url("/hook")).await?;
    // The first wait is waited for, the second is cut short.
    received(&receiver, "/hook", 2).await?;
    eventually(LATER, async || {
        is_due_now(&system).await?;
        ensure!(receiver.at("/hook").len() == 3, "not yet");
        anyhow::Ok(())
    })
    .await?;
    let delivery = is(&system, &id, "delivered").await?;
    assert_eq!(delivery["tries"], 3, "{delivery}");
    let log = delivery["log"].as_array().context("no log")?;
    let statuses: Vec<_> = log.iter().map(|each| &each["status"]).collect();
    assert_eq!(statuses, [500, 503, 200]);
    let messages = receiver.at("/hook");
    let wait = messages[1].at.duration_since(messages[0].at);
    assert!(wait >= jiff::SignedDuration::from_secs(4), "{wait}");
    for message in &messages {
        message.verify(&secret)?;
        assert_eq!(
            message.header("webhook-id"),
            messages[0].header("webhook-id")
        );
        assert_eq!(message.body, messages[0].body);
    }
    Ok(())
}

#[tokio::test]
async fn a_receiver_says_when_to_come_back() -> Result<()> {
    let (system, _) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/busy", [Reply::Later(429, 3600)]);
    let id = post(&system, "Later.", &receiver.url("/busy")).await?;
    received(&receiver, "/busy", 1).await?;
    let delivery = eventually(LATER, async || {
        let delivery = is(&system, &id, "pending").await?;
        ensure!(delivery["last_status"] == 429, "{delivery}");
        anyhow::Ok(delivery)
    })
    .await?;
    let next: Timestamp = delivery["next_at"].as_str().context("no time")?.parse()?;
    let wait = next.duration_since(Timestamp::now());
    assert!(wait > jiff::SignedDuration::from_secs(3500), "{delivery}");
    assert_eq!(delivery["last_error"], "status");
    Ok(())
}

#[tokio::test]
async fn who_answers_410_hears_no_more_until_somebody_asks() -> Result<()> {
    let (system, _) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/gone", [Reply::Status(410), Reply::Status(204)]);
    let first = post(&system, "Not wanted.", &receiver.url("/gone")).await?;
    is(&system, &first, "disabled").await?;
    let second = post(&system, "Not wanted either.", &receiver.url("/gone")).await?;
    let delivery = is(&system, &second, "disabled").await?;
    assert_eq!(delivery["last_error"], "target_disabled");
    assert_eq!(receiver.at("/gone").len(), 1);
    redeliver(&system, &delivery).await?;
    is(&system, &second, "delivered").await?;
    let third = post(&system, "Wanted again.", &receiver.url("/gone")).await?;
    is(&system, &third, "delivered").await?;
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> Result<()> {
    let (system, _) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/moved", [Reply::Status(307)]);
    let id = post(&system, "Not sent elsewhere.", &receiver.url("/moved")).await?;
    received(&receiver, "/moved", 1).await?;
    eventually(LATER, async || {
        let delivery = is(&system, &id, "pending").await?;
        ensure!(delivery["last_error"] == "redirect", "{delivery}");
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn targets_that_hang_or_are_dead_delay_no_others() -> Result<()> {
    let (system, _) = start(sending()).await?;
    let (hanging, healthy) = (Receiver::start().await?, Receiver::start().await?);
    let dead = {
        let receiver = Receiver::start().await?;
        receiver.url("/dead")
    };
    hanging.answers("/hang", [Reply::Hang]);
    for n in 0..60 {
        post(&system, &format!("Hangs {n}."), &hanging.url("/hang")).await?;
        post(&system, &format!("Is dead {n}."), &dead).await?;
    }
    received(&hanging, "/hang", 10).await?;
    for n in 0..20 {
        post(&system, &format!("Is well {n}."), &healthy.url("/well")).await?;
    }
    for message in received(&healthy, "/well", 20).await? {
        let ended: Timestamp = message.json()?["timestamp"]
            .as_str()
            .context("no time")?
            .parse()?;
        let took = message.at.duration_since(ended);
        assert!(took < jiff::SignedDuration::from_secs(2), "{took}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_killed_worker_had_under_way_comes_again_with_the_same_id() -> Result<()> {
    let (system, secret) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/hook", [Reply::Hang, Reply::Status(204)]);
    let id = post(&system, "Its worker dies over it.", &receiver.url("/hook")).await?;
    received(&receiver, "/hook", 1).await?;
    system.kill_worker(0).await?;
    system.start_worker().await?;
    let messages = received(&receiver, "/hook", 2).await?;
    let delivery = is(&system, &id, "delivered").await?;
    assert_eq!(delivery["tries"], 2, "{delivery}");
    for message in &messages {
        message.verify(&secret)?;
        assert_eq!(message.header("webhook-id"), delivery["id"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_that_stops_lets_what_is_under_way_end() -> Result<()> {
    let (system, _) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    receiver.answers("/slow", [Reply::Hang, Reply::Status(204)]);
    let id = post(&system, "Its worker is stopped.", &receiver.url("/slow")).await?;
    received(&receiver, "/slow", 1).await?;
    system.worker(0).stop(Duration::from_secs(40)).await?;
    // The time-out was written down: the next worker has not to wait for a lease.
    let delivery = is(&system, &id, "pending").await?;
    assert_eq!(delivery["last_error"], "timeout", "{delivery}");
    system.start_worker().await?;
    is(&system, &id, "delivered").await?;
    Ok(())
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent_unsigned() -> Result<()> {
    let (system, _) = start(sending().workers(0)).await?;
    let receiver = Receiver::start().await?;
    let id = post(&system, "Signed by nobody.", &receiver.url("/hook")).await?;
    let secrets: serde_json::Value = system.api.get("/v1/webhooks/secrets").await?;
    let secret = secrets["items"][0]["id"].as_str().context("no secret")?;
    let url = format!("{}/v1/webhooks/secrets/{secret}", system.status_url());
    assert_eq!(system.http().delete(url).send().await?.status(), 204);
    ask(&system, &id, "cancel").await?;
    system.start_worker().await?;
    eventually(LATER, async || {
        let delivery = is(&system, &id, "pending").await?;
        ensure!(delivery["last_error"] == "no_secret", "{delivery}");
        assert_eq!(delivery["tries"], 0, "what was not sent is no try");
        anyhow::Ok(())
    })
    .await?;
    assert!(receiver.all().is_empty());
    let secret = crate::system::new_secret(&system, json!({})).await?;
    is_due_now(&system).await?;
    received(&receiver, "/hook", 1).await?[0].verify(&secret)
}
