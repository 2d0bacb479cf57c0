//! Signals to processes, process groups and process trees.

use std::collections::HashMap;
use std::fs;
use std::io;

use rustix::process::{Pid, kill_process, kill_process_group};

/// The signals that tests and the stack send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `SIGTERM`: end in order.
    Terminate,
    /// `SIGHUP`: the terminal is closed.
    HangUp,
    /// `SIGINT`: for PostgreSQL, the fast shutdown.
    Interrupt,
    /// `SIGQUIT`: for PostgreSQL, the immediate shutdown.
    Quit,
    /// `SIGKILL`: end now.
    Kill,
    /// `SIGSTOP`: freeze.
    Stop,
    /// `SIGCONT`: go on after a freeze.
    Continue,
}

impl From<Signal> for rustix::process::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Terminate => Self::TERM,
            Signal::HangUp => Self::HUP,
            Signal::Interrupt => Self::INT,
            Signal::Quit => Self::QUIT,
            Signal::Kill => Self::KILL,
            Signal::Stop => Self::STOP,
            Signal::Continue => Self::CONT,
        }
    }
}

impl Signal {
    /// Sends the signal to one process.
    ///
    /// # Errors
    ///
    /// There is no such process, or it belongs to somebody else.
    pub fn send(self, pid: u32) -> io::Result<()> {
        Ok(kill_process(raw(pid)?, self.into())?)
    }

    /// Sends the signal to every process of a group.
    ///
    /// # Errors
    ///
    /// There is no such group, or it belongs to somebody else.
    pub fn send_group(self, leader: u32) -> io::Result<()> {
        Ok(kill_process_group(raw(leader)?, self.into())?)
    }
}

fn raw(pid: u32) -> io::Result<Pid> {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}

/// All processes below `root`. PostgreSQL puts each of its children in a session of its own, so that signalling
/// its process group reaches the first process only.
pub(crate) fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some((pid, (_state, parent))) = pid.and_then(|pid| Some((pid, stat(pid)?))) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        let below = children.remove(&pid).unwrap_or_default();
        found.extend(&below);
        next.extend(below);
    }
    found
}

/// Whether the process still runs; a zombie does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _parent)| !matches!(state, 'Z' | 'X'))
}

/// State and parent from `/proc/PID/stat`. The command name in it may hold anything, so what counts starts behind
/// its last parenthesis.
fn stat(pid: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
