//! Holders of API keys, and what they ask.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::support::{SOON, System, payload, quick};

/// A system that asks for keys.
pub(crate) async fn guarded() -> Result<System> {
    System::start(quick().env("AUTORATER__AUTH__MODE", "keys")).await
}

/// Somebody with a key.
pub(crate) struct Holder<'s> {
    pub(crate) system: &'s System,
    pub(crate) key: String,
}

impl<'s> Holder<'s> {
    pub(crate) fn new(system: &'s System, key: impl Into<String>) -> Self {
        let key = key.into();
        Self { system, key }
    }

    /// Of a tenant, with everything.
    pub(crate) fn admin(system: &'s System, tenant: &str) -> Result<Self> {
        let key = system.keys(&["create", "--tenant", tenant, "--scope", "admin"])?;
        Ok(Self::new(system, key))
    }

    /// Another key of the tenant, made over HTTP, and its id.
    pub(crate) async fn makes(&self, wanted: &Value) -> Result<(Self, String)> {
        let made = self.status(Method::POST, "/v1/keys").json(wanted);
        let made: Value = expect(made, 201).await?.json().await?;
        let text = |name: &str| made[name].as_str().map(str::to_owned);
        let key = text("key").with_context(|| made.to_string())?;
        Ok((Self::new(self.system, key), text("id").context("an id")?))
    }

    pub(crate) fn status(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.system.status_url());
        self.system
            .http()
            .request(method, url)
            .bearer_auth(&self.key)
    }

    pub(crate) fn post(&self, text: &str) -> RequestBuilder {
        let url = format!("{}/v1/evaluations", self.system.ingest_url(0));
        let post = self.system.http().post(url).bearer_auth(&self.key);
        post.json(&payload(text))
    }

    pub(crate) async fn posts(&self, text: &str) -> Result<String> {
        let posted: Value = expect(self.post(text), 202).await?.json().await?;
        Ok(posted["id"].as_str().context("an id")?.to_owned())
    }

    pub(crate) async fn judged(&self, id: &str) -> Result<Value> {
        eventually(SOON, async || {
            let get = self.status(Method::GET, &format!("/v1/evaluations/{id}"));
            let found: Value = expect(get, 200).await?.json().await?;
            ensure!(found["status"] == "succeeded", "{found}");
            anyhow::Ok(found)
        })
        .await
    }
}

pub(crate) async fn expect(request: RequestBuilder, status: u16) -> Result<Response> {
    let response = request.send().await?;
    if response.status() != status {
        let found = response.status();
        anyhow::bail!("{found} instead of {status}: {}", response.text().await?);
    }
    Ok(response)
}

pub(crate) async fn code(request: RequestBuilder, status: u16) -> Result<String> {
    let problem: Value = expect(request, status).await?.json().await?;
    Ok(problem["code"].as_str().unwrap_or_default().to_owned())
}
