//! Reads the two tables.

use std::collections::BTreeMap;

use toml::Value;

use super::{
    super::{Provider, SettingsError, files::Files},
    Routing, deployment, key, provider,
    table::SettingPath,
};

/// The two tables as they stand in the file.
#[derive(Default)]
pub(in super::super) struct Tables {
    /// The file.
    pub(in super::super) file: String,
    pub(in super::super) providers: Option<Value>,
    pub(in super::super) models: Option<Value>,
}

impl Tables {
    /// The names of the providers, also of those that are wrong.
    pub(in super::super) fn names(&self) -> Vec<&str> {
        self.providers
            .iter()
            .filter_map(Value::as_table)
            .flat_map(toml::Table::keys)
            .map(String::as_str)
            .collect()
    }
}

/// Where keys may stand besides the file.
pub(super) struct Sources<'s> {
    pub(super) env: &'s BTreeMap<String, String>,
    /// `None` in a process that calls no provider: it may not even be allowed to read the keys.
    pub(super) files: Option<&'s mut Files>,
    /// What holds where a provider's table does not say.
    pub(super) usual: &'s Provider,
}

/// Reads the tables and checks each value by itself.
pub(in super::super) fn read(
    tables: Tables,
    env: &BTreeMap<String, String>,
    files: Option<&mut Files>,
    usual: &Provider,
) -> Result<Routing, SettingsError> {
    key::refuse_unknown(env, &tables.names())?;
    let mut sources = Sources { env, files, usual };
    let mut routing = Routing::default();
    if let Some(value) = tables.providers {
        let place = SettingPath::new(&tables.file, "providers");
        for (name, value) in place.table(value)? {
            let route = provider::read(&name, place.key(&name), value, &mut sources)?;
            routing.providers.insert(name, route);
        }
    }
    if let Some(value) = tables.models {
        let place = SettingPath::new(&tables.file, "models");
        for (name, value) in place.table(value)? {
            let routes = deployment::read(&name, place.key(&name), value, &routing.providers)?;
            routing.models.insert(name, routes);
        }
    }
    Ok(routing)
}
