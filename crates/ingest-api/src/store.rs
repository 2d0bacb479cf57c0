//! From payloads that were read to evaluations that are stored, in one transaction.

use std::sync::Arc;

use queue::stream::Entry;
use service::problem::{Problem, ProblemCode};
use service::settings::Settings;
use service::telemetry::Annotate as _;
use storage::Database;
use storage::evaluations::{self, NewEvaluation, Submitted};
use tracing::Span;

use crate::intake::Incoming;
use crate::prepare::Preparation;
use crate::stream_publisher::StreamPublisher;

/// Where evaluations go; clones are cheap.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) settings: Arc<Settings>,
    pub(crate) database: Database,
    pub(crate) publisher: StreamPublisher,
}

/// What one of several became.
pub(crate) type SubmitResult = Result<Submitted, Problem>;

impl Store {
    /// Stores what could be read and can be judged, and rings for what is new. The answers are in the order of the items.
    pub(crate) async fn submit_all(
        &self,
        items: Vec<Result<Incoming, Problem>>,
    ) -> Vec<SubmitResult> {
        let mut preparation = Preparation::new(self);
        let (mut good, mut places) = (Vec::new(), Vec::with_capacity(items.len()));
        // Each ends when its evaluation is durable, or known not to be.
        let mut spans = Vec::with_capacity(items.len());
        for item in items {
            let fitted = match item {
                Ok(item) => {
                    spans.push(item.span.clone());
                    preparation.prepare(item).await
                }
                Err(problem) => {
                    spans.push(Span::none());
                    Err(problem)
                }
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
        let answers = places.into_iter().map(|place| place.and_then(|()| next()));
        answers
            .zip(spans)
            .map(|(answer, span)| answer.inspect_err(|problem| span.fail(problem.code().as_str())))
            .collect()
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
            self.publisher.publish(item.priority, entry);
        }
    }
}

/// Nobody was there to store it, or not in time. It may still be stored.
pub(crate) fn timed_out() -> Problem {
    Problem::new(ProblemCode::DependencyUnavailable)
        .with_detail("it was not stored in time; posting it again is harmless")
}
