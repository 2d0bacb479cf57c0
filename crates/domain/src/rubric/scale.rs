//! The three kinds of scale, and their map onto 0 to 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The values that a criterion can have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Scale {
    /// Any number from `min` to `max`.
    Numeric {
        /// The worst value.
        min: f64,
        /// The best value; more than `min`.
        max: f64,
        /// What single values mean: the number as text, and words.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        anchors: BTreeMap<String, String>,
    },
    /// True (1) or false (0).
    Boolean,
    /// One of several words, each worth a number from 0 to 1.
    Categories {
        /// The words and their worth.
        values: BTreeMap<String, f64>,
    },
}

impl Scale {
    /// The scale of a criterion that names none: 1 to 5.
    #[must_use]
    pub fn one_to_five() -> Self {
        Self::Numeric {
            min: 1.0,
            max: 5.0,
            anchors: BTreeMap::new(),
        }
    }

    /// A number on a numeric scale, mapped linearly onto 0 to 1; `None` when it is off the scale or the scale
    /// is of another kind.
    #[must_use]
    pub fn normalize_number(&self, score: f64) -> Option<f64> {
        match self {
            Self::Numeric { min, max, .. } if (*min..=*max).contains(&score) => {
                Some((score - min) / (max - min))
            }
            Self::Numeric { .. } | Self::Boolean | Self::Categories { .. } => None,
        }
    }

    /// A category and what it is worth. A word in another case will do where it names one category only; `None`
    /// when the scale has no such word.
    #[must_use]
    pub fn category(&self, word: &str) -> Option<(&str, f64)> {
        let Self::Categories { values } = self else {
            return None;
        };
        if let Some((category, worth)) = values.get_key_value(word) {
            return Some((category, *worth));
        }
        let folded = word.to_lowercase();
        let mut alike = values
            .iter()
            .filter(|(category, _)| category.to_lowercase() == folded);
        match (alike.next(), alike.next()) {
            (Some((category, worth)), None) => Some((category, *worth)),
            _ => None,
        }
    }

    /// The words of a categorical scale, the worst first.
    #[must_use]
    pub fn categories(&self) -> Vec<&str> {
        let Self::Categories { values } = self else {
            return Vec::new();
        };
        let mut sorted: Vec<_> = values.iter().collect();
        sorted.sort_by(|left, right| left.1.total_cmp(right.1));
        sorted.into_iter().map(|(word, _)| word.as_str()).collect()
    }
}
