//! Checks: what a rubric version says of labelled evaluations, beside another one.

mod found;

use domain::identity::derived_id;
use domain::rubric::{Rubric, RubricReference, parse_reference};
use domain::{EvaluationId, State as Stage, Tenant};
use serde::{Deserialize, Serialize};
use service::problem::Problem;
use storage::Database;
use storage::evaluations::Filter;
use storage::studies::{NewCase, NewWork, StudyKind};

use super::planned::{Planned, Question};
use super::sample::{self, Sampled};
use super::{Version, judged_id, version};
use crate::query::{Against, CheckQuery};
use crate::routes::agreement::no_such_rubric;

pub(crate) use self::found::find;

/// The variants of a check.
const AFTER: &str = "after";
const BEFORE: &str = "before";
/// In the place of a version: that by which each was judged.
const JUDGED: &str = "judged";

/// What was asked, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    rubric: String,
    against: String,
    sample: Sampled,
}

impl Question for Asked {
    const KIND: StudyKind = StudyKind::Check;

    fn rubric(&self) -> &str {
        &self.rubric
    }

    fn against(&self) -> Option<&str> {
        Some(&self.against)
    }

    fn judge(&self) -> Option<&str> {
        None
    }

    fn sample(&self) -> &Sampled {
        &self.sample
    }
}

/// What stands for the version that is compared with. `None`: that by which each was judged.
async fn compared_with(
    database: &Database,
    tenant: &Tenant,
    checked: &str,
    asked: Option<Against>,
) -> Result<Option<Version>, Problem> {
    let reference =
        parse_reference(checked).map_err(|it| Problem::internal(anyhow::anyhow!(it)))?;
    let of = |version| RubricReference {
        version: Some(version),
        ..reference.clone()
    };
    let number = match asked {
        Some(Against::Judged) => return Ok(None),
        Some(Against::Version(number)) => number,
        None => match reference.version.unwrap_or(1) - 1 {
            0 => return Ok(None),
            before => return version(database, tenant, &of(before)).await,
        },
    };
    let wrong = |problem: String| crate::query::wrong("against", &problem);
    if reference.version == Some(number) {
        return Err(wrong("is the version that is checked".to_owned()));
    }
    let found = version(database, tenant, &of(number)).await?;
    let missing = || wrong(format!("names no version of `{}`", reference.name));
    found.map(Some).ok_or_else(missing)
}

/// Decides what a check has judged.
///
/// # Errors
/// 404, 400, 503.
pub(crate) async fn plan(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
    query: CheckQuery,
) -> Result<Planned<Asked>, Problem> {
    let checked = version(database, tenant, reference).await?;
    let checked = checked.ok_or_else(|| no_such_rubric(reference))?;
    let before = compared_with(database, tenant, &checked.label, query.against).await?;
    let filter = Filter {
        labelled: Some(true),
        ..query.filter
    };
    let (mut sampled, candidates) =
        sample::choose(database, tenant, &filter, &reference.name, query.sample).await?;
    let mut pairs = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        // What was judged by a version already, or will be, stands as it is.
        let stands = |version: &Version| {
            let ends_well = !matches!(candidate.state, Stage::Failed | Stage::Cancelled);
            candidate.rubric == version.label && ends_well
        };
        let missing: Vec<(&'static str, &Version)> =
            [(AFTER, Some(&checked)), (BEFORE, before.as_ref())]
                .into_iter()
                .filter_map(|(variant, version)| Some((variant, version?)))
                .filter(|(_, version)| !stands(version))
                .collect();
        if !missing.is_empty() {
            let rubrics: Vec<&Rubric> = missing.iter().map(|(_, it)| &it.rubric).collect();
            let payload = sample::payload(database, tenant, candidate.id, &rubrics).await?;
            if let Err(reason) = payload {
                sampled.leave_out(reason);
                continue;
            }
        }
        for variant in [AFTER, BEFORE] {
            let work = missing.iter().find(|(missing, _)| *missing == variant);
            pairs.push((candidate.id, variant, work.map(|(_, it)| it.label.clone())));
        }
    }
    let asked = Asked {
        rubric: checked.label,
        against: before.map_or_else(|| JUDGED.to_owned(), |before| before.label),
        sample: sampled,
    };
    planned(database, tenant, asked, query.run.as_deref(), pairs).await
}

/// The check with its ids: made of what was asked and of the sample, so that whoever asks again gets the same.
async fn planned(
    database: &Database,
    tenant: &Tenant,
    asked: Asked,
    run: Option<&str>,
    pairs: Vec<(EvaluationId, &'static str, Option<String>)>,
) -> Result<Planned<Asked>, Problem> {
    let mut parts = vec![
        asked.rubric.clone(),
        asked.against.clone(),
        run.unwrap_or_default().to_owned(),
    ];
    parts.extend(pairs.iter().map(|(id, variant, work)| {
        let own = if work.is_some() { " judged" } else { "" };
        format!("{id} {variant}{own}")
    }));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let id = derived_id(tenant, "check", &parts);
    let cases = pairs.into_iter().map(|(of, variant, work)| NewCase {
        of,
        variant,
        judged: match &work {
            None => of,
            Some(_) => judged_id(tenant, id, of, variant),
        },
        work: work.map(|rubric| NewWork {
            rubric,
            payload: None,
        }),
    });
    Planned::new(database, tenant, id, asked, cases.collect()).await
}
