//! What one tenant may ask for in a second: a bucket for requests and one for bytes, of each tenant and in each process.
//!
//! A bucket holds what a second brings. Bytes are taken once they are known, which is when a body was read: the bucket goes below
//! zero then, and nothing more is let in until it is full enough again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Tenant;

use crate::problem::{Problem, ProblemCode};
use crate::settings;

mod fields;

pub use self::fields::Quota;
pub(crate) use self::fields::write;

/// Tenants whose buckets are kept; those that are full again make room.
const MAX_TENANTS: usize = 10_000;

/// The buckets of all tenants; clones share them.
#[derive(Debug, Clone)]
pub struct TenantLimits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    requests: f64,
    bytes: f64,
    tenants: Mutex<HashMap<Tenant, Buckets>>,
}

#[derive(Debug, Clone, Copy)]
struct Buckets {
    at: Instant,
    requests: f64,
    bytes: f64,
    /// What its service counts besides, as it last said.
    other: Option<Quota>,
}

impl TenantLimits {
    /// For an API that takes no large bodies: only requests count.
    #[must_use]
    pub fn of_requests(limits: &settings::Limits) -> Self {
        Self::new(limits.requests_per_second, 0)
    }

    /// For one that does.
    #[must_use]
    pub fn of_requests_and_bytes(limits: &settings::Limits) -> Self {
        Self::new(limits.requests_per_second, limits.bytes_per_second)
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 2^40")]
    fn new(requests: u32, bytes: u64) -> Self {
        Self(Arc::new(Shared {
            requests: requests.into(),
            bytes: bytes as f64,
            tenants: Mutex::default(),
        }))
    }

    /// Counts a request.
    ///
    /// # Errors
    /// 429 `rate_limited`.
    pub(crate) fn request(&self, tenant: &Tenant) -> Result<(), Problem> {
        self.request_at(Instant::now(), tenant)
    }

    fn request_at(&self, now: Instant, tenant: &Tenant) -> Result<(), Problem> {
        let rate = self.0.requests;
        if rate == 0.0 {
            return Ok(());
        }
        self.at(now, tenant, |buckets| {
            if buckets.requests < 1.0 {
                let after = Duration::from_secs_f64((1.0 - buckets.requests) / rate);
                let detail = format!("more than {rate} requests in a second");
                return Err(exceeded(detail, after));
            }
            buckets.requests -= 1.0;
            Ok(())
        })
    }

    /// How long until another body may be read; `None`: it may be now.
    #[must_use]
    pub fn until_bytes(&self, tenant: &Tenant) -> Option<Duration> {
        let rate = self.0.bytes;
        if rate == 0.0 {
            return None;
        }
        self.with(tenant, |buckets| {
            let missing = -buckets.bytes;
            (missing >= 0.0).then(|| Duration::from_secs_f64(missing / rate + 0.001))
        })
    }

    /// Whether another body may be read now.
    ///
    /// # Errors
    /// 429 `rate_limited`.
    pub fn may_read(&self, tenant: &Tenant) -> Result<(), Problem> {
        self.until_bytes(tenant).map_or(Ok(()), |after| {
            let detail = format!("more than {} bytes of bodies in a second", self.0.bytes);
            Err(exceeded(detail, after))
        })
    }

    /// A body of so many bytes was read.
    #[expect(clippy::cast_precision_loss, reason = "a body in memory")]
    pub fn have_read(&self, tenant: &Tenant, bytes: usize) {
        if self.0.bytes > 0.0 {
            self.with(tenant, |buckets| buckets.bytes -= bytes as f64);
        }
    }

    /// What the service itself counts of a tenant, for the fields of its answers.
    pub fn show(&self, tenant: &Tenant, quota: Quota) {
        self.with(tenant, |buckets| buckets.other = Some(quota));
    }

    /// What there is of each quota, and what is left of it.
    #[must_use]
    pub(crate) fn quotas(&self, tenant: &Tenant) -> Vec<Quota> {
        let Shared {
            requests, bytes, ..
        } = *self.0;
        let left = self.with(tenant, |buckets| *buckets);
        let quota = |name, unit, rate: f64, left: f64| {
            (rate > 0.0).then(|| Quota {
                name,
                unit,
                size: whole(rate),
                window: Some(1),
                left: whole(left),
                // Until it is full again, and at least until there is something.
                seconds: whole(((rate - left) / rate).ceil().max(1.0)),
            })
        };
        let requests = quota("requests", None, requests, left.requests);
        let bytes = quota("bytes", Some("content-bytes"), bytes, left.bytes);
        requests
            .into_iter()
            .chain(bytes)
            .chain(left.other)
            .collect()
    }

    fn with<T>(&self, tenant: &Tenant, take: impl FnOnce(&mut Buckets) -> T) -> T {
        self.at(Instant::now(), tenant, take)
    }

    fn at<T>(&self, now: Instant, tenant: &Tenant, take: impl FnOnce(&mut Buckets) -> T) -> T {
        let Shared {
            requests, bytes, ..
        } = *self.0;
        let full = Buckets {
            at: now,
            requests,
            bytes,
            other: None,
        };
        let mut tenants = self
            .0
            .tenants
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if tenants.len() >= MAX_TENANTS && !tenants.contains_key(tenant) {
            // A second fills the bucket of requests. One of bytes may be deep in debt: it is filled then, too.
            tenants.retain(|_, buckets| now.saturating_duration_since(buckets.at).as_secs() < 1);
        }
        let buckets = tenants.entry(tenant.clone()).or_insert(full);
        let passed = now.saturating_duration_since(buckets.at).as_secs_f64();
        buckets.at = now;
        buckets.requests = (buckets.requests + passed * requests).min(requests);
        buckets.bytes = (buckets.bytes + passed * bytes).min(bytes);
        take(buckets)
    }
}

/// The caller is over its own limit.
pub fn exceeded(detail: impl Into<String>, after: Duration) -> Problem {
    Problem::new(ProblemCode::RateLimited)
        .with_detail(format!(
            "this tenant has sent {}; come back later",
            detail.into()
        ))
        .with_retry_after(after)
}

/// Below zero is zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large or negative becomes the nearest number that there is"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests;
