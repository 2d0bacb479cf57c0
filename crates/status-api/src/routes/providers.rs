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
///
/// Those that the settings name, and those that the tenant's own evaluations asked for lately by another name.
#[utoipa::path(
    get,
    path = "/v1/providers",
    operation_id = "get_providers",
    responses(
        (status = 200, description = "The deployments.", content_type = "application/json", body = ProviderStates),
        AllProblems
    )
)]
pub(crate) async fn get(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let lease = state.settings.worker.lease;
    let reports = deployment_states::load(&state.database, lease).await?;
    // Without keys everybody is one tenant; a worker of the release before does not say for whom it asked.
    let tenant = caller.key_id().map(|_| &caller.tenant);
    Ok(HttpResponse::Ok().json(deployments::merged(&reports, tenant)))
}
