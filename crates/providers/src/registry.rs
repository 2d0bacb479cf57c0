//! Which providers there are, and which model is asked where.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::period::milliseconds;
use domain::plan::{BatchTier, Deployment};
use domain::routing::{ANY_MODEL, DeploymentConfig, Routing};

use crate::endpoint::Endpoint;
use crate::error::CallError;
use crate::provider::Provider;

/// The providers; clones share them.
#[derive(Debug, Clone)]
pub struct Providers(pub(crate) Arc<RwLock<ProviderRegistry>>);

/// Who there is at present.
#[derive(Debug, Default)]
pub(crate) struct ProviderRegistry {
    pub(crate) setup: Routing,
    pub(crate) providers: BTreeMap<String, Arc<Provider>>,
}

/// A deployment that can be asked.
pub(crate) struct ResolvedDeployment<'d> {
    /// Its place in the route.
    pub(crate) index: usize,
    pub(crate) provider: Arc<Provider>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) deployment: &'d Deployment,
}

impl Providers {
    /// Prepares everything; nothing is sent yet.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Rejected`] when a client cannot be made of what the settings say.
    pub fn new(setup: Routing) -> Result<Self, CallError> {
        let providers = Self(Arc::default());
        providers.replace(setup)?;
        Ok(providers)
    }

    /// Takes new settings. A provider that did not change keeps its connections and what is known of it.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Rejected`]; then everything stays as it was.
    pub fn replace(&self, setup: Routing) -> Result<(), CallError> {
        let mut directory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut providers = BTreeMap::new();
        for (name, options) in &setup.providers {
            let kept = directory
                .providers
                .get(name)
                .filter(|kept| kept.options == *options);
            let provider = match kept {
                Some(kept) => Arc::clone(kept),
                None => Arc::new(Provider::new(name.clone(), options.clone())?),
            };
            providers.insert(name.clone(), provider);
        }
        *directory = ProviderRegistry { setup, providers };
        Ok(())
    }

    /// Where a model is asked, for a plan: `None` when it is asked at the only provider, by its own name. An empty
    /// list: nowhere.
    #[must_use]
    pub fn route(&self, model: &str) -> Option<Vec<Deployment>> {
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let models = &directory.setup.models;
        match models.get(model).or_else(|| models.get(ANY_MODEL)) {
            Some(places) => Some(
                places
                    .iter()
                    .map(|place| directory.deployment(place, model))
                    .collect(),
            ),
            None if directory.setup.only.is_some() => None,
            None => Some(Vec::new()),
        }
    }

    /// The deployment of a model that no route is planned for.
    #[must_use]
    pub fn only(&self, model: &str) -> Option<Deployment> {
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let provider = directory.setup.only.clone()?;
        let place = DeploymentConfig {
            provider,
            ..DeploymentConfig::default()
        };
        Some(directory.deployment(&place, model))
    }

    /// Those of a route whose providers there are.
    pub(crate) fn targets<'d>(&self, route: &'d [Deployment]) -> Vec<ResolvedDeployment<'d>> {
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let target = |(place, deployment): (usize, &'d Deployment)| {
            let provider = directory.providers.get(&deployment.provider)?;
            Some(ResolvedDeployment {
                index: place,
                endpoint: provider.endpoint(&deployment.model),
                provider: Arc::clone(provider),
                deployment,
            })
        };
        route.iter().enumerate().filter_map(target).collect()
    }
}

impl ProviderRegistry {
    fn deployment(&self, place: &DeploymentConfig, model: &str) -> Deployment {
        let options = self.setup.providers.get(&place.provider);
        let mut parameters =
            options.map_or_else(Default::default, |options| options.parameters.clone());
        parameters.extend(place.parameters.clone());
        let usual = options.and_then(|options| options.max_output_tokens);
        let first_byte = place.first_byte_timeout;
        Deployment {
            provider: place.provider.clone(),
            model: place.model.clone().unwrap_or_else(|| model.to_owned()),
            parameters,
            max_output_tokens: place.max_output_tokens.or(usual),
            first_byte_ms: first_byte.map(milliseconds),
            batch_tier: place.batch_tier.clone().map(|name| BatchTier {
                name,
                timeout_ms: milliseconds(
                    place
                        .batch_tier_timeout
                        .unwrap_or(DeploymentConfig::BATCH_TIER_TIMEOUT),
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
