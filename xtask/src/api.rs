//! The two HTTP APIs as a client sees them.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
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

/// The answer to a new evaluation.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) created: bool,
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

/// An evaluation. Whatever the server leaves out is empty: this is for showing, not for checking.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Evaluation {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) rubric: String,
    pub(crate) strategy: String,
    pub(crate) attempts: u64,
    pub(crate) progress: Option<Progress>,
    pub(crate) error: Option<Failure>,
    pub(crate) usage: Option<Usage>,
    pub(crate) created_at: Option<jiff::Timestamp>,
    pub(crate) finished_at: Option<jiff::Timestamp>,
    pub(crate) assessment: Option<Assessment>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    pub(crate) step: Option<String>,
    pub(crate) completed: u64,
    pub(crate) total: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Usage {
    pub(crate) calls: u64,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cost_usd: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Assessment {
    pub(crate) outcome: String,
    pub(crate) reason: Option<String>,
    pub(crate) score: Option<f64>,
    pub(crate) passed: Option<bool>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) flags: Vec<String>,
    pub(crate) model_used: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Criterion {
    pub(crate) name: String,
    pub(crate) score: Option<f64>,
    pub(crate) normalized: Option<f64>,
    pub(crate) label: Option<String>,
    pub(crate) rationale: Option<String>,
    pub(crate) evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence {
    pub(crate) quote: String,
    pub(crate) found: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct List {
    items: Vec<Evaluation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rubric {
    pass_threshold: Option<f64>,
}

impl Evaluation {
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.status.as_str(), "succeeded" | "failed" | "cancelled")
    }

    /// Whether it ended as one hopes.
    pub(crate) fn is_scored(&self) -> bool {
        self.assessment
            .as_ref()
            .is_some_and(|assessment| assessment.outcome == "scored")
    }
}

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
        id: &str,
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
        let list: List = read(answer.with_context(|| format!("reading {url}"))?).await?;
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
        read::<Rubric>(answer).await.ok()?.pass_threshold
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
