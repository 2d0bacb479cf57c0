//! What the metrics say of themselves.

use std::collections::BTreeSet;

use local_stack::eventually;

use crate::api::{BOUND, candidate};
use crate::stacks::judging;

/// The family of a series: histograms have several series.
fn family(name: &str) -> &str {
    let parts = ["_bucket", "_sum", "_count"];
    let of_part = parts.iter().find_map(|part| name.strip_suffix(part));
    of_part
        .filter(|family| family.ends_with("_seconds"))
        .unwrap_or(name)
}

#[tokio::test]
async fn every_series_of_every_service_says_what_it_means() {
    let api = judging().await;
    let posted = api
        .send(api.json_post().body(candidate("Measured.").to_string()))
        .await;
    api.ended(&posted.id()).await;
    let workers = api.stack.workers();
    let services = api.stack.ingest().iter().chain(api.stack.status());
    let services = services.chain(workers.iter().map(AsRef::as_ref));
    let mut families = BTreeSet::new();
    for service in services {
        let admin = service.admin_url().unwrap();
        let metrics = api.send(api.http.get(format!("{admin}/metrics"))).await;
        let text = String::from_utf8(metrics.body).unwrap();
        for line in text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let end = line.find(['{', ' ']).unwrap();
            let family = family(line.get(..end).unwrap());
            for (kind, words) in [("HELP", 3), ("TYPE", 1)] {
                let head = format!("# {kind} {family} ");
                let heads: Vec<&str> = text
                    .lines()
                    .filter(|line| line.starts_with(&head))
                    .collect();
                assert_eq!(heads.len(), 1, "{head}\n{text}");
                let said = heads[0]
                    .get(head.len()..)
                    .unwrap()
                    .split_whitespace()
                    .count();
                assert!(said >= words, "{}", heads[0]);
            }
            families.insert(family.to_owned());
        }
    }
    for family in ["autorater_judge_calls_total", "autorater_tokens_total"] {
        assert!(families.contains(family), "{family}: {families:?}");
    }
    // Those about the queue come with the first count.
    let admin = workers[0].admin_url().unwrap();
    eventually(BOUND, async || {
        let metrics = api.send(api.http.get(format!("{admin}/metrics"))).await;
        let text = String::from_utf8(metrics.body).unwrap();
        let is_there = text.contains("# HELP autorater_queue_entries ");
        is_there.then_some(()).ok_or(text)
    })
    .await
    .unwrap();
}
