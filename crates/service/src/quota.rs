//! How many evaluations of a tenant may wait and run.
//!
//! They are counted in PostgreSQL every few seconds, of a tenant that posts or has some run again; what this process takes in between it adds itself. So
//! a tenant gets beyond its bound by what other processes take in those seconds, and by no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Tenant;
use storage::{Database, queue_figures};
use tokio::sync::Mutex as AsyncMutex;

use crate::limits::{Quota, TenantLimits, exceeded};
use crate::problem::Problem;

/// How long a count holds, and for so many evaluations more the longer: to count a million takes a fifth of a second.
const FRESH: Duration = Duration::from_secs(5);
const FRESH_PER_EVALUATION: Duration = Duration::from_micros(5);
/// Tenants that are remembered.
const MAX_TENANTS: usize = 10_000;

/// Counts; clones share them.
#[derive(Debug, Clone)]
pub struct EvaluationQuota(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// 0: there is no bound.
    bound: u64,
    database: Database,
    /// Whose answers say what is left.
    shown: Option<TenantLimits>,
    tenants: Mutex<HashMap<Tenant, Arc<Open>>>,
}

/// The evaluations of one tenant that have not ended.
#[derive(Debug, Default)]
struct Open {
    known: Mutex<Known>,
    /// Of whoever counts.
    turn: AsyncMutex<()>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    at: Option<Instant>,
    open: u64,
}

impl EvaluationQuota {
    /// So many of a tenant; 0: any number. What is left of that is told in the answers of `shown`.
    #[must_use]
    pub fn new(bound: u64, database: Database, shown: Option<TenantLimits>) -> Self {
        Self(Arc::new(Shared {
            bound,
            database,
            shown,
            tenants: Mutex::default(),
        }))
    }

    /// Whether there is a place, before anything is done for one that may need it.
    ///
    /// # Errors
    /// 429 `rate_limited`.
    pub async fn look(&self, tenant: &Tenant) -> Result<(), Problem> {
        self.take_places(tenant, 0).await
    }

    /// Takes a place for one that is about to be stored. One that exists already takes none for longer than until the next count.
    ///
    /// # Errors
    /// 429 `rate_limited`.
    pub async fn take(&self, tenant: &Tenant) -> Result<(), Problem> {
        self.take_places(tenant, 1).await
    }

    async fn take_places(&self, tenant: &Tenant, places: u64) -> Result<(), Problem> {
        let bound = self.0.bound;
        if bound == 0 {
            return Ok(());
        }
        let open = self.of(tenant);
        self.count_if_old(tenant, &open).await;
        let mut known = open.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = known.open >= bound;
        if !is_full {
            known.open += places;
        }
        if let Some(limits) = &self.0.shown {
            let quota = Quota {
                name: "evaluations",
                unit: None,
                size: bound,
                window: None,
                left: bound - known.open.min(bound),
                seconds: FRESH.as_secs(),
            };
            limits.show(tenant, quota);
        }
        if is_full {
            let detail = format!("so much that {bound} evaluations wait or run");
            return Err(exceeded(detail, FRESH));
        }
        Ok(())
    }

    fn of(&self, tenant: &Tenant) -> Arc<Open> {
        let mut tenants = self
            .0
            .tenants
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if tenants.len() >= MAX_TENANTS && !tenants.contains_key(tenant) {
            tenants.clear();
        }
        Arc::clone(tenants.entry(tenant.clone()).or_default())
    }

    async fn count_if_old(&self, tenant: &Tenant, open: &Open) {
        let is_old = || {
            let known = *open.known.lock().unwrap_or_else(PoisonError::into_inner);
            let per_evaluation = u32::try_from(known.open).unwrap_or(u32::MAX);
            let fresh = FRESH + FRESH_PER_EVALUATION * per_evaluation;
            (known.at.is_none_or(|at| at.elapsed() >= fresh), known.at)
        };
        let (true, counted_before) = is_old() else {
            return;
        };
        // Who comes while another counts goes by what was known before, but for the first count, which all wait for.
        let _turn = match (open.turn.try_lock(), counted_before) {
            (Ok(turn), _) => turn,
            (Err(_), Some(_)) => return,
            (Err(_), None) => open.turn.lock().await,
        };
        if !is_old().0 {
            return;
        }
        let counted = queue_figures::open_of_tenant(&self.0.database, tenant, self.0.bound).await;
        let mut known = open.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Without PostgreSQL nothing is stored, whatever is said here.
        known.at = Some(Instant::now());
        if let Ok(counted) = counted {
            known.open = counted;
        }
    }
}
