//! The names of everything that is exported over OTLP, each here and nowhere else.
//!
//! General names follow the OpenTelemetry semantic conventions 1.45.0; names of `gen_ai.` the GenAI semantic conventions
//! 0.1.0, all of which are in development and may be renamed. Names of our own begin with `autorater.`.

use opentelemetry::Key;

/// The schema of spans.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.45.0";
/// The schema of results of evaluations.
pub(super) const GEN_AI_SCHEMA_URL: &str = "https://opentelemetry.io/schemas/gen-ai/0.1.0";
/// The event of a result.
pub(super) const EVALUATION_RESULT_EVENT: &str = "gen_ai.evaluation.result";

/// Declares names, and the list of all of them.
macro_rules! attributes {
    ($($(#[doc = $doc:literal])+ $NAME:ident = $name:literal;)+) => {
        $($(#[doc = $doc])+ pub const $NAME: &str = $name;)+

        /// All names: what has another is not exported.
        const ALL: &[&str] = &[$($name),+];
    };
}

attributes! {
    /// The method of a request; `_OTHER` for those that are not known.
    HTTP_REQUEST_METHOD = "http.request.method";
    /// The route of a request, such as `/v1/evaluations/{id}`; never its path.
    HTTP_ROUTE = "http.route";
    /// The status of an answer.
    HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
    /// How often a request was made before.
    HTTP_REQUEST_RESEND_COUNT = "http.request.resend_count";
    /// The scheme of a request.
    URL_SCHEME = "url.scheme";
    /// The host that is called.
    SERVER_ADDRESS = "server.address";
    /// The port that is called.
    SERVER_PORT = "server.port";
    /// The class of what went wrong: one of few words, or a status.
    ERROR_TYPE = "error.type";
    /// The kind of the queue.
    MESSAGING_SYSTEM = "messaging.system";
    /// The name of the queue.
    MESSAGING_DESTINATION_NAME = "messaging.destination.name";
    /// What is done with a message.
    MESSAGING_OPERATION_NAME = "messaging.operation.name";
    /// The same as one of the kinds of the conventions.
    MESSAGING_OPERATION_TYPE = "messaging.operation.type";
    /// The id of a message: that of its evaluation.
    MESSAGING_MESSAGE_ID = "messaging.message.id";
    /// Who takes messages together.
    MESSAGING_CONSUMER_GROUP_NAME = "messaging.consumer.group.name";
    /// What a model is asked to do.
    GEN_AI_OPERATION_NAME = "gen_ai.operation.name";
    /// The provider of a model, as the settings name it.
    GEN_AI_PROVIDER_NAME = "gen_ai.provider.name";
    /// The model that is asked.
    GEN_AI_REQUEST_MODEL = "gen_ai.request.model";
    /// The model that answered, as the provider names it.
    GEN_AI_RESPONSE_MODEL = "gen_ai.response.model";
    /// The provider's id of an answer; of a result, that of the answer which was judged.
    GEN_AI_RESPONSE_ID = "gen_ai.response.id";
    /// Why a model stopped, for each choice.
    GEN_AI_RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons";
    /// Tokens of the prompt, those that were cached included.
    GEN_AI_USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens";
    /// Tokens of the prompt that came from the provider's cache.
    GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.cache_read.input_tokens";
    /// Tokens of the answer.
    GEN_AI_USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
    /// What was judged: a criterion, or the rubric for the whole.
    GEN_AI_EVALUATION_NAME = "gen_ai.evaluation.name";
    /// The score, where there is one.
    GEN_AI_EVALUATION_SCORE_VALUE = "gen_ai.evaluation.score.value";
    /// What the score means, in one of few words.
    GEN_AI_EVALUATION_SCORE_LABEL = "gen_ai.evaluation.score.label";
    /// Why, in the judge's words; off unless the settings say otherwise.
    GEN_AI_EVALUATION_EXPLANATION = "gen_ai.evaluation.explanation";
    /// The id of an evaluation.
    EVALUATION_ID = "autorater.evaluation.id";
    /// What became of a claim: `succeeded`, `failed`, `requeued` or `lost`.
    EVALUATION_RESULT = "autorater.evaluation.result";
    /// `scored`, `abstained` or `unscorable`.
    EVALUATION_OUTCOME = "autorater.evaluation.outcome";
    /// The rubric as `name@version`.
    RUBRIC = "autorater.rubric";
    /// The criterion of a result.
    CRITERION = "autorater.criterion";
    /// The score of a criterion mapped onto 0 to 1.
    SCORE_NORMALIZED = "autorater.score.normalized";
    /// The correlation id of the request that brought an evaluation.
    CORRELATION_ID = "autorater.correlation_id";
    /// The tenant.
    TENANT = "autorater.tenant";
    /// The strategy of an evaluation.
    STRATEGY = "autorater.strategy";
    /// The judge model of an evaluation's plan.
    MODEL = "autorater.model";
    /// The step of a judge call.
    STEP = "autorater.step";
    /// The epoch of a claim.
    EPOCH = "autorater.epoch";
    /// Which try it is, from 1.
    ATTEMPT = "autorater.attempt";
    /// The id of a webhook.
    WEBHOOK_ID = "autorater.webhook.id";
}

/// Fields of spans in log lines, and the attributes that they become.
const FIELDS: [(&str, &str); 10] = [
    ("http.method", HTTP_REQUEST_METHOD),
    ("correlation_id", CORRELATION_ID),
    ("evaluation_id", EVALUATION_ID),
    ("tenant", TENANT),
    ("strategy", STRATEGY),
    ("model", MODEL),
    ("step", STEP),
    ("epoch", EPOCH),
    ("attempt", ATTEMPT),
    ("webhook_id", WEBHOOK_ID),
];

/// The name under which a field or an attribute is exported; `None`: it is not.
pub(super) fn exported(name: &Key) -> Option<Key> {
    let name = name.as_str();
    let renamed = FIELDS.iter().find(|(field, _)| *field == name);
    let known = renamed.map(|(_, attribute)| attribute);
    let known = known.or_else(|| ALL.iter().find(|known| **known == name));
    known.map(|known| Key::from_static_str(known))
}

/// The method as the conventions want it: a sender may invent any number of others.
pub(crate) fn http_method(method: &str) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    let known = KNOWN.into_iter().find(|known| *known == method);
    known.unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_declared_once_and_fields_become_known_ones() {
        let names: BTreeSet<_> = ALL.iter().collect();
        assert_eq!(names.len(), ALL.len());
        for (_, attribute) in FIELDS {
            assert!(names.contains(&attribute), "{attribute}");
        }
    }

    #[test]
    fn only_what_is_known_is_exported() {
        let name = |name: &'static str| exported(&Key::from_static_str(name));
        assert_eq!(name("tenant").unwrap().as_str(), "autorater.tenant");
        assert_eq!(name(ERROR_TYPE).unwrap().as_str(), ERROR_TYPE);
        for unknown in ["prompt", "target", "http.url", "trace_id"] {
            assert_eq!(name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn invented_methods_are_one() {
        assert_eq!(http_method("POST"), "POST");
        assert_eq!(http_method("BREW"), "_OTHER");
    }
}
