//! Stopping single threads of a process: what hangs is not always the whole of it.
//!
//! A signal stops a process; only a debugger stops a thread, so this is one.

use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow, ensure};
use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// Threads that do not run until this is dropped.
#[derive(Debug)]
pub struct StoppedThreads {
    /// Closed when this is dropped.
    release: Option<Sender<()>>,
    tracer: Option<JoinHandle<()>>,
}

/// Stops the threads of a process that are meant, given their ids and names (the kernel keeps 15 bytes of a
/// name).
pub(crate) fn stop(pid: u32, is_meant: impl Fn(u32, &str) -> bool) -> Result<StoppedThreads> {
    let threads: Vec<Pid> = threads(pid)?
        .into_iter()
        .filter(|(id, name)| is_meant(*id, name))
        .map(|(id, _)| Ok(Pid::from_raw(id.try_into()?)))
        .collect::<Result<_>>()?;
    ensure!(!threads.is_empty(), "process {pid} has no such thread");
    let (stopped, result) = channel();
    let (release, until) = channel();
    // The kernel obeys only the thread that attached, and lets go of everything when that ends.
    let tracer = std::thread::Builder::new()
        .name("tracer".to_owned())
        .spawn(move || attach(&threads, &stopped, &until))?;
    let guard = StoppedThreads {
        release: Some(release),
        tracer: Some(tracer),
    };
    result
        .recv()
        .map_err(|_closed| anyhow!("the tracer has ended"))??;
    Ok(guard)
}

fn attach(threads: &[Pid], stopped: &Sender<nix::Result<()>>, until: &Receiver<()>) {
    let stop_all = || {
        for thread in threads {
            ptrace::seize(*thread, ptrace::Options::empty())?;
            ptrace::interrupt(*thread)?;
            waitpid(*thread, Some(WaitPidFlag::__WALL))?;
        }
        Ok(())
    };
    // Nobody waits any more when sending fails, or when the other end of `until` is closed.
    stopped.send(stop_all()).ok();
    until.recv().ok();
    for thread in threads {
        // It may have been killed meanwhile.
        ptrace::detach(*thread, None).ok();
    }
}

fn threads(pid: u32) -> Result<Vec<(u32, String)>> {
    let tasks = format!("/proc/{pid}/task");
    let mut found = Vec::new();
    for entry in fs::read_dir(&tasks).with_context(|| format!("reading {tasks}"))? {
        let path = entry?.path();
        let id = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("not an id")?
            .parse()?;
        // One that has just ended is no matter.
        if let Ok(name) = fs::read_to_string(path.join("comm")) {
            found.push((id, name.trim_end().to_owned()));
        }
    }
    Ok(found)
}

impl Drop for StoppedThreads {
    fn drop(&mut self) {
        drop(self.release.take());
        drop(self.tracer.take().map(JoinHandle::join));
    }
}
