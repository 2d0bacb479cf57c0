//! The routes.

use actix_web::web::{self, Data, ServiceConfig};
use service::http::method_not_allowed;

use crate::routes;
use crate::state::State;

/// Every route, for `App::configure`.
pub(crate) fn configure(state: State) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(state))
            .service(
                web::resource("/v1/evaluations")
                    .route(web::post().to(routes::evaluations::post))
                    .default_service(method_not_allowed("POST")),
            )
            .service(
                web::resource("/v1/evaluations/batch")
                    .route(web::post().to(routes::batch::post))
                    .default_service(method_not_allowed("POST")),
            );
    }
}
