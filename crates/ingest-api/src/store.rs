//! From payloads that were read to evaluations that are stored, in one transaction.

use std::sync::Arc;

use domain::rubric::{RubricReference, parse_reference};
use domain::{EvaluationId, Tenant};
use queue::stream::Entry;
use service::problem::{Problem, ProblemCode};
use service::settings::Settings;
use storage::Database;
use storage::evaluations::{self, NewEvaluation, Submitted};

use crate::intake::{self, Incoming};
use crate::rubrics::{Resolved, Rubrics};
use crate::stream_publisher::StreamPublisher;

/// Where evaluations go; clones are cheap.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) settings: Arc<Settings>,
    pub(crate) database: Database,
    pub(crate) doorbell: StreamPublisher,
    pub(crate) rubrics: Rubrics,
}

/// What one of several became.
pub(crate) type SubmitResult = Result<Submitted, Problem>;

impl Store {
    /// Stores what could be read and can be judged, and rings for what is new. The answers are in the order of the items.
    pub(crate) async fn submit_all(
        &self,
        items: Vec<Result<Incoming, Problem>>,
    ) -> Vec<SubmitResult> {
        let mut looked_up = LookedUp::default();
        let (mut good, mut places) = (Vec::new(), Vec::with_capacity(items.len()));
        for item in items {
            let fitted = match item {
                Ok(item) => self.prepare(item, &mut looked_up).await,
                Err(problem) => Err(problem),
            };
            places.push(fitted.map(|evaluation| good.push(evaluation)));
        }
        let mut stored = self.submit(&good).await.into_iter();
        let mut next = || {
            let none = || {
                Err(Problem::internal(anyhow::anyhow!(
                    "an item without an answer"
                )))
            };
            stored.next().unwrap_or_else(none)
        };
        places
            .into_iter()
            .map(|place| place.and_then(|()| next()))
            .collect()
    }

    async fn prepare(
        &self,
        item: Incoming,
        looked_up: &mut LookedUp,
    ) -> Result<NewEvaluation, Problem> {
        let tenant = &item.origin.tenant;
        let resolved = match (&item.rubric, &item.reference) {
            (Some(inline), _) => Arc::clone(inline),
            (None, Some(reference)) => self.resolve(tenant, reference, looked_up).await?,
            (None, None) => {
                let usual = self.default_rubric()?;
                self.resolve(tenant, &usual, looked_up).await?
            }
        };
        let misfits = item.shape.incompatibilities(&resolved.rubric);
        // What was taken once is answered as it was, also where a newer version of its rubric would not fit it.
        if !misfits.is_empty() && !self.exists(tenant, item.identity.id).await? {
            return Err(Problem::invalid(misfits));
        }
        let announced = self.doorbell.is_open(item.priority);
        Ok(item.into_evaluation(&resolved, announced))
    }

    /// Looks a rubric up, once for all items that name it.
    async fn resolve(
        &self,
        tenant: &Tenant,
        reference: &RubricReference,
        looked_up: &mut LookedUp,
    ) -> Result<Arc<Resolved>, Problem> {
        let known = looked_up
            .0
            .iter()
            .find(|(of, known, _)| of == tenant && known == reference);
        if let Some((.., found)) = known {
            return found.clone();
        }
        let found = match self.rubrics.resolve(tenant, reference).await {
            Ok(Some(resolved)) => Ok(Arc::new(resolved)),
            Ok(None) => Err(intake::no_such_rubric(reference)),
            Err(error) => Err(error.into()),
        };
        looked_up
            .0
            .push((tenant.clone(), reference.clone(), found.clone()));
        found
    }

    fn default_rubric(&self) -> Result<RubricReference, Problem> {
        let name = &self.settings.judge.default_rubric;
        parse_reference(name).map_err(|problem| {
            Problem::internal(anyhow::anyhow!(
                "the setting default_rubric, `{name}`, {problem}"
            ))
        })
    }

    /// Whether there is such an evaluation.
    async fn exists(&self, tenant: &Tenant, id: EvaluationId) -> Result<bool, Problem> {
        let found = evaluations::find(&self.database, tenant, id).await?;
        Ok(found.is_some())
    }

    /// Stores evaluations in one transaction. When the database refuses it, each is tried by itself: what is wrong
    /// with one must not cost the others their place.
    async fn submit(&self, items: &[NewEvaluation]) -> Vec<SubmitResult> {
        if items.is_empty() {
            return Vec::new();
        }
        match evaluations::submit(&self.database, items).await {
            Ok(submitted) => {
                self.publish(items, &submitted);
                submitted.into_iter().map(Ok).collect()
            }
            Err(error) if items.len() == 1 || error.is_unavailable() => {
                let problem = Problem::from(error);
                items.iter().map(|_| Err(problem.clone())).collect()
            }
            Err(error) => {
                tracing::warn!(%error, items = items.len(), "refused together; stored one by one");
                let mut answers = Vec::with_capacity(items.len());
                for item in items {
                    let item = std::slice::from_ref(item);
                    answers.extend(Box::pin(self.submit(item)).await);
                }
                answers
            }
        }
    }

    fn publish(&self, items: &[NewEvaluation], submitted: &[Submitted]) {
        let new = items
            .iter()
            .zip(submitted)
            .filter(|(item, submitted)| item.announced && submitted.created);
        for (item, _) in new {
            let entry = Entry {
                id: item.identity.id,
                tenant: item.tenant.as_str().to_owned(),
                size: Some(item.payload.size as u64),
                traceparent: item.traceparent.clone(),
            };
            self.doorbell.publish(item.priority, entry);
        }
    }
}

/// The rubrics that the items of one transaction name.
#[derive(Default)]
struct LookedUp(Vec<(Tenant, RubricReference, Result<Arc<Resolved>, Problem>)>);

/// Nobody was there to store it, or not in time. It may still be stored.
pub(crate) fn timed_out() -> Problem {
    Problem::new(ProblemCode::DependencyUnavailable)
        .with_detail("it was not stored in time; posting it again is harmless")
}
