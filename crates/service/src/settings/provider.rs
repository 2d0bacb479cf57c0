//! `[provider]`: the one provider of the simplest set-up, and the defaults of all others.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::section::section;
use super::{ANY_MODEL, Routing};

section! {
    /// The OpenAI-compatible provider that judges are called at.
    pub struct Provider in "provider" {
        /// Base URL of the API, with its version: OpenAI, LiteLLM, vLLM, any compatible one.
        base_url: Option<Url> = None, usual "OPENAI_BASE_URL", check super::web_url,
            note "none; `https://api.openai.com/v1` when only the key is set and there is no `[models.\"*\"]`";
        /// The key that is shown to the provider.
        api_key: Option<SecretString> = None, usual "OPENAI_API_KEY", check api_key, note "none";
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
    /// Where models go that are not listed: what is set, else OpenAI when there is a key and the tables do not say.
    #[must_use]
    pub fn base_url_beside(&self, routing: &Routing) -> Option<Url> {
        let is_openai = || {
            let key = self.api_key.as_ref().map(ExposeSecret::expose_secret);
            key.is_some_and(|key| !key.is_empty()) && !routing.models.contains_key(ANY_MODEL)
        };
        self.base_url
            .clone()
            .or_else(|| is_openai().then(|| Url::parse("https://api.openai.com/v1").ok())?)
    }
}

/// A key travels in a header: what no header takes is found here, not at the first call.
pub(super) fn api_key(key: &SecretString) -> Result<(), String> {
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
