//! What a check is asked for.

use domain::rubric::parse_reference;
use service::http::{Parameters, wrong_parameter as wrong};
use service::problem::Problem;
use storage::evaluations::Filter;

use super::filter;
use crate::studies::{DEFAULT_SAMPLE, MAX_SAMPLE};

/// What a rubric version is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    /// The version by which each was judged.
    Judged,
    /// Another version of the same rubric.
    Version(u32),
}

/// What a check is asked for.
#[derive(Debug)]
pub(crate) struct CheckQuery {
    pub(crate) filter: Filter,
    /// The one before, where there is none.
    pub(crate) against: Option<Against>,
    /// How many evaluations are looked at, at most.
    pub(crate) sample: u32,
    /// Tells a check from an otherwise equal one.
    pub(crate) run: Option<String>,
    pub(crate) dry_run: bool,
}

impl CheckQuery {
    /// Reads the parameters of a check of a rubric.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(rubric: &str, parameters: Parameters) -> Result<Self, Problem> {
        let (mut against, mut sample, mut run, mut dry_run) = (None, DEFAULT_SAMPLE, None, false);
        let filter = filter::read(parameters, "against, sample, run, dry_run", |key, value| {
            match key {
                "against" => against = Some(version(rubric, value)?),
                "sample" => sample = super::sample(value, MAX_SAMPLE)?,
                "run" => run = Some(value.to_owned()),
                "dry_run" => dry_run = filter::truth(key, value)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if filter.labelled == Some(false) {
            return Err(wrong("labelled", "must not be false: a check needs labels"));
        }
        if let Some(named) = &filter.rubric {
            of(rubric, "rubric", named)?;
        }
        Ok(Self {
            filter,
            against,
            sample,
            run,
            dry_run,
        })
    }
}

fn version(rubric: &str, value: &str) -> Result<Against, Problem> {
    if value == "judged" {
        return Ok(Against::Judged);
    }
    let number = match value.parse().ok() {
        Some(number) => Some(number),
        None => of(rubric, "against", value)?,
    };
    let number = number.filter(|number| *number > 0);
    let problem = "must be `judged`, the number of a version, or `name@version`";
    number
        .map(Against::Version)
        .ok_or_else(|| wrong("against", problem))
}

/// The version that a reference names, which has to be one of this rubric.
fn of(rubric: &str, key: &str, value: &str) -> Result<Option<u32>, Problem> {
    let reference = parse_reference(value).map_err(|problem| wrong(key, problem))?;
    if reference.name == rubric {
        Ok(reference.version)
    } else {
        Err(wrong(key, &format!("must be a version of `{rubric}`")))
    }
}
