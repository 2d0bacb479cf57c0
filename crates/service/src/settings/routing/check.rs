//! What must hold between the tables and the flat settings.

use std::time::Duration;

use super::{
    super::{Provider, SettingsError},
    ANY_MODEL, ProviderRoute, Routing,
    table::Place,
};

/// Checks the tables of a file against `[provider]`; `base_url` is what gave its base URL, if any.
pub(in super::super) fn check(
    routing: &Routing,
    file: &str,
    provider: &Provider,
    base_url: Option<&str>,
) -> Result<(), SettingsError> {
    let models = Place::new(file, "models");
    if let Some(base_url) = base_url
        && routing.models.contains_key(ANY_MODEL)
    {
        return Err(SettingsError::new(
            format!("{base_url} and {}", models.key(ANY_MODEL).named()),
            "contradictory: each says where models that are not listed are called; expected only \
             one of them",
        ));
    }
    for (name, route) in &routing.providers {
        timeouts(route, provider, &Place::new(file, "providers").key(name))?;
    }
    for (name, deployments) in &routing.models {
        for (index, deployment) in deployments.iter().enumerate() {
            let call = routing
                .providers
                .get(&deployment.provider)
                .and_then(|route| route.call_timeout)
                .unwrap_or(provider.call_timeout);
            if deployment.first_byte_timeout.is_some_and(|own| own > call) {
                let place = models.key(name).key("deployments").index(index);
                return Err(place.key("first_byte_timeout").error(format!(
                    "is too long; expected at most call_timeout of {}",
                    deployment.provider
                )));
            }
        }
    }
    Ok(())
}

/// What a provider does not say itself, `[provider]` says: the two together must make sense.
fn timeouts(
    route: &ProviderRoute,
    provider: &Provider,
    place: &Place<'_>,
) -> Result<(), SettingsError> {
    let call = route.call_timeout.unwrap_or(provider.call_timeout);
    let waits: [(&str, Option<Duration>, Duration); 2] = [
        (
            "connect_timeout",
            route.connect_timeout,
            provider.connect_timeout,
        ),
        (
            "first_byte_timeout",
            route.first_byte_timeout,
            provider.first_byte_timeout,
        ),
    ];
    for (key, own, default) in waits {
        if own.unwrap_or(default) <= call {
            continue;
        }
        // Where the file does not say it, what it does say is at fault.
        return Err(if own.is_some() {
            place
                .key(key)
                .error("is too long; expected at most call_timeout")
        } else {
            place.key("call_timeout").error(format!(
                "is too short; expected at least {key}, which is that of [provider]"
            ))
        });
    }
    Ok(())
}
