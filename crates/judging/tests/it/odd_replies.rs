//! 234 odd replies of other projects' judges, one by one, against what a person reads in each.
//!
//! The readings stand in `odd_replies.tsv`, without the replies. A reply that a person can read may be given up; one
//! that holds no verdict must be, and nothing may ever be read wrong.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::recorded::{reader, reading, recorded, records};

/// The person's reading of a reply, by set, call, sample and oddity.
fn readings() -> BTreeMap<[&'static str; 4], Option<&'static str>> {
    include_str!("odd_replies.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [set, call, sample, oddity, said] = fields.as_slice() else {
                panic!("five fields: {line}");
            };
            let said = Some(*said).filter(|said| *said != "-");
            ([*set, *call, *sample, *oddity], said)
        })
        .collect()
}

/// Why a right reading is not what the source recorded.
fn why_not_recorded(set: &str) -> &'static str {
    match set {
        "icescore_code" => "the source takes bare digits only and gives 0 for the rest",
        "llmbar_pairwise" => "the source takes the first claim, which may be a debater's",
        "scaleeval_debate" => "the source takes a number out of a tag",
        _ => "no reason is known",
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn each_is_read_as_a_person_reads_it_or_not_at_all() {
    let Some(rows) = records("odd_replies", "odd_replies.jsonl.gz") else {
        return;
    };
    let readings = readings();
    assert_eq!(rows.len(), 234);
    let (mut right, mut given_up, mut none) = (0, 0, 0);
    let mut otherwise: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in &rows {
        let field = |key: &str| match &row[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let (set, call, sample, oddity) = (
            field("set"),
            field("call_id"),
            field("sample"),
            field("oddity"),
        );
        let said = readings[&[
            set.as_str(),
            call.as_str(),
            sample.as_str(),
            oddity.as_str(),
        ]];
        let read = reading(&reader(&set, row).unwrap(), &field("reply"));
        match (read, said) {
            (Ok(read), Some(said)) if read == said => {
                right += 1;
                if recorded(row).is_some_and(|recorded| recorded != said) {
                    *otherwise.entry(why_not_recorded(&set)).or_default() += 1;
                }
            }
            (Ok(read), _) => wrong.push(format!("{set} {call} {sample}: {read}, not {said:?}")),
            (Err(_), Some(_)) => given_up += 1,
            (Err(_), None) => none += 1,
        }
    }
    eprintln!("odd replies: {right} read right, {given_up} given up, {none} without a verdict");
    for (why, count) in otherwise {
        eprintln!("  {count} read otherwise than recorded: {why}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(right >= 135, "{right}");
}
