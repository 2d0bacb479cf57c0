//! What every API is beside its own routes.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error};

use super::{correlation, default_not_found};
use crate::ServiceName;

/// The whole application: the routes that `configure` adds, problem documents for all others, and a correlation id for each
/// request.
pub fn app(
    service: ServiceName,
    configure: impl FnOnce(&mut ServiceConfig),
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
        .configure(configure)
        .default_service(web::to(default_not_found))
        .wrap(correlation(service))
}
