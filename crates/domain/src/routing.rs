//! Where judge models are called: the providers and the deployments of models, as the settings have them.
//!
//! Serialising masks keys, the values of headers and passwords in URLs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use url::Url;

use crate::money::NanoUsd;
use crate::secret::MASK;
use crate::{Limits, Secret, period};

/// The name of a model that stands for every model that is not listed.
pub const ANY_MODEL: &str = "*";

/// The providers and the models.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Routing {
    /// The providers by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, ProviderConfig>,
    /// The deployments of each model, the first choice first; of [`ANY_MODEL`] those of every model that is not
    /// listed. Never an empty list.
    #[serde(
        serialize_with = "deployments",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub models: BTreeMap<String, Vec<DeploymentConfig>>,
    /// The provider of every model that has no deployments.
    #[serde(skip)]
    pub only: Option<String>,
}

/// How to reach a provider, what it may be asked for, and what it costs. Every wait has a bound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProviderConfig {
    /// The base of its API, with the version, such as `https://api.openai.com/v1`. A query is added to every request.
    #[serde(serialize_with = "base_url")]
    pub base_url: Url,
    /// The key that is shown to it. Processes that call no provider do not read it from its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// Which API it is called by.
    pub api: Api,
    /// Further headers of every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Secret>,
    /// Added to the body of every request as they are.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// The most tokens of an answer, where a deployment does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// For making a connection.
    #[serde(serialize_with = "period::serialize")]
    pub connect_timeout: Duration,
    /// For silence before an answer begins.
    #[serde(serialize_with = "period::serialize")]
    pub first_byte_timeout: Duration,
    /// For silence within an answer.
    #[serde(serialize_with = "period::serialize")]
    pub chunk_timeout: Duration,
    /// For a whole call.
    #[serde(serialize_with = "period::serialize")]
    pub call_timeout: Duration,
    /// What it may be asked for, over all workers together.
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Prices by the provider's own names of its models.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, Price>,
    /// Prices of cheaper tiers: by the provider's own names of its models, and of the tiers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tier_prices: BTreeMap<String, BTreeMap<String, Price>>,
    /// Whether prompts are marked with Anthropic's `cache_control` where that pays.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cache_control: bool,
    /// Tries again for each first try, at most: 0.5 is half as many.
    #[serde(skip)]
    pub retry_budget: f64,
}

/// A model at a provider: one entry of `deployments`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DeploymentConfig {
    /// A name in [`Routing::providers`].
    pub provider: String,
    /// The provider's name of the model; `None` passes on the name that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Added to the body of every request, in place of the provider's of the same name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// In place of the provider's.
    #[serde(
        serialize_with = "period::serialize_some",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_byte_timeout: Option<Duration>,
    /// In place of the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// The `service_tier` at which it is asked for evaluations of priority `batch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_tier: Option<String>,
    /// How long an answer may take at that tier; [`DeploymentConfig::BATCH_TIER_TIMEOUT`] without it.
    #[serde(
        serialize_with = "period::serialize_some",
        skip_serializing_if = "Option::is_none"
    )]
    pub batch_tier_timeout: Option<Duration>,
}

impl DeploymentConfig {
    /// What OpenAI says that its own clients should wait for at its flex tier.
    pub const BATCH_TIER_TIMEOUT: Duration = Duration::from_mins(15);
}

/// The API of a provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `POST /chat/completions`, which every compatible provider has.
    #[default]
    Chat,
    /// `POST /responses`.
    Responses,
}

/// What tokens cost, in nano-USD for a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Of a prompt.
    #[serde(serialize_with = "usd")]
    pub input: u64,
    /// Of a prompt, where it came out of the provider's cache; like any other without it.
    #[serde(
        serialize_with = "usd_of_some",
        skip_serializing_if = "Option::is_none"
    )]
    pub cached_input: Option<u64>,
    /// Of a prompt, where it went into the provider's cache; without it the cost of a call that wrote there is not known.
    #[serde(
        serialize_with = "usd_of_some",
        skip_serializing_if = "Option::is_none"
    )]
    pub cache_write: Option<u64>,
    /// Of an answer.
    #[serde(serialize_with = "usd")]
    pub output: u64,
}

impl Routing {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn deployments<S: Serializer>(
    models: &BTreeMap<String, Vec<DeploymentConfig>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let table = |deployments| BTreeMap::from([("deployments", deployments)]);
    serializer.collect_map(models.iter().map(|(name, list)| (name, table(list))))
}

fn base_url<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    let mut url = url.clone();
    // Fails for URLs without a host only, which have no password.
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return serializer.serialize_str(MASK);
    }
    serializer.serialize_str(url.as_str())
}

fn usd<S: Serializer>(nano: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    let nano = i64::try_from(*nano).unwrap_or(i64::MAX);
    serializer.collect_str(&NanoUsd(nano))
}

#[expect(clippy::ref_option, reason = "the shape that serde asks for")]
fn usd_of_some<S: Serializer>(nano: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match nano {
        Some(nano) => usd(nano, serializer),
        None => serializer.serialize_none(),
    }
}
