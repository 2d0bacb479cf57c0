//! Where the models of a plan are asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Priority;
use domain::plan::{Deployment, Plan};
use domain::rubric::Rubric;
use providers::Providers;

/// The routes of a plan; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Routes(Option<Arc<Plan>>);

/// What a plan is to say of the routes of its models, by what the settings say now.
pub(crate) fn planned<'m>(
    providers: &Providers,
    rubric: &Rubric,
    priority: Priority,
    models: impl IntoIterator<Item = &'m str>,
) -> BTreeMap<String, Vec<Deployment>> {
    let route = |model: &str| {
        let mut route = providers.route(model)?;
        if !rubric.fallback {
            route.truncate(1);
        }
        if priority != Priority::Batch {
            for deployment in &mut route {
                deployment.batch_tier = None;
            }
        }
        Some((model.to_owned(), route))
    };
    models.into_iter().filter_map(route).collect()
}

impl Routes {
    pub(crate) fn new(plan: Option<Arc<Plan>>) -> Self {
        Self(plan)
    }

    /// The deployments of a model, in order; none: there is no provider for it.
    pub(crate) fn of(&self, providers: &Providers, model: &str) -> Vec<Deployment> {
        let plan = self.0.as_deref();
        if let Some(planned) = plan.and_then(|plan| plan.routes.get(model)) {
            return planned.clone();
        }
        // Planned when there was one provider only. Should there be several now, the settings say which.
        let mut route = match providers.only(model) {
            Some(only) => vec![only],
            None => providers.route(model).unwrap_or_default(),
        };
        if plan.is_some_and(|plan| !plan.rubric.fallback) {
            route.truncate(1);
        }
        // A plan keeps its tier, and this one has none.
        for deployment in &mut route {
            deployment.batch_tier = None;
        }
        route
    }
}
