//! What the documentation says beside the routes themselves.

use std::collections::BTreeMap;

use service::http::docs::{Docs, problems};
use service::problem::ProblemCode as Code;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, OpenApi};

use crate::routes::{
    agreement, audits, budgets, calls, checks, commands, default_webhook, evaluations, events,
    export, keys, labels, providers, queue, rubrics, session, stats, timeline, webhook_secrets,
    webhooks,
};

/// The API without its documentation's own calls.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "autorater status-api",
        description = "Everything about what exists: evaluations and their assessments, labels, commands for many of them, and rubrics."
    ),
    paths(
        agreement::get,
        audits::post,
        audits::get,
        budgets::list,
        evaluations::list,
        evaluations::get,
        evaluations::payload,
        timeline::get,
        events::stream,
        calls::list,
        calls::get,
        evaluations::cancel,
        evaluations::retry,
        labels::post,
        labels::list,
        keys::post,
        keys::list,
        keys::delete,
        export::export,
        commands::cancel,
        commands::retry,
        commands::get,
        providers::get,
        queue::get,
        rubrics::list,
        rubrics::get,
        rubrics::put,
        checks::post,
        checks::get,
        session::get,
        session::post,
        session::delete,
        stats::get,
        webhooks::list,
        webhooks::redeliver,
        webhook_secrets::post,
        webhook_secrets::list,
        webhook_secrets::delete,
        default_webhook::put,
        default_webhook::get,
        default_webhook::delete
    ),
    components(schemas(api::ProgressEvent, api::WebhookMessage))
)]
struct Document;

/// The documentation as it is served.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn docs() -> anyhow::Result<Docs> {
    Docs::new(document())
}

pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

macro_rules! problems_of {
    ($($(#[doc = $doc:literal])+ $Name:ident: $($Code:ident),+;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $Name;

        impl IntoResponses for $Name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$(Code::$Code),+])
            }
        }
    )+};
}

problems_of! {
    /// Of what is asked with parameters, and is always there.
    ListProblems: InvalidQuery, DependencyUnavailable;
    /// Of a check or an audit that is asked for.
    CheckProblems: InvalidQuery, NotFound, InvalidRequest, DependencyUnavailable;
    /// Of a command for all that match.
    BulkProblems: InvalidQuery, InvalidRequest, DependencyUnavailable;
    /// Of everything that matches.
    ExportProblems: InvalidQuery, Overloaded, DependencyUnavailable;
    /// Of a label that is stored.
    LabelProblems: MalformedJson, InvalidQuery, NotFound, PayloadTooLarge, UnsupportedMediaType,
        UnsupportedContentEncoding, InvalidRequest, DependencyUnavailable;
    /// Of a key that is made.
    KeyProblems: MalformedJson, InvalidQuery, PayloadTooLarge, UnsupportedMediaType, UnsupportedContentEncoding,
        InvalidRequest;
    /// Of a login.
    SessionProblems: MalformedJson, InvalidQuery, Unauthenticated, Forbidden, Conflict, PayloadTooLarge,
        UnsupportedMediaType, UnsupportedContentEncoding, InvalidRequest, DependencyUnavailable;
    /// Of a logout.
    LogoutProblems: InvalidQuery, Forbidden;
    /// Of what is read, and may not be there.
    ReadProblems: InvalidQuery, NotFound, DependencyUnavailable;
    /// Of what is read, or waited for.
    WaitProblems: InvalidQuery, NotFound, Overloaded, DependencyUnavailable;
    /// Of a stream.
    StreamProblems: InvalidHeader, NotFound, Overloaded, DependencyUnavailable;
    /// Of what is read without a name.
    AllProblems: InvalidQuery, DependencyUnavailable;
    /// Of a wish that may come too late.
    WishProblems: InvalidQuery, NotFound, Conflict, DependencyUnavailable;
    /// Of a rubric that is stored.
    PutProblems: MalformedJson, InvalidQuery, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType,
        UnsupportedContentEncoding, InvalidRequest, DependencyUnavailable;
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The dashboard's types are made from this file (`npm run types`).
    #[test]
    fn the_dashboard_has_the_document() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboard/src/api/openapi.json");
        let docs = docs().unwrap();
        let document: serde_json::Value = serde_json::from_slice(docs.json()).unwrap();
        let mut expected = serde_json::to_string_pretty(&document).unwrap();
        expected.push('\n');
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == expected,
            "the API is not what dashboard/src/api/openapi.json says; UPDATE_OPENAPI=1 cargo test -p status-api writes it"
        );
    }
}
