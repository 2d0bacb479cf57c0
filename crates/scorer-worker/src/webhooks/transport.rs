//! One `POST` to a receiver: only to an address that may be connected to, without redirects and proxies, within a bound.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, redirect};
use service::resolver::Resolver;
use service::settings;
use thiserror::Error;
use webhooks::{ErrorClass, Outcome, Policy, Target, retry_after};

/// For making a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the addresses of a name.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long, and how much of it, an answer's body is read: only so that the connection can be used again.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_BODY_BYTES: usize = 16 * 1024;
/// Idle connections that are kept for a host, and for how long.
const MAX_IDLE: usize = 8;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
}

/// Sends webhooks.
pub(super) struct Transport {
    client: Client,
    policy: Policy,
}

/// Why a name leads nowhere.
#[derive(Debug, Error)]
enum ResolveError {
    #[error("the name has no addresses")]
    NotFound,
    #[error("an address of the name must not be connected to")]
    Forbidden,
}

/// Looks up names, and lets no address through that must not be connected to: what a name resolved to when the evaluation was
/// posted says nothing about now.
struct VettedResolver {
    resolver: Resolver,
    policy: Policy,
}

impl Resolve for VettedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, policy) = (self.resolver.clone(), self.policy.clone());
        Box::pin(async move {
            let found = resolver.resolve(name.as_str()).await;
            let addresses = found.ok_or(ResolveError::NotFound)?;
            policy
                .check(addresses.iter().copied())
                .map_err(|_| ResolveError::Forbidden)?;
            // The port is that of the URL.
            let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

impl Transport {
    /// Prepares connections; nothing is sent yet.
    pub(super) fn new(settings: &settings::Webhooks) -> reqwest::Result<Self> {
        let policy = settings.policy();
        let resolver = VettedResolver {
            resolver: Resolver::new(RESOLVE_TIMEOUT),
            policy: policy.clone(),
        };
        let client = Client::builder()
            .user_agent(concat!("autorater/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            .pool_max_idle_per_host(MAX_IDLE)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // Both would lead past the look at the address.
            .redirect(redirect::Policy::none())
            .no_proxy()
            // Nothing is read of the answer that would have to be unpacked.
            .no_gzip()
            .dns_resolver(resolver)
            .build()?;
        Ok(Self { client, policy })
    }

    /// Sends a message once.
    pub(super) async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Answer {
        // An address in the place of a name is not resolved, and the settings may have changed since it was posted.
        let Ok(target) = Target::parse(url, &self.policy) else {
            return Answer::failed(ErrorClass::Address);
        };
        let request = self
            .client
            .post(target.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .headers(headers)
            .body(body);
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let asked = response.headers().get(RETRY_AFTER);
                let asked =
                    asked.and_then(|value| retry_after(value.to_str().ok()?, Timestamp::now()));
                // A receiver that is slow with what nobody reads has the message all the same.
                drop(tokio::time::timeout(BODY_TIMEOUT, discard(response)).await);
                Answer {
                    outcome: Outcome::of_status(status),
                    status: Some(status),
                    retry_after: asked,
                }
            }
            Err(error) => Answer::failed(classify(&error)),
        }
    }
}

impl Answer {
    fn failed(class: ErrorClass) -> Self {
        Self {
            outcome: Outcome::Retry(class),
            status: None,
            retry_after: None,
        }
    }
}

async fn discard(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > MAX_BODY_BYTES {
            return;
        }
    }
}

fn classify(error: &reqwest::Error) -> ErrorClass {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(found) = cause {
        match found.downcast_ref() {
            Some(ResolveError::NotFound) => return ErrorClass::Dns,
            Some(ResolveError::Forbidden) => return ErrorClass::Address,
            None => cause = found.source(),
        }
    }
    if error.is_timeout() {
        ErrorClass::Timeout
    } else if error.is_connect() {
        ErrorClass::Connect
    } else {
        ErrorClass::Transport
    }
}
