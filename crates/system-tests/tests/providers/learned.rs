//! What one worker learns of an endpoint, all know, and after a restart as well.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::ask::{judged, one_criterion};
use crate::site::{ONE, Site};
use crate::support::SOON;

#[tokio::test]
async fn an_endpoint_is_asked_in_vain_once() -> Result<()> {
    let site = Site::start("asked_in_vain_once", 1, ONE).await?;
    let provider = &site.providers[0];
    provider
        .faults(json!([{"fault": "refuse", "parameters": ["response_format.json_schema"], "style": "vllm"}]))
        .await?;
    let ask = async |run: &str| {
        let payload =
            json!({"output": "Ice floats on water.", "rubric": one_criterion(), "run": run});
        judged(&site.system, &payload).await
    };
    ask("1").await?;
    assert_eq!(provider.count("requests").await?, 2);
    ask("2").await?;
    assert_eq!(provider.count("requests").await?, 3);
    eventually(SOON, async || {
        let kept = site.system.number("SELECT count(*) FROM endpoints").await?;
        ensure!(kept == 1, "{kept} kept");
        anyhow::Ok(())
    })
    .await?;
    let worker = site.system.worker(0);
    worker.kill().await?;
    worker.start_again()?;
    worker.wait_ready().await?;
    // It hears of it within its first seconds; the evaluation before that would learn anew.
    eventually(SOON, async || {
        ensure!(
            worker.log().contains("heard what endpoints take"),
            "{}",
            worker.log()
        );
        anyhow::Ok(())
    })
    .await?;
    ask("3").await?;
    assert_eq!(provider.count("requests").await?, 4);
    Ok(())
}
