//! The tables `[providers]` and `[models]` as an operator writes them.

use domain::Limits;
use serde_json::json;

use super::{
    super::{Api, routing::EXAMPLE},
    *,
};

/// Reads the settings of a worker with a file of this content.
fn routing(content: &str, more: &[(&str, &str)]) -> Routing {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "autorater.toml", content);
    let env: Vec<_> = [("AUTORATER_CONFIG", path.as_str())]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    with(ServiceName::ScorerWorker, &env).unwrap().routing
}

fn key(route: &ProviderConfig) -> &str {
    route.api_key.as_ref().unwrap().expose_secret()
}

/// The example of the reference, with a file for its key that is there.
fn example(dir: &TempDir) -> String {
    let key = file(dir, "key", "sk-hunter2\n");
    assert!(EXAMPLE.contains("/run/secrets/openai"));
    EXAMPLE.replace("/run/secrets/openai", &key)
}

#[test]
fn the_example_of_the_reference_says_what_it_says() {
    assert!(reference_markdown().contains(EXAMPLE));
    let dir = TempDir::new().unwrap();
    let routing = routing(&example(&dir), &[]);

    let openai = &routing.providers["openai"];
    assert_eq!(openai.base_url.as_str(), "https://api.openai.com/v1");
    assert_eq!(key(openai), "sk-hunter2");
    assert_eq!(openai.api, Api::Chat);
    let organization = openai.headers["OpenAI-Organization"].expose_secret();
    assert_eq!(organization, "org-1");
    assert_eq!(
        serde_json::Value::from(openai.parameters.clone()),
        json!({"service_tier": "flex"})
    );
    assert_eq!(openai.max_output_tokens, Some(4000));
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(Some(openai.connect_timeout), seconds(5));
    assert_eq!(Some(openai.first_byte_timeout), seconds(60));
    assert_eq!(Some(openai.chunk_timeout), seconds(5));
    assert_eq!(Some(openai.call_timeout), seconds(600));
    let limits = Limits {
        requests_per_minute: Some(500),
        tokens_per_minute: Some(200_000),
        concurrency: Some(100),
    };
    assert_eq!(openai.limits, limits);
    let price = Price {
        input: 2_500_000_000,
        cached_input: Some(1_250_000_000),
        cache_write: None,
        output: 10_000_000_000,
    };
    assert_eq!(openai.prices["gpt-4o"], price);

    let flex = openai.tier_prices["gpt-5.4-mini"]["flex"];
    assert_eq!((flex.input, flex.output), (375_000_000, 2_250_000_000));
    let cheaper = &routing.models["gpt-5.4-mini"][0];
    assert_eq!(cheaper.batch_tier.as_deref(), Some("flex"));
    assert_eq!(cheaper.batch_tier_timeout, seconds(600));

    let names = |model: &str| -> Vec<_> {
        routing.models[model]
            .iter()
            .map(|route| (route.provider.as_str(), route.model.as_deref()))
            .collect()
    };
    assert_eq!(
        names("gpt-4o"),
        [
            ("openai", None),
            ("azure", Some("gpt-4o-eu")),
            ("litellm", Some("claude-sonnet"))
        ]
    );
    assert_eq!(names(ANY_MODEL), [("litellm", None)]);
    let last = &routing.models["gpt-4o"][2];
    assert_eq!(last.first_byte_timeout, seconds(5));
    assert_eq!(last.max_output_tokens, Some(2000));
    assert_eq!(last.parameters["reasoning_effort"], "low");
}

#[test]
fn the_least_there_is_leaves_the_rest_open() {
    let routing = routing("[providers.a]\nbase_url = \"http://a/v1\"\n", &[]);
    let route = &routing.providers["a"];
    assert!(route.api_key.is_none() && route.headers.is_empty() && route.parameters.is_empty());
    assert_eq!(route.api, Api::Chat);
    assert_eq!(
        route.call_timeout,
        Duration::from_secs(600),
        "as [provider] says"
    );
    assert_eq!(route.limits, Limits::default());
}

#[test]
fn only_the_first_slash_separates_and_prices_may_be_numbers() {
    let routing = routing(
        "[providers.a]\nbase_url = \"http://a/v1\"\napi = \"responses\"\n\
         parameters = { a = [1, 0.5, { b = true }] }\n\
         [providers.a.prices.\"org/x\"]\ninput = 0.1\noutput = 3\n\
         [models.x]\ndeployments = [\"a/org/x\"]\n",
        &[],
    );
    let route = &routing.providers["a"];
    assert_eq!(route.api, Api::Responses);
    assert_eq!(route.parameters["a"], json!([1, 0.5, {"b": true}]));
    let price = route.prices["org/x"];
    assert_eq!((price.input, price.output), (100_000_000, 3_000_000_000));
    assert_eq!(price.cached_input, None);
    assert_eq!(routing.models["x"][0].model.as_deref(), Some("org/x"));
}

#[test]
fn a_key_may_come_from_the_environment() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "key", "sk-file\n");
    let content =
        "[providers.a-b]\nbase_url = \"http://a\"\n[providers.c]\nbase_url = \"http://c\"\n";
    let routing = routing(
        content,
        &[
            ("AUTORATER__PROVIDERS__A_B__API_KEY", "sk-env"),
            ("AUTORATER__PROVIDERS__C__API_KEY_FILE", &path),
            ("AUTORATER__PROVIDERS__C__API_KEY", ""),
        ],
    );
    assert_eq!(key(&routing.providers["a-b"]), "sk-env");
    assert_eq!(key(&routing.providers["c"]), "sk-file");
}

/// Who calls no provider may not be allowed to read the keys; a health check works through an edit.
#[test]
fn only_a_worker_opens_the_files_with_keys() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "autorater.toml", EXAMPLE);
    let config = [("AUTORATER_CONFIG", path.as_str())];
    for service in [ServiceName::IngestApi, ServiceName::StatusApi] {
        let routing = with(service, &config).unwrap().routing;
        assert!(routing.providers["openai"].api_key.is_none());
    }
    with(ServiceName::ScorerWorker, &config).unwrap_err();

    let path = file(
        &dir,
        "wrong.toml",
        "[providers.x]\n[admin]\naddr = \"127.0.0.1:1\"\n",
    );
    let env = [
        ("AUTORATER_CONFIG".to_owned(), path),
        (
            "AUTORATER__PROVIDERS__Y__API_KEY".to_owned(),
            "k".to_owned(),
        ),
    ];
    let settings = read(ServiceName::ScorerWorker, env).unwrap();
    assert_eq!(settings.admin.addr.port(), 1);
}

#[test]
fn a_model_with_deployments_stands_in_for_the_base_url() {
    let dir = TempDir::new().unwrap();
    let content = "[providers.a]\nbase_url = \"http://a\"\n[models.\"*\"]\ndeployments = [\"a\"]\n";
    let path = file(&dir, "autorater.toml", content);
    let config = ("AUTORATER_CONFIG", path.as_str());
    for key in ["", "sk-x"] {
        let env = [config, ("OPENAI_API_KEY", key)];
        let settings = with(ServiceName::ScorerWorker, &env).unwrap();
        assert_eq!(settings.provider.base_url, None, "nobody asked for OpenAI");
    }
    let path = file(&dir, "one.toml", &content.replace("\"*\"", "m"));
    let env = [("AUTORATER_CONFIG", path.as_str())];
    let settings = with(ServiceName::ScorerWorker, &env).unwrap();
    assert!(
        settings.provider.base_url.is_some(),
        "other models go there"
    );
}

#[test]
fn the_printed_tables_can_be_read_back_and_show_no_secret() {
    let dir = TempDir::new().unwrap();
    let content = example(&dir).replace("org-1", "hunter2").replace(
        "service_tier = \"flex\"",
        "\"a b\" = [1.5, {}, { c = \"d\\\"\" }], e = false",
    ) + "[models.\"a.b\"]\ndeployments = [{ provider = \"azure\", model = \"x\" }]\n";
    let path = file(&dir, "autorater.toml", &content);
    let settings = with(ServiceName::ScorerWorker, &[("AUTORATER_CONFIG", &path)]).unwrap();
    let masked = settings.masked().unwrap();
    let json = serde_json::to_string(&settings).unwrap();
    for text in [&masked, &json, &format!("{settings:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    for line in [
        "api_key = \"***\"",
        "[providers.openai.headers]\nOpenAI-Organization = \"***\"\n",
        "[providers.openai.parameters]\n",
        "\"a b\" = [1.5, {}, { c = 'd\"' }]\n",
        "call_timeout = \"10m\"",
        "[providers.openai.limits]\nrequests_per_minute = 500\n",
        "[providers.openai.prices.gpt-4o]\ninput = \"2.5\"\ncached_input = \"1.25\"\noutput = \"10.0\"\n",
        "[[models.\"a.b\".deployments]]\nprovider = \"azure\"\nmodel = \"x\"\n",
    ] {
        assert!(masked.contains(line), "{line}\n{masked}");
    }
    assert!(json.contains(r#""api_key":"***""#), "{json}");

    let path = file(&dir, "printed.toml", &masked);
    let env = [("AUTORATER_CONFIG".to_owned(), path)];
    let again = load(ServiceName::ScorerWorker, env).unwrap();
    assert_eq!(again.masked().unwrap(), masked);
}

#[test]
fn what_is_not_there_is_not_printed() {
    let masked = with(ServiceName::ScorerWorker, &[])
        .unwrap()
        .masked()
        .unwrap();
    assert!(
        !masked.contains("providers") && !masked.contains("models"),
        "{masked}"
    );
}
