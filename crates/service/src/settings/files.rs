//! The files that settings were read from, and what stood in them.
//!
//! Content and not a time stamp decides whether a file changed: Kubernetes replaces a `ConfigMap` or
//! a secret by swapping a symbolic link.

use std::{collections::BTreeMap, fs};

use domain::Secret;

/// What stood in a file, or why it could not be read.
type Content = Result<Secret, String>;

/// Reads files and remembers what stood in them; each is read once.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(BTreeMap<String, Content>);

impl Files {
    /// The text of a file; the error is the system's.
    pub(super) fn read(&mut self, path: &str) -> Result<&str, String> {
        let content = self
            .0
            .entry(path.to_owned())
            .or_insert_with(|| content(path));
        match content {
            Ok(text) => Ok(text.expose_secret()),
            Err(error) => Err(error.clone()),
        }
    }

    /// Whether all that was read would be read again just so.
    pub(super) fn are_unchanged(&self) -> bool {
        self.0.iter().all(|(path, seen)| {
            let seen = seen.as_ref().map(|text| text.expose_secret());
            let now = content(path);
            seen == now.as_ref().map(|text| text.expose_secret())
        })
    }
}

fn content(path: &str) -> Content {
    fs::read_to_string(path)
        .map(Secret::from)
        .map_err(|error| error.to_string())
}
