//! One provider: how it is reached, and its endpoints.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_openai::config::{Config as _, OpenAIConfig};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use crate::answer::Tokens;
use crate::budget::Budget;
use crate::endpoint::Endpoint;
use crate::error::CallError;
use crate::outcome::{Failed, Trigger};
use crate::{outcome, transport};

/// Model names may come from requests: more endpoints than this are not kept.
const MOST_ENDPOINTS: usize = 1_000;

/// How to reach a provider. Every wait has a bound.
#[derive(Debug, Clone)]
pub struct Options {
    /// The base of its API, with the version, such as `https://api.openai.com/v1`. A query is added to every request.
    pub base_url: Url,
    /// Its key, where it wants one.
    pub api_key: Option<SecretString>,
    /// Which API it is called by.
    pub api: Api,
    /// Further headers of every request.
    pub headers: BTreeMap<String, SecretString>,
    /// What is added to every request's body.
    pub parameters: Map<String, Value>,
    /// The most tokens of an answer, where a deployment does not say.
    pub max_output_tokens: Option<u32>,
    /// For making a connection.
    pub connect_timeout: Duration,
    /// For silence before an answer begins.
    pub first_byte_timeout: Duration,
    /// For silence within an answer.
    pub chunk_timeout: Duration,
    /// For a whole call.
    pub call_timeout: Duration,
    /// What it may be asked for.
    pub limits: Limits,
    /// By the provider's name of the model.
    pub prices: BTreeMap<String, Price>,
    /// Tries again for each first try, at most: 0.5 is half as many.
    pub retry_budget: f64,
}

/// The API of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `POST /chat/completions`.
    Chat,
    /// `POST /responses`.
    Responses,
}

/// What a provider may be asked for, over all processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests in a minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens in a minute, input and output.
    pub tokens_per_minute: Option<u64>,
    /// Calls under way at once.
    pub concurrency: Option<u32>,
}

impl Limits {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What tokens cost, in nano-USD for a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Of a prompt.
    pub input: u64,
    /// Of a prompt, where it came out of the provider's cache; like any other without it.
    pub cached_input: Option<u64>,
    /// Of an answer.
    pub output: u64,
}

/// Secrets are compared too: a provider with a new key is another one.
impl PartialEq for Options {
    fn eq(&self, other: &Self) -> bool {
        // Every field by name, so that none that is added is forgotten.
        let Self {
            base_url,
            api_key,
            api,
            headers,
            parameters,
            max_output_tokens,
            connect_timeout,
            first_byte_timeout,
            chunk_timeout,
            call_timeout,
            limits,
            prices,
            retry_budget,
        } = self;
        let secret =
            |key: &Option<SecretString>| key.as_ref().map(|key| key.expose_secret().to_owned());
        let shown = |headers: &BTreeMap<String, SecretString>| -> Vec<(String, String)> {
            let headers = headers.iter();
            headers
                .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
                .collect()
        };
        *base_url == other.base_url
            && secret(api_key) == secret(&other.api_key)
            && *api == other.api
            && shown(headers) == shown(&other.headers)
            && *parameters == other.parameters
            && *max_output_tokens == other.max_output_tokens
            && *connect_timeout == other.connect_timeout
            && *first_byte_timeout == other.first_byte_timeout
            && *chunk_timeout == other.chunk_timeout
            && *call_timeout == other.call_timeout
            && *limits == other.limits
            && *prices == other.prices
            && retry_budget.to_bits() == other.retry_budget.to_bits()
    }
}

/// A provider that can be asked.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) options: Options,
    pub(crate) client: reqwest::Client,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) budget: Budget,
    endpoints: Mutex<HashMap<String, Arc<Endpoint>>>,
}

impl Provider {
    /// Prepares connections; nothing is sent yet.
    pub(crate) fn new(name: String, options: Options) -> Result<Self, CallError> {
        let client = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            // Redirects would carry the key and the candidate to another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| transport::of_transport(&error))?;
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
        let mut url: Url = config
            .url(path)
            .parse()
            .map_err(|problem| unusable("an unusable base URL", &problem))?;
        url.set_query(options.base_url.query());
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
            headers,
            budget: Budget::new(options.retry_budget, Instant::now()),
            endpoints: Mutex::default(),
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
        if endpoints.len() >= MOST_ENDPOINTS {
            // Names that anybody may invent must not push out what is known of the real ones.
            let now = Instant::now();
            endpoints
                .retain(|_, endpoint| Arc::strong_count(endpoint) > 1 || endpoint.is_known(now));
        }
        let endpoint = Arc::new(Endpoint::new(model));
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

    /// A request with everything but the body.
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
        request
            .body(body)
            .build()
            .map_err(|error| Failed::Error(transport::of_transport(&error)))
    }
}

impl Price {
    /// What a call cost, in nano-USD, rounded to the nearest.
    pub(crate) fn of(self, tokens: Tokens) -> i64 {
        let cached = tokens.cached_input.min(tokens.input);
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let total = cost(tokens.input - cached, self.input)
            + cost(cached, self.cached_input.unwrap_or(self.input))
            + cost(tokens.output, self.output);
        i64::try_from((total + 500_000) / 1_000_000).unwrap_or(i64::MAX)
    }
}
