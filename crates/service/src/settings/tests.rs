//! Settings as an operator meets them.

mod mistakes;
mod routing;
mod routing_mistakes;
mod watch;

use std::{fs, time::Duration};

use tempfile::TempDir;

use super::*;

/// An environment that every service can run with.
const GOOD: [(&str, &str); 4] = [
    ("DATABASE_URL", "postgres://u:hunter2@db/autorater"),
    ("REDIS_URL", "redis://:hunter2@redis:6379"),
    ("OPENAI_API_KEY", "sk-hunter2"),
    ("AUTORATER__AUTH__MODE", "off"),
];

fn with(service: ServiceName, more: &[(&str, &str)]) -> Result<Settings, String> {
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        pairs.iter().map(own).collect()
    };
    let env = own(&GOOD).into_iter().chain(own(more));
    load(service, env).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(service: ServiceName, more: &[(&str, &str)], line: &str) {
    assert_eq!(with(service, more).unwrap_err(), line);
}

fn file(dir: &TempDir, name: &str, content: &str) -> String {
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_service_runs_with_the_least_there_is() {
    for service in ServiceName::ALL {
        let settings = with(service, &[]).unwrap();
        let base_url = settings.provider.base_url.unwrap();
        assert_eq!(base_url.as_str(), "https://api.openai.com/v1");
        assert_eq!(settings.http.status_base(), "http://127.0.0.1:8081");
    }
    let status = with(ServiceName::StatusApi, &[]).unwrap();
    assert_eq!(status.http.listen_addr.to_string(), "127.0.0.1:8081");
    assert_eq!(status.admin.addr.to_string(), "127.0.0.1:9081");
}

/// One wrong value for every setting there is.
#[test]
fn later_layers_win() {
    let dir = TempDir::new().unwrap();
    let path = file(
        &dir,
        "autorater.toml",
        "[worker]\nslots = 5\nrelay = \"2s\"\n[auth]\nallow_public = true\n",
    );
    let settings = with(
        ServiceName::ScorerWorker,
        &[
            ("AUTORATER_CONFIG", &path),
            ("AUTORATER__WORKER__SLOTS", "7"),
        ],
    )
    .unwrap();
    assert_eq!(settings.worker.slots, 7);
    assert_eq!(settings.worker.relay, Duration::from_secs(2));
    assert_eq!(settings.worker.sweep, Duration::from_secs(5));
    assert!(settings.auth.allow_public);
}

#[test]
fn a_secret_may_come_from_a_file() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "key", "sk-from-file\r\n\n");
    let key = |more: &[(&str, &str)]| {
        let settings = with(ServiceName::ScorerWorker, more).unwrap();
        settings
            .provider
            .api_key
            .unwrap()
            .expose_secret()
            .to_owned()
    };
    for name in ["OPENAI_API_KEY_FILE", "AUTORATER__PROVIDER__API_KEY_FILE"] {
        assert_eq!(
            key(&[("OPENAI_API_KEY", ""), (name, &path)]),
            "sk-from-file"
        );
    }
    refused(
        ServiceName::ScorerWorker,
        &[("OPENAI_API_KEY_FILE", &path)],
        "OPENAI_API_KEY and OPENAI_API_KEY_FILE: contradictory: both are set; expected only one of them",
    );
    let empty = file(&dir, "empty", "\n");
    refused(
        ServiceName::ScorerWorker,
        &[("OPENAI_API_KEY", ""), ("OPENAI_API_KEY_FILE", &empty)],
        &format!("OPENAI_API_KEY_FILE: {empty} is empty; expected a file that holds the value"),
    );
}

#[test]
fn two_names_of_one_setting_must_agree() {
    let twice = |value| {
        [
            ("SCORING_MODEL", "a"),
            ("AUTORATER__JUDGE__SCORING_MODEL", value),
        ]
    };
    with(ServiceName::IngestApi, &twice("a")).unwrap();
    refused(
        ServiceName::IngestApi,
        &twice("b"),
        "SCORING_MODEL and AUTORATER__JUDGE__SCORING_MODEL: contradictory: set to different values; \
         expected only one of them",
    );
}

#[test]
fn a_public_address_without_keys_must_be_meant() {
    let public = ("LISTEN_ADDR", "0.0.0.0:8080");
    let error = with(ServiceName::IngestApi, &[public]).unwrap_err();
    assert!(
        error.contains("AUTORATER__AUTH__ALLOW_PUBLIC=true"),
        "{error}"
    );
    let meant = ("AUTORATER__AUTH__ALLOW_PUBLIC", "true");
    with(ServiceName::IngestApi, &[public, meant]).unwrap();
    with(ServiceName::ScorerWorker, &[public]).unwrap();
    let error = with(ServiceName::IngestApi, &[("ADMIN_ADDR", "0.0.0.0:8080")]).unwrap_err();
    assert!(error.starts_with("ADMIN_ADDR: "), "{error}");
}

#[test]
fn no_error_and_no_print_shows_a_secret() {
    for (name, value) in [
        ("DATABASE_URL", "mysql://u:hunter2@db"),
        ("REDIS_URL", "http://:hunter2@redis"),
        ("OPENAI_API_KEY", "hunter2\n"),
        ("OPENAI_BASE_URL", "ftp://u:hunter2@provider"),
    ] {
        let error = with(ServiceName::ScorerWorker, &[(name, value)]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let settings = with(ServiceName::ScorerWorker, &[]).unwrap();
    for text in [
        settings.masked().unwrap(),
        format!("{settings:?}"),
        serde_json::to_string(&settings).unwrap(),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

/// The bounds of a worker's loops are no matter of the others.
#[test]
fn a_worker_may_not_be_taken_for_hanging_while_it_waits_for_a_server() {
    let patient = [("AUTORATER__DATABASE__STATEMENT_TIMEOUT", "45s")];
    let error = with(ServiceName::ScorerWorker, &patient).unwrap_err();
    assert!(
        error.starts_with(
            "AUTORATER__DATABASE__STATEMENT_TIMEOUT: worker.liveness_turn is too short"
        ),
        "{error}"
    );
    with(ServiceName::StatusApi, &patient).unwrap();
}

/// What is printed is a file that says the same, but for the secrets.
#[test]
fn the_printed_settings_can_be_read_back() {
    let settings = with(ServiceName::ScorerWorker, &[("SCORING_MODEL", "a\"b\\c")]).unwrap();
    let masked = settings.masked().unwrap();
    assert!(
        masked.contains("url = \"postgres://u:***@db/autorater\""),
        "{masked}"
    );
    assert!(masked.contains("api_key = \"***\""), "{masked}");
    assert!(masked.contains("heartbeat = \"10s\""), "{masked}");
    assert!(masked.contains("slots = 1000"), "{masked}");

    let dir = TempDir::new().unwrap();
    let path = file(&dir, "autorater.toml", &masked);
    let env = [("AUTORATER_CONFIG".to_owned(), path)];
    assert_eq!(
        load(ServiceName::ScorerWorker, env)
            .unwrap()
            .masked()
            .unwrap(),
        masked
    );
}
