//! `GET /v1/providers`: how the workers find the deployments.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::site::Site;
use crate::support::SOON;

const ONE: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    api_key = "KEY"
    limits = { concurrency = 7 }
    [models."*"]
    deployments = ["only"]
"#;

#[tokio::test]
async fn a_provider_that_does_not_take_the_key_is_told_with_its_status_and_nobody_is_nothing_known()
-> Result<()> {
    let site = Site::start("states", 1, ONE).await?;
    let refuses = json!([{"fault": "status", "status": 401}]);
    site.providers[0].faults(refuses).await?;
    let id = site.system.post("Finds out that the key is wrong.").await?;
    site.system.ended(&id).await?;
    let states = async |wanted: &dyn Fn(&Value) -> bool| {
        eventually(SOON, async || {
            let states = site.system.api.get("/v1/providers").await?;
            ensure!(wanted(&states), "{states}");
            anyhow::Ok(states)
        })
        .await
    };
    let refused = states(&|states| states["items"][0]["reason"] == "unauthorized").await?;
    let item = &refused["items"][0];
    ensure!(
        (&refused["workers"], &item["provider"]) == (&json!(1), &json!("only")),
        "{refused}"
    );
    ensure!(item["limits"] == json!({"concurrency": 7}), "{item}");
    ensure!(item["last_errors"][0]["status"] == 401, "{item}");
    ensure!(item["last_errors"][0]["class"] == "unauthorized", "{item}");
    ensure!(item["since"].is_string() && item["admitted"] == 1, "{item}");
    site.providers[0].faults(json!([])).await?;
    let id = site.system.post("Finds out that the key is right.").await?;
    site.system.judged(&id).await?;
    let closed = states(&|states| states["items"][0]["state"] == "closed").await?;
    ensure!(closed["items"][0]["reason"].is_null(), "{closed}");
    site.system.kill_worker(0).await?;
    let unknown = states(&|states| states["workers"] == 0).await?;
    ensure!(
        unknown["items"] == json!([]) && unknown["as_of"].is_null(),
        "{unknown}"
    );
    Ok(())
}
