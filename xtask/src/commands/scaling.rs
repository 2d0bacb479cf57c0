//! `cargo xtask scaling`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use local_stack::{ApiClient, MockLlm};
use tokio::time::Instant;

use crate::interrupt::Interrupt;
use crate::kube::release::{self, Place};
use crate::paint::say;
use crate::scaling::{
    cut_off,
    load::{post, trickle},
    outcome::outcome,
    picture::picture,
    report::Report,
    values::{Plan, values},
    watch,
};
use crate::workspace;

/// How long the autoscaler may take to have found out that there is no work.
const REST_BOUND: Duration = Duration::from_secs(600);
/// How long the first assessment may take: a look of the autoscaler, and the start of a pod on a busy node.
const FIRST_BOUND: Duration = Duration::from_secs(300);

/// Show in the current Kubernetes context that workers follow the queue: from none to many and back, with nothing lost.
///
/// Installs the chart with a simulated provider, posts evaluations and looks at the pods every 10 s, until all are done and the
/// workers are gone. Then checks that each evaluation ended and that no call was bought twice, and writes a table and a picture.
/// The cluster must have what `--by` names: an adapter for external metrics, or KEDA (`xtask/cluster/autoscaler` installs them
/// into the cluster of xtask/cluster/cluster).
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    plan: Plan,
    /// The namespace; made where it is not there.
    #[arg(long, default_value = "autorater-scaling")]
    namespace: String,
    #[command(flatten)]
    place: Place,
    /// Where the table and the picture go; absent: target/scaling.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    // Programs that ran in the foreground leave nobody who ends us.
    let mut interrupt = Interrupt::catch()?;
    tokio::select! {
        ended = Box::pin(show(args)) => ended,
        () = interrupt.wait() => bail!("interrupted"),
    }
}

async fn show(args: Args) -> Result<ExitCode> {
    let Args {
        plan,
        namespace,
        place,
        out,
    } = args;
    let out = out.map_or_else(|| Ok(workspace::target()?.join("scaling")), anyhow::Ok)?;
    std::fs::create_dir_all(&out)?;
    let file = out.join("values.json");
    std::fs::write(&file, values(&plan).to_string())?;
    Box::pin(place.install(&namespace, Some(&file))).await?;

    let ingest = release::forward(&namespace, "ingest-api", 8080).await?;
    let status = release::forward(&namespace, "status-api", 8081).await?;
    let provider = release::forward(&namespace, "mock-llm", 4010).await?;
    let key = release::admin_key(&namespace).await?;
    let api = ApiClient::new(ingest.url(), status.url())?.with_key(&key)?;
    let mock = MockLlm::at(provider.url())?;

    say("waiting until there is no worker too many");
    watch::at_rest(&namespace, &plan, REST_BOUND).await?;
    mock.forget().await?;
    let since = jiff::Timestamp::now().to_string();
    let begun = Instant::now();
    let mut ids = post(&api, &plan, &since).await?;
    let interrupted = async {
        match plan.cut_off {
            Some(seconds) => cut_off::cut_off(&namespace, &plan, seconds, begun)
                .await
                .map(Some),
            None => Ok(None),
        }
    };
    let (samples, later, first_assessment, cut_off) = tokio::try_join!(
        watch::watch(&api, &namespace, &plan, begun),
        trickle(&api, &plan, &since),
        watch::first_assessment(&api, &since, begun, FIRST_BOUND),
        interrupted,
    )?;
    ids.extend(later);
    let outcome = outcome(&api, &mock, &ids, &since).await?;
    let report = Report {
        plan: &plan,
        samples: &samples,
        first_assessment,
        outcome: &outcome,
        cut_off,
    };
    let name = plan.by.name();
    let table = report.markdown()?;
    let title = format!("{} evaluations, autoscaling.by: {name}", ids.len());
    let picture = picture(&title, &samples, cut_off)?;
    for (ending, text) in [("md", &table), ("svg", &picture)] {
        let file = out.join(format!("{name}.{ending}"));
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
    }
    say(format!(
        "{table}\nwritten: {name}.md and {name}.svg in {}",
        out.display()
    ));
    let stayed = cut_off.is_none_or(|cut_off| cut_off.fewest >= cut_off.workers_before);
    Ok(if outcome.is_good() && stayed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
