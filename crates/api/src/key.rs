//! API keys.

use domain::api_key::{KeyId, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewKey {
    /// What it is for; for people.
    pub name: String,
    /// What it is good for.
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// For how long it is good; absent: until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 315_360_000)]
    pub expires_in_seconds: Option<u32>,
    /// The id of the key whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<KeyId>,
    /// For how long that one is still good; absent: a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 7_776_000)]
    pub overlap_seconds: Option<u32>,
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// Its public part: `autorater_<id>_…`.
    pub id: KeyId,
    /// Whose calls it makes.
    pub tenant: String,
    /// What it is for.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good no more; null: it does not end by itself.
    #[schema(required)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(required)]
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
}

/// A key that was just made: the only time that it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedKey {
    /// The whole key.
    pub key: String,
    /// What is known of it.
    #[serde(flatten)]
    pub known: Key,
}
