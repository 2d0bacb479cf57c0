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
            deployments("[\"a\", \"b\", \"a\"]"),
            "models.m.deployments[2]: is the same as one before it: it would be asked twice; expected each deployment once",
        ),
        (
            deployments("[\"a\", { provider = \"a\", model = \"m\" }]"),
            "models.m.deployments[1]: is the same as one before it: it would be asked twice; expected each deployment once",
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
            deployments("[{ provider = \"a\", batch_tier_timeout = \"15m\" }]"),
            "models.m.deployments[0].batch_tier_timeout: belongs to a `batch_tier`, and there is none",
        ),
        (
            deployments(
                "[{ provider = \"a\", batch_tier = \"flex\" }, { provider = \"a\" }, \"a\"]",
            ),
            "models.m.deployments[2]: is the same as one before it: it would be asked twice; expected each deployment once",
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
             model, messages, input, stream, stream_options, include, store, response_format, text, tools, tool_choice, logprobs, \
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
