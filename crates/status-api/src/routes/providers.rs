//! `GET /v1/providers`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use api::ProviderStates;
use service::http::Caller;
use service::problem::Problem;
use storage::deployment_states;

use crate::deployments;
use crate::openapi::AllProblems;
use crate::state::State;

/// How the deployments of judge models are.
#[utoipa::path(
    get,
    path = "/v1/providers",
    operation_id = "get_providers",
    responses(
        (status = 200, description = "The deployments.", content_type = "application/json", body = ProviderStates),
        AllProblems
    )
)]
pub(crate) async fn get(state: Data<State>, _caller: Caller) -> Result<HttpResponse, Problem> {
    let lease = state.settings.worker.lease;
    let reports = deployment_states::load(&state.database, lease).await?;
    Ok(HttpResponse::Ok().json(deployments::merged(&reports)))
}
