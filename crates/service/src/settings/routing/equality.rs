//! Whether two routings say the same, secrets included.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::ProviderRoute;

// By hand, since secrets do not compare by themselves. They are compared with an earlier reading of
// the same file, never with what a caller shows: the time it takes tells nobody anything.
impl PartialEq for ProviderRoute {
    fn eq(&self, other: &Self) -> bool {
        // Every field by name, so that a new one is not forgotten.
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
        } = self;
        *base_url == other.base_url
            && text(api_key.as_ref()) == text(other.api_key.as_ref())
            && *api == other.api
            && texts(headers) == texts(&other.headers)
            && *parameters == other.parameters
            && *max_output_tokens == other.max_output_tokens
            && *connect_timeout == other.connect_timeout
            && *first_byte_timeout == other.first_byte_timeout
            && *chunk_timeout == other.chunk_timeout
            && *call_timeout == other.call_timeout
            && *limits == other.limits
            && *prices == other.prices
    }
}

fn text(secret: Option<&SecretString>) -> Option<&str> {
    secret.map(|secret| secret.expose_secret())
}

fn texts(secrets: &BTreeMap<String, SecretString>) -> BTreeMap<&str, &str> {
    secrets
        .iter()
        .map(|(name, secret)| (name.as_str(), secret.expose_secret()))
        .collect()
}
