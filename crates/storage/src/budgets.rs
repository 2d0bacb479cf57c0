//! `budgets`: what tenants and keys may spend, and what of it is used.
//!
//! Money is reserved before a call and settled behind it. What a worker reserved and did not live to settle stays reserved
//! until the period ends: nobody knows what that call cost. So what is spent and reserved is never less than what was paid, as
//! far as calls cost no more than was reserved for them.

use domain::Tenant;
use domain::api_key::KeyId;
use domain::budget::BudgetPeriod;
use domain::money::NanoUsd;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::database::Database;
use crate::error::{Error, Result};

/// A budget, and what of it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Whose it is.
    pub tenant: Tenant,
    /// The key whose evaluations it is for; `None`: all of the tenant's.
    pub api_key: Option<String>,
    /// For how long it is.
    pub period: BudgetPeriod,
    /// What may be spent in it.
    pub limit: NanoUsd,
    /// What is spent of the present one.
    pub spent: NanoUsd,
    /// What is reserved of it, for calls under way and for those of which nobody knows what they cost.
    pub reserved: NanoUsd,
    /// When the present one began (UTC).
    pub began: Date,
}

/// What came of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// It is reserved in every budget that there is, at this time of the database's clock.
    Granted(Timestamp),
    /// This budget has no room for it; nothing is reserved in any.
    Exceeded(Budget),
}

/// The period that is, of a row.
const NOW: &str = "date_trunc(period, now() AT TIME ZONE 'UTC')::date";

/// Sets a budget, or changes its limit; what is used of it stays.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn set(
    database: &Database,
    tenant: &Tenant,
    api_key: Option<&KeyId>,
    period: BudgetPeriod,
    limit: NanoUsd,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO budgets (tenant, api_key, period, limit_nano_usd) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, api_key, period) DO UPDATE
        SET limit_nano_usd = excluded.limit_nano_usd, warned = false, updated_at = now()";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let key = api_key.map_or("", KeyId::as_str);
    client
        .execute(
            &statement,
            &[&tenant.as_str(), &key, &period.as_str(), &limit.0],
        )
        .await?;
    Ok(())
}

/// Removes a budget; false: there was none.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn remove(
    database: &Database,
    tenant: &Tenant,
    api_key: Option<&KeyId>,
    period: BudgetPeriod,
) -> Result<bool> {
    const SQL: &str = "DELETE FROM budgets WHERE tenant = $1 AND api_key = $2 AND period = $3";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let key = api_key.map_or("", KeyId::as_str);
    let removed = client
        .execute(&statement, &[&tenant.as_str(), &key, &period.as_str()])
        .await?;
    Ok(removed > 0)
}

/// The budgets of a tenant, or of all.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn list(database: &Database, tenant: Option<&Tenant>) -> Result<Vec<Budget>> {
    let sql = format!(
        "SELECT tenant, api_key, period, limit_nano_usd, {}, {}, {NOW}
         FROM budgets WHERE $1::text IS NULL OR tenant = $1 ORDER BY tenant, api_key, period",
        present("spent_nano_usd"),
        present("reserved_nano_usd")
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(&statement, &[&tenant.map(Tenant::as_str)])
        .await?;
    rows.iter().map(|row| read(row, 0)).collect()
}

/// An amount of the period that is: a row may be of one that is over.
fn present(amount: &str) -> String {
    format!("CASE WHEN period_start = {NOW} THEN {amount} ELSE 0 END")
}

/// Reserves money for a call in every budget of a tenant and of the key that posted the evaluation, or in none.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn reserve(
    database: &Database,
    tenant: &Tenant,
    api_key: Option<&str>,
    amount: NanoUsd,
) -> Result<Reservation> {
    // The rows are locked in one order, and read as they are behind the lock: so no two reservations take the same money.
    let sql = format!(
        "WITH budget AS MATERIALIZED (
            SELECT tenant, api_key, period, limit_nano_usd, {} AS spent, {} AS reserved, {NOW} AS began,
                   warned AND period_start = {NOW} AS warned
            FROM budgets WHERE tenant = $1 AND api_key IN ('', $2)
            ORDER BY api_key, period FOR UPDATE
        ), over AS (
            SELECT * FROM budget WHERE spent + reserved + $3 > limit_nano_usd ORDER BY api_key, period LIMIT 1
        ), taken AS (
            UPDATE budgets b
            SET spent_nano_usd = budget.spent, reserved_nano_usd = budget.reserved + $3, period_start = budget.began,
                warned = budget.warned, updated_at = now()
            FROM budget
            WHERE b.tenant = budget.tenant AND b.api_key = budget.api_key AND b.period = budget.period
              AND NOT EXISTS (SELECT FROM over)
        )
        SELECT now(), tenant, api_key, period, limit_nano_usd, spent, reserved, began
        FROM (SELECT) one LEFT JOIN over ON true",
        present("spent_nano_usd"),
        present("reserved_nano_usd")
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_one(
            &statement,
            &[&tenant.as_str(), &api_key.unwrap_or_default(), &amount.0],
        )
        .await?;
    match row.get::<_, Option<&str>>(1) {
        Some(_) => read(&row, 1).map(Reservation::Exceeded),
        None => Ok(Reservation::Granted(row.get(0))),
    }
}

/// From which part of a budget on there is a warning.
const WARN_AT: &str = "0.8";

/// Puts what a call cost in the place of what was reserved for it at a time, in the periods of that time. Returns the budgets of
/// which most is spent since; each is named once in a period.
///
/// # Errors
/// [`crate::Error::Unavailable`]: nothing was settled, or it was and the answer got lost; repeating may settle twice.
pub async fn settle(
    database: &Database,
    tenant: &Tenant,
    api_key: Option<&str>,
    (reserved_at, reserved): (Timestamp, NanoUsd),
    cost: NanoUsd,
) -> Result<Vec<Budget>> {
    let sql = format!(
        "WITH budget AS MATERIALIZED (
            SELECT tenant, api_key, period, warned FROM budgets
            WHERE tenant = $1 AND api_key IN ('', $2) AND period_start = date_trunc(period, $3 AT TIME ZONE 'UTC')::date
            ORDER BY api_key, period FOR UPDATE
        ), settled AS (
            UPDATE budgets b
            SET spent_nano_usd = b.spent_nano_usd + $5, reserved_nano_usd = greatest(b.reserved_nano_usd - $4, 0),
                warned = b.warned OR b.spent_nano_usd + $5 >= b.limit_nano_usd * {WARN_AT}, updated_at = now()
            FROM budget WHERE b.tenant = budget.tenant AND b.api_key = budget.api_key AND b.period = budget.period
            RETURNING b.*, b.warned AND NOT budget.warned AS warns
        )
        SELECT tenant, api_key, period, limit_nano_usd, spent_nano_usd, reserved_nano_usd, period_start
        FROM settled WHERE warns"
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(
            &statement,
            &[
                &tenant.as_str(),
                &api_key.unwrap_or_default(),
                &reserved_at,
                &reserved.0,
                &cost.0,
            ],
        )
        .await?;
    rows.iter().map(|row| read(row, 0)).collect()
}

/// Reads a budget whose columns begin at `first`.
fn read(row: &tokio_postgres::Row, first: usize) -> Result<Budget> {
    let period: &str = row.get(first + 2);
    let key: String = row.get(first + 1);
    Ok(Budget {
        tenant: Tenant::stored(row.get(first)),
        api_key: Some(key).filter(|key| !key.is_empty()),
        period: BudgetPeriod::parse(period).ok_or_else(|| Error::Unreadable {
            what: "budget",
            problem: "unknown period".to_owned(),
        })?,
        limit: NanoUsd(row.get(first + 3)),
        spent: NanoUsd(row.get(first + 4)),
        reserved: NanoUsd(row.get(first + 5)),
        began: row.get(first + 6),
    })
}
