//! Secrets made printable.

const MASK: &str = "***";

/// A secret: when it is a URL whose parts are certain, only its password is masked.
pub(super) fn secret(text: &str) -> String {
    if text.contains("://") {
        url(text)
    } else {
        MASK.to_owned()
    }
}

/// Masks the password of a URL, in its authority and in its query.
///
/// Not by way of a URL parser: `postgres://` may name several hosts, which no parser takes. Where
/// it is not certain which part is the password, everything is masked.
pub(super) fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return MASK.to_owned();
    };
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = match authority.split_once('@') {
        None => authority.to_owned(),
        // A password with a bare `/`, `#` or `@` in it: the URL is not what it seems.
        Some((userinfo, hosts)) if userinfo.contains(['/', '#']) || hosts.contains('@') => {
            return MASK.to_owned();
        }
        Some((userinfo, hosts)) => match userinfo.split_once(':') {
            Some((user, _password)) => format!("{user}:{MASK}@{hosts}"),
            None => format!("{userinfo}@{hosts}"),
        },
    };
    if query.contains('@') {
        return MASK.to_owned();
    }
    if query.is_empty() {
        return format!("{scheme}://{authority}");
    }
    let pairs: Vec<String> = query.split('&').map(pair).collect();
    format!("{scheme}://{authority}?{}", pairs.join("&"))
}

/// Masks the value of a query parameter whose name speaks of a secret.
fn pair(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if ["pass", "secret", "token", "key"]
        .iter()
        .any(|word| lower.contains(word))
    {
        format!("{name}={MASK}")
    } else {
        pair.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_of_a_url_is_masked() {
        for (text, masked) in [
            (
                "postgres://u:hunter2@db/x?sslmode=require",
                "postgres://u:***@db/x?sslmode=require",
            ),
            (
                "postgres://u:hunter2@a:1,b:2/x",
                "postgres://u:***@a:1,b:2/x",
            ),
            (
                "postgres://u@db/x?password=hunter2",
                "postgres://u@db/x?password=***",
            ),
            ("redis://:hunter2@r:6379/0", "redis://:***@r:6379/0"),
            (
                "redis-sentinel://r:1?sentinelPassword=hunter2",
                "redis-sentinel://r:1?sentinelPassword=***",
            ),
            ("postgres://db/x", "postgres://db/x"),
        ] {
            assert_eq!(secret(text), masked);
        }
    }

    #[test]
    fn what_is_not_certain_is_masked_altogether() {
        for text in [
            "hunter2",
            "postgres://u:hun/ter2@db/x",
            "postgres://u:hun@ter2@db/x",
            "postgres://u:hun?ter2@db/x",
        ] {
            assert_eq!(secret(text), "***");
        }
    }
}
