//! Budgets.

use domain::budget::BudgetPeriod;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the caller's tenant, or one of its keys, may spend in a day or a month, and what of it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// The id of the key whose evaluations it is for; null: all of the tenant's.
    #[schema(required)]
    pub key_id: Option<String>,
    /// For how long it is; both begin at midnight UTC.
    #[schema(value_type = String)]
    pub period: BudgetPeriod,
    /// When the present one began.
    #[schema(value_type = String, format = Date)]
    pub began: Date,
    /// What may be spent in it: US dollars as a decimal.
    pub limit_usd: String,
    /// What is spent: US dollars as a decimal.
    pub spent_usd: String,
    /// What is reserved for calls under way, and for those of which nobody knows what they cost: US dollars as a decimal.
    pub reserved_usd: String,
}
