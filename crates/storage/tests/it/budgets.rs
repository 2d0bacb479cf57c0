//! Budgets: what is reserved, spent and refused.

use domain::Tenant;
use domain::api_key::KeyId;
use domain::budget::BudgetPeriod::{self, Day, Month};
use domain::money::NanoUsd;
use futures::future::join_all;
use jiff::Timestamp;
use storage::budgets::{Reservation, list, remove, reserve, set, settle};

use crate::support::{Bench, item_of, tenant};

const KEY: &str = "0123456789abcdef";

impl Bench {
    async fn set(&self, tenant: &Tenant, key: Option<&str>, period: BudgetPeriod, limit: i64) {
        let key = key.map(|key| KeyId::parse(key).unwrap());
        set(&self.database, tenant, key.as_ref(), period, NanoUsd(limit))
            .await
            .unwrap();
    }

    async fn reserve(&self, tenant: &Tenant, key: Option<&str>, amount: i64) -> Option<Timestamp> {
        match reserve(&self.database, tenant, key, NanoUsd(amount))
            .await
            .unwrap()
        {
            Reservation::Granted(at) => Some(at),
            Reservation::Exceeded(_) => None,
        }
    }

    /// Of each budget: its key, period, what is spent and what is reserved.
    async fn budgets(&self, tenant: &Tenant) -> Vec<(Option<String>, BudgetPeriod, i64, i64)> {
        let budgets = list(&self.database, Some(tenant)).await.unwrap();
        let budget = |budget: storage::budgets::Budget| {
            (
                budget.api_key,
                budget.period,
                budget.spent.0,
                budget.reserved.0,
            )
        };
        budgets.into_iter().map(budget).collect()
    }
}

#[tokio::test]
async fn money_is_reserved_in_every_budget_or_in_none() {
    let bench = Bench::migrated().await;
    let [ours, other] = [tenant("ours"), tenant("other")];
    bench.set(&ours, None, Month, 100).await;
    bench.set(&ours, None, Day, 50).await;
    bench.set(&ours, Some(KEY), Day, 30).await;
    let key = Some(KEY.to_owned());
    let at = bench.reserve(&ours, Some(KEY), 20).await.unwrap();
    // The key's own has no room; another key and another tenant have.
    assert_eq!(bench.reserve(&ours, Some(KEY), 20).await, None);
    let reserved = |of_key, of_tenant| {
        vec![
            (None, Day, 0, of_tenant),
            (None, Month, 0, of_tenant),
            (key.clone(), Day, 0, of_key),
        ]
    };
    assert_eq!(bench.budgets(&ours).await, reserved(20, 20));
    assert!(bench.reserve(&ours, Some("another"), 20).await.is_some());
    assert!(bench.reserve(&other, None, i64::MAX).await.is_some());
    assert_eq!(bench.budgets(&ours).await, reserved(20, 40));
    let refused = reserve(&bench.database, &ours, None, NanoUsd(20)).await;
    let Reservation::Exceeded(budget) = refused.unwrap() else {
        panic!("there is no room");
    };
    assert_eq!(
        (budget.period, budget.reserved, budget.limit),
        (Day, NanoUsd(40), NanoUsd(50))
    );
    // What it cost takes the place of what was reserved.
    let cost = (at, NanoUsd(20));
    let warnings = settle(&bench.database, &ours, Some(KEY), cost, NanoUsd(5)).await;
    assert_eq!(warnings.unwrap(), []);
    let after = [
        (None, Day, 5, 20),
        (None, Month, 5, 20),
        (key.clone(), Day, 5, 0),
    ];
    assert_eq!(bench.budgets(&ours).await, after);
    assert!(remove(&bench.database, &ours, None, Day).await.unwrap());
    assert!(!remove(&bench.database, &ours, None, Day).await.unwrap());
    assert!(bench.reserve(&ours, None, 60).await.is_some());
}

#[tokio::test]
async fn a_warning_comes_once_in_a_period_which_begins_with_nothing_used() {
    let bench = Bench::migrated().await;
    let ours = tenant("ours");
    bench.set(&ours, None, Day, 100).await;
    let mut warned = Vec::new();
    for _ in 0..5 {
        let at = bench.reserve(&ours, None, 20).await.unwrap();
        let warnings = settle(&bench.database, &ours, None, (at, NanoUsd(20)), NanoUsd(20)).await;
        warned.push(warnings.unwrap().len());
    }
    assert_eq!(warned, [0, 0, 0, 1, 0]);
    assert_eq!(bench.reserve(&ours, None, 1).await, None);
    // The day is over; what was reserved in it is not settled in the next one.
    let yesterday = "UPDATE budgets SET period_start = period_start - 1, reserved_nano_usd = 7";
    bench.execute(yesterday, &[]).await;
    assert_eq!(bench.budgets(&ours).await, [(None, Day, 0, 0)]);
    let at = bench.reserve(&ours, None, 30).await.unwrap();
    let before = at - jiff::SignedDuration::from_hours(24);
    let late = settle(
        &bench.database,
        &ours,
        None,
        (before, NanoUsd(7)),
        NanoUsd(90),
    )
    .await;
    assert_eq!(late.unwrap(), []);
    assert_eq!(bench.budgets(&ours).await, [(None, Day, 0, 30)]);
}

#[tokio::test]
async fn those_who_ask_at_once_do_not_take_the_same_money() {
    let bench = Bench::migrated().await;
    let ours = tenant("ours");
    bench.set(&ours, None, Month, 100).await;
    bench.set(&ours, Some(KEY), Day, 1_000).await;
    let asked = join_all((0..60).map(|_| bench.reserve(&ours, Some(KEY), 7))).await;
    let granted: Vec<Timestamp> = asked.into_iter().flatten().collect();
    assert_eq!(granted.len(), 14, "98 of 100");
    let settled = granted.iter().map(|at| {
        settle(
            &bench.database,
            &ours,
            Some(KEY),
            (*at, NanoUsd(7)),
            NanoUsd(1),
        )
    });
    assert!(join_all(settled).await.iter().all(Result::is_ok));
    let key = Some(KEY.to_owned());
    let after = [(None, Month, 14, 0), (key, Day, 14, 0)];
    assert_eq!(bench.budgets(&ours).await, after);
}

#[tokio::test]
async fn a_claim_says_whether_there_is_a_budget() {
    let bench = Bench::migrated().await;
    let [ours, other] = [tenant("ours"), tenant("other")];
    bench.set(&ours, Some(KEY), Day, 30).await;
    let mut by_key = item_of(&ours, "by the key");
    by_key.api_key = KeyId::parse(KEY);
    let items = [
        by_key,
        item_of(&ours, "by none"),
        item_of(&other, "another's"),
    ];
    let ids = bench.submitted(&items).await;
    let owner = bench.worker().await;
    let claimed = bench.claim(owner, &ids).await;
    let has_budget = |index: usize| {
        let mut claimed = claimed.iter();
        let claimed = claimed.find(|claimed| claimed.ownership.id == ids[index]);
        claimed.unwrap().has_budget
    };
    assert_eq!([0, 1, 2].map(has_budget), [true, false, false]);
}
