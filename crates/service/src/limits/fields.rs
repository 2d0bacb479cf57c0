//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): lists of structured fields.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// What a tenant may have of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What it is called in both fields.
    pub name: &'static str,
    /// What is counted where that is no request.
    pub unit: Option<&'static str>,
    /// So much there is.
    pub size: u64,
    /// In so many seconds; `None`: at once.
    pub window: Option<u32>,
    /// So much is left.
    pub left: u64,
    /// Until there is more.
    pub seconds: u64,
}

/// Says what there is and what is left.
pub(crate) fn write(headers: &mut HeaderMap, quotas: &[Quota]) {
    let policy = quotas.iter().map(|quota| {
        let unit = quota
            .unit
            .map_or_else(String::new, |unit| format!(";qu=\"{unit}\""));
        let window = quota
            .window
            .map_or_else(String::new, |window| format!(";w={window}"));
        format!("\"{}\";q={}{unit}{window}", quota.name, quota.size)
    });
    let standing = quotas
        .iter()
        .map(|quota| format!("\"{}\";r={};t={}", quota.name, quota.left, quota.seconds));
    let (policy, standing): (Vec<_>, Vec<_>) = (policy.collect(), standing.collect());
    for (name, items) in [(POLICY, policy), (STANDING, standing)] {
        if let Ok(value) = HeaderValue::from_str(&items.join(", "))
            && !items.is_empty()
        {
            headers.insert(name, value);
        }
    }
}
