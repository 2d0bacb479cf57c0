//! The two HTTP APIs as a client sees them.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long the server may hold one request for news, in seconds.
const WAIT_SECONDS: u64 = 20;

/// A client of ingest-api and status-api. Bodies are read as what the caller wants: the types of `api`, or JSON.
#[derive(Clone)]
pub struct ApiClient {
    http: Client,
    ingest: String,
    status: String,
}

/// The server will not do it, and asking again will not change that.
#[derive(Debug)]
pub struct Refused(StatusCode, String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answers {}: {}", self.0, self.1)
    }
}

impl std::error::Error for Refused {}

/// Finds no proxy, and waits for nothing for ever: longer than the server holds a request.
fn builder() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(WAIT_SECONDS + 40))
}

impl ApiClient {
    /// Of the services at these base URLs.
    ///
    /// # Errors
    /// No client can be made on this machine.
    pub fn new(ingest: &str, status: &str) -> Result<Self> {
        let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self {
            http: builder().build()?,
            ingest: trimmed(ingest),
            status: trimmed(status),
        })
    }

    /// The same with an API key, which every request shows.
    ///
    /// # Errors
    /// The key cannot stand in a header.
    pub fn with_key(self, key: &str) -> Result<Self> {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}"))?;
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let http = builder().default_headers(headers).build()?;
        Ok(Self { http, ..self })
    }

    /// For requests to other addresses.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// The URL of the collection at ingest-api.
    pub fn evaluations(&self) -> String {
        format!("{}/v1/evaluations", self.ingest)
    }

    /// A request to a path of status-api.
    pub fn status_get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.status))
    }

    /// Posts a payload.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn post(&self, payload: &Value) -> Result<Response> {
        let url = self.evaluations();
        let answer = self.http.post(&url).json(payload).send().await;
        answer.with_context(|| format!("posting to {url}"))
    }

    /// Posts a payload, which has to be taken.
    ///
    /// # Errors
    /// [`Refused`], or the answer cannot be read.
    pub async fn submit<T: DeserializeOwned>(&self, payload: &Value) -> Result<T> {
        read(self.post(payload).await?).await
    }

    /// Posts a batch, a payload a line, and returns the lines of the answer.
    ///
    /// # Errors
    /// [`Refused`], or there is no answer.
    pub async fn submit_batch(&self, lines: String) -> Result<String> {
        let post = self.http.post(format!("{}/batch", self.evaluations()));
        let post = post
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(lines);
        Ok(post.send().await?.error_for_status()?.text().await?)
    }

    /// What status-api has at a path.
    ///
    /// # Errors
    /// [`Refused`], or the answer cannot be read.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.status_get(path).send().await;
        read(answer.with_context(|| format!("reading {path}"))?).await
    }

    /// Posts to a path of status-api: the status and the body.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn transition(&self, id: &str, transition: &str) -> Result<(u16, Value)> {
        let url = format!("{}/v1/evaluations/{id}/{transition}", self.status);
        let answer = self.http.post(url).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// The evaluation and its tag at once without `seen`, else when it changes; nothing when it has not for a while.
    ///
    /// # Errors
    /// [`Refused`], or the answer cannot be read.
    pub async fn news<T: DeserializeOwned>(
        &self,
        id: impl fmt::Display,
        seen: Option<&str>,
    ) -> Result<Option<(T, Option<String>)>> {
        let path = format!("/v1/evaluations/{id}");
        let request = match seen {
            Some(tag) => self
                .status_get(&format!("{path}?wait={WAIT_SECONDS}"))
                .header(IF_NONE_MATCH, tag),
            None => self.status_get(&path),
        };
        let answer = request.send().await;
        let answer = answer.with_context(|| format!("reading {path}"))?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let tag = answer.headers().get(ETAG);
        let tag = tag.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Some((read(answer).await?, tag)))
    }
}

/// The body, or the problem that the server describes.
async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
    let status = answer.status();
    let body = answer.bytes().await?;
    let words = || String::from_utf8_lossy(&body).into_owned();
    if status.is_client_error() {
        return Err(Refused(status, words()).into());
    }
    if !status.is_success() {
        bail!("the server answers {status}: {}", words());
    }
    serde_json::from_slice(&body).context("the server's answer cannot be read")
}
