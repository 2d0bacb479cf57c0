//! Texts that must not get out: posted and configured by every way there is, and looked for wherever operators look.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Role, eventually};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::log::lines;
use crate::receiver::{Receiver, Reply};
use crate::support::{SOON, System};
use crate::system::sending;

/// Whatever anybody has to say, libraries included.
const FILTER: &str = "trace";

/// Of the forms that are masked; each is part of every text.
const CARD: &str = "4539 1488 0343 6467";
const KEY: &str = "sk-proj-Canary4fJq8ZkT2m9XbW7cLr5v";
const MAIL: &str = "canary.person@canary-mail.example";
const PROVIDER_KEY: &str = "sk-proj-Canaryprovider8ZkT2m9XbW7cLr5v";
const MARK: &str = "canary";

/// A text that nothing but its place in a request tells apart from others.
fn text(place: &str) -> String {
    format!("{MARK}-{place}: pay with {CARD}, write to {MAIL}, log in with {KEY}.")
}

/// What may be in no log, metric or error.
fn leak(found: &str) -> bool {
    // Case does not matter, and neither do separators of the card.
    let plain: String = found.chars().filter(|letter| *letter != ' ').collect();
    found.to_lowercase().contains(MARK) || plain.contains("4539148803436467")
}

struct Site {
    system: System,
    key: String,
    receiver: Receiver,
    /// What was answered with an error.
    problems: Vec<String>,
}

impl Site {
    async fn start() -> Result<Self> {
        let builder = sending()
            .env("AUTORATER__AUTH__MODE", "keys")
            .env("RUST_LOG", FILTER)
            .worker_env("OPENAI_API_KEY", PROVIDER_KEY);
        let system = System::start(builder).await?;
        let key = system.keys(&["create", "--scope", "admin,ingest,read"])?;
        Ok(Self {
            key: key.trim().to_owned(),
            system,
            receiver: Receiver::start().await?,
            problems: Vec::new(),
        })
    }

    fn request(&self, method: Method, url: String) -> RequestBuilder {
        self.system
            .http()
            .request(method, url)
            .bearer_auth(&self.key)
    }

    /// A post of this media type.
    fn ingest_as(&self, media_type: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.system.ingest_url(0));
        self.request(Method::POST, url)
            .header("content-type", media_type)
    }

    fn ingest(&self, path: &str) -> RequestBuilder {
        self.ingest_as("application/json", path)
    }

    fn status(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, format!("{}{path}", self.system.status_url()))
    }

    /// Sends what has to be taken.
    async fn taken(&self, request: RequestBuilder) -> Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "{status}: {body}");
        Ok(serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// Sends what has to be refused.
    async fn refused(&mut self, request: RequestBuilder) -> Result<()> {
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_client_error(), "{status}: {body}");
        self.problems.push(format!("{status} {body}"));
        Ok(())
    }

    async fn post(&self, payload: &Value) -> Result<String> {
        let request = self.ingest("/v1/evaluations").body(payload.to_string());
        let accepted = self.taken(request).await?;
        Ok(accepted["id"].as_str().context("no id")?.to_owned())
    }

    async fn ended(&self, id: &str) -> Result<Value> {
        eventually(SOON, async || {
            let path = format!("/v1/evaluations/{id}");
            let evaluation = self.taken(self.status(Method::GET, &path)).await?;
            let status = evaluation["status"].as_str().unwrap_or_default();
            ensure!(
                matches!(status, "succeeded" | "failed" | "cancelled"),
                "{status}"
            );
            Ok(evaluation)
        })
        .await
    }
}

/// A payload with something of its own in each place that takes a text.
fn payload(name: &str) -> Value {
    json!({
        "input": text("input"), "output": format!("{} [fault: {name}]", text("candidate")),
        "reference": text("reference"), "context": text("context"),
        "metadata": {"note": text("metadata")}, "run": text("run"),
        "rubric": {"name": "inline", "criteria": [
            {"name": "merit", "description": text("rubric"), "scale": {"type": "numeric", "min": 1, "max": 5}}
        ]},
    })
}

/// What the provider does, by the name in the candidate.
fn faults() -> Value {
    let page = format!("<html><body><h1>{}</h1></body></html>", text("candidate"));
    let quoting =
        json!({"error": {"message": format!("cannot process: \"{}\"", text("candidate"))}});
    let rule = |name: &str, mut rule: Value| {
        rule["match"] = format!("[fault: {name}]").into();
        rule
    };
    json!({"faults": [
        rule("none", json!({"fault": "reply", "text": {
            "criteria": {"merit": {"rationale": text("reply"), "evidence": [], "score": 4}}, "summary": text("reply")}})),
        rule("quotes", json!({"fault": "status", "status": 400, "body": quoting.to_string()})),
        rule("quotes and is away", json!({"fault": "status", "status": 503, "times": 1, "body": quoting.to_string()})),
        rule("page", json!({"fault": "status", "status": 400, "body": page})),
        rule("page for an answer", json!({"fault": "status", "status": 200, "times": 2, "body": page})),
        rule("prose", json!({"fault": "reply", "text": text("reply")})),
        rule("cut", json!({"fault": "cut", "after_bytes": 100, "times": 1})),
        rule("hang", json!({"fault": "hang", "times": 1})),
    ]})
}

/// Judged in every way, one of them by two workers because the first dies; says what the errors are.
async fn judged(site: &Site) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for name in [
        "none",
        "quotes",
        "quotes and is away",
        "page",
        "page for an answer",
        "prose",
        "cut",
    ] {
        let mut payload = payload(name);
        if name == "none" {
            payload["webhook"] =
                json!({"url": site.receiver.url(&format!("/hook?token={MARK}-token"))});
        }
        ids.push(site.post(&payload).await?);
    }
    let trajectory = json!({"trajectory": [{"role": "assistant", "content": text("candidate"), MARK: text("unknown")}]});
    ids.push(site.post(&trajectory).await?);
    let gzip = crate::gzip(payload("none").to_string().as_bytes()).await?;
    let packed = site
        .ingest("/v1/evaluations")
        .header("content-encoding", "gzip")
        .header("x-cloudtasks-taskname", text("task"));
    site.taken(packed.body(gzip)).await?;
    let batch = site.ingest_as("application/x-ndjson", "/v1/evaluations/batch");
    let lines = format!(
        "{}\n{{\"output\": \"{MARK}\", \"{MARK}\": 1}}\n{{\"output\": \"{MARK}",
        payload("none")
    );
    site.taken(batch.body(lines)).await?;
    let errors = |evaluation: Value| evaluation["error"]["message"].as_str().map(str::to_owned);
    let mut messages = Vec::new();
    for id in &ids {
        messages.extend(errors(site.ended(id).await?));
        // What reading them says.
        for part in ["timeline", "calls", "labels"] {
            let path = format!("/v1/evaluations/{id}/{part}");
            let answer = site.taken(site.status(Method::GET, &path)).await?;
            messages.push(answer.to_string());
        }
    }
    let hanging = site.post(&payload("hang")).await?;
    site.system.mock_reaches("in_flight", 1).await?;
    site.system.kill_worker(0).await?;
    site.system.start_worker().await?;
    messages.extend(errors(site.ended(&hanging).await?));
    let providers = site
        .taken(site.status(Method::GET, "/v1/providers"))
        .await?;
    messages.push(providers.to_string());
    let label = json!({"rater": "somebody", "score": 0.5, "note": text("label")});
    let path = format!("/v1/evaluations/{}/labels", ids[0]);
    site.taken(site.status(Method::POST, &path).json(&label))
        .await?;
    Ok(messages)
}

/// Refused in every way.
async fn refused(site: &mut Site) -> Result<()> {
    let whole = text("candidate");
    for body in [
        format!("{{\"output\": \"{whole}"),
        format!("{{\"output\": \"{whole}\", \"model\": 7}}"),
        format!("{{\"output\": \"x\", \"temperature\": \"{whole}\"}}"),
        format!("{{\"output\": \"x\", \"strategy\": \"{whole}\"}}"),
        format!("{{\"output\": \"x\", \"priority\": \"{whole}\"}}"),
        format!(
            "{{\"output\": \"x\", \"webhook\": {{\"url\": \"https://user:{MARK}@example.com/\"}}}}"
        ),
        format!("{{\"output\": \"x\", \"metadata\": {{\"note\": [\"{whole}\"]}}}}"),
        format!("{{\"output\": \"{whole}\", \"outputs\": [\"{whole}\"]}}"),
        format!("\"{whole}\""),
        format!("{{\"output\": \"{}\"}}", whole.repeat(60_000)),
    ] {
        let request = site.ingest("/v1/evaluations").body(body);
        site.refused(request).await?;
    }
    let not_gzip = site
        .ingest("/v1/evaluations")
        .header("content-encoding", "gzip");
    site.refused(not_gzip.body(whole.clone())).await?;
    let key = site
        .ingest("/v1/evaluations")
        .header("idempotency-key", format!("{whole}\u{e9}"));
    site.refused(key.body("{\"output\": \"x\"}")).await?;
    let wrong = site
        .system
        .http()
        .get(format!("{}/v1/queue", site.system.status_url()));
    site.refused(wrong.bearer_auth(format!("autorater_{MARK}_{KEY}")))
        .await?;
    let rubric = json!({"criteria": [{"name": "merit", "description": text("rubric"), "scale": {"type": text("rubric")}}]});
    let put = site
        .status(Method::PUT, "/v1/rubrics/of-mine")
        .json(&rubric);
    site.refused(put).await?;
    let prompt = json!({"criteria": [{"name": "merit"}], "prompt": {"user": format!("{{{{ {} ", text("prompt"))}});
    let put = site
        .status(Method::PUT, "/v1/rubrics/of-mine")
        .json(&prompt);
    site.refused(put).await?;
    let label = json!({"rater": "somebody", "score": text("label"), "note": text("label")});
    let id = "61ea3b2a-e850-8b74-8491-4ad71b66e01c";
    let labels = site.status(Method::POST, &format!("/v1/evaluations/{id}/labels"));
    site.refused(labels.json(&label)).await?;
    let key = json!({"name": "a key", "scopes": [text("scope")]});
    let keys = site.status(Method::POST, "/v1/keys").json(&key);
    site.refused(keys).await?;
    let secret = site.status(Method::POST, "/v1/webhooks/secrets");
    site.refused(secret.json(&json!({"overlap_seconds": text("secret")})))
        .await?;
    // A media type, a path and a query are of their sender's making, and so is what says that they are unknown.
    let answered = site.problems.len();
    let typed = site.ingest_as(&format!("text/{MARK}"), "/v1/evaluations");
    site.refused(typed.body(whole.clone())).await?;
    for path in [
        format!("/v1/evaluations/{MARK}"),
        format!("/v1/evaluations?status={MARK}"),
        format!("/v1/evaluations?metadata.{MARK}={MARK}&cursor={MARK}"),
        format!("/v1/rubrics/{MARK}"),
        format!("/{MARK}?{MARK}={MARK}"),
    ] {
        let request = site.status(Method::GET, &path);
        site.refused(request).await?;
    }
    site.problems.truncate(answered);
    Ok(())
}

/// What is stored for good: a rubric with a prompt, a key's name, a secret.
async fn stored(site: &Site) -> Result<String> {
    let rubric = json!({
        "description": text("rubric"), "criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}],
        "prompt": {"system": text("prompt"), "user": format!("{} {{{{ output }}}}", text("prompt"))},
        "reply": {"format": "number", "min": 1, "max": 5},
    });
    site.taken(site.status(Method::PUT, "/v1/rubrics/stored").json(&rubric))
        .await?;
    let key = json!({"name": text("key"), "scopes": ["read"]});
    site.taken(site.status(Method::POST, "/v1/keys").json(&key))
        .await?;
    let secret = site
        .status(Method::POST, "/v1/webhooks/secrets")
        .json(&json!({}));
    let secret = site.taken(secret).await?;
    Ok(secret["secret"].as_str().context("no secret")?.to_owned())
}

/// What print-config says, and what whoever lists processes sees.
fn printed(site: &Site) -> Result<Vec<(String, String)>> {
    let system = &site.system;
    let mut found = Vec::new();
    for role in [Role::Ingest, Role::Worker, Role::Status] {
        let mut print = Command::new(system.bin_dir().join(role.binary()));
        print.arg("print-config").envs(system.service_env(role));
        print.env("OPENAI_API_KEY", PROVIDER_KEY);
        let output = print.output()?;
        ensure!(output.status.success(), "{output:?}");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        found.push((format!("print-config of {}", role.binary()), printed));
    }
    let workers = system.workers();
    let services = system.ingest().iter().chain(system.status());
    for service in services.chain(workers.iter().skip(1).map(AsRef::as_ref)) {
        let pid = service.process().pid();
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
        ensure!(!line.is_empty(), "{pid} has ended");
        found.push((format!("the command line of {pid}"), line));
    }
    Ok(found)
}

#[tokio::test]
async fn nothing_that_is_others_gets_into_logs_metrics_or_errors() -> Result<()> {
    let mut site = Site::start().await?;
    site.system.mock_is(faults()).await?;
    site.receiver
        .answers("/hook", [Reply::Status(500), Reply::Status(204)]);
    let secret = stored(&site).await?;
    let messages = judged(&site).await?;
    refused(&mut site).await?;
    crate::system::received(&site.receiver, "/hook", 2).await?;

    let mut looked_at = printed(&site)?;
    looked_at.extend(
        messages
            .into_iter()
            .map(|text| ("an error".to_owned(), text)),
    );
    let problems = site.problems.iter().cloned();
    looked_at.extend(problems.map(|text| ("a problem".to_owned(), text)));
    let workers = site.system.workers();
    let services = site.system.ingest().iter().chain(site.system.status());
    for service in services.chain(workers.iter().skip(1).map(AsRef::as_ref)) {
        let url = format!(
            "{}/metrics",
            service.admin_url().context("no admin address")?
        );
        let metrics = site.system.http().get(url).send().await?.text().await?;
        ensure!(metrics.contains("autorater_"), "{metrics}");
        looked_at.push(("metrics".to_owned(), metrics));
    }
    let logged = lines(&site.system)?;
    ensure!(logged.len() > 200, "{} lines", logged.len());
    for line in logged {
        looked_at.push((format!("a line of {}", line.service), line.json.to_string()));
    }
    let is_secret = |text: &str| text.contains(&secret) || text.contains(&site.key);
    let found: Vec<_> = looked_at
        .iter()
        .filter(|(_, text)| leak(text) || is_secret(text))
        .collect();
    ensure!(found.is_empty(), "{} leaks: {found:#?}", found.len());
    Ok(())
}
