//! Children: clean environment, signals, readiness, and that none outlives its parent.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use local_stack::{Process, ProcessBuilder, Signal, eventually, ports};

const BOUND: Duration = Duration::from_secs(10);

fn shell(dir: &tempfile::TempDir, script: &str) -> ProcessBuilder {
    Process::builder("shell", "/bin/sh", dir.path())
        .arg("-c")
        .arg(script)
}

#[tokio::test]
async fn the_environment_is_what_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let process = shell(&dir, "env").env("GIVEN", "1").start().unwrap();
    assert!(process.wait_exit(BOUND).await.unwrap().success());
    let log = process.log();
    assert!(
        log.contains("GIVEN=1") && log.contains("PATH=") && !log.contains("CARGO"),
        "{log}"
    );
}

#[tokio::test]
async fn one_that_ends_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let process = shell(&dir, "echo DATABASE_URL is missing >&2; exit 64")
        .start()
        .unwrap();
    let url = format!("http://127.0.0.1:{}/readyz", ports::free());
    // The bound is far longer than the test may take.
    let error = process
        .wait_ready(&url, Duration::from_secs(3600))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("64") && error.contains("DATABASE_URL is missing"),
        "{error}"
    );
}

#[tokio::test]
async fn freezes_goes_on_and_ends_by_signal() {
    let dir = tempfile::tempdir().unwrap();
    let process = shell(
        &dir,
        "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done",
    )
    .start()
    .unwrap();
    eventually(BOUND, async || process.log().contains("up"))
        .await
        .unwrap();
    process.signal(Signal::Stop).unwrap();
    process.signal(Signal::Terminate).unwrap();
    assert!(
        process.wait_exit(Duration::from_millis(200)).await.is_err(),
        "a frozen process does not end"
    );
    process.signal(Signal::Continue).unwrap();
    assert_eq!(process.wait_exit(BOUND).await.unwrap().code(), Some(7));
    assert!(
        process.signal(Signal::Terminate).is_err(),
        "the number may be another process by now"
    );
}

#[tokio::test]
async fn one_that_ignores_sigterm_is_killed_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let process = shell(&dir, "trap '' TERM; echo up; while :; do sleep 0.05; done")
        .start()
        .unwrap();
    eventually(BOUND, async || process.log().contains("up"))
        .await
        .unwrap();
    let error = process
        .stop(Duration::from_millis(200))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("killed"), "{error}");
    assert_eq!(process.exit_status().unwrap().signal(), Some(9));
}

#[tokio::test]
async fn a_missing_binary_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Process::builder("ghost", dir.path().join("ghost"), dir.path()).start();
    assert!(missing.err().unwrap().to_string().contains("ghost"));
}

/// The parent of this test: it starts a child, says so and waits to be killed.
#[tokio::test]
async fn parent_to_be_killed() {
    let Some(dir) = std::env::var_os("LOCAL_STACK_TEST_PARENT").map(PathBuf::from) else {
        return; // Only means something when started by the test below.
    };
    let child = Process::builder("child", "/bin/sh", &dir)
        .arg("-c")
        .arg("while :; do sleep 0.05; done");
    let child = child.start().unwrap();
    std::fs::write(dir.join("pid.new"), child.pid().to_string()).unwrap();
    std::fs::rename(dir.join("pid.new"), dir.join("pid")).unwrap();
    child.wait_exit(Duration::from_secs(60)).await.unwrap();
}

#[tokio::test]
async fn sigkill_of_the_parent_ends_the_child() {
    let dir = tempfile::tempdir().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent_to_be_killed"])
        .env("LOCAL_STACK_TEST_PARENT", dir.path())
        .spawn()
        .unwrap();
    let pid: u32 = eventually(BOUND, async || {
        std::fs::read_to_string(dir.path().join("pid"))
    })
    .await
    .unwrap()
    .parse()
    .unwrap();
    let alive = || {
        // Where nobody reaps orphans a zombie stays, which is not alive.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')')
            .is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
    };
    assert!(alive());
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually(BOUND, async || !alive()).await.unwrap();
}
