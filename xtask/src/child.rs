//! Running other programs in the foreground.

use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use local_stack::Signal;
use tokio::process::Command;
use tokio::time::timeout;

use crate::interrupt::Interrupt;

/// How long a program may take to end after it was asked to.
const END_BOUND: Duration = Duration::from_secs(60);

/// Runs it to its end. When we are asked to stop, so is the program with everything it started, and then it is an error.
pub(crate) async fn run(command: &mut Command) -> Result<ExitStatus> {
    let mut interrupt = Interrupt::catch()?;
    let shown = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    // Its own group: then the signal reaches all of `cargo`'s children, and only through us.
    let mut child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting {shown}"))?;
    let group = child.id();
    tokio::select! {
        status = child.wait() => return Ok(status?),
        () = interrupt.wait() => {}
    }
    send(group, Signal::Terminate);
    if timeout(END_BOUND, child.wait()).await.is_err() {
        send(group, Signal::Kill);
        child.wait().await?;
    }
    bail!("interrupted")
}

/// As [`run`]; ending without success is an error too.
pub(crate) async fn succeed(command: &mut Command) -> Result<()> {
    let status = run(command).await?;
    if !status.success() {
        bail!(
            "{} ended with {status}",
            command.as_std().get_program().to_string_lossy()
        );
    }
    Ok(())
}

fn send(group: Option<u32>, signal: Signal) {
    // It may just have ended by itself.
    drop(group.map(|leader| signal.send_group(leader)));
}
