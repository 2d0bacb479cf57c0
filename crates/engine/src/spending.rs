//! Money for requests, where a tenant or a key has a budget: reserved before each and settled behind it.

use std::time::{Duration, Instant};

use domain::budget::BudgetPeriod;
use domain::money::NanoUsd;
use domain::plan::Deployment;
use jiff::Timestamp;
use providers::retry::CostReservation;
use service::metrics;
use storage::Database;
use storage::budgets::{self, Budget, Reservation};
use storage::evaluations::Claimed;
use tokio_util::task::TaskTracker;

use crate::Engine;
use crate::unavailable::retry_while_unavailable;

/// How long a request waits for others to be settled, where there is money but for what is reserved for those: most cost less.
const SETTLING: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(250);

/// Money for one request. Where it is dropped without a cost it stays reserved: the request may have been paid for.
pub(crate) struct Spending(Option<Held>);

struct Held {
    database: Database,
    tasks: TaskTracker,
    tenant: domain::Tenant,
    api_key: Option<String>,
    /// When it was reserved, and how much.
    reserved: (Timestamp, NanoUsd),
}

impl Spending {
    /// Reserves money for a request of an evaluation.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub(crate) async fn reserve(
        engine: &Engine,
        claimed: &Claimed,
        deployment: &Deployment,
        estimate: Option<i64>,
    ) -> Result<Self, String> {
        if !claimed.has_budget {
            return Ok(Self(None));
        }
        let Some(amount) = estimate else {
            metrics::budget_refusals_total().increment(1);
            return Err(format!(
                "there is a budget, and what `{}` costs at {} is not known",
                deployment.model, deployment.provider
            ));
        };
        let tenant = &claimed.ownership.tenant;
        let key = claimed.api_key.as_deref();
        let begun = Instant::now();
        loop {
            let reserve = || budgets::reserve(&engine.database, tenant, key, NanoUsd(amount));
            let reservation = retry_while_unavailable(reserve).await;
            match reservation.map_err(|_| "its budget cannot be read".to_owned())? {
                Reservation::Granted(at) => {
                    metrics::judge_call_overhead_seconds("budget")
                        .record(begun.elapsed().as_secs_f64());
                    return Ok(Self(Some(Held {
                        database: engine.database.clone(),
                        tasks: engine.tasks.clone(),
                        tenant: tenant.clone(),
                        api_key: claimed.api_key.clone(),
                        reserved: (at, NanoUsd(amount)),
                    })));
                }
                Reservation::Exceeded(budget) => {
                    let is_spent = budget.spent.0.saturating_add(amount) > budget.limit.0;
                    if is_spent || begun.elapsed() >= SETTLING {
                        metrics::budget_refusals_total().increment(1);
                        return Err(exceeded(&budget, amount));
                    }
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }
}

impl CostReservation for Spending {
    fn settle_cost(self, nano_usd: i64) {
        let Some(held) = self.0 else { return };
        let tasks = held.tasks.clone();
        tasks.spawn(async move {
            let (tenant, key) = (&held.tenant, held.api_key.as_deref());
            let cost = NanoUsd(nano_usd);
            match budgets::settle(&held.database, tenant, key, held.reserved, cost).await {
                Ok(warnings) => warnings.iter().for_each(warn),
                // What is not settled stays reserved: less can be spent, not more.
                Err(error) => {
                    tracing::warn!(%error, "what was reserved for a judge call stays reserved");
                }
            }
        });
    }
}

/// Of a tenant's own budget its evaluations may tell: whoever reads them may read it.
fn exceeded(budget: &Budget, amount: i64) -> String {
    format!(
        "of the {} budget of {} USD of {} {} USD are spent and {} USD reserved: no room for a call of about {} USD",
        match budget.period {
            BudgetPeriod::Day => "daily",
            BudgetPeriod::Month => "monthly",
        },
        budget.limit,
        match &budget.api_key {
            None => "the tenant".to_owned(),
            Some(key) => format!("the key {key}"),
        },
        budget.spent,
        budget.reserved,
        NanoUsd(amount)
    )
}

fn warn(budget: &Budget) {
    metrics::budget_warnings_total().increment(1);
    tracing::warn!(
        tenant = %budget.tenant,
        key_id = budget.api_key.as_deref(),
        period = budget.period.as_str(),
        limit_usd = %budget.limit,
        spent_usd = %budget.spent,
        "80 % of a budget is spent"
    );
}
