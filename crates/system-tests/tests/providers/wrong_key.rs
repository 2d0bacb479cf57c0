//! A key that is wrong, or has run out of money, must not eat the backlog.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::site::Site;

const WITH_KEY: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    api_key = "KEY"
    [models."*"]
    deployments = ["only"]
"#;

#[tokio::test]
async fn a_backlog_waits_until_the_key_is_right() -> Result<()> {
    let site = Site::start("wrong_key", 1, &WITH_KEY.replace("KEY", "wrong")).await?;
    let provider = &site.providers[0];
    provider
        .faults(json!([{"fault": "status", "status": 401}]))
        .await?;
    // The first one says what is wrong.
    let id = site.system.post("Finds out that the key is wrong.").await?;
    let ended = site.system.ended(&id).await?;
    ensure!(ended["error"]["code"] == "provider_rejected", "{ended}");
    site.system.post_many(200).await?;
    let failed = "SELECT count(*) FROM evaluations WHERE state = 'failed'";
    provider.faults(json!([])).await?;
    site.edit(&WITH_KEY.replace("KEY", "right"))?;
    let left = "SELECT count(*) FROM evaluations WHERE state IN ('queued', 'running')";
    local_stack::eventually(Duration::from_secs(60), async || {
        let left = site.system.number(left).await?;
        ensure!(left == 0, "{left} left");
        anyhow::Ok(())
    })
    .await?;
    let failed = site.system.number(failed).await?;
    // The one above, and at most the call that tried whether it is right by now.
    ensure!(failed <= 2, "{failed} failed");
    Ok(())
}
