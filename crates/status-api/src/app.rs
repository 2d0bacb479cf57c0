//! The routes.

use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use service::http::{extractors, method_not_allowed};

use crate::routes::{evaluations, rubrics};
use crate::state::State;

/// A rubric is text for people; no good one is larger than this, in bytes.
const LARGEST_RUBRIC: usize = 1024 * 1024;

/// Every route, for `App::configure`.
pub(crate) fn configure(state: State) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(state))
            .app_data(PayloadConfig::new(LARGEST_RUBRIC))
            .configure(extractors(LARGEST_RUBRIC))
            .service(
                web::resource("/v1/evaluations")
                    .route(web::get().to(evaluations::list))
                    .default_service(method_not_allowed("GET")),
            )
            .service(
                web::resource("/v1/evaluations/{id}")
                    .route(web::get().to(evaluations::get))
                    .default_service(method_not_allowed("GET")),
            )
            .service(
                web::resource("/v1/evaluations/{id}/payload")
                    .route(web::get().to(evaluations::payload))
                    .default_service(method_not_allowed("GET")),
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
                    .route(web::get().to(rubrics::list))
                    .default_service(method_not_allowed("GET")),
            )
            .service(
                web::resource("/v1/rubrics/{name}")
                    .route(web::get().to(rubrics::get))
                    .route(web::put().to(rubrics::put))
                    .default_service(method_not_allowed("GET, PUT")),
            );
    }
}
