//! How fast a payload's canonical form and id are made, on one core.

use std::time::{Duration, Instant};

use anyhow::Result;
use domain::Tenant;
use domain::identity::Identity;
use domain::json::Json;
use serde::Serialize;

use crate::bodies::{Bodies, Payloads};
use crate::figures;

/// Make canonical forms and ids.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    payloads: Payloads,
    /// For how long, in seconds.
    #[arg(long)]
    seconds: f64,
}

#[derive(Serialize)]
struct Speed {
    megabytes_per_second: f64,
    /// Of the parser alone.
    parse: f64,
    /// Of zstd at the level of storage, for comparison: it is not part of the first figure.
    compress: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let bodies = Bodies::of(&args.payloads, true)?;
    let body = bodies.whole(1)?;
    let tenant = Tenant::default();
    let time = Duration::from_secs_f64(args.seconds / 3.0);
    let of = |what: &dyn Fn() -> Result<usize>| -> Result<f64> {
        let begun = Instant::now();
        let mut bytes = 0;
        while begun.elapsed() < time {
            // What is never used must not be left out.
            std::hint::black_box(what()?);
            bytes += body.len();
        }
        #[expect(clippy::cast_precision_loss, reason = "gigabytes")]
        let megabytes = bytes as f64 / 1e6;
        Ok(megabytes / begun.elapsed().as_secs_f64())
    };
    let identity = || {
        let json = Json::parse(&body)?;
        let id = Identity::of_payload(&tenant, &json);
        Ok(usize::from(id.digest[0]))
    };
    let parse = || Ok(Json::parse(&body)?.kind().len());
    let compress = || Ok(zstd::bulk::compress(&body, 1)?.len());
    figures::print(&Speed {
        megabytes_per_second: of(&identity)?,
        parse: of(&parse)?,
        compress: of(&compress)?,
    })
}
