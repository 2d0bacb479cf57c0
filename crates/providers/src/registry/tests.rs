use std::collections::BTreeMap;
use std::time::Duration;

use domain::Limits;
use serde_json::{Map, json};

use super::*;
use domain::routing::{Api, ProviderConfig};

fn options(key: &str) -> ProviderConfig {
    let second = Duration::from_secs(1);
    ProviderConfig {
        base_url: "http://127.0.0.1:9/v1".parse().unwrap(),
        api_key: Some(key.into()),
        api: Api::Chat,
        headers: BTreeMap::new(),
        parameters: parameters(&json!({"seed": 1, "top_p": 1})),
        max_output_tokens: Some(100),
        connect_timeout: second,
        first_byte_timeout: second,
        chunk_timeout: second,
        call_timeout: second,
        limits: Limits::default(),
        prices: BTreeMap::new(),
        tier_prices: std::collections::BTreeMap::new(),
        cache_control: false,
        retry_budget: 0.5,
    }
}

fn parameters(of: &serde_json::Value) -> Map<String, serde_json::Value> {
    of.as_object().unwrap().clone()
}

fn place(provider: &str, model: Option<&str>) -> DeploymentConfig {
    DeploymentConfig {
        provider: provider.to_owned(),
        model: model.map(str::to_owned),
        parameters: parameters(&json!({"seed": 2})),
        ..DeploymentConfig::default()
    }
}

fn setup(key: &str, models: &[(&str, Vec<DeploymentConfig>)], only: Option<&str>) -> Routing {
    let providers = ["a", "b"].map(|name| {
        (
            name.to_owned(),
            options(if name == "a" { key } else { "b" }),
        )
    });
    Routing {
        providers: BTreeMap::from(providers),
        models: models
            .iter()
            .map(|(model, places)| ((*model).to_owned(), places.clone()))
            .collect(),
        only: only.map(str::to_owned),
    }
}

#[test]
fn a_model_is_asked_where_it_is_mapped_to() {
    let models = [
        (
            "judge",
            vec![place("a", None), place("b", Some("judge-eu"))],
        ),
        ("*", vec![place("b", None)]),
    ];
    let providers = Providers::new(setup("k", &models, None)).unwrap();
    let names = |model: &str| -> Vec<(String, String)> {
        let route = providers.route(model).unwrap();
        route
            .into_iter()
            .map(|deployment| (deployment.provider, deployment.model))
            .collect()
    };
    let pair = |provider: &str, model: &str| (provider.to_owned(), model.to_owned());
    assert_eq!(names("judge"), [pair("a", "judge"), pair("b", "judge-eu")]);
    assert_eq!(names("other"), [pair("b", "other")]);
    // The deployment's own parameters count for more than its provider's.
    let first = &providers.route("judge").unwrap()[0];
    assert_eq!(
        first.parameters,
        parameters(&json!({"seed": 2, "top_p": 1}))
    );
    assert_eq!(first.max_output_tokens, Some(100));
}

#[test]
fn a_model_that_is_not_mapped_goes_to_the_only_provider_or_nowhere() {
    let models = [("judge", vec![place("a", None)])];
    let providers = Providers::new(setup("k", &models, Some("b"))).unwrap();
    assert_eq!(providers.route("other"), None);
    assert_eq!(providers.only("other").unwrap().provider, "b");
    let providers = Providers::new(setup("k", &models, None)).unwrap();
    assert_eq!(providers.route("other"), Some(Vec::new()));
    assert_eq!(providers.only("other"), None);
}

#[test]
fn new_settings_keep_what_did_not_change() {
    let providers = Providers::new(setup("k", &[], Some("a"))).unwrap();
    let endpoint = |name: &str| {
        let deployment = Deployment {
            provider: name.to_owned(),
            model: "judge".to_owned(),
            parameters: Map::new(),
            max_output_tokens: None,
            first_byte_ms: None,
            batch_tier: None,
        };
        let route = [deployment];
        let endpoint = providers
            .targets(&route)
            .first()
            .map(|target| Arc::clone(&target.endpoint));
        endpoint.unwrap()
    };
    let before = (endpoint("a"), endpoint("b"));
    providers
        .replace(setup("another key", &[], Some("a")))
        .unwrap();
    assert!(!Arc::ptr_eq(&before.0, &endpoint("a")));
    assert!(Arc::ptr_eq(&before.1, &endpoint("b")));
}

#[test]
fn settings_that_make_no_client_change_nothing() {
    let models = [("judge", vec![place("a", None)])];
    let providers = Providers::new(setup("k", &models, None)).unwrap();
    let mut wrong = setup("k", &[], None);
    let broken = wrong.providers.get_mut("b").unwrap();
    broken.headers.insert("not a name".to_owned(), "x".into());
    let error = providers.replace(wrong).unwrap_err();
    assert!(error.to_string().contains("`b`"), "{error}");
    assert_eq!(providers.route("judge").unwrap().len(), 1);
}
