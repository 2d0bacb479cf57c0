//! Webhooks that a payload does not name itself: its rubric's, its tenant's; and the command line.

use std::process::{Command, Output};

use anyhow::{Result, ensure};
use local_stack::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::{System, payload};
use crate::system::{deliveries, new_secret, received, sending};

/// `ingest-api webhooks …`, as an operator runs it.
fn command(system: &System, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(system.bin_dir().join(Role::Ingest.binary()));
    command.arg("webhooks").args(arguments);
    Ok(command.envs(system.service_env(Role::Ingest)).output()?)
}

/// What it prints.
fn printed(system: &System, arguments: &[&str]) -> Result<String> {
    let output = command(system, arguments)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {errors}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn ask(system: &System, method: Method, path: &str, body: Value) -> Result<(u16, Value)> {
    let url = format!("{}{path}", system.status_url());
    let request = system.http().request(method, url).json(&body);
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

fn rubric(url: &str) -> Value {
    json!({"criteria": [{"name": "merit"}], "webhook": {"url": url}})
}

#[tokio::test]
async fn the_payloads_webhook_goes_before_the_rubrics_and_that_before_the_tenants() -> Result<()> {
    let system = System::start(sending()).await?;
    let secret = printed(&system, &["create-secret"])?;
    ensure!(secret.starts_with("whsec_"), "{secret}");
    let receiver = Receiver::start().await?;
    let put = |path: &'static str, body: Value| ask(&system, Method::PUT, path, body);
    let (status, answer) = put(
        "/v1/webhooks/default",
        json!({"url": receiver.url("/tenant")}),
    )
    .await?;
    ensure!(status == 200, "{status}: {answer}");
    let (status, stored) = put("/v1/rubrics/told", rubric(&receiver.url("/rubric"))).await?;
    ensure!(status == 201, "{status}: {stored}");

    let mut own = payload("Of the payload.");
    own["rubric"] = json!("told");
    own["webhook"] = json!({"url": receiver.url("/payload")});
    let mut of_rubric = payload("Of the stored rubric.");
    of_rubric["rubric"] = json!("told");
    let mut inline = payload("Of the inline rubric.");
    inline["rubric"] = rubric(&receiver.url("/inline"));
    let of_tenant = payload("Of the tenant.");
    for (body, path) in [
        (own, "/payload"),
        (of_rubric, "/rubric"),
        (inline, "/inline"),
        (of_tenant, "/tenant"),
    ] {
        let id = system.post_payload(&body).await?;
        let messages = received(&receiver, path, 1).await?;
        messages[0].verify(&secret)?;
        ensure!(messages[0].json()?["data"]["id"] == id.as_str(), "{path}");
        ensure!(deliveries(&system, &id).await?.len() == 1, "{path}");
    }
    ensure!(
        receiver.all().len() == 4,
        "{} messages",
        receiver.all().len()
    );

    let nothing = Value::Null;
    let path = "/v1/webhooks/default";
    let (status, _) = ask(&system, Method::DELETE, path, nothing.clone()).await?;
    ensure!(status == 204, "{status}");
    let (status, _) = ask(&system, Method::GET, path, nothing.clone()).await?;
    ensure!(status == 404, "{status}");
    let (status, _) = ask(&system, Method::DELETE, path, nothing).await?;
    ensure!(status == 404, "{status}");
    Ok(())
}

#[tokio::test]
async fn rubrics_and_tenants_name_no_target_that_a_payload_may_not_name() -> Result<()> {
    let system = System::start(sending().workers(0).mock(false)).await?;
    let private = "http://10.0.0.1/hook";
    let put = |path: &'static str, body: Value| ask(&system, Method::PUT, path, body);
    // Without a secret nothing can be signed.
    let allowed = "http://127.0.0.1:9/hook";
    let (status, problem) = put("/v1/webhooks/default", json!({"url": allowed})).await?;
    ensure!(
        status == 422 && problem["errors"][0]["pointer"] == "",
        "{problem}"
    );
    new_secret(&system, json!({})).await?;
    for (path, body, pointer) in [
        ("/v1/webhooks/default", json!({"url": private}), "/url"),
        ("/v1/webhooks/default", json!({"to": allowed}), "/url"),
        ("/v1/rubrics/told", rubric(private), "/webhook/url"),
        ("/v1/rubrics/told", rubric("no url"), "/webhook/url"),
    ] {
        let (status, problem) = put(path, body).await?;
        let found = problem["errors"]
            .as_array()
            .is_some_and(|errors| errors.iter().any(|error| error["pointer"] == pointer));
        ensure!(status == 422 && found, "{path}: {status}: {problem}");
    }
    let mut inline = payload("Never judged.");
    inline["rubric"] = rubric(private);
    let answer = system.api.post(&inline).await?;
    let status = answer.status();
    let problem: Value = answer.json().await?;
    ensure!(status == 422, "{problem}");
    ensure!(
        problem["errors"][0]["pointer"] == "/rubric/webhook/url",
        "{problem}"
    );
    ensure!(system.number("SELECT count(*) FROM evaluations").await? == 0);
    Ok(())
}

#[tokio::test]
async fn the_command_line_does_what_the_routes_do() -> Result<()> {
    let system = System::start(sending().workers(0).mock(false)).await?;
    let first = printed(&system, &["create-secret"])?;
    let second = printed(&system, &["create-secret", "--no-overlap"])?;
    ensure!(first != second, "the same secret twice");
    let listed = printed(&system, &["secrets"])?;
    let lines: Vec<&str> = listed.lines().collect();
    ensure!(lines.len() == 1 && !listed.contains("whsec_"), "{listed}");
    let none = command(&system, &["default"])?;
    ensure!(!none.status.success(), "there is a default");
    printed(&system, &["set-default", "http://127.0.0.1:9/hook"])?;
    ensure!(printed(&system, &["default"])? == "http://127.0.0.1:9/hook");
    let refused = command(&system, &["set-default", "http://10.0.0.1/hook"])?;
    ensure!(!refused.status.success(), "a private address was taken");
    // Another tenant has neither.
    let other = command(&system, &["default", "--tenant", "other"])?;
    ensure!(!other.status.success(), "of another tenant");
    printed(&system, &["remove-default"])?;
    let id = lines[0].split('\t').next().unwrap_or_default();
    printed(&system, &["remove-secret", id])?;
    ensure!(printed(&system, &["secrets"])?.is_empty());
    let gone = command(&system, &["set-default", "http://127.0.0.1:9/hook"])?;
    ensure!(!gone.status.success(), "without a secret");
    Ok(())
}
