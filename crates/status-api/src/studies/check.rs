//! Checks: what a rubric version says of labelled evaluations, beside another one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::{Check, Flip, FlippedCase, StudyCoverage, StudyPreview, StudyStatus};
use domain::identity::derived_id;
use domain::rubric::{Rubric, RubricReference, parse_reference};
use domain::{EvaluationId, State as Stage, Tenant};
use serde::{Deserialize, Serialize};
use service::problem::{Problem, ProblemCode};
use storage::Database;
use storage::agreement::LabelledEvaluations;
use storage::evaluations::{Evaluation, Filter};
use storage::studies::{self, Case, NewCase, NewStudy, NewWork, Study, StudyKind};
use uuid::Uuid;

use super::sample::{self, Sampled};
use super::verdict::{self, Verdict};
use super::{Origin, Version, judged_id, judging, read, usage, version};
use crate::agreement::{self, Question};
use crate::query::{Against, CheckQuery};
use crate::routes::agreement::question;

/// The variants of a check.
const AFTER: &str = "after";
const BEFORE: &str = "before";
/// In the place of a version: that by which each was judged.
const JUDGED: &str = "judged";

/// What was asked, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    rubric: String,
    against: String,
    sample: Sampled,
}

/// A check that can begin.
pub(crate) struct Planned {
    id: Uuid,
    asked: Asked,
    cases: Vec<NewCase>,
    /// What the labelled evaluations took, for each time that one is to be judged.
    estimate: api::Usage,
}

/// What stands for the version that is compared with. `None`: that by which each was judged.
async fn compared_with(
    database: &Database,
    tenant: &Tenant,
    checked: &str,
    asked: Option<Against>,
) -> Result<Option<Version>, Problem> {
    let reference =
        parse_reference(checked).map_err(|it| Problem::internal(anyhow::anyhow!(it)))?;
    let of = |version| RubricReference {
        version: Some(version),
        ..reference.clone()
    };
    let number = match asked {
        Some(Against::Judged) => return Ok(None),
        Some(Against::Version(number)) => number,
        None => match reference.version.unwrap_or(1) - 1 {
            0 => return Ok(None),
            before => return version(database, tenant, &of(before)).await,
        },
    };
    let wrong = |problem: String| crate::query::wrong("against", &problem);
    if reference.version == Some(number) {
        return Err(wrong("is the version that is checked".to_owned()));
    }
    let found = version(database, tenant, &of(number)).await?;
    let missing = || wrong(format!("names no version of `{}`", reference.name));
    found.map(Some).ok_or_else(missing)
}

/// Decides what a check has judged.
///
/// # Errors
/// 404, 400, 503.
pub(crate) async fn plan(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
    query: CheckQuery,
) -> Result<Planned, Problem> {
    let checked = version(database, tenant, reference).await?;
    let checked = checked.ok_or_else(|| {
        let detail = format!("there is no such version of a rubric `{}`", reference.name);
        Problem::new(ProblemCode::NotFound).with_detail(detail)
    })?;
    let before = compared_with(database, tenant, &checked.label, query.against).await?;
    let filter = Filter {
        labelled: Some(true),
        ..query.filter
    };
    let (mut sampled, candidates) =
        sample::choose(database, tenant, &filter, &reference.name, query.sample).await?;
    let mut pairs = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        // What was judged by a version already, or will be, stands as it is.
        let stands = |version: &Version| {
            let ends_well = !matches!(candidate.state, Stage::Failed | Stage::Cancelled);
            candidate.rubric == version.label && ends_well
        };
        let missing: Vec<(&'static str, &Version)> =
            [(AFTER, Some(&checked)), (BEFORE, before.as_ref())]
                .into_iter()
                .filter_map(|(variant, version)| Some((variant, version?)))
                .filter(|(_, version)| !stands(version))
                .collect();
        if !missing.is_empty() {
            let rubrics: Vec<&Rubric> = missing.iter().map(|(_, it)| &it.rubric).collect();
            let payload = sample::payload(database, tenant, candidate.id, &rubrics).await?;
            if let Err(reason) = payload {
                sampled.leave_out(reason);
                continue;
            }
        }
        for variant in [AFTER, BEFORE] {
            let work = missing.iter().find(|(missing, _)| *missing == variant);
            pairs.push((candidate.id, variant, work.map(|(_, it)| it.label.clone())));
        }
    }
    let asked = Asked {
        rubric: checked.label,
        against: before.map_or_else(|| JUDGED.to_owned(), |before| before.label),
        sample: sampled,
    };
    planned(database, tenant, asked, query.run.as_deref(), pairs).await
}

/// The check with its ids: made of what was asked and of the sample, so that whoever asks again gets the same.
async fn planned(
    database: &Database,
    tenant: &Tenant,
    asked: Asked,
    run: Option<&str>,
    pairs: Vec<(EvaluationId, &'static str, Option<String>)>,
) -> Result<Planned, Problem> {
    let mut parts = vec![
        asked.rubric.clone(),
        asked.against.clone(),
        run.unwrap_or_default().to_owned(),
    ];
    parts.extend(pairs.iter().map(|(id, variant, work)| {
        let own = if work.is_some() { " judged" } else { "" };
        format!("{id} {variant}{own}")
    }));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let id = derived_id(tenant, "check", &parts);
    let cases = pairs.into_iter().map(|(of, variant, work)| NewCase {
        of,
        variant,
        judged: match &work {
            None => of,
            Some(_) => judged_id(tenant, id, of, variant),
        },
        work: work.map(|rubric| NewWork {
            rubric,
            payload: None,
        }),
    });
    let cases: Vec<NewCase> = cases.collect();
    let work = || cases.iter().filter(|case| case.work.is_some());
    let ids: BTreeSet<EvaluationId> = work().map(|case| case.of).collect();
    let before = read(database, tenant, ids).await?;
    let estimate = usage(work().filter_map(|case| before.get(&case.of)));
    Ok(Planned {
        id,
        asked,
        cases,
        estimate,
    })
}

impl Planned {
    /// What it would take.
    pub(crate) fn preview(&self) -> StudyPreview {
        let chosen: BTreeSet<EvaluationId> = self.cases.iter().map(|case| case.of).collect();
        let work = self.cases.iter().filter(|case| case.work.is_some());
        StudyPreview {
            rubric: self.asked.rubric.clone(),
            against: Some(self.asked.against.clone()),
            sample: self.asked.sample.shown(chosen.len()),
            evaluations: work.count() as u64,
            estimate: self.estimate.clone(),
        }
    }

    /// Whether there is nothing to compare.
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
            kind: StudyKind::Check,
            body: &self.asked,
            correlation_id: origin.correlation_id,
            traceparent: origin.traceparent.as_deref(),
            cases: &self.cases,
        };
        Ok((self.id, studies::begin(database, &study).await?))
    }
}

/// A check as it stands. `None`: there is none of this rubric and id.
///
/// # Errors
/// 400 where the version has no such criterion; 503.
pub(crate) async fn find(
    database: &Database,
    tenant: &Tenant,
    rubric: &RubricReference,
    id: Uuid,
    criterion: Option<String>,
) -> Result<Option<Check>, Problem> {
    let found = studies::find::<Asked>(database, tenant, StudyKind::Check, id).await?;
    let Some(study) = found else {
        return Ok(None);
    };
    let reference = parse_reference(&study.body.rubric);
    let reference = reference.map_err(|it| Problem::internal(anyhow::anyhow!(it)))?;
    let is_named = rubric
        .version
        .is_none_or(|it| Some(it) == reference.version);
    if reference.name != rubric.name || !is_named {
        return Ok(None);
    }
    let read = Read::of(database, tenant, study, criterion).await?;
    let labels = read.labelled(database, tenant).await?;
    let mut sides = Vec::with_capacity(2);
    for (label, found) in [&read.study.body.rubric, &read.study.body.against]
        .into_iter()
        .zip(labels)
    {
        // Of what was judged by several versions the checked one says the threshold and the scale.
        let named = match label.as_str() {
            JUDGED => reference.clone(),
            label => parse_reference(label).map_err(|it| Problem::internal(anyhow::anyhow!(it)))?,
        };
        let asked = question(database, tenant, &named, label, read.criterion(), &found).await?;
        sides.push((asked, found));
    }
    // Intervals take as long as some hundred other answers.
    let answer = actix_web::web::block(move || answer(id, &read, sides)).await;
    answer.map_err(Problem::internal)
}

/// A check with all that it looks at.
struct Read {
    study: Study<Asked>,
    criterion: Option<String>,
    evaluations: HashMap<EvaluationId, Evaluation>,
    /// By labelled evaluation, the newest first: what it was, and what it is.
    pairs: Vec<(EvaluationId, EvaluationId, EvaluationId)>,
}

impl Read {
    async fn of(
        database: &Database,
        tenant: &Tenant,
        study: Study<Asked>,
        criterion: Option<String>,
    ) -> Result<Self, Problem> {
        let ids: BTreeSet<EvaluationId> = study.cases.iter().map(|case| case.judged).collect();
        let evaluations = read(database, tenant, ids).await?;
        let of = |variant: &'static str| {
            let cases = study.cases.iter();
            cases.filter(move |case: &&Case| case.variant == variant)
        };
        let before: HashMap<EvaluationId, EvaluationId> =
            of(BEFORE).map(|case| (case.of, case.judged)).collect();
        let pairs = of(AFTER)
            .filter_map(|case| Some((case.of, *before.get(&case.of)?, case.judged)))
            .collect();
        Ok(Self {
            study,
            criterion,
            evaluations,
            pairs,
        })
    }

    fn criterion(&self) -> Option<&str> {
        self.criterion.as_deref()
    }

    /// What it is and what it was, each beside what people say.
    async fn labelled(
        &self,
        database: &Database,
        tenant: &Tenant,
    ) -> Result<[LabelledEvaluations; 2], Problem> {
        let ids: Vec<EvaluationId> = self.pairs.iter().map(|(of, ..)| *of).collect();
        let ratings = studies::ratings(database, tenant, &ids, self.criterion()).await?;
        let side = |judged: fn(&(EvaluationId, EvaluationId, EvaluationId)) -> EvaluationId| {
            let labelled = self.pairs.iter().filter_map(|pair| {
                let (ratings, evaluation) =
                    (ratings.get(&pair.0)?, self.evaluations.get(&judged(pair))?);
                let ratings = ratings.clone();
                Some(verdict::labelled(
                    evaluation,
                    self.criterion(),
                    pair.0,
                    ratings,
                ))
            });
            let newest: Vec<_> = labelled.collect();
            LabelledEvaluations {
                count: newest.len() as u64,
                newest,
            }
        };
        Ok([side(|pair| pair.2), side(|pair| pair.1)])
    }

    /// The verdict of one of its evaluations.
    fn verdict(&self, id: EvaluationId, side: &str) -> Result<Verdict, String> {
        let evaluation = self.evaluations.get(&id);
        let verdict = evaluation.map_or(Err("not_ended"), |it| verdict::of(it, self.criterion()));
        verdict.map_err(|reason| format!("{reason}_{side}"))
    }
}

fn answer(id: Uuid, read: &Read, sides: Vec<(Question, LabelledEvaluations)>) -> Option<Check> {
    let (mut changes, mut reasons) = (Vec::new(), BTreeMap::new());
    let mut flips: BTreeMap<(String, String), Vec<FlippedCase>> = BTreeMap::new();
    for (of, was, is) in &read.pairs {
        let both = read
            .verdict(*was, BEFORE)
            .and_then(|was| Ok((was, read.verdict(*is, AFTER)?)));
        let (before, after) = match both {
            Ok(both) => both,
            Err(reason) => {
                *reasons.entry(reason).or_default() += 1;
                continue;
            }
        };
        changes.push(after.value - before.value);
        if let (Some(from), Some(to)) = (before.word, after.word)
            && from != to
        {
            flips.entry((from, to)).or_default().push(FlippedCase {
                id: *of,
                before: *was,
                after: *is,
            });
        }
    }
    let mut sides = sides.into_iter();
    let ((after, said_after), (before, said_before)) = (sides.next()?, sides.next()?);
    let how = agreement::resampling(&after);
    let (asked, judging) = (
        &read.study.body,
        judging(&read.study.cases, &read.evaluations),
    );
    let chosen = read.pairs.len() as u64;
    Some(Check {
        id,
        rubric: asked.rubric.clone(),
        against: asked.against.clone(),
        status: StudyStatus::of(&judging),
        created_at: read.study.created_at,
        criterion: read.criterion.clone(),
        sample: asked.sample.shown(read.pairs.len()),
        judging,
        coverage: StudyCoverage {
            chosen,
            compared: changes.len() as u64,
            share: crate::figures::share(changes.len() as u64, chosen),
            reasons,
        },
        flips: flips
            .into_iter()
            .map(|((from, to), cases)| Flip {
                from,
                to,
                count: cases.len() as u64,
                cases,
            })
            .collect(),
        score_change: agreement::estimate(&changes, how, ::agreement::mean),
        accuracy_change: agreement::accuracy_change((&before, &said_before), (&after, &said_after)),
        after: agreement::answer(after, &said_after),
        before: agreement::answer(before, &said_before),
    })
}
