//! Labels: what people say of candidates.

use domain::rubric::Side;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A label to be stored. One of `score`, `preference` and `note` has to be there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewLabel {
    /// Who gives it.
    pub rater: String,
    /// The criterion that it is about; absent: the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// On the criterion's own scale, or from 0 to 1 for the whole; not in a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Which of two candidates is better; in a comparison only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<Side>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Label {
    /// Its id.
    pub id: Uuid,
    /// Who gave it.
    pub rater: String,
    /// The criterion that it is about; null: the whole.
    #[schema(required)]
    pub criterion: Option<String>,
    /// On the criterion's own scale, or from 0 to 1 for the whole.
    #[schema(required)]
    pub score: Option<f64>,
    /// Which of two candidates is better.
    #[schema(required)]
    pub preference: Option<Side>,
    /// In words.
    #[schema(required)]
    pub note: Option<String>,
    /// When it was given.
    pub created_at: Timestamp,
    /// Whether it is the newest of its rater and criterion, so that it counts.
    pub counts: bool,
}
