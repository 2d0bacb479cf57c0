//! `POST /v1/evaluations/{id}/labels` and `GET /v1/evaluations/{id}/labels`.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{Label, NewLabel, Page};
use domain::EvaluationId;
use domain::fields::Errors;
use domain::human_label::{self, Labelled};
use domain::json::Json;
use domain::rubric::{self, Rubric};
use serde_json::Value;
use service::http::{Caller, Parameters, body, expect_media_type};
use service::problem::Problem;
use storage::evaluations::{self, Evaluation};
use storage::labels::{self, LabelPosition, StoredLabel};
use storage::{payloads, plans, rubrics};
use uuid::Uuid;

use super::evaluations::not_found;
use crate::cursor;
use crate::openapi::{LabelProblems, ReadProblems};
use crate::query::PageQuery;
use crate::state::State;

/// A label is a few words, in bytes.
const MAX_LABEL_BYTES: u64 = 64 * 1024;

/// Stores what a person says of a candidate.
///
/// Nothing is replaced: of the same rater and criterion the newest label counts, and the others stay in the list.
#[utoipa::path(
    post,
    path = "/v1/evaluations/{id}/labels",
    operation_id = "post_label",
    params(("id" = EvaluationId, Path, description = "The evaluation's id.")),
    request_body(content = NewLabel, content_type = "application/json"),
    responses(
        (status = 201, description = "The label.", content_type = "application/json", body = Label),
        LabelProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    expect_media_type(&request, &["application/json"])?;
    let patience = state.settings.http.request_timeout;
    let body = body::whole(&request, payload, MAX_LABEL_BYTES, patience).await?;
    let json = Json::parse(&body)?;
    let found = evaluations::find(&state.database, &caller.tenant, id).await?;
    let evaluation = found.ok_or_else(|| not_found(id))?;
    let subject = Subject::of(&state, &caller, &evaluation).await?;
    let mut errors = Errors::default();
    let labelled = Labelled {
        rubric: subject.rubric.as_ref(),
        is_comparison: subject.is_comparison,
    };
    let label = human_label::parse(&json, labelled, &mut errors)
        .ok_or_else(|| Problem::invalid(errors.into_vec()))?;
    let stored = labels::add(&state.database, &caller.tenant, id, &label).await?;
    Ok(HttpResponse::Created().json(shown(stored.ok_or_else(|| not_found(id))?)))
}

/// The labels of an evaluation, the newest first, those that count no more among them.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}/labels",
    operation_id = "list_labels",
    params(
        ("id" = EvaluationId, Path, description = "The evaluation's id."),
        ("limit" = Option<u32>, Query, description = "How many at most; absent: 50.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page.", content_type = "application/json", body = Page<Label>),
        ReadProblems
    )
)]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let PageQuery { limit, after } = PageQuery::read(parameters)?;
    let after = after.map(|after| LabelPosition {
        created_at: after.created_at,
        id: after.id.0,
    });
    let found = labels::list(&state.database, &caller.tenant, id, limit + 1, after).await?;
    let mut found = found.ok_or_else(|| not_found(id))?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| {
        cursor::write(evaluations::Position {
            created_at: last.created_at,
            id: EvaluationId(last.id),
        })
    });
    Ok(HttpResponse::Ok().json(Page {
        items: found.into_iter().map(shown).collect(),
        next_cursor,
    }))
}

fn shown(stored: StoredLabel) -> Label {
    Label {
        id: stored.id,
        rater: stored.label.rater,
        criterion: stored.label.criterion,
        score: stored.label.score,
        preference: stored.label.preference,
        note: stored.label.note,
        created_at: stored.created_at,
        counts: stored.counts,
    }
}

/// What is labelled, as far as it is known.
struct Subject {
    rubric: Option<Rubric>,
    is_comparison: Option<bool>,
}

impl Subject {
    /// From the plan and the assessment where there are any, else from what was sent.
    async fn of(state: &State, caller: &Caller, evaluation: &Evaluation) -> Result<Self, Problem> {
        let rubric = stored_rubric(state, caller, evaluation).await?;
        let is_comparison = says_comparison(evaluation)?;
        if rubric.is_some() && is_comparison.is_some() {
            return Ok(Self {
                rubric,
                is_comparison,
            });
        }
        let payload = payloads::load(&state.database, &caller.tenant, evaluation.id).await?;
        let Some(payload) = payload else {
            return Ok(Self {
                rubric,
                is_comparison,
            });
        };
        let payload = Json::parse(&payload).map_err(Problem::internal)?;
        let inline = || {
            let inline = payload.get("rubric")?;
            rubric::parse(inline, "/rubric", &mut Errors::of_accepted())
        };
        let outputs = payload.get("outputs");
        Ok(Self {
            rubric: rubric.or_else(inline),
            is_comparison: is_comparison
                .or_else(|| Some(outputs.is_some_and(|value| !matches!(value, Json::Null)))),
        })
    }
}

/// The rubric of its plan, or the version that it will be judged by.
async fn stored_rubric(
    state: &State,
    caller: &Caller,
    evaluation: &Evaluation,
) -> Result<Option<Rubric>, Problem> {
    let plan = plans::load(&state.database, &caller.tenant, evaluation.id).await?;
    if let Some(plans::Stored::Known(plan)) = plan {
        return Ok(Some(plan.rubric));
    }
    // `inline` and `NAME@inline` have no version.
    let reference = rubric::parse_reference(&evaluation.rubric).ok();
    let Some(reference) = reference.filter(|reference| reference.version.is_some()) else {
        return Ok(None);
    };
    let found = rubrics::resolve(&state.database, &caller.tenant, &reference).await?;
    Ok(found.map(|found| found.into_rubric().into_owned()))
}

/// What a scored assessment says.
fn says_comparison(evaluation: &Evaluation) -> Result<Option<bool>, Problem> {
    let Some(assessment) = &evaluation.assessment else {
        return Ok(None);
    };
    let assessment: Value = serde_json::from_str(assessment.get()).map_err(Problem::internal)?;
    Ok(if !assessment["preference"].is_null() {
        Some(true)
    } else if !assessment["score"].is_null() {
        Some(false)
    } else {
        None
    })
}
