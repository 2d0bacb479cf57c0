//! Judge prompts of a rubric's own: what they may use, and how they are filled in.
//!
//! Values are put in as data. Nothing that a submission holds is ever read as a template, and the system message takes
//! nothing of it at all.

mod check;
mod compiled;
mod filter;
mod format;
mod jinja;
mod language;
mod names;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use compiled::{Compiled, Failure};

use super::Prompt;
pub use check::check;

/// What a prompt may become, in bytes. It holds a few of the largest values that can be submitted.
pub const MAX_RENDERED: usize = 64 << 20;

/// Prompts whose uses are kept; each has up to 128 KiB.
const MAX_KNOWN: usize = 256;

/// The messages of a prompt, filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The system message, where the prompt has one.
    pub system: Option<String>,
    /// The user message.
    pub user: String,
}

/// Why a prompt could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// It uses a value that is not there.
    #[error("the prompt uses `{0}`, which the submission lacks")]
    Absent(&'static str),
    /// It became too long.
    #[error("the prompt becomes longer than {MAX_RENDERED} bytes")]
    TooLong,
    /// It did too much.
    #[error("the prompt takes too many steps for values of this size")]
    TooManySteps,
    /// It is not a prompt that `check` passes.
    #[error("the {part} prompt cannot be filled in: {reason}")]
    Invalid {
        /// The message: `system` or `user`.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Fills a prompt in with values by their canonical names.
///
/// # Errors
/// See [`RenderError`]: a value that is absent and used without a guard, or a prompt that is wrong or does too much.
pub fn render(
    prompt: &Prompt,
    values: &BTreeMap<&'static str, Cow<'_, str>>,
) -> Result<Rendered, RenderError> {
    let system = match &prompt.system {
        Some(source) => {
            let allowed = values
                .iter()
                .filter(|(name, _)| names::is_given(name))
                .map(|(name, value)| (*name, Cow::Borrowed(value.as_ref())))
                .collect();
            Some(part(prompt, "system", source, &allowed)?)
        }
        None => None,
    };
    let user = part(prompt, "user", &prompt.user, values)?;
    Ok(Rendered { system, user })
}

/// The canonical names that a prompt uses, guarded or not.
///
/// A message with a syntax error uses none.
#[must_use]
pub fn names(prompt: &Prompt) -> BTreeSet<&'static str> {
    compiled(prompt)
        .flat_map(|compiled| compiled.names())
        .filter_map(|name| names::canonical(&name))
        .collect()
}

/// What a prompt does with the values of a submission.
#[derive(Debug, PartialEq, Eq)]
pub struct Uses {
    /// The canonical names that it uses, guarded or not.
    pub names: BTreeSet<&'static str>,
    /// Those that it uses without a guard although they are absent. `rubric`, `criteria` and `nonce` are never absent.
    pub missing: Vec<&'static str>,
}

/// What a prompt does with a submission that has these values.
///
/// Branches that hang on what a value says, rather than on whether it is there, are followed as for an arbitrary text, and
/// loops not for long; [`render`] refuses what this does not foresee. Of prompts that were asked about lately it is known: a prompt
/// is asked about with each post.
#[must_use]
pub fn uses(prompt: &Prompt, present: &BTreeSet<&'static str>) -> Arc<Uses> {
    type Known = HashMap<(Prompt, BTreeSet<&'static str>), Arc<Uses>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (prompt.clone(), present.clone());
    if let Some(uses) = known().get(&key) {
        return Arc::clone(uses);
    }
    let values = check::samples(|name| present.contains(name) || names::is_given(name));
    let lacking: BTreeSet<&'static str> = compiled(prompt)
        .flat_map(|compiled| compiled.lacking(&values, jinja::STEPS_FORESEEN))
        .collect();
    let uses = Arc::new(Uses {
        names: names(prompt),
        missing: names::all().filter(|name| lacking.contains(name)).collect(),
    });
    let mut known = known();
    if known.len() >= MAX_KNOWN {
        known.clear();
    }
    known.insert(key, Arc::clone(&uses));
    uses
}

/// The messages that have no syntax error.
fn compiled(prompt: &Prompt) -> impl Iterator<Item = Compiled<'_>> {
    parts(prompt).filter_map(|(_, source)| Compiled::new(prompt.syntax, source).ok())
}

/// The messages of a prompt with their names.
fn parts(prompt: &Prompt) -> impl Iterator<Item = (&'static str, &str)> {
    let system = prompt.system.as_deref().map(|source| ("system", source));
    system.into_iter().chain([("user", prompt.user.as_str())])
}

fn part(
    prompt: &Prompt,
    part: &'static str,
    source: &str,
    values: &BTreeMap<&'static str, Cow<'_, str>>,
) -> Result<String, RenderError> {
    let invalid = |reason| RenderError::Invalid { part, reason };
    let compiled =
        Compiled::new(prompt.syntax, source).map_err(|problems| invalid(problems.join("; ")))?;
    if let Some(unknown) = compiled
        .names()
        .iter()
        .find(|name| names::canonical(name).is_none())
    {
        return Err(invalid(names::unknown(unknown)));
    }
    compiled.render(values).map_err(|failure| match failure {
        Failure::Absent(name) if part == "system" => invalid(names::not_in_system(name)),
        Failure::Absent(name) => RenderError::Absent(name),
        Failure::TooLong => RenderError::TooLong,
        Failure::TooManySteps => RenderError::TooManySteps,
        Failure::Other(reason) => invalid(reason),
    })
}
