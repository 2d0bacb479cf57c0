//! `[models]`, and what must hold between settings.

use super::*;

#[test]
fn of_models() {
    all_refused(&[
        (
            deployments("[]"),
            "models.m.deployments: is empty; expected at least one deployment",
        ),
        (
            deployments("\"a\""),
            "models.m.deployments: expected a list of `\"PROVIDER\"`, `\"PROVIDER/MODEL\"` or \
             `{ provider = \"PROVIDER\", … }`",
        ),
        (
            deployments("[\"a\", 1]"),
            "models.m.deployments[1]: not a deployment; expected `\"PROVIDER\"`, \
             `\"PROVIDER/MODEL\"` or `{ provider = \"PROVIDER\", … }`",
        ),
        (
            deployments("[\"a\", \"c/x\"]"),
            "models.m.deployments[1]: unknown provider \"c\"; expected one of a, b",
        ),
        (
            "[models.m]\ndeployments = [\"a\"]\n".to_owned(),
            "models.m.deployments[0]: unknown provider \"a\"; expected a table [providers.NAME]",
        ),
        (
            deployments("[\"a/\"]"),
            "models.m.deployments[0]: the name of the model is empty, too long or with white space \
             in it; expected a name of at most 200 bytes",
        ),
        (
            deployments("[{ model = \"x\" }]"),
            "models.m.deployments[0].provider: required, but not set; expected the name of a \
             provider",
        ),
        (
            deployments("[{ provider = \"c\" }]"),
            "models.m.deployments[0].provider: unknown provider \"c\"; expected one of a, b",
        ),
        (
            deployments("[{ provider = \"a\", parameter = {} }]"),
            "models.m.deployments[0].parameter: unknown setting; did you mean parameters?",
        ),
        (
            deployments("[{ provider = \"a\", parameters = { n = 2 } }]"),
            "models.m.deployments[0].parameters.n: is set by autorater itself; expected none of \
             model, messages, input, stream, response_format, text, tools, tool_choice, logprobs, \
             top_logprobs, n",
        ),
        (
            deployments("[{ provider = \"a\", max_output_tokens = 0 }]"),
            "models.m.deployments[0].max_output_tokens: 0 is out of range; expected a whole number \
             from 1",
        ),
        (
            "[models.\"gpt-4.1\"]\n".to_owned(),
            "models.\"gpt-4.1\".deployments: required, but not set; expected a list of deployments",
        ),
        (
            "[models.m]\ndeployment = []\n".to_owned(),
            "models.m.deployment: unknown setting; did you mean deployments?",
        ),
        (
            "[models.\"a b\"]\ndeployments = []\n".to_owned(),
            "models.\"a b\": empty, too long or with white space in it; expected a name of at most \
             200 bytes",
        ),
        (
            "[model.m]\ndeployments = []\n".to_owned(),
            "model.m: unknown setting; did you mean models.m?",
        ),
    ]);
}

#[test]
fn of_timeouts() {
    all_refused(&[
        (
            provider("first_byte_timeout = \"11s\"\ncall_timeout = \"10s\""),
            "providers.a.first_byte_timeout: is too long; expected at most call_timeout",
        ),
        (
            provider("connect_timeout = \"11m\""),
            "providers.a.connect_timeout: is too long; expected at most call_timeout",
        ),
        (
            provider("call_timeout = \"30s\""),
            "providers.a.call_timeout: is too short; expected at least first_byte_timeout, which \
             is that of [provider]",
        ),
        (
            deployments("[{ provider = \"a\", first_byte_timeout = \"11m\" }]"),
            "models.m.deployments[0].first_byte_timeout: is too long; expected at most \
             call_timeout of a",
        ),
        (
            "[provider]\ncall_timeout = \"30s\"\n".to_owned(),
            "provider.call_timeout: provider.first_byte_timeout is too long; expected at most \
             provider.call_timeout",
        ),
        (
            "[provider]\nconnect_timeout = \"1h\"\n".to_owned(),
            "provider.connect_timeout: provider.connect_timeout is too long; expected at most \
             provider.call_timeout",
        ),
    ]);
}

#[test]
fn a_base_url_and_a_rule_for_every_model_are_one_too_many() {
    let dir = TempDir::new().unwrap();
    let content = provider("").replace("[models.m]", "[models.\"*\"]");
    let path = file(&dir, "autorater.toml", &content);
    let config = ("AUTORATER_CONFIG", path.as_str());
    let problem = "contradictory: each says where models that are not listed are called; expected \
                   only one of them";
    refused(
        ServiceName::ScorerWorker,
        &[config, ("OPENAI_BASE_URL", "http://b")],
        &format!("OPENAI_BASE_URL and {path}: models.\"*\": {problem}"),
    );
    let both = format!("[provider]\nbase_url = \"http://b\"\n{content}");
    file(&dir, "autorater.toml", &both);
    refused(
        ServiceName::ScorerWorker,
        &[config],
        &format!("{path}: provider.base_url and {path}: models.\"*\": {problem}"),
    );
}
