//! Logins of the dashboard.

use domain::api_key::{KeyId, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A login that is to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// A whole API key.
    pub key: String,
}

/// Who a browser's calls are made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Whether callers show keys.
    pub auth: SessionAuth,
    /// Whose calls they are; null: nobody is logged in.
    #[schema(required)]
    pub tenant: Option<String>,
    /// The public part of the key that was shown; null without one.
    #[schema(required)]
    pub key_id: Option<KeyId>,
    /// What it is good for; nothing while nobody is logged in.
    pub scopes: Vec<Scope>,
    /// Where to post evaluations.
    pub ingest_url: String,
}

/// How callers are told apart: the setting `auth.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionAuth {
    /// By API keys.
    Keys,
    /// Not at all.
    Off,
}
