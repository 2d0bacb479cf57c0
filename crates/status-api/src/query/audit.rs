//! What an audit is asked for.

use api::Bias;
use domain::fields::{name_problem, short_text_problem};
use domain::rubric::{RubricReference, parse_reference};
use service::http::{Parameters, wrong_parameter as wrong};
use service::problem::Problem;
use storage::evaluations::Filter;

use super::filter;

/// How many evaluations are looked at where nobody says it, and at most: each is judged several times.
const DEFAULT_SAMPLE: u32 = 30;
const MAX_SAMPLE: u32 = 100;
/// The longest name of a model.
const MAX_MODEL: usize = 256;

/// What an audit is asked for.
#[derive(Debug)]
pub(crate) struct AuditQuery {
    pub(crate) filter: Filter,
    /// The version by which is judged; without a number the newest.
    pub(crate) rubric: RubricReference,
    /// The model in the place of all that a request names.
    pub(crate) judge: Option<String>,
    /// In the order of [`Bias::ALL`].
    pub(crate) biases: Vec<Bias>,
    /// How many evaluations are looked at, at most.
    pub(crate) sample: u32,
    /// Tells an audit from an otherwise equal one.
    pub(crate) run: Option<String>,
    pub(crate) dry_run: bool,
}

impl AuditQuery {
    /// Reads the parameters of an audit.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let (mut rubric, mut judge, mut asked) = (None, None, Bias::ALL.to_vec());
        let (mut sample, mut run, mut dry_run) = (DEFAULT_SAMPLE, None, false);
        let others = "judge, bias, sample, run, dry_run";
        let filter = filter::read(parameters, others, |key, value| {
            match key {
                "rubric" => {
                    let read = parse_reference(value).map_err(|problem| wrong(key, problem))?;
                    rubric = Some(read);
                }
                "judge" => judge = Some(model(value)?),
                "bias" => asked = biases(value)?,
                "sample" => sample = super::sample(value, MAX_SAMPLE)?,
                "run" => run = Some(value.to_owned()),
                "dry_run" => dry_run = filter::truth(key, value)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            filter,
            rubric: rubric.ok_or_else(|| wrong("rubric", "is required"))?,
            judge,
            biases: asked,
            sample,
            run,
            dry_run,
        })
    }
}

fn model(value: &str) -> Result<String, Problem> {
    let problem = short_text_problem(value, MAX_MODEL).or_else(|| name_problem(value));
    problem.map_or_else(|| Ok(value.to_owned()), |it| Err(wrong("judge", &it)))
}

fn biases(value: &str) -> Result<Vec<Bias>, Problem> {
    let names: Vec<&str> = value.split(',').map(str::trim).collect();
    let is_known = |name: &&str| Bias::ALL.iter().any(|bias| bias.as_str() == *name);
    if !names.iter().all(is_known) {
        let known = Bias::ALL.map(Bias::as_str).join(", ");
        return Err(wrong(
            "bias",
            &format!("must be some of {known}, with commas between"),
        ));
    }
    let mut biases = Bias::ALL.to_vec();
    biases.retain(|bias| names.contains(&bias.as_str()));
    Ok(biases)
}
