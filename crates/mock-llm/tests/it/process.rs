//! The program itself.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::provider::{CANDIDATE, PATIENCE, Provider, request};

#[tokio::test]
async fn health_is_checked_from_outside() {
    let mut provider = Provider::start();
    let address = provider.url.trim_start_matches("http://").to_owned();
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-llm"));
        command
            .arg("healthcheck")
            .env("LISTEN_ADDR", &address)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(check());
    provider.process.kill().unwrap();
    provider.process.wait().unwrap();
    assert!(!check());
}

#[tokio::test]
async fn a_signal_ends_it_in_spite_of_a_hanging_request() {
    let mut provider = Provider::start();
    provider.fault(json!({"fault": "hang"})).await;
    let url = format!("{}/v1/chat/completions", provider.url);
    let hanging = provider.client.post(url).json(&request(CANDIDATE)).send();
    let ended = async {
        provider.stats_until(|stats| stats["in_flight"] == 1).await;
        let id = provider.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    };
    let begun = Instant::now();
    let (answer, ()) = tokio::join!(hanging, ended);
    assert!(answer.is_err());
    while provider.process.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        tokio::task::yield_now().await;
    }
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
    assert!(provider.process.wait().unwrap().success());
}
