//! The rubrics that come with autorater. A released version is never edited: a change is a new file.

use std::sync::LazyLock;

use super::{Rubric, RubricReference, parse};
use crate::fields::Errors;
use crate::json::Json;

/// A built-in rubric and its version.
#[derive(Debug)]
pub struct BuiltIn {
    /// From 1.
    pub version: u32,
    /// The rubric, which has a name.
    pub rubric: Rubric,
}

impl BuiltIn {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.rubric.name.as_deref().unwrap_or_default()
    }
}

const SOURCES: [(u32, &str); 7] = [
    (1, include_str!("builtin/general-quality@1.json")),
    (1, include_str!("builtin/code-correctness@1.json")),
    (1, include_str!("builtin/code-change@1.json")),
    (1, include_str!("builtin/agent-trajectory@1.json")),
    (2, include_str!("builtin/agent-trajectory@2.json")),
    (1, include_str!("builtin/grounded-answer@1.json")),
    (1, include_str!("builtin/instruction-following@1.json")),
];

static ALL: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| {
    let read = |(version, source): (u32, &str)| {
        let document = Json::parse(source.as_bytes()).ok()?;
        let rubric = parse(&document, "", &mut Errors::default())?;
        Some(BuiltIn { version, rubric })
    };
    SOURCES.into_iter().filter_map(read).collect()
});

/// All of them.
#[must_use]
pub fn all() -> &'static [BuiltIn] {
    &ALL
}

/// One by name and version, or its newest version.
#[must_use]
pub fn find(reference: &RubricReference) -> Option<&'static BuiltIn> {
    let fits = |each: &&BuiltIn| {
        each.name() == reference.name
            && reference
                .version
                .is_none_or(|version| version == each.version)
    };
    ALL.iter().filter(fits).max_by_key(|each| each.version)
}

/// The newest version of a name; 0 when no built-in rubric has it.
#[must_use]
pub fn newest_version(name: &str) -> u32 {
    ALL.iter()
        .filter(|each| each.name() == name)
        .map(|each| each.version)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_a_valid_rubric_with_a_name_and_a_pass_mark() {
        for (version, source) in SOURCES {
            let document = Json::parse(source.as_bytes()).unwrap();
            let mut errors = Errors::default();
            let rubric = parse(&document, "", &mut errors);
            assert_eq!(errors.into_vec(), Vec::new());
            let rubric = rubric.unwrap();
            assert!(
                version > 0 && rubric.name.is_some() && rubric.pass_threshold.is_some(),
                "{source}"
            );
        }
        assert_eq!(ALL.len(), SOURCES.len());
    }
}
