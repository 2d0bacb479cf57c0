//! Asking providers for their lists of models, and what is known of them.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use domain::deployment_state::ModelListing;
use domain::routing::ANY_MODEL;
use jiff::Timestamp;
use serde_json::Value;

use crate::error::{CallError, ErrorKind};
use crate::model_list::{Listing, ModelList, Next};
use crate::provider::Provider;
use crate::registry::Providers;
use crate::transport;

/// For one page.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The status of a server that does not know the request.
const NOT_IMPLEMENTED: u16 = 501;
/// No list is longer.
const MAX_PAGES: usize = 20;

/// The list of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelListRecord {
    /// The name of the provider.
    pub provider: String,
    /// Where it is called.
    pub address: String,
    /// When it was read.
    pub at: Timestamp,
    /// What it lists; `None`: it has no list.
    pub list: Option<ModelList>,
}

impl Providers {
    /// The providers, and where each is called.
    #[must_use]
    pub fn addresses(&self) -> Vec<(String, String)> {
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of = |provider: &Arc<Provider>| (provider.name.clone(), provider.address());
        directory.providers.values().map(of).collect()
    }

    /// Asks a provider for its models. `None`: it does not list them, or nobody can read how it does.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn list_models(&self, name: &str) -> Result<Option<ModelList>, CallError> {
        let provider = {
            let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
            directory.providers.get(name).map(Arc::clone)
        };
        let Some(provider) = provider else {
            return Ok(None);
        };
        let mut list = ModelList::default();
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let Some(page) = provider.page_of_models(after.as_deref()).await? else {
                return Ok(None);
            };
            match list.add(&page) {
                Some(Next::End) => return Ok(Some(list)),
                Some(Next::After(last)) if after.as_ref() != Some(&last) => after = Some(last),
                Some(Next::After(_) | Next::Unknown) | None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Takes what was read, here or by others.
    pub fn import_model_lists(&self, records: impl IntoIterator<Item = ModelListRecord>) {
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for record in records {
            let provider = directory.providers.get(&record.provider);
            let provider = provider.filter(|provider| provider.address() == record.address);
            if let Some(provider) = provider {
                *provider.models() = record.list.map(|list| (record.at, list));
            }
        }
    }

    /// The deployments that the settings name, and those of `model`, which is asked where nothing names one: provider and
    /// model.
    #[must_use]
    pub fn configured(&self, model: &str) -> BTreeSet<(String, String)> {
        let named: Vec<String> = {
            let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let named = directory.setup.models.keys();
            named.filter(|name| *name != ANY_MODEL).cloned().collect()
        };
        let named = named.iter().map(String::as_str).chain([model]);
        let route = |model| {
            let only = || self.only(model).into_iter().collect();
            self.route(model).unwrap_or_else(only)
        };
        named
            .flat_map(route)
            .map(|deployment| (deployment.provider, deployment.model))
            .collect()
    }

    /// What the list of a provider says of a model, if anything.
    #[must_use]
    pub fn listing(&self, provider: &str, model: &str) -> Option<ModelListing> {
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        directory.providers.get(provider)?.listing(model)
    }
}

impl Provider {
    /// `None`: there is no such page.
    async fn page_of_models(&self, after: Option<&str>) -> Result<Option<Value>, CallError> {
        let mut url = self.models_url.clone();
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after_id", after);
        }
        let request = self.client.get(url).headers(self.headers.clone());
        let (status, body) = transport::get(request.timeout(TIMEOUT)).await?;
        match status {
            200 => Ok(serde_json::from_slice(&body).ok()),
            408 | 429 | 500.. if status != NOT_IMPLEMENTED => Err(CallError::new(
                ErrorKind::Unavailable,
                format!("the provider answered {status} when asked for its models"),
            )),
            // It has none, or shows them to other keys only.
            _ => Ok(None),
        }
    }

    fn models(&self) -> MutexGuard<'_, Option<(Timestamp, ModelList)>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its list says of a model.
    pub(crate) fn listing(&self, model: &str) -> Option<ModelListing> {
        let models = self.models();
        let (as_of, list) = models.as_ref()?;
        let Listing {
            is_listed,
            retires_at,
        } = list.find(model)?;
        Some(ModelListing {
            as_of: *as_of,
            is_listed,
            retires_at,
        })
    }
}
