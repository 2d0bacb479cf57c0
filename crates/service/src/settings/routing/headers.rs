//! Headers that are added to every request to a provider.

use std::collections::BTreeMap;

use domain::Secret;
use reqwest::header::{HeaderName, HeaderValue};
use toml::Value;

use super::{super::SettingsError, table::SettingPath};

/// Headers that we set ourselves.
const RESERVED: [&str; 5] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "traceparent",
    "x-correlation-id",
];

/// Reads the headers of a provider.
pub(super) fn read(
    place: &SettingPath<'_>,
    value: Value,
) -> Result<BTreeMap<String, Secret>, SettingsError> {
    let mut headers: BTreeMap<String, Secret> = BTreeMap::new();
    for (name, value) in place.table(value)? {
        let place = place.key(&name);
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(place.error("not a header's name; expected letters, digits and `-`"));
        }
        if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(place.error(format!(
                "is set by autorater itself; expected none of {}",
                RESERVED.join(", ")
            )));
        }
        if headers
            .keys()
            .any(|other| other.eq_ignore_ascii_case(&name))
        {
            return Err(place.error(
                "duplicate header (upper and lower case are the same); expected each header once",
            ));
        }
        let value: Secret = place.setting(value)?;
        // Not only what a header cannot carry: what is not ASCII means something else to each reader.
        if HeaderValue::from_str(value.expose_secret()).is_err()
            || !value.expose_secret().is_ascii()
        {
            return Err(place.error(
                "has a line break, a control character or a non-ASCII character in it; \
                 expected ASCII only",
            ));
        }
        headers.insert(name, value);
    }
    Ok(headers)
}
