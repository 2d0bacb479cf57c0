//! The providers of judge models, as the settings have them now.

use std::sync::Arc;

use providers::{Api, BreakerState, DeploymentConfig, Options, Price, Providers, RoutingConfig};
use service::metrics;
use service::run::Context;
use service::settings::{self, ANY_MODEL, DeploymentRoute, ProviderRoute, Routing, Settings};

use crate::worker::Worker;

/// Prepares the providers; nothing is sent yet.
pub(crate) fn build_providers(settings: &Settings) -> anyhow::Result<Providers> {
    Ok(Providers::new(deployment_config(
        settings,
        &settings.routing,
    ))?)
}

/// Takes edits of the settings file until the process is asked to stop. Running plans keep their routes.
pub(crate) async fn apply_settings_changes(context: Context, worker: Worker) {
    let mut routings = settings::watch::start(&context);
    while let Some(Ok(())) = worker
        .shutdown
        .run_until_cancelled(routings.changed())
        .await
    {
        let routing = Arc::clone(&routings.borrow_and_update());
        match worker
            .engine
            .providers
            .replace(deployment_config(&worker.settings, &routing))
        {
            Ok(()) => tracing::info!(
                providers = routing.providers.len(),
                models = routing.models.len(),
                "new providers and models are in use"
            ),
            Err(error) => {
                tracing::error!(%error, "the changed providers cannot be used, those before stay");
            }
        }
    }
}

/// Says how the breakers are.
pub(crate) fn export_provider_config(providers: &Providers) {
    for (provider, model, state) in providers.breakers() {
        let value = match state {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        };
        metrics::breaker_state(&provider, &model, value);
    }
}

fn deployment_config(settings: &Settings, routing: &Routing) -> RoutingConfig {
    metrics::models_of_settings(models(settings, routing));
    let mut setup = RoutingConfig::default();
    for (name, route) in &routing.providers {
        setup
            .providers
            .insert(name.clone(), options(settings, route));
    }
    for (model, deployments) in &routing.models {
        let places = deployments.iter().map(route_target).collect();
        setup.models.insert(model.clone(), places);
    }
    // A rule for every model leaves nothing to the provider of the simplest set-up.
    let only = settings.provider.base_url_beside(routing);
    if let Some(base_url) = only.filter(|_| !routing.models.contains_key(ANY_MODEL)) {
        let host = base_url.host_str().unwrap_or("provider");
        let name = match base_url.port_or_known_default() {
            Some(port) if routing.providers.contains_key(host) => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        let route = ProviderRoute {
            api_key: settings.provider.api_key.clone(),
            ..ProviderRoute::at(base_url)
        };
        setup
            .providers
            .insert(name.clone(), options(settings, &route));
        setup.only = Some(name);
    }
    setup
}

/// The models that the settings name, as their providers do.
fn models(settings: &Settings, routing: &Routing) -> Vec<String> {
    let mut models = vec![settings.judge.scoring_model.clone()];
    for (name, deployments) in &routing.models {
        let named = deployments
            .iter()
            .map(|route| route.model.as_ref().unwrap_or(name));
        models.extend(named.filter(|model| *model != ANY_MODEL).cloned());
    }
    models
}

fn options(settings: &Settings, route: &ProviderRoute) -> Options {
    let usual = &settings.provider;
    let price = |price: &settings::Price| Price {
        input: price.input,
        cached_input: price.cached_input,
        output: price.output,
    };
    Options {
        base_url: route.base_url.clone(),
        api_key: route.api_key.clone(),
        api: match route.api {
            settings::Api::Chat => Api::Chat,
            settings::Api::Responses => Api::Responses,
        },
        headers: route.headers.clone(),
        parameters: route.parameters.clone(),
        max_output_tokens: route.max_output_tokens,
        connect_timeout: route.connect_timeout.unwrap_or(usual.connect_timeout),
        first_byte_timeout: route.first_byte_timeout.unwrap_or(usual.first_byte_timeout),
        chunk_timeout: route.chunk_timeout.unwrap_or(usual.chunk_timeout),
        call_timeout: route.call_timeout.unwrap_or(usual.call_timeout),
        limits: route.limits,
        prices: route
            .prices
            .iter()
            .map(|(model, of)| (model.clone(), price(of)))
            .collect(),
        retry_budget: f64::from(usual.retry_budget) / 100.0,
    }
}

fn route_target(route: &DeploymentRoute) -> DeploymentConfig {
    let first_byte = route.first_byte_timeout.map(|wait| wait.as_millis());
    DeploymentConfig {
        provider: route.provider.clone(),
        model: route.model.clone(),
        parameters: route.parameters.clone(),
        max_output_tokens: route.max_output_tokens,
        first_byte_ms: first_byte.and_then(|wait| u64::try_from(wait).ok()),
    }
}
