//! Checks and audits of one tenant, beside another one.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use reqwest::Method;
use serde_json::{Value, json};

use crate::key_holder::{Holder, code, expect, guarded};
use crate::support::SOON;

/// Everything that says something of a tenant's evaluations.
async fn record(holder: &Holder<'_>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for path in [
        "/v1/evaluations",
        "/v1/evaluations/export?format=jsonl",
        "/v1/agreement?rubric=studied",
        "/v1/webhooks/deliveries",
    ] {
        let answer = expect(holder.status(Method::GET, path), 200).await?;
        all.push(answer.text().await?);
    }
    let stats = get(holder, "/v1/stats").await?;
    all.push(stats["sum"].to_string());
    let matched = holder.status(
        Method::POST,
        "/v1/evaluations/cancel?rubric=studied&dry_run=true",
    );
    all.push(expect(matched, 200).await?.text().await?);
    Ok(all)
}

async fn get(holder: &Holder<'_>, path: &str) -> Result<Value> {
    Ok(expect(holder.status(Method::GET, path), 200)
        .await?
        .json()
        .await?)
}

async fn ask(holder: &Holder<'_>, path: &str, status: u16) -> Result<Value> {
    Ok(expect(holder.status(Method::POST, path), status)
        .await?
        .json()
        .await?)
}

/// What somebody is told of an id, without the id.
async fn told(holder: &Holder<'_>, path: &str, id: &str) -> Result<String> {
    let answer = holder.status(Method::GET, &path.replace("ID", id));
    let problem: Value = expect(answer, 404).await?.json().await?;
    let words = problem["detail"].as_str().context("a detail")?;
    Ok(format!("{}: {}", problem["code"], words.replace(id, "ID")))
}

/// A rubric, evaluations by it that are labelled, and a version after them.
async fn labelled(holder: &Holder<'_>, count: usize) -> Result<()> {
    let version = |description: &str| {
        let rubric = json!({"description": description, "criteria": [{"name": "merit"}]});
        let put = holder.status(Method::PUT, "/v1/rubrics/studied");
        expect(put.json(&rubric), 201)
    };
    version("The first.").await?;
    for number in 0..count {
        let payload = json!({"rubric": "studied", "output": format!("Number {number}.")});
        let post = holder.post("").json(&payload);
        let posted: Value = expect(post, 202).await?.json().await?;
        let id = posted["id"].as_str().context("an id")?;
        holder.judged(id).await?;
        let label = json!({"rater": "ann", "score": 0.5});
        let path = format!("/v1/evaluations/{id}/labels");
        expect(holder.status(Method::POST, &path).json(&label), 201).await?;
    }
    version("The second.").await?;
    Ok(())
}

/// A study once it has ended.
async fn finished(holder: &Holder<'_>, path: &str) -> Result<Value> {
    eventually(2 * SOON, async || {
        let study = get(holder, path).await?;
        ensure!(study["status"] == "finished", "{}", study["judging"]);
        anyhow::Ok(study)
    })
    .await
}

#[tokio::test]
async fn a_study_is_its_tenants_alone_and_its_evaluations_are_in_no_list() -> Result<()> {
    let system = guarded().await?;
    let owner = Holder::admin(&system, "owner")?;
    let stranger = Holder::admin(&system, "stranger")?;
    labelled(&owner, 3).await?;
    labelled(&stranger, 1).await?;
    let before = (record(&owner).await?, record(&stranger).await?);

    let mut studies = Vec::new();
    for (route, stored) in [
        ("/v1/audits?rubric=studied&judge=judge-x", "/v1/audits/ID"),
        ("/v1/rubrics/studied/check", "/v1/rubrics/studied/checks/ID"),
    ] {
        let study = ask(&owner, route, 202).await?;
        let id = study["id"].as_str().context("an id")?.to_owned();
        ensure!(study["sample"]["chosen"] == 3, "{study}");
        // Another tenant does not find it, nor gets it by asking the same: it has a study of its own.
        let none = "00000000-0000-8000-8000-000000000000";
        assert_eq!(
            told(&stranger, stored, &id).await?,
            told(&stranger, stored, none).await?
        );
        let own = ask(&stranger, route, 202).await?;
        ensure!(own["sample"]["matched"] == 1 && own["id"] != id, "{own}");
        told(&owner, stored, own["id"].as_str().context("an id")?).await?;
        studies.push(stored.replace("ID", &id));
    }
    for path in &studies {
        finished(&owner, path).await?;
    }

    let made =
        "SELECT id::text FROM evaluations WHERE study_id IS NOT NULL AND tenant = 'owner' LIMIT 1";
    let id: String = system
        .with_sql(async |client| Ok(client.query_one(made, &[]).await?.try_get(0)?))
        .await?;
    let one = format!("/v1/evaluations/{id}");
    get(&owner, &one).await?;
    for part in [
        "",
        "/payload",
        "/calls",
        "/calls/judge",
        "/events",
        "/timeline",
        "/labels",
    ] {
        let answer = stranger.status(Method::GET, &format!("{one}{part}"));
        assert_eq!(code(answer, 404).await?, "not_found", "{part}");
    }
    for command in ["/cancel", "/retry"] {
        let answer = stranger.status(Method::POST, &format!("{one}{command}"));
        assert_eq!(code(answer, 404).await?, "not_found", "{command}");
    }
    assert_eq!((record(&owner).await?, record(&stranger).await?), before);
    Ok(())
}

#[tokio::test]
async fn a_study_is_paid_for_by_the_key_that_asks_for_it() -> Result<()> {
    let system = guarded().await?;
    let owner = Holder::admin(&system, "owner")?;
    labelled(&owner, 1).await?;
    let (poor, key) = owner
        .makes(&json!({"name": "poor", "scopes": ["ingest"]}))
        .await?;
    system.run_sql(&format!("INSERT INTO budgets (tenant, api_key, period, limit_nano_usd) VALUES ('owner', '{key}', 'day', 1)")).await?;
    for (holder, reason) in [(&poor, "failed_after"), (&owner, "compared")] {
        let route = format!("/v1/rubrics/studied/check?run={reason}");
        let check = ask(holder, &route, 202).await?;
        let path = format!(
            "/v1/rubrics/studied/checks/{}",
            check["id"].as_str().context("an id")?
        );
        let check = finished(&owner, &path).await?;
        let coverage = &check["coverage"];
        let found = if reason == "compared" {
            &coverage["compared"]
        } else {
            &coverage["reasons"][reason]
        };
        ensure!(found == 1, "{coverage}");
    }
    Ok(())
}
