//! `[providers]` and `[models]`: which deployments judge which model, in which order.
//!
//! Beside the flat sections, since they hold tables of any name; only the file has them. The keys of
//! providers may stand in the environment or in files of their own.

mod api;
mod check;
mod deployment;
mod equality;
mod headers;
mod key;
mod parameters;
mod price;
mod provider;
mod read;
mod reference;
mod table;
mod toml_output;

use std::{collections::BTreeMap, time::Duration};

pub use domain::Limits;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

pub use self::{api::Api, price::Price};
pub(super) use self::{
    check::check,
    key::{PREFIX, variables},
    read::{Tables, read},
    reference::markdown,
};
use super::value;
#[cfg(test)]
pub(super) use reference::EXAMPLE;

/// The name in `[models]` that stands for every model that is not listed.
pub const ANY_MODEL: &str = "*";

/// Where judge models are called: the tables `[providers]` and `[models]`.
///
/// Serialising masks keys and the values of headers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Routing {
    /// The providers by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, ProviderRoute>,
    /// The deployments of each model, the first choice first; of [`ANY_MODEL`] those of every model
    /// that is not listed. Never an empty list.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Vec<DeploymentRoute>>,
}

/// A provider: `[providers.NAME]`.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderRoute {
    /// Base URL of its API, with the version.
    #[serde(serialize_with = "value::write")]
    pub base_url: Url,
    /// The key that is shown to it. Processes that call no provider do not read it from its file.
    #[serde(
        serialize_with = "toml_output::masked_key",
        skip_serializing_if = "Option::is_none"
    )]
    pub api_key: Option<SecretString>,
    /// How it is talked to.
    #[serde(serialize_with = "value::write")]
    pub api: Api,
    /// Added to every request.
    #[serde(
        serialize_with = "toml_output::masked",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub headers: BTreeMap<String, SecretString>,
    /// Added to the body of every request as they are.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// Tokens that an answer has at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// As `provider.connect_timeout`, which holds where this is absent.
    #[serde(
        serialize_with = "value::write",
        skip_serializing_if = "Option::is_none"
    )]
    pub connect_timeout: Option<Duration>,
    /// As `provider.first_byte_timeout`, which holds where this is absent.
    #[serde(
        serialize_with = "value::write",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_byte_timeout: Option<Duration>,
    /// As `provider.chunk_timeout`, which holds where this is absent.
    #[serde(
        serialize_with = "value::write",
        skip_serializing_if = "Option::is_none"
    )]
    pub chunk_timeout: Option<Duration>,
    /// As `provider.call_timeout`, which holds where this is absent.
    #[serde(
        serialize_with = "value::write",
        skip_serializing_if = "Option::is_none"
    )]
    pub call_timeout: Option<Duration>,
    /// What it may be asked for, over all workers together.
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Prices by the provider's own names of its models.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, Price>,
}

/// A model at a provider: one entry of `deployments`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeploymentRoute {
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
        serialize_with = "value::write",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_byte_timeout: Option<Duration>,
    /// In place of the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
}

impl Routing {
    /// Whether the file has neither table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty() && self.models.is_empty()
    }
}

impl ProviderRoute {
    /// A provider of which nothing but its address is said.
    #[must_use]
    pub fn at(base_url: Url) -> Self {
        Self {
            base_url,
            api_key: None,
            api: Api::default(),
            headers: BTreeMap::new(),
            parameters: Map::new(),
            max_output_tokens: None,
            connect_timeout: None,
            first_byte_timeout: None,
            chunk_timeout: None,
            call_timeout: None,
            limits: Limits::default(),
            prices: BTreeMap::new(),
        }
    }
}
