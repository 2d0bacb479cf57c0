//! Judges that are known to be biased, and what an audit finds of them: theirs, and nothing else.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Role, eventually};
use serde_json::{Value, json};

use crate::ask::post;
use crate::support::{SOON, System, quick};

/// Stands in the prompts of comparisons alone.
const PAIR: &str = "Candidate A: one agent's output";

fn rubric() -> Value {
    json!({"pass_threshold": 0.6, "criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]})
}

fn scores(score: u32) -> Value {
    json!({"criteria": {"merit": {"rationale": "So.", "evidence": [], "score": score}}, "summary": "So."})
}

fn prefers(side: &str) -> Value {
    json!({"criteria": {"merit": {"rationale": "So.", "evidence": [], "better": side}}, "summary": "So."})
}

/// A judge that finds everything alike, but for what moves it: words of the prompt, or the first place.
fn judge(moved_by: Option<&str>, likes_first: bool) -> Value {
    let reply = |contains: Vec<&str>, text: Value| json!({"fault": "reply", "contains": contains, "text": text});
    let mut rules = Vec::new();
    if let Some(words) = moved_by {
        rules.push(reply(vec![words, PAIR], prefers("A")));
        rules.push(reply(vec![words], scores(5)));
    }
    rules.push(reply(
        vec![PAIR],
        prefers(if likes_first { "A" } else { "tie" }),
    ));
    rules.push(json!({"fault": "reply", "text": scores(3)}));
    json!({"faults": rules})
}

/// The audit of a judge, once it has ended.
async fn audited(system: &System, run: &str) -> Result<Value> {
    let path = format!("/v1/audits?rubric=audited&judge=judge-x&run={run}");
    let (status, preview) = system.ask(&format!("{path}&dry_run=true")).await?;
    ensure!(status == 200, "{preview}");
    // Each of three texts as it is and in six ways, each of six pairs in one way more.
    ensure!(preview["evaluations"] == 3 * 7 + 6 * 8, "{preview}");
    ensure!(
        preview["estimate"]["calls"].as_u64() > Some(40),
        "{preview}"
    );
    let (status, audit) = system.ask(&path).await?;
    ensure!(status == 202, "{audit}");
    let again = system.ask(&path).await?;
    ensure!(
        again.0 == 200 && again.1["id"] == audit["id"],
        "{}",
        again.1
    );
    let id = audit["id"].as_str().context("an id")?;
    eventually(2 * SOON, async || {
        let audit: Value = system.api.get(&format!("/v1/audits/{id}")).await?;
        ensure!(audit["status"] == "finished", "{}", audit["judging"]);
        anyhow::Ok(audit)
    })
    .await
}

/// What `status-api` prints, which has to succeed.
fn command(system: &System, arguments: &[&str]) -> Result<String> {
    let output = Command::new(system.bin_dir().join(Role::Status.binary()))
        .args(arguments)
        .envs(system.service_env(Role::Status))
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {errors}");
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn an_audit_finds_the_bias_that_a_judge_has_and_no_other() -> Result<()> {
    let system = System::start(quick()).await?;
    system.put_rubric("audited", &rubric()).await?;
    system.mock_is(judge(None, false)).await?;
    for number in 0..6 {
        let text = format!("The answer is {number}.");
        let single = json!({"output": text, "rubric": "audited"});
        let pair = json!({"rubric": "audited", "outputs": [
            {"id": "x", "text": text}, {"id": "y", "text": "It depends."}]});
        system.judged(&post(&system, &pair).await?).await?;
        if number < 3 {
            system.judged(&post(&system, &single).await?).await?;
        }
    }
    let before: Value = system.api.get("/v1/evaluations").await?;
    let mut table = Vec::new();
    for (name, moved_by, likes_first) in [
        ("fair", None, false),
        ("position", None, true),
        ("length", Some("This closing paragraph adds nothing"), false),
        ("own_model", Some("(Written by judge-x.)"), false),
        ("formatting", Some("## Result"), false),
        ("names", Some("(Written by Emily.)"), false),
    ] {
        system.mock_is(judge(moved_by, likes_first)).await?;
        let audit = audited(&system, name).await?;
        for found in audit["biases"].as_array().context("biases")? {
            let (bias, n) = (found["bias"].as_str().context("a name")?, &found["n"]);
            let expected_n = if bias == "position" { 6 } else { 9 };
            assert_eq!(
                (n, &found["unused"]),
                (&json!(expected_n), &json!(0)),
                "{found}"
            );
            let is_its = bias == name;
            assert_eq!(found["found"], is_its, "{name}: {found}");
            let effect = &found["effect"];
            let expected = if is_its { 0.5 } else { 0.0 };
            for end in ["value", "low", "high"] {
                assert_eq!(effect[end], expected, "{name}: {found}");
            }
            // Of six that all move in one way chance brings as much twice in 64 times, of nine twice in 512.
            let chance = if is_its {
                2.0 / f64::from(1 << expected_n)
            } else {
                1.0
            };
            assert_eq!(found["p_value"], chance, "{name}: {found}");
            let moved = if is_its { expected_n } else { 0 };
            assert_eq!(found["moved"], moved, "{name}: {found}");
            table.push(format!("{name} {bias} {}", effect["value"]));
        }
    }
    assert_eq!(table.len(), 30);
    // The command says the same: of an audit that was made nothing is judged again.
    let asked = [
        "audit", "--rubric", "audited", "--judge", "judge-x", "--run", "length",
    ];
    let said = command(&system, &asked)?;
    ensure!(
        said.contains("69 evaluations to judge") && said.contains("Nothing was judged"),
        "{said}"
    );
    let requests = system.mock_count("requests").await?;
    let said = command(&system, &[&asked[..], &["--yes"]].concat())?;
    ensure!(
        said.contains("length\t9\t+0.500\t+0.500\t+0.500\t9\tfound"),
        "{said}"
    );
    ensure!(
        said.contains("names\t9\t+0.000\t+0.000\t+0.000\t0\tnot found"),
        "{said}"
    );
    assert_eq!(system.mock_count("requests").await?, requests);
    // Nothing that was there has changed.
    let after: Value = system.api.get("/v1/evaluations").await?;
    assert_eq!(after, before);
    Ok(())
}

#[tokio::test]
async fn an_audit_that_cannot_be_meant_is_refused() -> Result<()> {
    let system = System::start(quick().workers(0)).await?;
    for (query, expected) in [
        ("", 400),
        ("rubric=general-quality", 422),
        ("rubric=unknown", 404),
        ("rubric=general-quality&bias=charm", 400),
        ("rubric=general-quality&sample=101", 400),
        ("rubric=general-quality&judge=", 400),
        ("rubric=general-quality&judge=+judge-x", 400),
    ] {
        let (status, answer) = system.ask(&format!("/v1/audits?{query}")).await?;
        assert_eq!(status, expected, "{query}: {answer}");
    }
    // What is asked for stands in the query: a body of it would be paid for without being read. The same goes for commands.
    for path in [
        "/v1/audits?rubric=general-quality&dry_run=true",
        "/v1/rubrics/general-quality/check?dry_run=true",
        "/v1/evaluations/cancel?rubric=general-quality&dry_run=true",
    ] {
        for (body, expected) in [(json!({"sample": 1}), 422), (json!({}), 200)] {
            let url = format!("{}{path}", system.status_url());
            let answer = system.http().post(url).json(&body).send().await?;
            assert_eq!(answer.status(), expected, "{path}: {body}");
        }
    }
    let none = "/v1/audits/00000000-0000-8000-8000-000000000000";
    assert_eq!(system.api.status_get(none).send().await?.status(), 404);
    Ok(())
}
