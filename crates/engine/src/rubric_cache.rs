//! Rubric versions that were read lately: what `name@version` means to a tenant never changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Tenant;
use domain::rubric::Rubric;

/// Versions that are kept. Beyond it all are forgotten: whoever has more in use reads one now and then.
const MAX_VERSIONS: usize = 256;

type Versions = HashMap<(Tenant, String), Arc<Rubric>>;

/// Rubric versions by tenant and label; clones share them.
#[derive(Debug, Clone, Default)]
pub struct RubricCache(Arc<Mutex<Versions>>);

impl RubricCache {
    pub(crate) fn get(&self, tenant: &Tenant, label: &str) -> Option<Arc<Rubric>> {
        let key = (tenant.clone(), label.to_owned());
        self.versions().get(&key).cloned()
    }

    pub(crate) fn insert(&self, tenant: &Tenant, label: &str, rubric: &Rubric) {
        let mut versions = self.versions();
        if versions.len() >= MAX_VERSIONS {
            versions.clear();
        }
        let key = (tenant.clone(), label.to_owned());
        versions.insert(key, Arc::new(rubric.clone()));
    }

    fn versions(&self) -> MutexGuard<'_, Versions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rubric() -> Rubric {
        let reference = domain::rubric::parse_reference("general-quality@1").unwrap();
        domain::rubric::builtin::find(&reference)
            .unwrap()
            .rubric
            .clone()
    }

    #[test]
    fn a_label_means_each_tenant_its_own_version_and_memory_is_bounded() {
        let cache = RubricCache::default();
        let [own, other] = ["own", "other"].map(|name| Tenant::stored(name.to_owned()));
        cache.insert(&own, "a@1", &rubric());
        assert_eq!(cache.get(&own, "a@1").as_deref(), Some(&rubric()));
        assert!(cache.get(&other, "a@1").is_none());
        assert!(cache.get(&own, "a@2").is_none());
        for version in 0..1_000 {
            cache.insert(&own, &format!("b@{version}"), &rubric());
            assert!(cache.versions().len() <= MAX_VERSIONS);
        }
    }
}
