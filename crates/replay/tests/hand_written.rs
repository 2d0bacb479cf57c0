//! A set and its manifest that were written for these tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use replay::{CheckResult, Extent, SetReport, Source, manifest_of, replay};
use tempfile::TempDir;

const ITEMS: &str = r#"{"item_id": "q1", "group": "easy", "label": {"better": "x"}, "candidates": [{"cid": "x", "text": "Four."}, {"cid": "y", "text": "Five."}]}
{"item_id": "q2", "group": "easy", "label": {"better": "y"}, "candidates": [{"cid": "x", "text": "Red."}, {"cid": "y", "text": "Blue."}]}"#;

/// Judge `good` is right in both orders; `shaky` prefers whichever is first, and says nothing once.
const CALLS: &str = r#"{"call_id": "1", "item_id": "q1", "judge": "good", "shown": ["x", "y"], "replies": ["Both try.\n[[A]]"], "recorded": {"winner": "x"}}
{"call_id": "2", "item_id": "q1", "judge": "good", "shown": ["y", "x"], "replies": ["[[B]]"], "recorded": {"winner": "x"}}
{"call_id": "3", "item_id": "q2", "judge": "good", "shown": ["x", "y"], "replies": ["[[B]]"], "recorded": {"winner": "y"}}
{"call_id": "4", "item_id": "q2", "judge": "good", "shown": ["y", "x"], "replies": ["[[A]]"], "recorded": {"winner": "y"}}
{"call_id": "5", "item_id": "q1", "judge": "shaky", "shown": ["x", "y"], "replies": ["[[A]]"], "recorded": {"winner": "y"}}
{"call_id": "6", "item_id": "q1", "judge": "shaky", "shown": ["y", "x"], "replies": ["[[A]]"], "recorded": {"winner": "y"}}
{"call_id": "7", "item_id": "q2", "judge": "shaky", "shown": ["x", "y"], "replies": ["I would rather not."], "recorded": {"winner": null}}
{"call_id": "8", "item_id": "q2", "judge": "shaky", "shown": ["y", "x"], "replies": ["[[A]]"], "recorded": {"winner": "y"}}"#;

const MANIFEST: &str = r#"
about = "A small set."
source = "written by hand"
licence = "Apache-2.0"

[[judges]]
comparison = true
unread = 0.2
differing = 0.2
rubric = { criteria = [{ name = "better" }], reply = { format = "choice", choices = { "[[A]]" = "first", "[[B]]" = "second" } } }
recorded = { at = ["/recorded/winner"] }

[[figures]]
by = ["/judge"]
of = { kind = "two_orders", label = "/item/label/better" }
checks = [
    { figure = "accuracy_pct", expected = ["/by_judge/{}/accuracy"], within = 0.1 },
    { figure = "agreement_pct", expected = ["/by_judge/{}/agreement"], within = 0.1 },
    { figure = "accuracy_pct", readings = "recorded", expected = ["/by_judge/{}/recorded_accuracy"], within = 0.1 },
]
"#;

const EXPECTED: &str = r#"{"by_judge": {
    "good": {"accuracy": 100, "agreement": 100, "recorded_accuracy": 100},
    "shaky": {"accuracy": 50, "agreement": 0, "recorded_accuracy": "25"}
}}"#;

fn set(expected: &str, manifest: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("items.jsonl.gz", ITEMS), ("calls.jsonl.gz", CALLS)] {
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        let mut packed = GzEncoder::new(file, Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap();
    }
    std::fs::write(folder.path().join("expected.json"), expected).unwrap();
    std::fs::write(folder.path().join("replay.toml"), manifest).unwrap();
    folder
}

fn replayed(expected: &str, manifest: &str) -> SetReport {
    let folder = set(expected, manifest);
    replay(
        folder.path(),
        &folder.path().join("replay.toml"),
        Extent::All,
    )
    .unwrap()
}

fn off(report: &SetReport) -> Vec<(&str, &str)> {
    let off = report.checks.iter().filter(|check| !check.is_as_expected());
    off.map(|check| (check.group.as_str(), check.figure.as_str()))
        .collect()
}

#[test]
fn figures_that_are_as_expected_pass() {
    let report = replayed(EXPECTED, MANIFEST);
    assert_eq!(off(&report), []);
    assert!(report.is_as_expected());
    let shaky = report
        .tallies
        .iter()
        .find(|tally| tally.judge == "shaky")
        .unwrap();
    assert_eq!(
        (shaky.replies, shaky.read),
        (4, 3),
        "one is unscorable, and counted"
    );
    assert_eq!((shaky.compared, shaky.differing), (3, 1));
    let odd: Vec<&str> = report.odd.iter().map(|odd| odd.call.as_str()).collect();
    assert_eq!(odd, ["5", "7"]);
    assert!(
        report
            .odd
            .iter()
            .all(|odd| odd.ours.is_some() || odd.detail.is_some())
    );
}

#[test]
fn a_figure_that_is_off_fails() {
    let report = replayed(
        &EXPECTED.replace("\"agreement\": 0", "\"agreement\": 50"),
        MANIFEST,
    );
    assert_eq!(off(&report), [("shaky", "agreement_pct")]);
    assert!(!report.is_as_expected());
}

#[test]
fn too_many_unread_replies_fail() {
    let report = replayed(EXPECTED, &MANIFEST.replace("unread = 0.2", "unread = 0.1"));
    assert_eq!(off(&report), [("8 replies of kind 1", "unread share")]);
}

#[test]
fn a_known_difference_is_shown_and_no_failure() {
    let wrong = EXPECTED.replace("\"agreement\": 0", "\"agreement\": 50");
    let told = MANIFEST.replace(
        "[\"/by_judge/{}/agreement\"], within = 0.1",
        "[\"/by_judge/{}/agreement\"], within = 0.1, quirk = \"they count otherwise\", quirk_where = \"n\"",
    );
    let report = replayed(&wrong, &told);
    assert!(report.is_as_expected());
    let differs = |check: &&CheckResult| !check.is_equal();
    assert_eq!(report.checks.iter().filter(differs).count(), 1);
    // Where its condition does not hold it is a failure.
    let unless = told.replace("quirk_where = \"n\"", "quirk_where = \"agreement_pct\"");
    assert_eq!(
        off(&replayed(&wrong, &unless)),
        [("shaky", "agreement_pct")]
    );
}

#[test]
fn nothing_checked_is_not_as_expected() {
    let without = MANIFEST.replace(
        "by = [\"/judge\"]",
        "by = [\"/judge\"]\nwhere = { judge = \"nobody\" }",
    );
    assert!(!replayed(EXPECTED, &without).is_as_expected());
    // Nor is an expected figure that is not there.
    assert!(!replayed("{}", MANIFEST).is_as_expected());
}

#[test]
fn the_sources_own_readings_alone_need_none_of_ours() {
    let folder = set(EXPECTED, MANIFEST);
    let manifest = folder.path().join("replay.toml");
    let report = replay(folder.path(), &manifest, Extent::Published).unwrap();
    assert!(report.is_as_expected());
    assert!(
        report
            .checks
            .iter()
            .all(|check| check.source == Source::Recorded)
    );
}

#[test]
fn the_manifest_beside_the_records_comes_first() {
    let folder = set(EXPECTED, MANIFEST);
    let others = tempfile::tempdir().unwrap();
    let name = format!("{}.toml", folder.path().file_name().unwrap().display());
    let named = others.path().join(name);
    std::fs::write(&named, MANIFEST).unwrap();
    let beside = folder.path().join("replay.toml");
    assert_eq!(
        manifest_of(folder.path(), others.path()),
        Some(beside.clone())
    );
    std::fs::remove_file(&beside).unwrap();
    assert_eq!(manifest_of(folder.path(), others.path()), Some(named));
    assert_eq!(manifest_of(folder.path(), Path::new("/nowhere")), None);
}

#[test]
fn a_mistake_in_a_manifest_is_an_error() {
    for (right, wrong) in [
        ("format = \"choice\"", "format = \"chioce\""),
        ("kind = \"two_orders\"", "kind = \"three_orders\""),
        ("unread = 0.2", "unred = 0.2"),
    ] {
        let folder = set(EXPECTED, &MANIFEST.replace(right, wrong));
        let manifest = folder.path().join("replay.toml");
        assert!(
            replay(folder.path(), &manifest, Extent::All).is_err(),
            "{wrong}"
        );
    }
}
