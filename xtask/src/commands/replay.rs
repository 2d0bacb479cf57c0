//! `cargo xtask replay`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use replay::{Extent, SetReport};

use crate::paint::{Paint, say};
use crate::replayed;
use crate::workspace;

/// Judge recorded replies of real judge models again, without a network, and compare with what was published.
///
/// DIR is the folder of a set, or holds such folders. How a set is read stands in its manifest: `replay.toml` beside its records,
/// else `crates/replay/sets/NAME.toml`. Fails where a figure is off or a set cannot be replayed. docs/fidelity.md says how to get the records.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The manifest, for a single set.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Only one line for each set, and the figures that are off.
    #[arg(long, conflicts_with = "json")]
    brief: bool,
    /// List the replies that were left unread, or read otherwise than by those who recorded them.
    #[arg(long, conflicts_with = "json")]
    replies: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let sets = sets(args)?;
    let (known, unknown): (Vec<_>, Vec<_>) = sets.into_iter().partition(|set| set.1.is_some());
    let known: Vec<(PathBuf, PathBuf)> = known
        .into_iter()
        .filter_map(|(folder, manifest)| Some((folder, manifest?)))
        .collect();
    if known.is_empty() {
        bail!("{} holds no set with a manifest", args.folder.display());
    }
    let (mut reports, mut failed) = (Vec::new(), Vec::new());
    for ((folder, _), replayed) in known.iter().zip(judge(&known)?) {
        match replayed {
            Ok(report) => reports.push(report),
            Err(error) => failed.push((name(folder), format!("{error:#}"))),
        }
    }
    let without =
        "it has no manifest: neither replay.toml nor one of its name in crates/replay/sets";
    failed.extend(
        unknown
            .iter()
            .map(|(folder, _)| (name(folder), without.to_owned())),
    );
    if args.json {
        say(serde_json::to_string_pretty(&replayed::json(
            &reports, &failed,
        ))?);
    } else {
        let paint = Paint::for_stdout();
        say(replayed::tables(&reports, args.brief, args.replies, paint));
        for (set, why) in &failed {
            say(format!("{set:24} {}: {why}", paint.red("not replayed")));
        }
    }
    let is_good = failed.is_empty() && reports.iter().all(SetReport::is_as_expected);
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The folders of sets, by name, with their manifests.
fn sets(args: &Args) -> Result<Vec<(PathBuf, Option<PathBuf>)>> {
    let manifests = workspace::root()?.join("crates/replay/sets");
    let folder = std::path::absolute(&args.folder)?;
    if replay::is_set(&folder) {
        let manifest = args.manifest.clone();
        let manifest = manifest.or_else(|| replay::manifest_of(&folder, &manifests));
        return Ok(vec![(folder, manifest)]);
    }
    if args.manifest.is_some() {
        bail!(
            "--manifest is for a single set, and {} is none",
            folder.display()
        );
    }
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut sets = Vec::new();
    for entry in entries {
        let folder = entry?.path();
        if replay::is_set(&folder) {
            let manifest = replay::manifest_of(&folder, &manifests);
            sets.push((folder, manifest));
        }
    }
    sets.sort();
    Ok(sets)
}

/// Replays the sets, as many at once as there are processors; in their order.
fn judge(sets: &[(PathBuf, PathBuf)]) -> Result<Vec<Result<SetReport>>> {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let replay_one = |folder: &Path, manifest: &Path| replay::replay(folder, manifest, Extent::All);
    let mut done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    loop {
                        let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some((folder, manifest)) = sets.get(index) else {
                            return done;
                        };
                        done.push((index, replay_one(folder, manifest)));
                    }
                })
            })
            .collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended
            .flat_map(Result::unwrap_or_default)
            .collect::<Vec<_>>()
    });
    if done.len() < sets.len() {
        bail!("a set could not be replayed");
    }
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, report)| report).collect())
}
