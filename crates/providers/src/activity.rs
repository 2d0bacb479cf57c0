//! What goes on at an endpoint, for those who ask how it is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::Tenant;
use domain::deployment_state::{DeploymentState, SeenError};
use domain::period::milliseconds;

use crate::breaker::Breaker;
use crate::endpoint::Endpoint;
use crate::error::CallError;
use crate::load::RequestMeans;
use crate::provider::Provider;
use crate::registry::Providers;

/// The latest errors that are kept.
const MAX_ERRORS: usize = 5;
/// Of more deployments than this the others are not told: names of models may be anybody's.
const MAX_DEPLOYMENTS: usize = 200;

/// The latest tenants that are kept of each deployment.
const MAX_TENANTS: usize = 16;

/// Counts of one endpoint.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    tenants: Mutex<VecDeque<Tenant>>,
    in_flight: AtomicU64,
    admitted: AtomicU64,
    waiting: AtomicU64,
    errors: Mutex<VecDeque<(Instant, &'static str, Option<u16>)>>,
    means: Mutex<RequestMeans>,
}

/// Counts one while it is there.
pub(crate) struct Counted<'a>(&'a AtomicU64);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request, while it is under way.
pub(crate) struct UnderWay<'a> {
    activity: &'a Activity,
    begun: Instant,
    _counted: Counted<'a>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.begun);
        let mut means = self.activity.means();
        means.seconds.add(took.as_secs_f64(), now);
    }
}

impl Activity {
    /// A request is under way.
    pub(crate) fn requests(&self) -> UnderWay<'_> {
        self.admitted.fetch_add(1, Ordering::Relaxed);
        UnderWay {
            activity: self,
            begun: Instant::now(),
            _counted: Counted::new(&self.in_flight),
        }
    }

    /// How many requests are under way.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A request took so many tokens.
    #[expect(clippy::cast_precision_loss, reason = "for a mean")]
    pub(crate) fn took_tokens(&self, tokens: u64) {
        self.means().tokens.add(tokens as f64, Instant::now());
    }

    /// What requests take lately.
    pub(crate) fn means(&self) -> MutexGuard<'_, RequestMeans> {
        self.means.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call is made for a tenant, or would be.
    pub(crate) fn asked_by(&self, tenant: &Tenant) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.front() != Some(tenant) {
            tenants.retain(|known| known != tenant);
            tenants.push_front(tenant.clone());
            tenants.truncate(MAX_TENANTS);
        }
    }

    /// A call waits.
    pub(crate) fn waits(&self) -> Counted<'_> {
        Counted::new(&self.waiting)
    }

    /// A request failed.
    pub(crate) fn failed(&self, error: &CallError) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.push_front((Instant::now(), error.kind.as_str(), error.status()));
        errors.truncate(MAX_ERRORS);
    }
}

impl Providers {
    /// How the deployments are: those that [`Providers::configured`] names, and those that were asked here.
    #[must_use]
    pub fn deployment_states(&self, model: &str) -> Vec<DeploymentState> {
        let now = Instant::now();
        let listed = self.listed(model);
        let states = listed.iter().map(|(provider, endpoint, is_configured)| {
            state(provider, endpoint, *is_configured, now)
        });
        states.collect()
    }

    /// The breakers of the deployments of [`Providers::deployment_states`].
    #[must_use]
    pub fn breakers(&self, model: &str) -> Vec<Breaker> {
        let listed = self.listed(model);
        let breakers = listed.iter().map(|(_, endpoint, _)| &endpoint.breaker);
        breakers.cloned().collect()
    }

    /// The deployments that are told of, and whether the settings name them.
    fn listed(&self, model: &str) -> Vec<(Arc<Provider>, Arc<Endpoint>, bool)> {
        let configured = self.configured(model);
        let directory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (provider, model) in &configured {
            if let Some(provider) = directory.providers.get(provider) {
                provider.endpoint(model);
            }
        }
        let mut listed = Vec::new();
        for provider in directory.providers.values() {
            listed.extend(provider.endpoints().into_iter().map(|endpoint| {
                let name = (provider.name.clone(), endpoint.model.clone());
                let is_configured = configured.contains(&name);
                (Arc::clone(provider), endpoint, is_configured)
            }));
        }
        // Those that somebody asked for by a made-up name push out none of the settings.
        listed.sort_by_key(|(_, _, is_configured)| !is_configured);
        listed.truncate(MAX_DEPLOYMENTS);
        listed
    }
}

fn state(
    provider: &Provider,
    endpoint: &Endpoint,
    is_configured: bool,
    now: Instant,
) -> DeploymentState {
    let activity = &endpoint.activity;
    let tenants = activity
        .tenants
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (state, reason, since) = endpoint.breaker.standing(now);
    let errors = activity
        .errors
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    DeploymentState {
        provider: provider.name.clone(),
        model: endpoint.model.clone(),
        is_configured,
        asked_by: tenants
            .iter()
            .map(|tenant| tenant.as_str().to_owned())
            .collect(),
        state,
        reason,
        is_shared: endpoint.breaker.is_shared(),
        for_ms: since.map(|since| milliseconds(now.saturating_duration_since(since))),
        in_flight: activity.in_flight(),
        admitted: activity.admitted.load(Ordering::Relaxed),
        waiting: activity.waiting.load(Ordering::Relaxed),
        limits: provider.options.limits,
        listing: provider.listing(&endpoint.model),
        errors: errors
            .iter()
            .map(|(at, class, status)| SeenError {
                class: (*class).to_owned(),
                status: *status,
                ago_ms: milliseconds(now.saturating_duration_since(*at)),
            })
            .collect(),
    }
}
