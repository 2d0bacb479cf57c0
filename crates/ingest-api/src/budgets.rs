//! `ingest-api budgets`: what tenants and keys may spend, for whoever reaches the database.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use domain::Tenant;
use domain::api_key::KeyId;
use domain::budget::BudgetPeriod;
use domain::money::NanoUsd;
use service::ServiceName;
use service::backends::database_options;
use service::settings::Settings;
use storage::Database;
use storage::budgets::{self, Budget};

use crate::arguments::tenant;
use crate::keys::key_id;

/// What is done with budgets.
#[derive(Debug, Subcommand)]
pub enum BudgetsCommand {
    /// Set a budget or change its limit; what is used of it stays
    Set {
        /// Which one.
        #[command(flatten)]
        which: Which,
        /// How many US dollars may be spent, such as 25 or 0.50
        #[arg(long, value_parser = usd, value_name = "AMOUNT")]
        usd: NanoUsd,
    },
    /// List budgets with what is used of them
    List {
        /// Only those of this tenant
        #[arg(long, value_parser = tenant)]
        tenant: Option<Tenant>,
    },
    /// Remove a budget: what it was for has no bound then
    Remove {
        /// Which one.
        #[command(flatten)]
        which: Which,
    },
}

/// Which budget.
#[derive(Debug, Args)]
pub struct Which {
    /// Whose it is
    #[arg(long, value_parser = tenant, default_value = Tenant::DEFAULT)]
    tenant: Tenant,
    /// The id of a key, where it is for what that key posts alone
    #[arg(long, value_parser = key_id, value_name = "ID")]
    key: Option<KeyId>,
    /// For how long it is: day or month, from midnight UTC on
    #[arg(long, value_parser = period, value_name = "PERIOD")]
    period: BudgetPeriod,
}

/// Runs a command.
///
/// # Errors
/// A setting is missing, PostgreSQL does not answer, or there is no such budget.
pub(crate) async fn command(
    command: BudgetsCommand,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let options = database_options(ServiceName::IngestApi.as_str(), settings)?;
    let database = Database::new(&options)?;
    match command {
        BudgetsCommand::Set { which, usd } => {
            let Which {
                tenant,
                key,
                period,
            } = which;
            budgets::set(&database, &tenant, key.as_ref(), period, usd).await?;
            tracing::info!(%tenant, %period, limit_usd = %usd, "budget set");
        }
        BudgetsCommand::List { tenant } => {
            for budget in budgets::list(&database, tenant.as_ref()).await? {
                writeln!(std::io::stdout().lock(), "{}", line(&budget))?;
            }
        }
        BudgetsCommand::Remove { which } => {
            let Which {
                tenant,
                key,
                period,
            } = which;
            if !budgets::remove(&database, &tenant, key.as_ref(), period).await? {
                bail!("there is no such budget");
            }
            tracing::info!(%tenant, %period, "budget removed");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Tenant, key, period, limit, spent, reserved: separated by tabs, for programs as well.
fn line(budget: &Budget) -> String {
    let amounts = [budget.limit, budget.spent, budget.reserved];
    let [limit, spent, reserved] = amounts.map(|amount| amount.to_string());
    let parts = [
        budget.tenant.as_str(),
        budget.api_key.as_deref().unwrap_or("all keys"),
        budget.period.as_str(),
        &limit,
        &spent,
        &reserved,
    ];
    parts.join("\t")
}

fn period(name: &str) -> Result<BudgetPeriod, String> {
    BudgetPeriod::parse(name).ok_or_else(|| "expected day or month".to_owned())
}

/// A decimal number of dollars: its digits themselves, since no binary fraction is exact.
fn usd(text: &str) -> Result<NanoUsd, String> {
    const FRACTION: usize = 9;
    const WHOLE: usize = 9;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    let read = || {
        let is_amount = is_number(whole, WHOLE) && is_number(fraction, FRACTION);
        let digits = format!("{whole}{fraction:0<FRACTION$}");
        digits.parse().ok().filter(|_| is_amount).map(NanoUsd)
    };
    read().ok_or_else(|| "expected US dollars, such as 25 or 0.50".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_exact() {
        for (text, nano) in [
            ("25", 25_000_000_000),
            ("0.50", 500_000_000),
            ("0.000000001", 1),
        ] {
            assert_eq!(usd(text), Ok(NanoUsd(nano)), "{text}");
        }
        for text in [
            "",
            ".",
            "1.",
            "-1",
            "1e3",
            "1,5",
            "0.0000000001",
            "1000000000",
            "+1",
        ] {
            assert!(usd(text).is_err(), "{text}");
        }
    }
}
