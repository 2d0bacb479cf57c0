//! How a provider is reached, what it may be asked for, and what it costs.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Limits;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use crate::usage::Tokens;

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
