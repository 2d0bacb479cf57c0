//! One provider: how it is reached, and its endpoints.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::bytes::Bytes;
use async_openai::config::{Config as _, OpenAIConfig};
use domain::Secret;
use domain::routing::{Api, ProviderConfig};
use http_body_util::Full;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::budget::Budget;
use crate::endpoint::Endpoint;
use crate::error::CallError;
use crate::model_list::ModelList;
use crate::outcome::{Failed, Trigger};
use crate::{outcome, transport};

/// Model names may come from requests: more endpoints than this are not kept.
const MAX_ENDPOINTS: usize = 1_000;

/// Bytes of the digest that tells ways to a provider apart, and nothing of its key.
const FINGERPRINT: usize = 6;

/// A provider that can be asked.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) options: ProviderConfig,
    pub(crate) client: reqwest::Client,
    pub(crate) url: Url,
    /// Where its models are listed.
    pub(crate) models_url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) budget: Budget,
    /// Its models, and when they were read.
    pub(crate) models: Mutex<Option<(Timestamp, ModelList)>>,
    endpoints: Mutex<HashMap<String, Arc<Endpoint>>>,
    /// Of how it is reached: another key is another account.
    fingerprint: String,
}

impl Provider {
    /// Prepares connections; nothing is sent yet.
    pub(crate) fn new(name: String, options: ProviderConfig) -> Result<Self, CallError> {
        let client = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            // Redirects would carry the key and the candidate to another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| transport::classify(&error))?;
        let unusable = |what: &str, problem: &dyn std::fmt::Display| {
            let message = format!("the provider `{name}` has {what}: {problem}");
            CallError::new(outcome::kind(Trigger::NoRequest), message)
        };
        let mut base = options.base_url.clone();
        base.set_query(None);
        let config = OpenAIConfig::new()
            .with_api_base(base.as_str().trim_end_matches('/'))
            .with_api_key(
                options
                    .api_key
                    .as_ref()
                    .map_or("", |key| key.expose_secret()),
            )
            // Both would otherwise come from the environment.
            .with_org_id("")
            .with_project_id("");
        let path = match options.api {
            Api::Chat => "/chat/completions",
            Api::Responses => "/responses",
        };
        let url = |path: &str| -> Result<Url, CallError> {
            let url = config.url(path).parse();
            let mut url: Url = url.map_err(|problem| unusable("an unusable base URL", &problem))?;
            url.set_query(options.base_url.query());
            Ok(url)
        };
        let (url, models_url) = (url(path)?, url("/models")?);
        let mut headers = config.headers();
        if options.api_key.is_none() {
            headers.remove(AUTHORIZATION);
        }
        for (header, value) in &options.headers {
            let name = HeaderName::try_from(header)
                .map_err(|problem| unusable("an unusable header name", &problem))?;
            let mut value = HeaderValue::try_from(value.expose_secret())
                .map_err(|problem| unusable("an unusable header", &problem))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Self {
            client,
            url,
            models_url,
            models: Mutex::default(),
            headers,
            budget: Budget::new(options.retry_budget, Instant::now()),
            endpoints: Mutex::default(),
            fingerprint: fingerprint(&options),
            name,
            options,
        })
    }

    /// The endpoint of a model, the same one for all who ask for it.
    pub(crate) fn endpoint(self: &Arc<Self>, model: &str) -> Arc<Endpoint> {
        let mut endpoints = self
            .endpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(endpoint) = endpoints.get(model) {
            return Arc::clone(endpoint);
        }
        if endpoints.len() >= MAX_ENDPOINTS {
            // Names that anybody may invent must not push out what is known of the real ones.
            let now = Instant::now();
            endpoints
                .retain(|_, endpoint| Arc::strong_count(endpoint) > 1 || endpoint.is_known(now));
        }
        let deployment = format!("{}:{}:{model}", self.name, self.fingerprint);
        let endpoint = Arc::new(Endpoint::new(model, &deployment));
        endpoints.insert(model.to_owned(), Arc::clone(&endpoint));
        endpoint
    }

    /// All endpoints that were asked.
    pub(crate) fn endpoints(&self) -> Vec<Arc<Endpoint>> {
        let endpoints = self
            .endpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        endpoints.values().map(Arc::clone).collect()
    }

    /// A text without the secrets of this provider, which it may have quoted.
    pub(crate) fn masked(&self, text: &str) -> String {
        let secrets = self.options.headers.values().chain(&self.options.api_key);
        // Shorter ones are found in any text.
        let secrets = secrets.map(|secret| secret.expose_secret());
        let secrets = secrets.filter(|secret| secret.len() >= 8);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// A request with this body, and with headers beside the provider's own.
    pub(crate) fn request(
        &self,
        body: Vec<u8>,
        more: &[(&str, &str)],
    ) -> Result<reqwest::Request, Failed> {
        let mut request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        // A body that can be sent once only: of others a copy is kept until the answer has come.
        let body = reqwest::Body::wrap(Full::new(Bytes::from(body)));
        request
            .body(body)
            .build()
            .map_err(|error| Failed::Error(transport::classify(&error)))
    }
}

/// What breakers that all workers share know a way to a provider by, in every worker that has the same settings of it.
fn fingerprint(options: &ProviderConfig) -> String {
    let key = options.api_key.as_ref().map(Secret::expose_secret);
    let headers = options.headers.iter();
    let headers = headers.flat_map(|(name, value)| [name.as_str(), value.expose_secret()]);
    let mut digest = Sha256::new();
    for part in [options.base_url.as_str(), key.unwrap_or_default()]
        .into_iter()
        .chain(headers)
    {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let digest = digest.finalize();
    let bytes = digest.iter().take(FINGERPRINT);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
