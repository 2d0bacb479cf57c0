//! The rubric that a request is judged by, so that what is stored names one version for ever.

use std::borrow::Cow;

use domain::rubric::Rubric;
use storage::rubrics;

/// What a reference stands for, or what stands in the request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    /// `name@version`.
    pub(crate) label: String,
    /// The rubric.
    pub(crate) rubric: Cow<'static, Rubric>,
}

impl From<rubrics::Resolved> for Resolved {
    fn from(found: rubrics::Resolved) -> Self {
        Self {
            label: found.label(),
            rubric: found.into_rubric(),
        }
    }
}
