//! How all workers together find the deployments: the worst state, and sums.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use api::{Deployment, ProviderError, ProviderStates};
use domain::Tenant;
use domain::deployment_state::DeploymentState;
use jiff::{SignedDuration, Timestamp};
use storage::deployment_states::Report;

/// So many errors are shown of each.
const MAX_ERRORS: usize = 5;

/// What `tenant` may see of it; `None`: everything.
pub(crate) fn merged(reports: &[Report], tenant: Option<&Tenant>) -> ProviderStates {
    let mut deployments = BTreeMap::new();
    // What another tenant called a model may be anything, and is its own business. Who asked one worker may see what all
    // say of it.
    let of_whom = |state: &DeploymentState| {
        tenant.is_none_or(|tenant| {
            state.is_configured || state.asked_by.iter().any(|asker| asker == tenant.as_str())
        })
    };
    let all = || reports.iter().flat_map(|report| &report.deployments);
    let visible: BTreeSet<_> = all().filter(|state| of_whom(state)).map(key).collect();
    for report in reports {
        let states = report.deployments.iter();
        for state in states.filter(|state| visible.contains(&key(state))) {
            let told = deployment(report.at, state);
            match deployments.entry(key(state)) {
                Entry::Vacant(place) => {
                    place.insert(told);
                }
                Entry::Occupied(mut place) => add(place.get_mut(), told),
            }
        }
    }
    ProviderStates {
        workers: reports.len() as u64,
        as_of: reports.iter().map(|report| report.at).min(),
        items: deployments.into_values().collect(),
    }
}

fn key(state: &DeploymentState) -> (&str, &str) {
    (&state.provider, &state.model)
}

fn deployment(at: Timestamp, told: &DeploymentState) -> Deployment {
    Deployment {
        provider: told.provider.clone(),
        model: told.model.clone(),
        state: told.state,
        reason: told.reason,
        since: told.for_ms.map(|age| before(at, age)),
        workers: 1,
        shared: told.is_shared,
        in_flight: told.in_flight,
        admitted: told.admitted,
        waiting: told.waiting,
        listed: told.listing.map(|listing| listing.is_listed),
        retires_at: told.listing.and_then(|listing| listing.retires_at),
        listed_as_of: told.listing.map(|listing| listing.as_of),
        limits: told.limits,
        last_errors: told
            .errors
            .iter()
            .map(|error| ProviderError {
                at: before(at, error.ago_ms),
                class: error.class.clone(),
                status: error.status,
            })
            .collect(),
    }
}

fn add(whole: &mut Deployment, told: Deployment) {
    if told.state > whole.state {
        (whole.state, whole.reason, whole.since) = (told.state, told.reason, told.since);
        whole.workers = 1;
    } else if told.state == whole.state {
        whole.workers += 1;
        // The one that has found it so for longest.
        if told.since.is_none() || whole.since.is_some_and(|since| told.since < Some(since)) {
            (whole.reason, whole.since) = (told.reason, told.since);
        }
    }
    if told.listed_as_of > whole.listed_as_of {
        (whole.listed, whole.retires_at, whole.listed_as_of) =
            (told.listed, told.retires_at, told.listed_as_of);
    }
    whole.shared &= told.shared;
    whole.in_flight += told.in_flight;
    whole.admitted += told.admitted;
    whole.waiting += told.waiting;
    whole.last_errors.extend(told.last_errors);
    whole.last_errors.sort_by_key(|error| Reverse(error.at));
    whole.last_errors.truncate(MAX_ERRORS);
}

fn before(at: Timestamp, age_ms: u64) -> Timestamp {
    let age = SignedDuration::from_millis(i64::try_from(age_ms).unwrap_or(i64::MAX));
    at.checked_sub(age).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use domain::Limits;
    use domain::deployment_state::{BreakerState, RefusalReason, SeenError};

    use super::*;

    fn told(
        model: &str,
        state: BreakerState,
        reason: Option<RefusalReason>,
        for_ms: Option<u64>,
    ) -> DeploymentState {
        DeploymentState {
            provider: "p".to_owned(),
            model: model.to_owned(),
            is_configured: true,
            asked_by: Vec::new(),
            state,
            reason,
            for_ms,
            is_shared: state != BreakerState::Open,
            in_flight: 2,
            admitted: 10,
            waiting: 1,
            limits: Limits::default(),
            listing: None,
            errors: vec![
                SeenError {
                    class: "unavailable".to_owned(),
                    status: Some(503),
                    ago_ms: for_ms.unwrap_or_default(),
                };
                3
            ],
        }
    }

    #[test]
    fn the_worst_state_counts_and_the_rest_is_added_up() {
        let at = Timestamp::from_second(1_000).unwrap();
        let failing = Some(RefusalReason::Failing);
        let report = |deployments| Report { at, deployments };
        let states = merged(
            &[
                report(vec![
                    told("a", BreakerState::Closed, None, None),
                    told("b", BreakerState::Closed, None, Some(5)),
                ]),
                report(vec![told("a", BreakerState::Open, failing, Some(1_000))]),
                report(vec![told("a", BreakerState::Open, failing, Some(3_000))]),
                report(vec![told(
                    "a",
                    BreakerState::Paused,
                    Some(RefusalReason::RateLimited),
                    Some(9_000),
                )]),
            ],
            None,
        );
        assert_eq!(
            (states.workers, states.as_of, states.items.len()),
            (4, Some(at), 2)
        );
        let [a, b] = states.items.as_slice() else {
            panic!("two deployments");
        };
        assert_eq!(
            (a.state, a.reason, a.workers),
            (BreakerState::Open, failing, 2)
        );
        assert_eq!(a.since, Some(Timestamp::from_second(997).unwrap()));
        assert_eq!((a.shared, b.shared), (false, true));
        assert_eq!((a.in_flight, a.admitted, a.waiting), (8, 40, 4));
        assert_eq!(a.last_errors.len(), 5);
        assert!(a.last_errors.is_sorted_by_key(|error| Reverse(error.at)));
        assert_eq!(
            (b.state, b.reason, b.workers),
            (BreakerState::Closed, None, 1)
        );
        let nobody = merged(&[], None);
        assert_eq!((nobody.workers, nobody.as_of), (0, None));
    }

    #[test]
    fn a_name_that_only_requests_have_is_shown_to_those_who_asked_by_it() {
        let asked = |model: &str, asked_by: &[&str]| DeploymentState {
            is_configured: false,
            asked_by: asked_by.iter().map(|&name| name.to_owned()).collect(),
            ..told(model, BreakerState::Closed, None, None)
        };
        let report = |deployments| Report {
            at: Timestamp::UNIX_EPOCH,
            deployments,
        };
        let reports = [
            report(vec![
                told("of-the-settings", BreakerState::Closed, None, None),
                asked("shared", &["a", "b"]),
                asked("of-b", &["b"]),
                asked("of-nobody", &[]),
            ]),
            // This worker has asked it for b only.
            report(vec![asked("shared", &["b"])]),
        ];
        let seen = |tenant: &str| {
            let tenant = Tenant::parse(tenant).unwrap();
            let states = merged(&reports, Some(&tenant)).items.into_iter();
            let seen = states.map(|state| (state.model, state.admitted));
            seen.collect::<Vec<_>>()
        };
        let settings = ("of-the-settings".to_owned(), 10);
        let shared = ("shared".to_owned(), 20);
        assert_eq!(seen("a"), [settings.clone(), shared.clone()]);
        assert_eq!(
            seen("b"),
            [("of-b".to_owned(), 10), settings.clone(), shared]
        );
        assert_eq!(seen("c"), [settings]);
        assert_eq!(merged(&reports, None).items.len(), 4);
    }
}
