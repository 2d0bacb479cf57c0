//! The sets that have a manifest, as far as their records lie beside the repository.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use replay::{CheckResult, Extent, Manifest};

fn manifests() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sets");
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_manifest_can_be_read_and_says_where_its_records_come_from() {
    let manifests = manifests();
    assert_eq!(manifests.len(), 11);
    for path in manifests {
        let manifest = Manifest::load(&path).unwrap();
        for said in [manifest.about, manifest.source, manifest.licence] {
            assert!(!said.is_empty(), "{}", path.display());
        }
    }
}

/// Shows that the figures themselves are right, whatever becomes of our reading: from the sources' own readings, and from
/// plain rules, what was published comes out. `cargo xtask replay` shows the rest, in minutes.
#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn what_was_published_comes_of_the_sources_own_readings() {
    let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/judgements");
    for manifest in manifests() {
        let folder = records.join(manifest.file_stem().unwrap());
        if !replay::is_set(&folder) {
            eprintln!("skipped: there is no {}", folder.display());
            continue;
        }
        let report = replay::replay(&folder, &manifest, Extent::Published).unwrap();
        let off: Vec<&CheckResult> = report
            .checks
            .iter()
            .filter(|check| !check.is_as_expected())
            .collect();
        assert!(off.is_empty(), "{}: {off:#?}", report.set);
    }
}
