//! The two HTTP APIs as a client sees them.

use std::time::Duration;

use ::api::{Accepted, Evaluation, Page, RubricVersion};
use anyhow::{Context as _, Result, bail};
use domain::EvaluationId;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long the server may hold one request for news.
const WAIT_SECONDS: u64 = 20;

#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    ingest: String,
    status: String,
}

/// The server will not do it, and asking again will not change that.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server answers {}: {}", self.0, self.1)
    }
}

impl std::error::Error for Refused {}

impl Api {
    pub(crate) fn new(ingest: &str, status: &str) -> Result<Self> {
        // Longer than the server holds a request.
        let client = Client::builder()
            .timeout(Duration::from_secs(WAIT_SECONDS + 20))
            .no_proxy()
            .build()?;
        let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            ingest: trimmed(ingest),
            status: trimmed(status),
        })
    }

    pub(crate) async fn submit(&self, body: &Value) -> Result<Accepted> {
        let url = format!("{}/v1/evaluations", self.ingest);
        let answer = self
            .client
            .post(&url)
            .json(body)
            .send()
            .await
            .with_context(|| format!("posting to {url}"))?;
        read(answer).await
    }

    /// The evaluation and its tag at once without `seen`, else when it changes; nothing when it has not for a while.
    pub(crate) async fn news(
        &self,
        id: EvaluationId,
        seen: Option<&str>,
    ) -> Result<Option<(Evaluation, Option<String>)>> {
        let mut url = format!("{}/v1/evaluations/{id}", self.status);
        if seen.is_some() {
            url.push_str(&format!("?wait={WAIT_SECONDS}"));
        }
        let mut request = self.client.get(&url);
        if let Some(tag) = seen {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("reading {url}"))?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let tag = answer
            .headers()
            .get(ETAG)
            .and_then(|tag| tag.to_str().ok())
            .map(str::to_owned);
        Ok(Some((read(answer).await?, tag)))
    }

    /// The first page of evaluations that a query finds.
    pub(crate) async fn list(&self, query: &str) -> Result<Vec<Evaluation>> {
        let url = format!("{}/v1/evaluations?{query}", self.status);
        let answer = self.client.get(&url).send().await;
        let list: Page<Evaluation> =
            read(answer.with_context(|| format!("reading {url}"))?).await?;
        Ok(list.items)
    }

    /// From which score on a rubric's verdict is "passed", if the server tells.
    pub(crate) async fn pass_mark(&self, rubric: &str) -> Option<f64> {
        let answer = self
            .client
            .get(format!("{}/v1/rubrics/{rubric}", self.status))
            .send()
            .await
            .ok()?;
        let version: RubricVersion = read(answer).await.ok()?;
        version.rubric.pass_threshold
    }
}

/// The body, or the problem that the server describes.
async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
    let status = answer.status();
    let body = answer.bytes().await?;
    if status.is_client_error() {
        return Err(Refused(status, String::from_utf8_lossy(&body).into_owned()).into());
    }
    if !status.is_success() {
        bail!(
            "the server answers {status}: {}",
            String::from_utf8_lossy(&body)
        );
    }
    serde_json::from_slice(&body).context("the server's answer cannot be read")
}
