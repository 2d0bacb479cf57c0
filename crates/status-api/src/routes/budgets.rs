//! `GET /v1/budgets`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use api::{Budget, Page};
use service::http::Caller;
use service::problem::Problem;
use storage::budgets;

use crate::openapi::AllProblems;
use crate::state::State;

/// The budgets of the caller's tenant and of its keys, and what of them is used.
///
/// They are set by `ingest-api budgets set`. Who has none may spend what the provider gives.
#[utoipa::path(
    get,
    path = "/v1/budgets",
    operation_id = "list_budgets",
    responses(
        (status = 200, description = "The budgets.", content_type = "application/json", body = Page<Budget>),
        AllProblems
    )
)]
pub(crate) async fn list(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let stored = budgets::list(&state.database, Some(&caller.tenant)).await?;
    let items = stored.into_iter().map(|budget| Budget {
        key_id: budget.api_key,
        period: budget.period,
        began: budget.began,
        limit_usd: budget.limit.to_string(),
        spent_usd: budget.spent.to_string(),
        reserved_usd: budget.reserved.to_string(),
    });
    Ok(HttpResponse::Ok().json(Page {
        items: items.collect(),
        next_cursor: None,
    }))
}
