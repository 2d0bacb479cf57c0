//! `[provider]`: the one provider of the simplest set-up, and the defaults of all others.

use std::{collections::BTreeMap, time::Duration};

use domain::{Limits, Secret};
use url::Url;

use super::section::section;
use super::{ANY_MODEL, Api, ProviderConfig, Routing};

section! {
    /// The OpenAI-compatible provider that judges are called at.
    pub struct Provider in "provider" {
        /// Base URL of the API, with its version: OpenAI, LiteLLM, vLLM, any compatible one.
        base_url: Option<Url> = None, usual "OPENAI_BASE_URL", check super::web_url,
            note "none; `https://api.openai.com/v1` when only the key is set and there is no `[models.\"*\"]`";
        /// The key that is shown to the provider.
        api_key: Option<Secret> = None, usual "OPENAI_API_KEY", check api_key, note "none";
        /// How long a new connection may take.
        connect_timeout: Duration = Duration::from_secs(5);
        /// How long a call may be silent before its answer begins, thinking included.
        first_byte_timeout: Duration = Duration::from_secs(60);
        /// How long an answer that has begun may be silent.
        chunk_timeout: Duration = Duration::from_secs(5);
        /// How long one call may take from the first byte sent to the last byte received.
        call_timeout: Duration = Duration::from_secs(600);
        /// How often one call is tried in all before it counts as failed.
        tries: u32 = 3, range 1..=10;
        /// Tries again, in percent of first tries, that a provider is asked at most.
        retry_budget: u32 = 50, range 0..=100;
        /// The longest `Retry-After` that is waited for in place; what is longer is put off.
        max_retry_after: Duration = Duration::from_secs(120);
        /// How long an evaluation is put aside when all tries of a call have failed; four times as
        /// long each further time.
        put_aside: Duration = Duration::from_secs(15);
    }
}

impl Provider {
    /// Tries again for each first try, at most.
    pub(super) fn retry_budget_share(&self) -> f64 {
        f64::from(self.retry_budget) / 100.0
    }

    /// The tables with a provider more for the models that they do not list, if there is one.
    #[must_use]
    pub fn complete(&self, routing: &Routing) -> Routing {
        let mut routing = routing.clone();
        // A rule for every model leaves nothing to the provider of the simplest set-up.
        let only = self.base_url_beside(&routing);
        if let Some(base_url) = only.filter(|_| !routing.models.contains_key(ANY_MODEL)) {
            let host = base_url.host_str().unwrap_or("provider");
            let name = match base_url.port_or_known_default() {
                Some(port) if routing.providers.contains_key(host) => format!("{host}:{port}"),
                _ => host.to_owned(),
            };
            routing.providers.insert(name.clone(), self.at(base_url));
            routing.only = Some(name);
        }
        routing
    }

    /// A provider of which nothing but its address is said.
    fn at(&self, base_url: Url) -> ProviderConfig {
        ProviderConfig {
            base_url,
            api_key: self.api_key.clone(),
            api: Api::default(),
            headers: BTreeMap::new(),
            parameters: serde_json::Map::new(),
            max_output_tokens: None,
            connect_timeout: self.connect_timeout,
            first_byte_timeout: self.first_byte_timeout,
            chunk_timeout: self.chunk_timeout,
            call_timeout: self.call_timeout,
            limits: Limits::default(),
            prices: BTreeMap::new(),
            tier_prices: BTreeMap::new(),
            cache_control: false,
            retry_budget: self.retry_budget_share(),
        }
    }

    /// Where models go that are not listed: what is set, else OpenAI when there is a key and the tables do not say.
    #[must_use]
    pub fn base_url_beside(&self, routing: &Routing) -> Option<Url> {
        let is_openai = || {
            let key = self.api_key.as_ref().map(Secret::expose_secret);
            key.is_some_and(|key| !key.is_empty()) && !routing.models.contains_key(ANY_MODEL)
        };
        self.base_url
            .clone()
            .or_else(|| is_openai().then(|| Url::parse("https://api.openai.com/v1").ok())?)
    }
}

/// A key travels in a header: what no header takes is found here, not at the first call.
pub(super) fn api_key(key: &Secret) -> Result<(), String> {
    if key.expose_secret().chars().all(|c| c.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(
            "has a line break, a space, a control character or a non-ASCII character in it; \
             expected visible ASCII only"
                .to_owned(),
        )
    }
}
