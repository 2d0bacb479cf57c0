//! The routes.

use actix_web::web::{Data, ServiceConfig};
use domain::api_key::Scope;
use service::http::{Resource, docs::Docs};

use crate::routes::{batch, evaluations};
use crate::state::State;

/// Every resource but those of the documentation.
fn resources() -> [Resource; 2] {
    [
        Resource::at("/v1/evaluations")
            .post(evaluations::post)
            .with_scopes(&[Scope::Ingest]),
        Resource::at("/v1/evaluations/batch")
            .post(batch::post)
            .with_scopes(&[Scope::Ingest]),
    ]
}

/// Adds the routes, those of the documentation among them, and what their handlers share.
pub fn configure(state: State, docs: Docs) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(state.authenticator.clone()))
            .app_data(Data::new(state.limits.clone()))
            .app_data(Data::new(state));
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

    #[test]
    fn the_documents_say_which_scope_each_call_needs() {
        let documented = include_str!("../../../docs/security.md");
        for row in resources().iter().flat_map(Resource::rows) {
            assert!(documented.contains(&row), "docs/security.md lacks {row}");
        }
    }
}
