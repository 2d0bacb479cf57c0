//! Where a webhook is sent to.

use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use crate::address::AllowedNetworks;

/// The longest URL of a target, in bytes, as it was sent and as it is stored.
pub const MAX_URL_BYTES: usize = 2_048;

/// What the operator allows beside `https` and the public internet.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Whether `http` is taken, which shows the evaluation to whoever is on the way.
    pub allow_http: bool,
    /// Ranges of addresses beside the public internet.
    pub allowed_networks: AllowedNetworks,
}

impl Policy {
    /// Whether all that a host resolves to may be connected to. Some that may and some that may not are a trap.
    ///
    /// # Errors
    /// [`TargetError::Address`].
    pub fn check(&self, addresses: impl IntoIterator<Item = IpAddr>) -> Result<(), TargetError> {
        let mut addresses = addresses.into_iter();
        if addresses.all(|address| self.allowed_networks.permit(address)) {
            Ok(())
        } else {
            Err(TargetError::Address)
        }
    }
}

/// A URL to which a webhook may be sent, but for what its name resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

/// Why a webhook cannot be sent there: sentences for the person who named the target.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// No absolute URL.
    #[error("is no URL: {0}")]
    NotAUrl(url::ParseError),
    /// Too long.
    #[error("must be at most {MAX_URL_BYTES} bytes, is {0}")]
    TooLong(usize),
    /// Neither `https` nor an `http` that is allowed.
    #[error("must begin with `https://`{}", if *.allow_http { " or `http://`" } else { "" })]
    Scheme {
        /// Whether `http` would have been taken.
        allow_http: bool,
    },
    /// A user or a password, which would stand in lists and logs.
    #[error("must not contain a user or password; the signature says who sends")]
    Credentials,
    /// A fragment is never sent.
    #[error("must not contain a fragment (`#…`)")]
    Fragment,
    /// Nobody listens there.
    #[error("must not name port 0")]
    Port,
    /// A private address, or the like.
    #[error(
        "is or resolves to an address that is not on the public internet; an operator allows ranges by \
         the setting `webhooks.allowed_networks`"
    )]
    Address,
}

impl Target {
    /// Reads what a client sent. A host that is an address is looked at, a name is not resolved.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, TargetError> {
        if text.len() > MAX_URL_BYTES {
            return Err(TargetError::TooLong(text.len()));
        }
        let url = Url::parse(text).map_err(TargetError::NotAUrl)?;
        let scheme_is_allowed = match url.scheme() {
            "https" => true,
            "http" => policy.allow_http,
            _ => false,
        };
        if !scheme_is_allowed {
            let allow_http = policy.allow_http;
            return Err(TargetError::Scheme { allow_http });
        }
        // A name outside of ASCII gets longer.
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(TargetError::TooLong(url.as_str().len()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        if url.port() == Some(0) {
            return Err(TargetError::Port);
        }
        let target = Self(url);
        if let Some(address) = target.address() {
            policy.check([address])?;
        }
        Ok(target)
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The name that has to be resolved; `None` where the host is an address.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self.0.host()? {
            Host::Domain(name) => Some(name),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    /// The address that stands in the place of a name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, policy: &Policy, expected: Result<&str, TargetError>) {
        let parsed = Target::parse(text, policy);
        let found = parsed.as_ref().map(|target| target.url().as_str());
        assert_eq!(found.map_err(Clone::clone), expected, "{text}");
    }

    fn local() -> Policy {
        Policy {
            allow_http: true,
            allowed_networks: "127.0.0.0/8,::1".parse().unwrap(),
        }
    }

    #[test]
    fn a_target_is_an_https_url_on_the_public_internet() {
        let policy = Policy::default();
        let ok = |text| check(text, &policy, Ok(text));
        ok("https://example.com/hook?a=b");
        ok("https://example.com:8443/");
        ok("https://8.8.8.8/");
        check("HTTPS://EXAMPLE.com", &policy, Ok("https://example.com/"));
        let scheme = || Err(TargetError::Scheme { allow_http: false });
        check("http://example.com/", &policy, scheme());
        check("file:///etc/passwd", &policy, scheme());
        check("gopher://example.com/", &policy, scheme());
        check(
            "https://user:pw@example.com/",
            &policy,
            Err(TargetError::Credentials),
        );
        check(
            "https://user@example.com/",
            &policy,
            Err(TargetError::Credentials),
        );
        check(
            "https://example.com/#a",
            &policy,
            Err(TargetError::Fragment),
        );
        check("https://example.com:0/", &policy, Err(TargetError::Port));
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES));
        check(&long, &policy, Err(TargetError::TooLong(long.len())));
        // Three bytes become nine.
        let long = format!("https://example.com/{}", "€".repeat(600));
        assert!(matches!(
            Target::parse(&long, &policy),
            Err(TargetError::TooLong(_))
        ));
        for text in ["", "/hook", "example.com/hook", "https://"] {
            let parsed = Target::parse(text, &policy);
            assert!(matches!(parsed, Err(TargetError::NotAUrl(_))), "{text}");
        }
    }

    #[test]
    fn a_private_address_is_refused_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "169.254.169.254",
            "10.0.0.1",
            "１２７.０.０.１",
        ] {
            let url = format!("https://{host}/");
            check(&url, &Policy::default(), Err(TargetError::Address));
        }
        for host in ["127.0.0.1", "127.1", "[::1]"] {
            let target = Target::parse(&format!("http://{host}:8000/"), &local());
            assert!(target.unwrap().address().is_some(), "{host}");
        }
    }

    #[test]
    fn a_name_is_judged_by_all_that_it_resolves_to() {
        let policy = Policy::default();
        let target = Target::parse("https://example.com/", &policy).unwrap();
        assert_eq!(target.name(), Some("example.com"));
        let check = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap());
            policy.check(addresses.collect::<Vec<_>>()).is_ok()
        };
        assert!(check(&["8.8.8.8", "2606:4700::1111"]));
        assert!(!check(&["8.8.8.8", "127.0.0.1"]));
        assert!(!check(&["fe80::1"]));
    }
}
