//! `GET /v1/agreement`.

use std::collections::BTreeSet;

use ::agreement::Share;
use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use api::Agreement;
use domain::Tenant;
use domain::rubric::{self, Rubric, RubricReference, Scale};
use jiff::{SignedDuration, Timestamp};
use service::http::{Caller, Parameters};
use service::problem::{Problem, ProblemCode};
use storage::agreement::{self as labelled, LabelledEvaluations};
use storage::stats::{self, Interval, Selection, Tally};
use storage::{Database, rubrics};

use crate::agreement::{self, MAX_EVALUATIONS, Question, Values};
use crate::openapi::ReadProblems;
use crate::query::wrong;
use crate::routes::stats::{MAX_DAYS, next_hour};
use crate::state::State;

const KNOWN: &str = "rubric, criterion";

/// How far judges agree with the labels of people.
///
/// Of several labels of one rater the newest counts, and of several raters the mean, or for truths, categories and preferences
/// what most say. Figures are of the newest 1,000 labelled evaluations at most.
#[utoipa::path(
    get,
    path = "/v1/agreement",
    operation_id = "get_agreement",
    params(
        ("rubric" = String, Query, description = "`name@version`, or a name for all its stored versions."),
        ("criterion" = Option<String>, Query, description = "One of the rubric's criteria; absent: the whole."),
    ),
    responses(
        (status = 200, description = "The figures.", content_type = "application/json", body = Agreement),
        ReadProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(parameters)?;
    let (database, tenant) = (&state.database, &caller.tenant);
    let criterion = query.criterion.as_deref();
    let asked = asked(database, tenant, &query.reference, criterion).await?;
    let found = labelled::labelled(
        database,
        tenant,
        &query.reference,
        criterion,
        MAX_EVALUATIONS,
    );
    let found = found.await?;
    let selection = Selection {
        rubric: Some(query.rubric.clone()),
        ..Selection::default()
    };
    let mut question = asked
        .question(database, tenant, query.rubric, &found)
        .await?;
    if question.threshold.is_some() {
        question.passed = Some(passed(database, tenant, selection).await?);
    }
    // Intervals take as long as some hundred other answers.
    let answer = web::block(move || agreement::answer(question, &found)).await;
    Ok(HttpResponse::Ok().json(answer.map_err(Problem::internal)?))
}

/// How many evaluations of the last [`MAX_DAYS`] judges pass.
async fn passed(
    database: &Database,
    tenant: &Tenant,
    selection: Selection,
) -> Result<Share, Problem> {
    let to = next_hour();
    let begin = stats::begin(database, tenant).await?.unwrap_or(to);
    let most = SignedDuration::from_hours(24 * MAX_DAYS);
    let from = begin.max(to.saturating_sub(most).unwrap_or(Timestamp::MIN));
    let within = [from.min(to), to];
    let found = stats::load(database, tenant, &selection, Interval::Day, within).await?;
    let sum = |of: fn(&Tally) -> u64| found.intervals.values().map(of).sum::<u64>() as usize;
    Ok(Share {
        part: sum(|tally| tally.passed),
        whole: sum(|tally| tally.passed + tally.not_passed),
    })
}

/// What is asked of a set of labelled evaluations, by a version of a rubric.
///
/// # Errors
/// 404, 400 where the version has no such criterion, 503.
pub(crate) async fn question(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
    label: &str,
    criterion: Option<&str>,
    found: &LabelledEvaluations,
) -> Result<Question, Problem> {
    let asked = asked(database, tenant, reference, criterion).await?;
    asked
        .question(database, tenant, label.to_owned(), found)
        .await
}

/// Whether a version of a rubric has a criterion.
///
/// # Errors
/// 404, 503.
pub(crate) async fn has_criterion(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
    criterion: &str,
) -> Result<bool, Problem> {
    let rubric = find(database, tenant, reference).await?;
    let rubric = rubric.ok_or_else(|| no_such_rubric(reference))?;
    Ok(scale_of(&rubric, criterion).is_some())
}

/// A version of a rubric that is not there.
pub(crate) fn no_such_rubric(reference: &RubricReference) -> Problem {
    let version = reference.version.map(|version| format!("@{version}"));
    let (name, version) = (&reference.name, version.unwrap_or_default());
    Problem::new(ProblemCode::NotFound).with_detail(format!("there is no rubric `{name}{version}`"))
}

/// The version that is asked about, and its criterion.
struct Asked {
    rubric: Rubric,
    criterion: Option<(String, Scale)>,
}

async fn asked(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
    criterion: Option<&str>,
) -> Result<Asked, Problem> {
    let rubric = find(database, tenant, reference).await?;
    let rubric = rubric.ok_or_else(|| no_such_rubric(reference))?;
    let scale = criterion.map(|name| {
        let scale = scale_of(&rubric, name).cloned();
        scale.map(|scale| (name.to_owned(), scale)).ok_or_else(|| {
            let criteria = rubric.criteria.iter();
            let names: Vec<_> = criteria.map(|each| each.name.as_str()).collect();
            let known = format!("is none of the rubric; known here: {}", names.join(", "));
            wrong("criterion", &known)
        })
    });
    Ok(Asked {
        criterion: scale.transpose()?,
        rubric,
    })
}

impl Asked {
    async fn question(
        self,
        database: &Database,
        tenant: &Tenant,
        label: String,
        found: &LabelledEvaluations,
    ) -> Result<Question, Problem> {
        let criterion = self.criterion.as_ref();
        let criterion = criterion.map(|(name, scale)| (name.as_str(), scale));
        let alike = alike(database, tenant, criterion, found).await?;
        let threshold = self.rubric.pass_threshold.filter(|_| criterion.is_none());
        Ok(Question {
            values: criterion.map_or_else(
                || Values::of_whole(threshold),
                |(_, scale)| Values::of_scale(scale),
            ),
            threshold,
            passed: None,
            alike,
            rubric: label,
            criterion: self.criterion.map(|(name, _)| name),
        })
    }
}

/// The versions among the evaluations in which the criterion has this scale; all of them where the whole is asked about.
async fn alike(
    database: &Database,
    tenant: &Tenant,
    criterion: Option<(&str, &Scale)>,
    found: &LabelledEvaluations,
) -> Result<Vec<String>, Problem> {
    let versions: BTreeSet<&str> = found.newest.iter().map(|each| &*each.rubric).collect();
    let mut alike = Vec::new();
    for version in versions {
        let is_alike = match criterion {
            None => true,
            Some((name, scale)) => match rubric::parse_reference(version) {
                Ok(reference) => {
                    let found = find(database, tenant, &reference).await?;
                    let other = found.as_ref().and_then(|rubric| scale_of(rubric, name));
                    other.is_some_and(|other| Values::of_scale(other) == Values::of_scale(scale))
                }
                Err(_) => false,
            },
        };
        if is_alike {
            alike.push(version.to_owned());
        }
    }
    Ok(alike)
}

async fn find(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
) -> Result<Option<Rubric>, Problem> {
    let found = rubrics::resolve(database, tenant, reference).await?;
    Ok(found.map(|found| found.into_rubric().into_owned()))
}

fn scale_of<'r>(rubric: &'r Rubric, criterion: &str) -> Option<&'r Scale> {
    let mut criteria = rubric.criteria.iter();
    let found = criteria.find(|each| each.name == criterion);
    found.map(|found| &found.scale)
}

/// What is asked for.
struct Query {
    rubric: String,
    reference: RubricReference,
    criterion: Option<String>,
}

impl Query {
    fn read(parameters: Parameters) -> Result<Self, Problem> {
        let (mut rubric, mut criterion) = (None, None);
        for (key, value) in parameters.0 {
            match key.as_str() {
                "rubric" => rubric = Some(value),
                "criterion" => criterion = Some(value),
                _ => return Err(wrong(&key, &format!("is unknown; known here: {KNOWN}"))),
            }
        }
        let rubric = rubric.ok_or_else(|| wrong("rubric", "is required"))?;
        let reference =
            rubric::parse_reference(&rubric).map_err(|problem| wrong("rubric", problem))?;
        Ok(Self {
            rubric,
            reference,
            criterion,
        })
    }
}
