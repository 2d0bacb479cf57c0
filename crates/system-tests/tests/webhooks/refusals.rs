//! Targets that are refused, at the post and again before they are connected to.

use anyhow::Result;
use local_stack::Stack;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::{System, payload, quick};
use crate::system::{deliveries, is, new_secret, post, sending, start};

async fn refusal(system: &System, url: &str) -> Result<Value> {
    let mut payload = payload("Never judged.");
    payload["webhook"] = json!({ "url": url });
    let answer = system.api.post(&payload).await?;
    assert_eq!(answer.status(), 422, "{url}");
    Ok(answer.json().await?)
}

#[tokio::test]
async fn a_target_that_is_not_on_the_public_internet_is_refused_with_its_field() -> Result<()> {
    let system = System::start(quick().workers(0)).await?;
    let secretless = refusal(&system, "https://8.8.8.8/hook").await?;
    assert_eq!(
        secretless["errors"][0]["pointer"], "/webhook",
        "{secretless}"
    );
    new_secret(&system, json!({})).await?;
    for url in [
        "https://127.0.0.1/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[::ffff:192.168.0.1]/hook",
        "https://2130706433/hook",
        "https://localhost/hook",
        "http://8.8.8.8/hook",
        "https://user:password@8.8.8.8/hook",
        "https://8.8.8.8/hook#fragment",
        "hook",
    ] {
        let problem = refusal(&system, url).await?;
        assert_eq!(problem["code"], "invalid_request", "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/webhook/url", "{problem}");
    }
    assert_eq!(system.number("SELECT count(*) FROM evaluations").await?, 0);
    // What cannot be resolved now may be when it is needed.
    post(&system, "Taken.", "https://nowhere.invalid/hook").await?;
    Ok(())
}

#[tokio::test]
async fn what_was_taken_is_answered_as_it_was_and_refused_again_before_it_is_connected_to()
-> Result<()> {
    let builder = Stack::builder()
        .ingest_env("AUTORATER__WEBHOOKS__ALLOWED_NETWORKS", "127.0.0.0/8")
        .ingest_env("AUTORATER__WEBHOOKS__ALLOW_HTTP", "true")
        .worker_env("AUTORATER__WEBHOOKS__ALLOW_HTTP", "true");
    let (system, _) = start(builder).await?;
    let receiver = Receiver::start().await?;
    let named = receiver.url("/hook").replace("127.0.0.1", "localhost");
    for (text, url) in [
        ("By its address.", receiver.url("/hook")),
        ("By its name.", named),
    ] {
        let id = post(&system, text, &url).await?;
        local_stack::eventually(crate::system::LATER, async || {
            let delivery = is(&system, &id, "pending").await?;
            anyhow::ensure!(delivery["last_error"] == "address", "{delivery}");
            anyhow::Ok(())
        })
        .await?;
        assert_eq!(
            deliveries(&system, &id).await?[0]["last_status"],
            Value::Null
        );
    }
    assert!(receiver.all().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_same_payload_is_the_same_evaluation_and_one_webhook() -> Result<()> {
    let (system, _) = start(sending()).await?;
    let receiver = Receiver::start().await?;
    let id = post(&system, "Posted twice.", &receiver.url("/hook")).await?;
    let mut again = payload("Posted twice.");
    again["webhook"] = json!({"url": receiver.url("/hook")});
    let answer = system.api.post(&again).await?;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await?;
    assert_eq!(answer["id"], id.as_str());
    is(&system, &id, "delivered").await?;
    assert_eq!(receiver.all().len(), 1);
    Ok(())
}
