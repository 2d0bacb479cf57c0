//! The routes.

use actix_web::web::{Data, ServiceConfig};
use domain::api_key::Scope;
use service::http::{Resource, docs::Docs, extractors};

use crate::dashboard;
use crate::routes::{
    agreement, audits, budgets, calls, checks, commands, default_webhook, evaluations, events,
    export, keys, labels, providers, queue, rubrics, session, stats, timeline, webhook_secrets,
    webhooks,
};
use crate::state::State;

/// A rubric is text for people; no good one is larger than this, in bytes.
pub(crate) const MAX_RUBRIC_BYTES: usize = 1024 * 1024;

/// Every resource but those of the documentation.
fn resources() -> [Resource; 33] {
    [
        Resource::at("/v1/agreement")
            .get(agreement::get)
            .with_parameters(),
        Resource::at("/v1/audits")
            .post(audits::post)
            .with_scopes(&[Scope::Ingest])
            .with_parameters(),
        // Who asked for it may see what it found.
        Resource::at("/v1/audits/{id}")
            .get(audits::get)
            .with_scopes(&[Scope::Ingest, Scope::Read]),
        Resource::at("/v1/budgets").get(budgets::list),
        Resource::at("/v1/evaluations")
            .get(evaluations::list)
            .with_parameters(),
        // Before the one of any id.
        Resource::at("/v1/evaluations/cancel")
            .post(commands::cancel)
            .with_scopes(&[Scope::Ingest])
            .with_parameters(),
        Resource::at("/v1/evaluations/retry")
            .post(commands::retry)
            .with_scopes(&[Scope::Ingest])
            .with_parameters(),
        Resource::at("/v1/evaluations/export")
            .get(export::export)
            .with_parameters(),
        // Before all others of an id: by far the most is asked of it, and each costs a match.
        Resource::at("/v1/evaluations/{id}")
            .get(evaluations::get)
            .with_parameters(),
        Resource::at("/v1/evaluations/{id}/payload").get(evaluations::payload),
        Resource::at("/v1/evaluations/{id}/timeline")
            .get(timeline::get)
            .with_parameters(),
        Resource::at("/v1/evaluations/{id}/events").get(events::stream),
        Resource::at("/v1/evaluations/{id}/calls").get(calls::list),
        Resource::at("/v1/evaluations/{id}/calls/{step}")
            .get(calls::get)
            .with_parameters(),
        Resource::at("/v1/evaluations/{id}/cancel")
            .post(evaluations::cancel)
            .with_scopes(&[Scope::Ingest]),
        Resource::at("/v1/evaluations/{id}/retry")
            .post(evaluations::retry)
            .with_scopes(&[Scope::Ingest]),
        Resource::at("/v1/evaluations/{id}/labels")
            .get(labels::list)
            .with_parameters()
            .post(labels::post)
            .with_scopes(&[Scope::Read]),
        // Who gave a command may see how far it is.
        Resource::at("/v1/commands/{id}")
            .get(commands::get)
            .with_scopes(&[Scope::Ingest, Scope::Read]),
        Resource::at("/v1/keys")
            .get(keys::list)
            .with_scopes(&[Scope::Admin])
            .post(keys::post),
        Resource::at("/v1/keys/{id}").delete(keys::delete),
        Resource::at("/v1/providers").get(providers::get),
        Resource::at("/v1/queue").get(queue::get),
        Resource::at("/v1/rubrics").get(rubrics::list),
        Resource::at("/v1/rubrics/{name}")
            .get(rubrics::get)
            .put(rubrics::put)
            .with_scopes(&[Scope::Ingest]),
        Resource::at("/v1/rubrics/{name}/check")
            .post(checks::post)
            .with_scopes(&[Scope::Ingest])
            .with_parameters(),
        // Who asked for it may see what it found.
        Resource::at("/v1/rubrics/{name}/checks/{id}")
            .get(checks::get)
            .with_scopes(&[Scope::Ingest, Scope::Read])
            .with_parameters(),
        Resource::at("/v1/session")
            .get(session::get)
            .public()
            .post(session::post)
            .public()
            .delete(session::delete)
            .public(),
        Resource::at("/v1/stats").get(stats::get).with_parameters(),
        Resource::at("/v1/webhooks/default")
            .get(default_webhook::get)
            .with_scopes(&[Scope::Admin])
            .put(default_webhook::put)
            .delete(default_webhook::delete),
        Resource::at("/v1/webhooks/deliveries")
            .get(webhooks::list)
            .with_parameters(),
        Resource::at("/v1/webhooks/deliveries/{id}/redeliver")
            .post(webhooks::redeliver)
            .with_scopes(&[Scope::Ingest]),
        Resource::at("/v1/webhooks/secrets")
            .get(webhook_secrets::list)
            .with_scopes(&[Scope::Admin])
            .post(webhook_secrets::post),
        Resource::at("/v1/webhooks/secrets/{id}").delete(webhook_secrets::delete),
    ]
}

/// Adds the routes, those of the documentation among them, and what their handlers share.
pub fn configure(state: State, docs: Docs) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(state.authenticator.clone()))
            .app_data(Data::new(state.limits.clone()))
            .app_data(Data::new(state))
            .configure(extractors(MAX_RUBRIC_BYTES));
        for resource in resources().into_iter().chain(docs.resources()) {
            resource.register(config);
        }
        dashboard::configure(config);
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
