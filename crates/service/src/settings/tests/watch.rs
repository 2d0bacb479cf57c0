//! Looks at real files.

use std::{os::unix::fs::symlink, path::Path, sync::Arc};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    super::watch::{CheckResult, Watcher},
    *,
};

fn content(base_url: &str, more: &str) -> String {
    format!("{more}\n[providers.a]\nbase_url = \"{base_url}\"\n")
}

fn open(path: &str) -> Watcher {
    let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let env: Vec<_> = GOOD
        .iter()
        .chain(&[("AUTORATER_CONFIG", path)])
        .map(own)
        .collect();
    Watcher::open(ServiceName::ScorerWorker, env).unwrap()
}

#[track_caller]
fn same(watcher: &mut Watcher) {
    let look = watcher.check();
    assert!(matches!(look, CheckResult::Same), "{look:?}");
}

#[track_caller]
fn changed(watcher: &mut Watcher) -> (Arc<Routing>, Vec<String>) {
    let look = watcher.check();
    let CheckResult::Changed {
        routing,
        at_next_start,
    } = look
    else {
        panic!("{look:?}");
    };
    same(watcher);
    (routing, at_next_start)
}

#[track_caller]
fn refusal(watcher: &mut Watcher) -> String {
    let look = watcher.check();
    let CheckResult::Refused(error) = look else {
        panic!("{look:?}");
    };
    same(watcher);
    error.to_string()
}

fn base_url(routing: &Routing) -> &str {
    routing.providers["a"].base_url.as_str()
}

#[test]
fn an_edit_is_seen_once_a_bad_one_refused_once_and_repaired() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "autorater.toml", &content("http://one", ""));
    let mut watcher = open(&path);
    same(&mut watcher);

    file(&dir, "autorater.toml", &content("http://two", ""));
    let (routing, others) = changed(&mut watcher);
    assert_eq!(base_url(&routing), "http://two/");
    assert!(others.is_empty());

    file(&dir, "autorater.toml", &content("ftp://two", ""));
    assert!(refusal(&mut watcher).starts_with(&format!("{path}: providers.a.base_url: ")));
    file(&dir, "autorater.toml", "[providers");
    assert!(refusal(&mut watcher).starts_with(&format!("{path}:1: not TOML")));

    file(&dir, "autorater.toml", &content("http://two", ""));
    let (repaired, _) = changed(&mut watcher);
    assert_eq!(repaired, routing);
}

#[test]
fn what_takes_effect_at_the_next_start_only_is_named() {
    let dir = TempDir::new().unwrap();
    let more = "[worker]\nslots = 5\nrelay = \"60s\"\n";
    let path = file(&dir, "autorater.toml", &content("http://one", more));
    let mut watcher = open(&path);

    let more =
        "[worker]\nslots = 6\nrelay = \"1m\"\nsweep = \"9s\"\n[database]\nurl = \"postgres://x\"\n";
    file(&dir, "autorater.toml", &content("http://one", more));
    let (routing, others) = changed(&mut watcher);
    assert_eq!(*routing, watcher.settings().routing);
    // The URL of the database is in the environment, which wins.
    assert_eq!(others, ["worker.slots", "worker.sweep"]);

    let more = "[worker]\nslots = 0\n";
    file(&dir, "autorater.toml", &content("http://one", more));
    assert!(refusal(&mut watcher).contains("worker.slots: 0 is out of range"));
}

#[test]
fn a_file_that_disappears_is_refused_until_it_is_back() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "autorater.toml", &content("http://one", ""));
    let mut watcher = open(&path);
    fs::remove_file(&path).unwrap();
    assert!(refusal(&mut watcher).starts_with(&format!("AUTORATER_CONFIG: cannot read {path}")));
    file(&dir, "autorater.toml", &content("http://one", ""));
    changed(&mut watcher);
}

#[test]
fn a_key_that_is_replaced_is_read_anew() {
    let dir = TempDir::new().unwrap();
    let key = file(&dir, "key", "sk-one\n");
    let more = format!("api_key_file = \"{key}\"");
    let path = file(&dir, "autorater.toml", &(content("http://one", "") + &more));
    let mut watcher = open(&path);
    let before = Arc::new(watcher.settings().routing.clone());
    same(&mut watcher);

    file(&dir, "key", "sk-two\n");
    let (routing, _) = changed(&mut watcher);
    let api_key = routing.providers["a"].api_key.as_ref().unwrap();
    assert_eq!(api_key.expose_secret(), "sk-two");
    assert_ne!(routing, before);

    file(&dir, "key", "");
    assert!(refusal(&mut watcher).contains("providers.a.api_key_file: "));
    fs::remove_file(&key).unwrap();
    assert!(refusal(&mut watcher).contains("cannot read"));
    file(&dir, "key", "sk-three\n");
    changed(&mut watcher);
    assert!(!format!("{watcher:?}").contains("sk-"));
}

/// As Kubernetes replaces a `ConfigMap`: the file is a link through a directory that is swapped.
#[test]
fn a_swapped_link_is_seen() {
    let dir = TempDir::new().unwrap();
    let point = |version: &str| {
        let next = dir.path().join("..next");
        symlink(version, &next).unwrap();
        fs::rename(&next, dir.path().join("..data")).unwrap();
    };
    for (version, url) in [("v1", "http://one"), ("v2", "http://two")] {
        fs::create_dir(dir.path().join(version)).unwrap();
        file(
            &dir,
            &format!("{version}/autorater.toml"),
            &content(url, ""),
        );
    }
    point("v1");
    let path = dir.path().join("autorater.toml");
    symlink(Path::new("..data/autorater.toml"), &path).unwrap();
    let mut watcher = open(path.to_str().unwrap());
    same(&mut watcher);
    point("v2");
    let (routing, _) = changed(&mut watcher);
    assert_eq!(base_url(&routing), "http://two/");
}

#[test]
fn without_a_file_nothing_changes() {
    same(&mut open(""));
}

#[tokio::test]
async fn the_task_sends_what_is_new_and_says_what_is_refused() {
    let metrics = crate::metrics::install().unwrap();
    let dir = TempDir::new().unwrap();
    let path = file(&dir, "autorater.toml", &content("http://one", ""));
    let watcher = open(&path);
    let (sender, mut receiver) = watch::channel(Arc::new(watcher.settings().routing.clone()));
    let shutdown = CancellationToken::new();
    let every = Duration::from_millis(5);
    let task = super::super::watch::watch(watcher, sender, every, shutdown.clone());

    let test = async {
        // Whole at once, since looks go on meanwhile.
        let edit = |content: &str| fs::rename(file(&dir, "next", content), &path).unwrap();
        edit("[providers.a]\n");
        let refused = || metrics.render().contains("\nautorater_settings_refused 1");
        let mut interval = tokio::time::interval(every);
        while !refused() {
            interval.tick().await;
        }
        assert!(!receiver.has_changed().unwrap());

        edit(&content("http://two", ""));
        receiver.changed().await.unwrap();
        assert_eq!(base_url(&receiver.borrow_and_update()), "http://two/");
        assert!(!refused());
        shutdown.cancel();
    };
    let both = async { tokio::join!(task, test) };
    tokio::time::timeout(Duration::from_secs(20), both)
        .await
        .unwrap();
}
