//! A prompt's message in either syntax.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{format, jinja, names};
use crate::rubric::Syntax;

/// A message that can be filled in.
#[derive(Debug)]
pub(super) enum Compiled<'s> {
    /// In Jinja's syntax.
    Jinja(jinja::Template<'s>),
    /// In that of `str.format`.
    Format(format::Template<'s>),
}

/// Why a message could not be filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The canonical name of a value that is not there.
    Absent(&'static str),
    /// It became too long.
    TooLong,
    /// It did too much.
    TooManySteps,
    /// Something else, in words.
    Other(String),
}

impl<'s> Compiled<'s> {
    /// Reads a message; everything that is wrong with its syntax otherwise.
    pub(super) fn new(syntax: Syntax, source: &'s str) -> Result<Self, Vec<String>> {
        match syntax {
            Syntax::Jinja => jinja::Template::new(source).map(Self::Jinja),
            Syntax::Format => format::Template::new(source).map(Self::Format),
        }
    }

    /// The names of values that it uses, as they are written.
    pub(super) fn names(&self) -> BTreeSet<String> {
        match self {
            Self::Jinja(template) => template.names(),
            Self::Format(template) => template.names(),
        }
    }

    /// Fills it in.
    pub(super) fn render(
        &self,
        values: &BTreeMap<&'static str, Cow<'_, str>>,
    ) -> Result<String, Failure> {
        match self {
            Self::Jinja(template) => template.render(values),
            Self::Format(template) => template.render(values),
        }
    }

    /// The canonical names of values that it needs beside those that are there, as so many steps show it.
    pub(super) fn lacking(
        &self,
        values: &BTreeMap<&'static str, Cow<'_, str>>,
        steps: usize,
    ) -> Vec<&'static str> {
        match self {
            Self::Jinja(template) => template.lacking(values, steps),
            Self::Format(template) => template
                .names()
                .iter()
                .filter_map(|name| names::canonical(name))
                .filter(|name| !values.contains_key(name))
                .collect(),
        }
    }
}
