//! A study that can begin.

use std::collections::BTreeSet;

use api::StudyPreview;
use domain::{EvaluationId, Tenant};
use serde::Serialize;
use service::problem::Problem;
use storage::Database;
use storage::studies::{self, NewCase, NewStudy, StudyKind};
use uuid::Uuid;

use super::sample::Sampled;
use super::{Origin, read, usage};

/// What a study asks, as it is stored.
pub(crate) trait Question: Serialize {
    /// Which kind it is of.
    const KIND: StudyKind;

    /// The version by which is judged: `name@version`.
    fn rubric(&self) -> &str;

    /// What it is compared with, in a check.
    fn against(&self) -> Option<&str>;

    /// Which evaluations were looked at.
    fn sample(&self) -> &Sampled;
}

/// A study that can begin.
pub(crate) struct Planned<Q> {
    id: Uuid,
    asked: Q,
    cases: Vec<NewCase>,
    /// What the evaluations of the sample took, for each time that one is to be judged.
    estimate: api::Usage,
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
        let estimate = usage(work(&cases).filter_map(|case| before.get(&case.of)));
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
