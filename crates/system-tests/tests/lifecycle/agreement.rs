//! How far judges agree with the labels of people.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::key_holder::{Holder, expect, guarded};

const OF_CRITERION: &str = "/v1/agreement?rubric=general-quality&criterion=accuracy";

async fn ask(holder: &Holder<'_>, path: &str) -> Result<Value> {
    Ok(expect(holder.status(Method::GET, path), 200)
        .await?
        .json()
        .await?)
}

#[tokio::test]
async fn labels_are_held_against_what_the_judges_came_to_and_another_tenant_sees_none() -> Result<()>
{
    let system = guarded().await?;
    let owner = Holder::admin(&system, "owner")?;
    let stranger = Holder::admin(&system, "stranger")?;
    let before = ask(&owner, OF_CRITERION).await?;
    ensure!(
        before["n"] == 0 && before["coverage"]["share"].is_null() && before["kappa"].is_null(),
        "{before}"
    );
    let mut ids = Vec::new();
    for text in ["The first.", "The second.", "Not labelled."] {
        ids.push(owner.posts(text).await?);
    }
    for (index, id) in ids.iter().enumerate() {
        let judged = owner.judged(id).await?;
        let criteria = judged["assessment"]["criteria"].as_array();
        let mut criteria = criteria.with_context(|| judged.to_string())?.iter();
        let criterion = criteria.find(|each| each["name"] == "accuracy");
        let score = criterion.context("the criterion")?["score"].clone();
        if index < 2 {
            let path = format!("/v1/evaluations/{id}/labels");
            // Of one rater the newest counts.
            for score in [json!(1), json!(5), score] {
                let label = json!({"rater": "ann", "criterion": "accuracy", "score": score});
                expect(owner.status(Method::POST, &path).json(&label), 201).await?;
            }
        }
    }
    let noted = json!({"rater": "ann", "criterion": "accuracy", "note": "Later."});
    let path = format!("/v1/evaluations/{}/labels", ids[2]);
    expect(owner.status(Method::POST, &path).json(&noted), 201).await?;
    for path in [OF_CRITERION, &OF_CRITERION.replace("quality", "quality@1")] {
        let found = ask(&owner, path).await?;
        ensure!(
            found["n"] == 2 && found["accuracy"]["value"] == 1.0,
            "{found}"
        );
        let coverage = &found["coverage"];
        ensure!(
            coverage["labelled"] == 3 && coverage["reasons"]["note_only"] == 1,
            "{found}"
        );
        let cells = found["confusion"]["cells"].as_array().context("cells")?;
        let cases = cells.iter().filter_map(|cell| cell["cases"].as_array());
        let urls: Vec<_> = cases
            .flatten()
            .filter_map(|case| case["url"].as_str())
            .collect();
        ensure!(urls.len() == 2, "{found}");
        for url in urls {
            ask(&owner, url).await?;
        }
    }
    // Nothing was said of the whole, nor by the other tenant, nor of another version.
    let whole = ask(&owner, "/v1/agreement?rubric=general-quality").await?;
    ensure!(whole["coverage"]["labelled"] == 0, "{whole}");
    let found = ask(&stranger, OF_CRITERION).await?;
    ensure!(
        found["coverage"]["labelled"] == 0 && found["n"] == 0,
        "{found}"
    );
    ensure!(
        found["confusion"]["cells"] == json!([]) && found["accuracy"].is_null(),
        "{found}"
    );
    Ok(())
}

#[tokio::test]
async fn the_winner_of_a_comparison_is_held_against_preferences() -> Result<()> {
    let system = guarded().await?;
    let owner = Holder::admin(&system, "owner")?;
    let pair = json!({"input": "Does ice float?", "rubric": "general-quality@1",
        "outputs": [{"id": "x", "text": "Yes, it does."}, {"id": "y", "text": "No."}]});
    let posted: Value = expect(owner.post("").json(&pair), 202)
        .await?
        .json()
        .await?;
    let id = posted["id"].as_str().context("an id")?;
    let judged = owner.judged(id).await?;
    let winner = &judged["assessment"]["preference"]["winner"];
    ensure!(winner.is_string(), "{judged}");
    let path = format!("/v1/evaluations/{id}/labels");
    for label in [
        json!({"rater": "ann", "preference": winner}),
        json!({"rater": "bob", "preference": winner}),
        json!({"rater": "ann", "criterion": "accuracy", "preference": "tie"}),
    ] {
        expect(owner.status(Method::POST, &path).json(&label), 201).await?;
    }
    let whole = ask(&owner, "/v1/agreement?rubric=general-quality@1").await?;
    ensure!(
        whole["compares"] == "preference" && whole["n"] == 1 && whole["accuracy"]["value"] == 1.0,
        "{whole}"
    );
    let cell = &whole["confusion"]["cells"][0];
    ensure!(
        cell["human"] == *winner && cell["judge"] == *winner && cell["cases"][0]["id"] == id,
        "{whole}"
    );
    ensure!(whole["between_raters"]["n"] == 1, "{whole}");
    let criterion = ask(&owner, OF_CRITERION).await?;
    ensure!(
        criterion["compares"] == "preference" && criterion["n"] == 1,
        "{criterion}"
    );
    Ok(())
}
