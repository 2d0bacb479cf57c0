//! What is stored comes back as it was, whatever characters it holds.

use domain::Tenant;
use domain::assessment::{Assessment, CriterionScore, Flag};
use domain::plan::{Plan, ReaderVersion};
use domain::timeline::Cause;
use storage::evaluations::{fail, find};
use storage::replies::{Cost, Stored};
use storage::{assessments, payloads, plans};

use crate::support::{Bench, assessment, commit, committed, failure, item, plan};

/// U+0000, which text and jsonb refuse; an unpaired-looking escape; four-byte characters; a long run.
fn nasty() -> String {
    format!(
        "\u{0}start\u{0}\\u0000\u{1F600}\u{202E}{}end\u{0}",
        "\u{7F}".repeat(9999)
    )
}

#[tokio::test]
async fn nul_and_friends_survive_everywhere() {
    let bench = Bench::migrated().await;
    let text = nasty();
    let ownership = bench.held(&text).await;
    let (database, tenant, id) = (&bench.database, &ownership.tenant, ownership.id);
    let payload = payloads::load(database, tenant, id).await.unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    assert_eq!(payload["output"], text.as_str());

    let mut wanted = plan();
    wanted.rubric.description = text.clone();
    assert!(
        plans::store(database, &ownership, &wanted, 2)
            .await
            .unwrap()
    );
    let stored = plans::load(database, tenant, id).await.unwrap();
    assert_eq!(stored, Some(plans::Stored::Known(Box::new(wanted))));

    let cost = Cost {
        cached_input_tokens: None,
        cache_write_tokens: None,
        input_tokens: Some(u64::MAX),
        output_tokens: Some(3),
        nano_usd: None,
    };
    assert!(
        commit(database, &ownership, "judge", &text, cost)
            .await
            .unwrap()
    );
    let kept = bench.replies_of(&ownership, 1).await;
    let known = Stored::Known(vec![committed("judge", &text)]);
    assert_eq!(kept.unwrap(), known);

    let result = assessment(&text);
    assert!(
        assessments::finish(database, &ownership, &result)
            .await
            .unwrap()
    );
    let found = find(database, tenant, id).await.unwrap().unwrap();
    let kept: Assessment = serde_json::from_str(found.assessment.unwrap().get()).unwrap();
    assert_eq!(kept, result);
    assert_eq!(found.steps_total, Some(2));
    assert_eq!(found.model.as_deref(), Some("a-judge"));
    assert_eq!(found.usage.calls, 1);
    assert_eq!(found.usage.cost, None);
}

#[tokio::test]
async fn a_failures_message_may_hold_anything() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("fails").await;
    let message = nasty();
    let failed = fail(
        &bench.database,
        &ownership,
        &failure(&message),
        &Cause::default(),
    )
    .await;
    assert!(failed.unwrap());
    let found = find(&bench.database, &ownership.tenant, ownership.id).await;
    let (code, words) = found.unwrap().unwrap().error.unwrap();
    assert_eq!(code, "provider_rejected");
    assert_eq!(words, message.replace('\0', "\u{fffd}"));
}

#[tokio::test]
async fn a_plan_of_a_newer_release_is_left_alone() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("from the future").await;
    let mut newer = plan();
    newer.version = Plan::VERSION + 1;
    let stored = plans::store(&bench.database, &ownership, &newer, 1).await;
    assert!(stored.unwrap());
    // Nothing of a record that this build does not know is read.
    bench
        .execute("UPDATE plans SET body = 'nonsense'", &[])
        .await;
    let found = plans::load(&bench.database, &ownership.tenant, ownership.id).await;
    let (part, version) = ("format", newer.version.into());
    assert_eq!(found.unwrap(), Some(plans::Stored::Newer { part, version }));
}

#[tokio::test]
async fn a_plan_whose_replies_are_read_by_newer_rules_is_left_alone() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("read by newer rules").await;
    let next = ReaderVersion::CURRENT.number() + 1;
    let mut newer = plan();
    newer.reader = serde_json::from_value(next.into()).unwrap();
    let stored = plans::store(&bench.database, &ownership, &newer, 1).await;
    assert!(stored.unwrap());
    let found = plans::load(&bench.database, &ownership.tenant, ownership.id).await;
    let (part, version) = ("reader", next.into());
    assert_eq!(found.unwrap(), Some(plans::Stored::Newer { part, version }));
}

#[tokio::test]
async fn a_plan_without_a_reader_is_read_by_the_first_rules() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("of the release before").await;
    let mut first = plan();
    first.reader = ReaderVersion::V1;
    // As it stands in rows of the release before: the field is not there.
    let body = serde_json::to_value(&first).unwrap();
    assert_eq!(body.get("reader"), None);
    let stored = plans::store(&bench.database, &ownership, &first, 1).await;
    assert!(stored.unwrap());
    let found = plans::load(&bench.database, &ownership.tenant, ownership.id).await;
    assert_eq!(found.unwrap(), Some(plans::Stored::Known(Box::new(first))));
}

#[tokio::test]
async fn a_damaged_record_is_an_error_with_its_kind() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&[item("damaged")]).await;
    bench
        .execute("UPDATE payloads SET body = 'nonsense'", &[])
        .await;
    let error = payloads::load(&bench.database, &Tenant::default(), ids[0])
        .await
        .unwrap_err();
    assert!(!error.is_unavailable());
    assert!(error.to_string().contains("payload"), "{error}");
}

#[tokio::test]
async fn money_and_tokens_are_summed_over_replies() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("summed").await;
    for (step, nano_usd) in [("a", 20), ("b", 22)] {
        let cost = Cost {
            cached_input_tokens: None,
            cache_write_tokens: None,
            input_tokens: Some(10),
            output_tokens: Some(1),
            nano_usd: Some(nano_usd),
        };
        let kept = commit(&bench.database, &ownership, step, step, cost).await;
        assert!(kept.unwrap());
    }
    let found = find(&bench.database, &ownership.tenant, ownership.id).await;
    let usage = found.unwrap().unwrap().usage;
    assert_eq!(
        (usage.calls, usage.input_tokens, usage.output_tokens),
        (2, Some(20), Some(2))
    );
    assert_eq!(usage.cost.map(|cost| cost.0), Some(42));
}

#[tokio::test]
async fn what_an_assessment_says_is_in_columns_also_of_those_that_were_written_without() {
    let bench = Bench::migrated().await;
    let mut said = assessment("as it says");
    said.criteria = vec![criterion("accuracy", Some(4.0)), criterion("tone", None)];
    said.flags = vec![Flag::ReplyRepaired];
    let columns =
        "SELECT criteria, criterion_scores, criterion_normalized, reason, flags FROM assessments";
    let read = |row: &tokio_postgres::Row| {
        (
            row.get::<_, Option<Vec<String>>>(0),
            row.get::<_, Option<Vec<Option<f64>>>>(1),
            row.get::<_, Option<Vec<Option<f64>>>>(2),
            row.get::<_, Option<String>>(3),
            row.get::<_, Option<Vec<String>>>(4),
        )
    };
    let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    let expected = (
        names(&["accuracy", "tone"]),
        Some(vec![Some(4.0), None]),
        Some(vec![Some(0.75), None]),
        Some("refused".to_owned()),
        names(&["reply_repaired"]),
    );
    let ownership = bench.held("columns").await;
    assert!(
        assessments::finish(&bench.database, &ownership, &said)
            .await
            .unwrap()
    );
    assert_eq!(read(&bench.row(columns, &[]).await), expected);

    let emptied = "UPDATE assessments SET criteria = NULL, criterion_scores = NULL, criterion_normalized = NULL, reason = NULL, flags = NULL, posted_at = NULL";
    bench.execute(emptied, &[]).await;
    assert_eq!(
        assessments::fill_columns(&bench.database, 10)
            .await
            .unwrap(),
        1
    );
    assert_eq!(read(&bench.row(columns, &[]).await), expected);
    let dated =
        "assessments a JOIN evaluations e ON e.id = a.evaluation_id AND e.created_at = a.posted_at";
    assert_eq!(bench.count(dated).await, 1);
    assert_eq!(
        assessments::fill_columns(&bench.database, 10)
            .await
            .unwrap(),
        0
    );

    bench
        .execute(
            "UPDATE assessments SET criteria = NULL, posted_at = NULL, body = 'damaged'",
            &[],
        )
        .await;
    assert_eq!(
        assessments::fill_columns(&bench.database, 10)
            .await
            .unwrap(),
        1
    );
    assert_eq!(read(&bench.row(columns, &[]).await).0, Some(Vec::new()));
    assert_eq!(
        assessments::fill_columns(&bench.database, 10)
            .await
            .unwrap(),
        0
    );
}

fn criterion(name: &str, score: Option<f64>) -> CriterionScore {
    CriterionScore {
        name: name.to_owned(),
        score,
        normalized: score.map(|score| (score - 1.0) / 4.0),
        label: None,
        weight: 1.0,
        rationale: String::new(),
        evidence: Vec::new(),
        failure_step: None,
        weighed: false,
    }
}

/// One of whom nobody said what it took is enough; none at all took nothing.
#[tokio::test]
async fn tokens_that_nobody_counted_are_not_known() {
    let bench = Bench::migrated().await;
    let said = |input, output| Cost {
        cached_input_tokens: None,
        cache_write_tokens: None,
        input_tokens: Some(input),
        output_tokens: Some(output),
        nano_usd: None,
    };
    let nothing = (Some(0), Some(0));
    for (name, costs, expected) in [
        ("no call", &[][..], nothing),
        ("said", &[said(10, 1)], (Some(10), Some(1))),
        ("silent", &[said(10, 0)], (Some(10), Some(0))),
        ("not said", &[Cost::default()], (None, None)),
        ("one of two", &[said(10, 1), Cost::default()], (None, None)),
        // As releases before wrote it.
        ("a zero", &[said(0, 0)], (None, None)),
        (
            "beside the first",
            &[said(10, 1), said(0, 0)],
            (Some(10), Some(1)),
        ),
    ] {
        let ownership = bench.held(name).await;
        for (number, cost) in costs.iter().enumerate() {
            let step = format!("judge/{number}");
            let kept = commit(&bench.database, &ownership, &step, &step, *cost).await;
            assert!(kept.unwrap(), "{name}");
        }
        let found = find(&bench.database, &ownership.tenant, ownership.id).await;
        let usage = found.unwrap().unwrap().usage;
        assert_eq!(
            (usage.input_tokens, usage.output_tokens),
            expected,
            "{name}"
        );
    }
}
