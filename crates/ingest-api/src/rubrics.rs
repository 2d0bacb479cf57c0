//! Resolving the rubric of a request, so that what is stored names one version for ever.

use domain::Tenant;
use domain::rubric::{RubricReference, builtin};
use storage::{Database, rubrics};

/// What a reference stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// `name@version`.
    pub(crate) label: String,
    /// The model that the rubric names.
    pub(crate) model: Option<String>,
}

/// The rubrics that there are.
#[derive(Clone)]
pub(crate) struct Rubrics {
    database: Database,
}

impl Rubrics {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Finds a rubric: a tenant's own before a built-in one. `None`: there is none.
    pub(crate) async fn resolve(
        &self,
        tenant: &Tenant,
        reference: &RubricReference,
    ) -> storage::Result<Option<Resolved>> {
        if let Some(stored) = rubrics::find(&self.database, tenant, reference).await? {
            return Ok(Some(Resolved {
                label: format!("{}@{}", stored.name, stored.version),
                model: stored.rubric.model,
            }));
        }
        let found = builtin::find(reference);
        Ok(found.map(|found| Resolved {
            label: format!("{}@{}", found.name(), found.version),
            model: found.rubric.model.clone(),
        }))
    }
}
