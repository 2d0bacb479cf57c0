//! Resolving the rubric of a request, so that what is stored names one version for ever.

use std::borrow::Cow;

use domain::Tenant;
use domain::rubric::{Rubric, RubricReference, builtin};
use storage::{Database, rubrics};

/// What a reference stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    /// `name@version`.
    pub(crate) label: String,
    /// The rubric.
    pub(crate) rubric: Cow<'static, Rubric>,
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
            let label = format!("{}@{}", stored.name, stored.version);
            let rubric = Cow::Owned(stored.rubric);
            return Ok(Some(Resolved { label, rubric }));
        }
        let found = builtin::find(reference);
        Ok(found.map(|found| {
            let label = format!("{}@{}", found.name(), found.version);
            let rubric = Cow::Borrowed(&found.rubric);
            Resolved { label, rubric }
        }))
    }
}
