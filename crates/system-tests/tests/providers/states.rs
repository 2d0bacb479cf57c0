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
            let states: Value = site.system.api.get("/v1/providers").await?;
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

#[tokio::test]
async fn a_judge_that_is_gone_or_has_a_date_is_told_and_counted_and_asked_for_once_a_day()
-> Result<()> {
    const THREE: &str = r#"
        [providers.only]
        base_url = "{0}/v1"
        [models.leaving]
        deployments = ["only"]
        [models.gone]
        deployments = ["only"]
        [models.stays]
        deployments = [{ provider = "only", model = "stays-2611" }]
        [models."*"]
        deployments = ["only"]
    "#;
    let site = Site::start_with("retiring", 1, THREE, async |providers| {
        let leaving = json!({"id": "leaving", "object": "model", "shutdown_date": "2027-01-14"});
        let models = json!([leaving, {"id": "stays-2611"}, {"id": "gpt-4o"}]);
        providers[0].change(&json!({"models": models})).await
    })
    .await?;
    let listed = async || -> Result<Value> {
        let states: Value = site.system.api.get("/v1/providers").await?;
        let items = states["items"].as_array().cloned().unwrap_or_default();
        ensure!(
            items.iter().all(|item| item["listed_as_of"].is_string()),
            "{states}"
        );
        let told = items
            .iter()
            .map(|item| json!([item["model"], item["listed"], item["retires_at"]]));
        Ok(told.collect())
    };
    let expected = json!([
        ["gone", false, null],
        ["gpt-4o", true, null],
        ["leaving", true, "2027-01-14T00:00:00Z"],
        ["stays-2611", true, null]
    ]);
    let as_expected = async || {
        let listed = listed().await?;
        ensure!(listed == expected, "{listed}");
        anyhow::Ok(())
    };
    eventually(SOON, as_expected).await?;
    let of = |name: &str, model: &str| format!("{name}{{provider=\"only\",model=\"{model}\"}}");
    for (series, value) in [
        (of("autorater_model_listed", "gone"), Some(0.0)),
        (of("autorater_model_listed", "leaving"), Some(1.0)),
        (
            of("autorater_model_retirement_timestamp_seconds", "leaving"),
            Some(1_799_884_800.0),
        ),
        (
            of("autorater_model_retirement_timestamp_seconds", "gone"),
            None,
        ),
    ] {
        eventually(SOON, async || {
            let found = site.metric(&series).await?;
            ensure!(found == value, "{series}: {found:?}");
            anyhow::Ok(())
        })
        .await?;
    }
    let log = site.system.worker(0).log();
    for (message, model) in [
        (
            "a judge model is not in its provider's list of models",
            "gone",
        ),
        (
            "a judge model has a date at which its provider takes it off",
            "leaving",
        ),
    ] {
        let lines = log.lines().filter(|line| line.contains(message));
        let lines: Vec<_> = lines.collect();
        ensure!(
            lines.len() == 1 && lines[0].contains(model),
            "{message}: {lines:?}"
        );
    }
    // Who comes later takes what is known, for a day.
    site.providers[0].change(&json!({"models": []})).await?;
    site.system.start_worker().await?;
    site.system.kill_worker(0).await?;
    eventually(SOON, async || {
        let states: Value = site.system.api.get("/v1/providers").await?;
        ensure!(states["workers"] == 1, "{states}");
        as_expected().await
    })
    .await?;
    let next = "SELECT count(*) FROM model_lists WHERE next_at > now() + interval '23 hours'";
    ensure!(
        site.system.number(next).await? == 1,
        "when it is asked again"
    );
    Ok(())
}

#[tokio::test]
async fn of_a_provider_without_a_list_nothing_is_said() -> Result<()> {
    let site = Site::start("unlisted", 1, ONE).await?;
    let read = "SELECT count(*) FROM model_lists WHERE read_at IS NOT NULL AND models IS NULL";
    eventually(SOON, async || {
        ensure!(site.system.number(read).await? == 1, "not asked yet");
        let states: Value = site.system.api.get("/v1/providers").await?;
        let item = &states["items"][0];
        ensure!(
            item["model"] == "gpt-4o" && item["listed"].is_null(),
            "{states}"
        );
        ensure!(
            item["retires_at"].is_null() && item["listed_as_of"].is_null(),
            "{states}"
        );
        anyhow::Ok(())
    })
    .await
}
