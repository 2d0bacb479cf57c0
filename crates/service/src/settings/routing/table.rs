//! Reading of tables, with the place of each value for the error.

use toml::{Table, Value};

use super::super::{
    SettingsError, file,
    section::check_from_one,
    suggestion,
    value::{Setting, quoted},
};

/// Where a value stands.
#[derive(Clone, Debug)]
pub(super) struct SettingPath<'f> {
    file: &'f str,
    path: String,
}

impl<'f> SettingPath<'f> {
    /// The key `key` outside any table.
    pub(super) fn new(file: &'f str, key: &str) -> Self {
        Self {
            file,
            path: segment(key),
        }
    }

    /// The key of the table that stands here.
    pub(super) fn key(&self, key: &str) -> Self {
        Self {
            file: self.file,
            path: format!("{}.{}", self.path, segment(key)),
        }
    }

    /// The entry of the list that stands here, counted from 0.
    pub(super) fn index(&self, index: usize) -> Self {
        Self {
            file: self.file,
            path: format!("{}[{index}]", self.path),
        }
    }

    /// `FILE: path`.
    pub(super) fn named(&self) -> String {
        format!("{}: {}", self.file, self.path)
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> SettingsError {
        SettingsError::new(self.named(), problem)
    }

    /// A value that is no list and no table.
    pub(super) fn setting<T: Setting>(&self, value: Value) -> Result<T, SettingsError> {
        let text = file::scalar(value).ok_or_else(|| {
            self.error(format!(
                "expected one value, not a list or table: {}",
                T::EXPECTED
            ))
        })?;
        T::parse(&text)
            .map_err(|problem| self.error(format!("{problem}; expected {}", T::EXPECTED)))
    }

    /// The entries of a table of any names, in order.
    pub(super) fn table(&self, value: Value) -> Result<Table, SettingsError> {
        match value {
            Value::Table(table) => Ok(table),
            _ => Err(self.error("expected a table")),
        }
    }
}

/// A table whose keys are known.
#[derive(Debug)]
pub(super) struct Keys<'f> {
    pub(super) place: SettingPath<'f>,
    table: Table,
}

impl<'f> Keys<'f> {
    /// Refuses what is no table, and keys that are not known.
    pub(super) fn new(
        place: SettingPath<'f>,
        value: Value,
        known: &[&str],
    ) -> Result<Self, SettingsError> {
        let table = place.table(value)?;
        for key in table.keys() {
            if !known.contains(&key.as_str()) {
                let problem = suggestion::unknown(key, known.iter().copied());
                return Err(place.key(key).error(problem));
            }
        }
        Ok(Self { place, table })
    }

    /// What stands at a key.
    pub(super) fn take(&mut self, key: &str) -> Option<(SettingPath<'f>, Value)> {
        let value = self.table.remove(key)?;
        Some((self.place.key(key), value))
    }

    /// As [`take`](Self::take), of what must not be absent.
    pub(super) fn required(
        &mut self,
        key: &str,
        expected: &str,
    ) -> Result<(SettingPath<'f>, Value), SettingsError> {
        self.take(key).ok_or_else(|| {
            self.place
                .key(key)
                .error(format!("required, but not set; expected {expected}"))
        })
    }

    /// A value that may be absent.
    pub(super) fn setting<T: Setting>(&mut self, key: &str) -> Result<Option<T>, SettingsError> {
        self.take(key)
            .map(|(place, value)| place.setting(value))
            .transpose()
    }

    /// A whole number from 1 that may be absent.
    pub(super) fn number<T>(&mut self, key: &str) -> Result<Option<T>, SettingsError>
    where
        T: Setting + PartialOrd + From<u8>,
    {
        let Some((place, value)) = self.take(key) else {
            return Ok(None);
        };
        let number = place.setting(value)?;
        check_from_one(&number).map_err(|problem| place.error(problem))?;
        Ok(Some(number))
    }
}

/// A key as it stands in a path: quoted when TOML wants it so.
pub(super) fn segment(key: &str) -> String {
    let is_bare = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { key.to_owned() } else { quoted(key) }
}
