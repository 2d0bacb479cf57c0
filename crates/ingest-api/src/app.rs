//! The routes.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error};
use service::ServiceName;
use service::http::{self, Resource, docs::Docs};

use crate::routes::{batch, evaluations};
use crate::state::State;

/// Every resource but those of the documentation.
fn resources() -> [Resource; 2] {
    [
        Resource::at("/v1/evaluations").post(evaluations::post),
        Resource::at("/v1/evaluations/batch").post(batch::post),
    ]
}

/// The whole application: every route, problem documents for all others, and a correlation id for each request.
pub fn app(
    state: State,
    docs: Docs,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .configure(configure(state, docs))
        .default_service(web::to(http::default_not_found))
        .wrap(http::correlation(ServiceName::IngestApi))
}

fn configure(state: State, docs: Docs) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(Data::new(state));
        for resource in resources().into_iter().chain(docs.resources()) {
            resource.register(config);
        }
    }
}

#[cfg(test)]
mod tests {
    use service::http::calls;

    use super::*;

    #[test]
    fn what_is_documented_is_what_there_is() {
        let docs = Docs::new(crate::openapi::document()).unwrap();
        let mut served = calls(&resources());
        served.extend(calls(&docs.resources()));
        assert_eq!(docs.calls(), served);
    }
}
