//! What was learned of endpoints, told to others and heard from them.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::capabilities::Capabilities;
use crate::endpoint_capabilities;
use crate::provider::Provider;
use crate::registry::Providers;
use domain::routing::Api;

/// What was learned of an endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityRecord {
    /// The name of the provider.
    pub provider: String,
    /// Where and by which API it is called: at another address it is another endpoint.
    pub address: String,
    /// The provider's name of the model.
    pub model: String,
    /// What it takes.
    pub abilities: Capabilities,
    /// How long ago that was learned.
    pub age: Duration,
}

impl CapabilityRecord {
    /// How long a lesson holds.
    pub const RECORD_TTL: Duration = endpoint_capabilities::RECORD_TTL;
}

impl Providers {
    /// What was learned so far, here or from others.
    #[must_use]
    pub fn capability_records(&self) -> Vec<CapabilityRecord> {
        let now = Instant::now();
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut lessons = Vec::new();
        for provider in directory.providers.values() {
            for endpoint in provider.endpoints() {
                let lesson = endpoint.knowledge().record(now);
                lessons.extend(lesson.map(|(abilities, age)| CapabilityRecord {
                    provider: provider.name.clone(),
                    address: provider.address(),
                    model: endpoint.model.clone(),
                    abilities,
                    age,
                }));
            }
        }
        lessons
    }

    /// Takes what others learned of the endpoints that there are.
    pub fn import(&self, lessons: impl IntoIterator<Item = CapabilityRecord>) {
        let now = Instant::now();
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for lesson in lessons {
            let provider = directory.providers.get(&lesson.provider);
            if let Some(provider) = provider.filter(|provider| provider.address() == lesson.address)
            {
                let endpoint = provider.endpoint(&lesson.model);
                endpoint
                    .knowledge()
                    .merge_remote(lesson.abilities, lesson.age, now);
            }
        }
    }
}

impl Provider {
    /// Where and by which API it is called, without anything secret.
    pub(crate) fn address(&self) -> String {
        let api = match self.options.api {
            Api::Chat => "chat",
            Api::Responses => "responses",
        };
        let url = &self.options.base_url;
        format!("{api} {}{}", url.origin().ascii_serialization(), url.path())
    }
}
