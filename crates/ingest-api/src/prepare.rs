//! From what a payload asks for to an evaluation that can be stored: its rubric is chosen, and has to fit.

use std::sync::Arc;

use domain::fields::FieldError;
use domain::rubric::{RubricReference, parse_reference};
use domain::{EvaluationId, Tenant};
use service::problem::Problem;
use service::telemetry::traceparent_of;
use storage::evaluations::{self, NewEvaluation};
use storage::rubrics;
use webhooks::Target;

use crate::intake::Incoming;
use crate::rubrics::Resolved;
use crate::store::Store;

/// What is prepared for one transaction: a rubric is looked up once for all that name it.
pub(crate) struct Preparation<'s> {
    store: &'s Store,
    looked_up: Vec<(Tenant, RubricReference, LookUp)>,
}

type LookUp = Result<Arc<Resolved>, Problem>;

impl<'s> Preparation<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self {
            store,
            looked_up: Vec::new(),
        }
    }

    /// The evaluation as it is stored.
    ///
    /// # Errors
    /// 422, 503.
    pub(crate) async fn prepare(&mut self, item: Incoming) -> Result<NewEvaluation, Problem> {
        let tenant = &item.origin.tenant;
        let (resolved, mut incompatibilities) = match (item.rubric, &item.reference) {
            (Some(inline), _) => inline,
            (None, reference) => {
                let resolved = match reference {
                    Some(reference) => self.resolve(tenant, reference).await?,
                    None => self.resolve(tenant, &self.default_rubric()?).await?,
                };
                let incompatibilities = item.shape.incompatibilities(&resolved.rubric);
                (resolved, incompatibilities)
            }
        };
        // Looked at as a whole when it was set: nobody waits here, where others wait for their turn, for a name to be resolved. The
        // worker looks again.
        let of_others = || {
            let of_rubric = resolved.rubric.webhook.as_ref();
            let url = of_rubric.map(|webhook| &webhook.url);
            let url = url.or(item.default_webhook.as_ref())?;
            let target = Target::parse(url, &self.store.settings.webhooks.policy());
            Some(
                target
                    .map(|target| target.url().as_str().to_owned())
                    .map_err(|error| FieldError {
                        pointer: "/webhook".to_owned(),
                        message: format!("that of the rubric or of the tenant {error}"),
                    }),
            )
        };
        let webhook_url = item.webhook.or_else(of_others).and_then(|webhook| {
            webhook
                .map_err(|problem| incompatibilities.push(problem))
                .ok()
        });
        // What was taken once is answered as it was, also where a newer version of its rubric would not fit it, or its webhook
        // could not be sent any more.
        if !incompatibilities.is_empty() && !self.exists(tenant, item.identity.id).await? {
            return Err(Problem::invalid(incompatibilities));
        }
        Ok(NewEvaluation {
            api_key: item.origin.api_key,
            identity: item.identity,
            tenant: item.origin.tenant,
            priority: item.priority,
            strategy: item.strategy,
            rubric: resolved.label.clone(),
            model: item.model.or_else(|| resolved.rubric.model.clone()),
            metadata: item.metadata,
            correlation_id: item.origin.correlation_id,
            traceparent: traceparent_of(&item.span).map(|parent| parent.to_string()),
            deadline_seconds: item.deadline_seconds,
            webhook_url,
            announced: self.store.publisher.is_open(item.priority),
            payload: item.packed,
        })
    }

    async fn resolve(&mut self, tenant: &Tenant, reference: &RubricReference) -> LookUp {
        let known = self
            .looked_up
            .iter()
            .find(|(of, known, _)| of == tenant && known == reference);
        if let Some((.., found)) = known {
            return found.clone();
        }
        let found = match rubrics::resolve(&self.store.database, tenant, reference).await {
            Ok(Some(found)) => Ok(Arc::new(Resolved::from(found))),
            Ok(None) => Err(no_such_rubric(reference)),
            Err(error) => Err(error.into()),
        };
        self.looked_up
            .push((tenant.clone(), reference.clone(), found.clone()));
        found
    }

    fn default_rubric(&self) -> Result<RubricReference, Problem> {
        let name = &self.store.settings.judge.default_rubric;
        parse_reference(name).map_err(|problem| {
            Problem::internal(anyhow::anyhow!(
                "the setting default_rubric, `{name}`, {problem}"
            ))
        })
    }

    /// Whether there is such an evaluation.
    async fn exists(&self, tenant: &Tenant, id: EvaluationId) -> Result<bool, Problem> {
        let found = evaluations::find(&self.store.database, tenant, id).await?;
        Ok(found.is_some())
    }
}

fn no_such_rubric(reference: &RubricReference) -> Problem {
    let version = reference
        .version
        .map(|version| format!("@{version}"))
        .unwrap_or_default();
    Problem::invalid_field(
        "/rubric",
        format!("there is no rubric `{}{version}`", reference.name),
    )
}
