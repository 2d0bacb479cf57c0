//! The routes.

use actix_web::web::{self, Data, ServiceConfig};
use service::http::{extractors, get, method_not_allowed};

use crate::routes::{evaluations, rubrics};
use crate::state::State;

/// A rubric is text for people; no good one is larger than this, in bytes.
pub(crate) const LARGEST_RUBRIC: usize = 1024 * 1024;

/// Every route, for `App::configure`.
pub(crate) fn configure(state: State) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(state))
            .configure(extractors(LARGEST_RUBRIC))
            .service(
                web::resource("/v1/evaluations")
                    .route(get().to(evaluations::list))
                    .default_service(method_not_allowed("GET, HEAD")),
            )
            .service(
                web::resource("/v1/evaluations/{id}")
                    .route(get().to(evaluations::get))
                    .default_service(method_not_allowed("GET, HEAD")),
            )
            .service(
                web::resource("/v1/evaluations/{id}/payload")
                    .route(get().to(evaluations::payload))
                    .default_service(method_not_allowed("GET, HEAD")),
            )
            .service(
                web::resource("/v1/evaluations/{id}/cancel")
                    .route(web::post().to(evaluations::cancel))
                    .default_service(method_not_allowed("POST")),
            )
            .service(
                web::resource("/v1/evaluations/{id}/retry")
                    .route(web::post().to(evaluations::retry))
                    .default_service(method_not_allowed("POST")),
            )
            .service(
                web::resource("/v1/rubrics")
                    .route(get().to(rubrics::list))
                    .default_service(method_not_allowed("GET, HEAD")),
            )
            .service(
                web::resource("/v1/rubrics/{name}")
                    .route(get().to(rubrics::get))
                    .route(web::put().to(rubrics::put))
                    .default_service(method_not_allowed("GET, HEAD, PUT")),
            );
    }
}
