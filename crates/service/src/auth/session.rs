//! A browser's login: the API key in a cookie that scripts cannot read.
//!
//! It ends with the key, and needs no storage. What changes something is only taken from our own pages: a cookie, other than a
//! header, comes along with a request that another site makes its reader send.

use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HOST, HeaderMap, ORIGIN};
use domain::api_key::ApiKey;

use crate::http::single;
use crate::problem::{Problem, ProblemCode};

/// With this prefix a browser takes it only over TLS (or from this machine), for the whole host and no other.
const NAME: &str = "__Host-autorater";
/// How long a login lasts, in seconds: 30 days, if its key is good for so long.
const MAX_AGE: u32 = 30 * 24 * 3600;

/// `Set-Cookie` of a login.
#[must_use]
pub fn begin(key: &ApiKey) -> String {
    set(key.expose(), MAX_AGE)
}

/// `Set-Cookie` of a logout.
#[must_use]
pub fn end() -> String {
    set("", 0)
}

fn set(value: &str, max_age: u32) -> String {
    format!("{NAME}={value}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// The key in the cookie; none where it holds none.
pub(super) fn key(headers: &HeaderMap) -> Option<ApiKey> {
    let values = headers.get_all(COOKIE);
    let values = values.filter_map(|value| value.to_str().ok());
    let mut found = values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == NAME).then(|| ApiKey::parse(value))
        });
    let first = found.next()?;
    // A browser sends one of a name: which of two is meant, nobody can say.
    found.next().is_none().then_some(first)?
}

/// Refuses what another site may have had a browser send (cross-site request forgery).
///
/// # Errors
/// 403 `forbidden`; 400 `invalid_header`.
pub fn expect_same_origin(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| -> Result<Option<&str>, Problem> {
        Ok(single(headers, name)?.and_then(|value| value.to_str().ok()))
    };
    let is_ours = match text("sec-fetch-site")? {
        Some(site) => site == "same-origin",
        // A browser of before 2023: it sends at least an origin.
        None => match (text(ORIGIN.as_str())?, text(HOST.as_str())?) {
            (Some(origin), Some(host)) => {
                let authority = origin.split_once("://").map(|(_, authority)| authority);
                authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
            }
            _ => false,
        },
    };
    if is_ours {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::Forbidden).with_detail(
        "with a cookie only pages of this very address may change anything; programs send `Authorization: Bearer autorater_…`",
    ))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    #[test]
    fn what_a_login_sets_is_what_is_read() {
        let made = ApiKey::generate();
        let cookie = begin(&made);
        let (pair, attributes) = cookie.split_once(';').unwrap();
        for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(
                attributes.split("; ").any(|each| each == attribute),
                "{attributes}"
            );
        }
        let sent = format!("theme=dark; {pair}");
        let found = key(&headers(&[("cookie", &sent)])).map(|key| key.digest());
        assert_eq!(found, Some(made.digest()));
        assert!(key(&headers(&[("cookie", &format!("{pair}; {pair}"))])).is_none());
        assert!(key(&headers(&[("cookie", &format!("x{pair}"))])).is_none());
        let ended = end();
        let (pair, _) = ended.split_once(';').unwrap();
        assert!(key(&headers(&[("cookie", pair)])).is_none());
    }

    #[test]
    fn another_site_changes_nothing() {
        let host = ("host", "judge.example:8081");
        for (given, is_ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://judge.example:8081"),
                    host,
                ],
                false,
            ),
            (&[("origin", "https://judge.example:8081"), host], true),
            (&[("origin", "https://judge.example"), host], false),
            (&[("origin", "https://evil.example"), host], false),
            (&[("origin", "null"), host], false),
            (&[host], false),
        ] {
            let headers = headers(given);
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                assert_eq!(
                    expect_same_origin(&method, &headers).is_ok(),
                    is_ours,
                    "{given:?}"
                );
            }
            assert!(expect_same_origin(&Method::GET, &headers).is_ok());
        }
    }
}
