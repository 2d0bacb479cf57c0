//! A study that can begin.

use std::collections::BTreeSet;

use api::{StudyPreview, Usage};
use domain::{EvaluationId, Tenant};
use serde::Serialize;
use service::problem::Problem;
use storage::Database;
use storage::evaluations::Evaluation;
use storage::studies::{self, NewCase, NewStudy, StudyKind};
use uuid::Uuid;

use super::sample::Sampled;
use super::{Origin, read, usage};

/// Nothing is known of what something took.
const UNKNOWN: Usage = Usage {
    calls: 0,
    input_tokens: None,
    cached_input_tokens: None,
    cache_write_tokens: None,
    output_tokens: None,
    cost_usd: None,
    stages: Vec::new(),
    service_tiers: Vec::new(),
};

/// What a study asks, as it is stored.
pub(crate) trait Question: Serialize {
    /// Which kind it is of.
    const KIND: StudyKind;

    /// The version by which is judged: `name@version`.
    fn rubric(&self) -> &str;

    /// What it is compared with, in a check.
    fn against(&self) -> Option<&str>;

    /// The model that judges in the place of those that did, where one is asked for.
    fn judge(&self) -> Option<&str>;

    /// Which evaluations were looked at.
    fn sample(&self) -> &Sampled;
}

/// A study that can begin.
pub(crate) struct Planned<Q> {
    id: Uuid,
    asked: Q,
    cases: Vec<NewCase>,
    /// What the evaluations of the sample took, for each time that one is to be judged.
    estimate: Usage,
}

impl<Q: Question> Planned<Q> {
    /// A study of this id, with what it is about to take.
    ///
    /// # Errors
    /// 503.
    pub(super) async fn new(
        database: &Database,
        tenant: &Tenant,
        id: Uuid,
        asked: Q,
        cases: Vec<NewCase>,
    ) -> Result<Self, Problem> {
        let ids: BTreeSet<EvaluationId> = work(&cases).map(|case| case.of).collect();
        let before = read(database, tenant, ids).await?;
        let judged = || work(&cases).map(|case| before.get(&case.of));
        let mut estimate = usage(judged().flatten());
        // What was not judged before says nothing of what it takes, and what another model took nothing of the price.
        if judged().any(|it| it.is_none_or(|it| it.usage.calls == 0)) {
            estimate = Usage {
                calls: estimate.calls,
                ..UNKNOWN
            };
        }
        let is_of_judge = |it: &Evaluation| {
            asked
                .judge()
                .is_none_or(|judge| it.model.as_deref() == Some(judge))
        };
        if !judged().flatten().all(is_of_judge) {
            estimate.cost_usd = None;
        }
        Ok(Self {
            id,
            asked,
            cases,
            estimate,
        })
    }

    /// What it would take.
    pub(crate) fn preview(&self) -> StudyPreview {
        let chosen: BTreeSet<EvaluationId> = self.cases.iter().map(|case| case.of).collect();
        StudyPreview {
            rubric: self.asked.rubric().to_owned(),
            against: self.asked.against().map(str::to_owned),
            sample: self.asked.sample().shown(chosen.len()),
            evaluations: work(&self.cases).count() as u64,
            estimate: self.estimate.clone(),
        }
    }

    /// Whether there is nothing to judge or to compare.
    pub(crate) fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Stores it, unless it is there; says whether it is new, and its id.
    ///
    /// # Errors
    /// 503: it may be there all the same, and asking again is harmless.
    pub(crate) async fn begin(
        &self,
        database: &Database,
        origin: &Origin<'_>,
    ) -> Result<(Uuid, bool), Problem> {
        let study = NewStudy {
            id: self.id,
            tenant: origin.tenant,
            kind: Q::KIND,
            body: &self.asked,
            api_key: origin.api_key,
            correlation_id: origin.correlation_id,
            traceparent: origin.traceparent.as_deref(),
            cases: &self.cases,
        };
        Ok((self.id, studies::begin(database, &study).await?))
    }
}

/// Those for which something is judged.
fn work(cases: &[NewCase]) -> impl Iterator<Item = &NewCase> {
    cases.iter().filter(|case| case.work.is_some())
}
