//! Child processes that cannot outlive us.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child as StdChild, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::account::Account;
use crate::poll::eventually;
use crate::signal::{Signal, descendants, is_alive};

/// Called with the name of the service and each line of its output.
pub type LineTap = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// How to start a child.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) account: Option<Account>,
    pub(crate) log: PathBuf,
    pub(crate) tap: Option<LineTap>,
    /// What the child gets when we die: `KILL`, or something gentler that it surely obeys.
    pub(crate) when_orphaned: &'static str,
}

/// A running or ended child.
pub(crate) struct Child {
    name: String,
    pid: u32,
    inner: Mutex<StdChild>,
}

impl Launch {
    /// Starts the child: clean environment, its own process group (a Ctrl-C in the terminal reaches us only),
    /// output to the log file.
    pub(crate) fn start(&self) -> Result<Child> {
        ensure!(
            self.program.exists(),
            "there is no {}",
            self.program.display()
        );
        let mut command = self.guarded();
        command
            .args(&self.args)
            .env_clear()
            .stdin(Stdio::null())
            .process_group(0);
        for kept in ["PATH", "HOME"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(Account { uid, gid }) = self.account {
            // The directory we were started in may be closed to the account.
            command.uid(uid).gid(gid).current_dir("/");
        }
        let log = open_log(&self.log)?;
        match &self.tap {
            None => {
                command.stdout(log.try_clone()?).stderr(log);
            }
            Some(tap) => {
                let (reader, writer) = io::pipe()?;
                command.stdout(writer.try_clone()?).stderr(writer);
                let (name, tap) = (self.name.clone(), Arc::clone(tap));
                thread::Builder::new()
                    .name(format!("log {name}"))
                    .spawn(move || copy(reader, log, &name, &*tap))?;
            }
        }
        let inner =
            spawn(command).with_context(|| format!("starting {}", self.program.display()))?;
        Ok(Child {
            name: self.name.clone(),
            pid: inner.id(),
            inner: Mutex::new(inner),
        })
    }

    /// `PR_SET_PDEATHSIG` cannot be set from safe code in the child, so `setpriv` of util-linux sets it and then
    /// becomes the program. Where there is none, only an orderly end of ours stops the child.
    fn guarded(&self) -> Command {
        match setpriv() {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command
                    .args(["--pdeathsig", self.when_orphaned, "--"])
                    .arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        }
    }
}

fn setpriv() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| find_program("setpriv")).as_deref()
}

/// Looks for a program on `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

fn open_log(path: &Path) -> Result<File> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))
}

fn copy(
    reader: io::PipeReader,
    mut log: File,
    name: &str,
    tap: &(dyn Fn(&str, &str) + Send + Sync),
) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    // Bytes rather than `lines()`: output that is not UTF-8 must not end the copying and block the child.
    while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        // A full disk must not stop the child either; the terminal still shows the line.
        drop(log.write_all(&line));
        tap(name, String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

type Job = (Command, Sender<io::Result<StdChild>>);

/// Spawns on one thread that lives as long as this process: the kernel sends the parent-death signal when the
/// *thread* that made the child ends, and runtimes come and go with each test.
fn spawn(command: Command) -> Result<StdChild> {
    static SPAWNER: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, inbox) = channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in inbox {
                // Nobody waits any more when sending fails; then the child is dropped unheard.
                drop(answer.send(command.spawn()));
            }
        });
        Mutex::new(jobs)
    });
    let (answer, result) = channel();
    let sent = spawner
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, answer));
    sent.map_err(|_closed| anyhow!("the spawning thread has ended"))?;
    Ok(result.recv()??)
}

impl Child {
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// The exit status once it has ended.
    pub(crate) fn exit_status(&self) -> Option<ExitStatus> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_wait()
            .ok()
            .flatten()
    }

    pub(crate) async fn wait_exit(&self, bound: Duration) -> Result<ExitStatus> {
        eventually(bound, async || self.exit_status())
            .await
            .with_context(|| format!("{} (pid {}) has not ended", self.name, self.pid))
    }

    /// Signals the first process only. After it has ended this is an error, never a signal to a stranger.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(
            inner.try_wait()?.is_none(),
            "{} (pid {}) has already ended",
            self.name,
            self.pid
        );
        signal
            .send(self.pid)
            .with_context(|| format!("signalling {} (pid {})", self.name, self.pid))
    }

    /// `SIGKILL` for the process, its group and everything below it; then waits until all are gone.
    pub(crate) async fn kill_tree(&self) -> Result<()> {
        let below = self.send_kill();
        self.wait_exit(Duration::from_secs(10)).await?;
        eventually(Duration::from_secs(10), async || {
            !below.iter().any(|pid| is_alive(*pid))
        })
        .await
        .with_context(|| format!("children of {} survive SIGKILL", self.name))
    }

    fn send_kill(&self) -> Vec<u32> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(inner.try_wait(), Ok(None)) {
            return Vec::new();
        }
        // Frozen first, so that no child is made between looking and killing.
        drop(Signal::Stop.send(self.pid));
        let below = descendants(self.pid);
        for pid in &below {
            drop(Signal::Kill.send(*pid));
        }
        drop(Signal::Kill.send_group(self.pid));
        below
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.send_kill();
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It has SIGKILL, so this ends at once; without it a zombie would stay.
        drop(inner.wait());
    }
}
