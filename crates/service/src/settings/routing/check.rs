//! What must hold between the tables and the flat settings.

use super::{super::SettingsError, ANY_MODEL, Routing, table::SettingPath};

/// Checks the tables of a file against the flat settings; `base_url` is what gave its base URL, if any.
pub(in super::super) fn check(
    routing: &Routing,
    file: &str,
    base_url: Option<&str>,
) -> Result<(), SettingsError> {
    let models = SettingPath::new(file, "models");
    if let Some(base_url) = base_url
        && routing.models.contains_key(ANY_MODEL)
    {
        return Err(SettingsError::new(
            format!("{base_url} and {}", models.key(ANY_MODEL).named()),
            "contradictory: each says where models that are not listed are called; expected only \
             one of them",
        ));
    }
    Ok(())
}
