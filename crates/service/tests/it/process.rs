//! A whole process: `examples/minimal.rs`, which `cargo test` builds beside the tests.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

fn minimal(args: &[&str], env: &[(&str, &str)]) -> Command {
    let tests = std::env::current_exe().unwrap();
    let target: PathBuf = tests.ancestors().nth(2).unwrap().to_owned();
    let mut command = Command::new(target.join("examples").join("minimal"));
    command
        .args(args)
        .env_clear()
        .envs([
            ("DATABASE_URL", "postgres://u:hunter2@db/x"),
            ("REDIS_URL", "redis://redis"),
            ("AUTORATER__AUTH__MODE", "off"),
        ])
        .envs(env.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn output(args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = minimal(args, env).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// An address that is free, as far as one can know.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let status = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$1\"", name, &pid])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_wrong_setting_ends_in_one_line_and_64() {
    for args in [
        &[][..],
        &["serve"],
        &["print-config"],
        &["healthcheck"],
        &["migrate"],
    ] {
        let (code, stdout, stderr) = output(args, &[("AUTORATER__WORKER__SLOTS", "0")]);
        assert_eq!(code, Some(64));
        assert_eq!(stdout, "");
        assert_eq!(
            stderr,
            "AUTORATER__WORKER__SLOTS: 0 is out of range; expected 1 to 100000\n"
        );
    }
}

#[test]
fn a_subcommand_asks_for_what_it_needs() {
    let (code, stdout, stderr) = output(&["migrate"], &[("DATABASE_URL", "")]);
    assert_eq!((code, stdout.as_str()), (Some(64), ""));
    assert!(stderr.contains("DATABASE_URL: required"), "{stderr}");
    assert_eq!(output(&["migrate"], &[("REDIS_URL", "")]).0, Some(0));
}

#[test]
fn print_config_masks_secrets() {
    let (code, stdout, _) = output(&["print-config"], &[]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("postgres://u:***@db/x"), "{stdout}");
    assert!(!stdout.contains("hunter2"), "{stdout}");
}

#[test]
fn a_process_serves_until_it_is_asked_to_stop() {
    let admin = free();
    let env = [
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("ADMIN_ADDR", admin.as_str()),
    ];
    assert_eq!(output(&["healthcheck"], &env).0, Some(1));

    let mut child = minimal(&[], &env).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    // The second check is reported after both addresses are bound.
    let checked = lines
        .by_ref()
        .find(|line| line["check"] == "redis")
        .unwrap();
    assert_eq!(checked["service"], "status-api");
    assert_eq!(output(&["healthcheck"], &env).0, Some(0));
    assert_eq!(output(&["healthcheck", "--ready"], &env).0, Some(0));

    signal(&child, "TERM");
    let messages: Vec<Value> = lines.map(|mut line| line["message"].take()).collect();
    assert!(messages.contains(&"asked to stop".into()), "{messages:?}");
    assert_eq!(messages.last(), Some(&"stopped".into()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(stderr, "");
}

#[test]
fn every_signal_that_asks_a_process_to_end_is_obeyed_in_good_order() {
    for name in ["INT", "QUIT", "HUP"] {
        let env = [
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("ADMIN_ADDR", "127.0.0.1:0"),
        ];
        let mut child = minimal(&[], &env).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        lines.by_ref().find(|line| line["check"] == "redis");
        signal(&child, name);
        let lines: Vec<Value> = lines.collect();
        let asked = lines.iter().find(|line| line["message"] == "asked to stop");
        assert_eq!(asked.unwrap()["signal"], format!("SIG{name}"));
        assert_eq!(lines.last().unwrap()["message"], "stopped", "{name}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn a_bad_url_is_found_before_an_address_is_taken() {
    // Whoever is bound first ends with 1.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for (name, value) in [
        ("REDIS_URL", "redis://redis/abc"),
        ("REDIS_URL", "redis://redis/99999"),
        ("DATABASE_URL", "postgres:///x"),
    ] {
        let env = [("ADMIN_ADDR", addr.as_str()), (name, value)];
        let (code, stdout, stderr) = output(&[], &env);
        assert_eq!((code, stdout.as_str()), (Some(64), ""), "{value}");
        assert!(stderr.starts_with(&format!("{name}: ")), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn an_address_that_is_taken_ends_in_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let env = [
        ("LISTEN_ADDR", addr.as_str()),
        ("ADMIN_ADDR", "127.0.0.1:0"),
    ];
    let (code, stdout, _) = output(&[], &env);
    assert_eq!(code, Some(1));
    assert!(
        stdout.contains(&format!("cannot listen on {addr}")),
        "{stdout}"
    );
}
