//! `[redis]`: the work stream, limiter, breaker, progress and wake-ups.

use std::time::Duration;

use domain::Secret;
use url::Url;

use super::{section::section, value::quoted};

section! {
    /// Redis, which holds the work but not the truth.
    pub struct Redis in "redis" {
        /// Where Redis is: `redis://`, `rediss://` (TLS), `redis-sentinel://` or
        /// `rediss-sentinel://`; one primary, not Redis Cluster. Required.
        url: Option<Secret> = None, usual "REDIS_URL", check url, note "none: required";
        /// A PEM file of the certificate authorities that the certificate of Redis is verified by; absent: the system's. Needs a URL
        /// that begins with `rediss`.
        ca_file: Option<String> = None;
        /// What every key begins with, so that several installations can share one Redis.
        key_prefix: String = "autorater".to_owned(), check |prefix: &String| key_prefix(prefix);
        /// How long a new connection may take.
        connect_timeout: Duration = Duration::from_secs(3);
        /// How long one command may take.
        command_timeout: Duration = Duration::from_secs(3);
    }
}

fn url(url: &Secret) -> Result<(), String> {
    const EXPECTED: &str = "expected `redis://`, `rediss://` or `redis-sentinel://` and a host";
    const DATABASE: &str = "expected `redis://HOST:PORT/DATABASE` with a DATABASE from 0 to 255, or \
         `redis-sentinel://HOST:PORT/DATABASE?sentinelServiceName=NAME`";
    let text = url.expose_secret();
    let url = Url::parse(text).map_err(|error| format!("not a Redis URL ({error}); {EXPECTED}"))?;
    match url.scheme() {
        "redis" | "rediss" | "redis-sentinel" | "rediss-sentinel" if url.has_host() => {
            queue::check_url(text).map_err(|error| format!("{error}; {DATABASE}"))
        }
        "redis-cluster" | "rediss-cluster" => Err(
            "Redis Cluster is not supported: the work stream and its companions live on one \
             primary; expected `redis://`, `rediss://` or `redis-sentinel://`"
                .to_owned(),
        ),
        _ => Err(format!("not a Redis URL; {EXPECTED}")),
    }
}

fn key_prefix(prefix: &str) -> Result<(), String> {
    let is_valid = (1..=64).contains(&prefix.len())
        && prefix
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b':' | b'_' | b'-'));
    if is_valid {
        Ok(())
    } else {
        Err(format!(
            "{} cannot be a key prefix; expected 1 to 64 of a-z, 0-9, `:`, `_`, `-`",
            quoted(prefix)
        ))
    }
}
