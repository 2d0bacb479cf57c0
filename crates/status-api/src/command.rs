//! What status-api can do besides serving.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use api::{Audit, BiasFigures, StudyPreview, StudyStatus};
use clap::{Args, Subcommand};
use domain::Tenant;
use service::ServiceName;
use service::backends::database_options;
use service::http::{CorrelationId, Parameters};
use service::problem::Problem;
use service::settings::Settings;
use storage::Database;

use crate::query::AuditQuery;
use crate::studies::{Origin, audit};

/// How often is looked whether an audit has ended.
const POLL: Duration = Duration::from_secs(1);

/// What status-api can do besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find out what moves a judge that should not, over evaluations that are there; workers have to run
    Audit(AuditOptions),
}

/// What is audited.
#[derive(Debug, Args)]
pub struct AuditOptions {
    /// The rubric by which it judges, NAME or NAME@VERSION
    #[arg(long, value_name = "RUBRIC")]
    rubric: String,
    /// Whose evaluations
    #[arg(long, value_name = "TENANT", default_value = Tenant::DEFAULT, value_parser = Tenant::parse)]
    tenant: Tenant,
    /// The model that judges, in the place of all that an evaluation's request names
    #[arg(long, value_name = "MODEL")]
    judge: Option<String>,
    /// Some of position, length, own_model, formatting, names, with commas between
    #[arg(long, value_name = "BIASES")]
    bias: Option<String>,
    /// How many evaluations at most, the newest: 1 to 100
    #[arg(long, value_name = "COUNT", default_value_t = 30)]
    sample: u32,
    /// Choose among them as a list does, such as `metadata.agent=coder-7`; more than once
    #[arg(long, value_name = "NAME=VALUE")]
    filter: Vec<String>,
    /// Any text: makes an otherwise equal audit a new one
    #[arg(long, value_name = "TEXT")]
    run: Option<String>,
    /// Pay for it; without it only what it would take is said
    #[arg(long)]
    yes: bool,
}

/// Runs a command.
///
/// # Errors
/// A setting is missing, PostgreSQL does not answer, or what is asked cannot be meant.
pub async fn run(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Audit(options) => audited(options, &settings).await,
    }
}

async fn audited(options: AuditOptions, settings: &Settings) -> anyhow::Result<ExitCode> {
    let database = Database::new(&database_options(
        ServiceName::StatusApi.as_str(),
        settings,
    )?)?;
    let (tenant, is_wanted) = (options.tenant.clone(), options.yes);
    let query = AuditQuery::read(Parameters(parameters(options)?)).map_err(in_words)?;
    let planned = audit::plan(&database, &tenant, query)
        .await
        .map_err(in_words)?;
    print(&estimate(&planned.preview()))?;
    if planned.is_empty() {
        anyhow::bail!(
            "there is nothing to try: no evaluation that matches can be changed and judged"
        );
    }
    if !is_wanted {
        print("Nothing was judged; --yes has it judged.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let correlation_id = CorrelationId::generate();
    let origin = Origin {
        tenant: &tenant,
        api_key: None,
        correlation_id: correlation_id.as_str(),
        traceparent: None,
    };
    let (id, _) = planned.begin(&database, &origin).await.map_err(in_words)?;
    tracing::info!(audit = %id, "audit of a judge, which goes on whatever becomes of this command");
    loop {
        let found = audit::find(&database, &tenant, id)
            .await
            .map_err(in_words)?;
        let found = found.ok_or_else(|| anyhow::anyhow!("the audit {id} is not there any more"))?;
        if found.status == StudyStatus::Finished {
            print(&table(&found))?;
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// As the route takes them, so that both say the same of what cannot be meant.
fn parameters(options: AuditOptions) -> anyhow::Result<Vec<(String, String)>> {
    let mut parameters = vec![
        ("rubric".to_owned(), options.rubric),
        ("sample".to_owned(), options.sample.to_string()),
    ];
    let others = [
        ("judge", options.judge),
        ("bias", options.bias),
        ("run", options.run),
    ];
    let given = others
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    parameters.extend(given);
    for filter in options.filter {
        let (key, value) = filter
            .split_once('=')
            .ok_or_else(|| anyhow::anyhow!("--filter {filter}: expected NAME=VALUE"))?;
        parameters.push((key.to_owned(), value.to_owned()));
    }
    Ok(parameters)
}

fn in_words(problem: Problem) -> anyhow::Error {
    let document = problem.document();
    let mut words = document.detail;
    for error in document.errors {
        words = format!("{words}; {}: {}", error.pointer, error.message);
    }
    anyhow::anyhow!(words)
}

fn estimate(preview: &StudyPreview) -> String {
    let known =
        |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |it| it.to_string());
    let estimate = &preview.estimate;
    format!(
        "{}: {} evaluations to judge, of a sample of {}. Judging these took before, and may take now: {} calls, {} input and {} output \
         tokens, {} US dollars.",
        preview.rubric,
        preview.evaluations,
        preview.sample.chosen,
        estimate.calls,
        known(estimate.input_tokens),
        known(estimate.output_tokens),
        estimate.cost_usd.as_deref().unwrap_or("unknown"),
    )
}

/// A line for each bias; by tabs, for programs as well.
fn table(audit: &Audit) -> String {
    let row = |it: &BiasFigures| {
        let figure = |of: fn(api::Estimate) -> Option<f64>| {
            let figure = it.effect.and_then(of);
            figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:+.3}"))
        };
        let found = match it.found {
            Some(true) => "found",
            Some(false) => "not found",
            None => "unknown",
        };
        let [effect, low, high] = [
            figure(|it| Some(it.value)),
            figure(|it| it.low),
            figure(|it| it.high),
        ];
        format!(
            "\n{}\t{}\t{effect}\t{low}\t{high}\t{}\t{found}",
            it.bias.as_str(),
            it.n,
            it.moved
        )
    };
    let rows: String = audit.biases.iter().map(row).collect();
    format!("bias\tn\teffect\tlow\thigh\tmoved\tverdict{rows}")
}

fn print(words: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{words}")?)
}
