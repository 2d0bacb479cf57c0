//! Lists, page by page.

use std::collections::HashSet;

use domain::assessment::{Assessment, Flag, Outcome};
use domain::timeline::Cause;
use domain::{EvaluationId, State, Tenant};
use storage::assessments;
use storage::evaluations::{self, CommandResult, Filter, Listed, Page, fail, list};

use crate::support::{Bench, assessment, failure, item, item_of, items, tenant};

/// The first ten of all that there are.
async fn first_page(bench: &Bench) -> Page<Listed> {
    let (tenant, all) = (Tenant::default(), Filter::default());
    list(&bench.database, &tenant, &all, 10, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn pages_over_rows_of_one_moment_leave_nothing_out() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    // One statement: they all have the same creation time.
    let ids = bench.submitted(&items("same moment", 25)).await;
    assert_eq!(
        bench
            .count("(SELECT DISTINCT created_at FROM evaluations) t")
            .await,
        1
    );
    let mut seen = Vec::new();
    let mut after = None;
    let mut pages = 0;
    loop {
        let page = list(&bench.database, &tenant, &Filter::default(), 10, after).await;
        let page = page.unwrap();
        pages += 1;
        seen.extend(page.items.iter().map(|one| one.evaluation.id));
        // What comes in meanwhile is newer than every cursor.
        bench.submitted(&items(&format!("newer {pages}"), 2)).await;
        match page.next {
            Some(position) => after = Some(position),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(seen.len(), 25);
    let distinct: HashSet<_> = seen.iter().copied().collect();
    assert_eq!(distinct, ids.into_iter().collect());
    let sorted = {
        let mut sorted = seen.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        sorted
    };
    assert_eq!(seen, sorted);
}

#[tokio::test]
async fn the_last_full_page_says_that_it_is_the_last() {
    let bench = Bench::migrated().await;
    bench.submitted(&items("ten", 10)).await;
    let page = first_page(&bench).await;
    assert_eq!(page.items.len(), 10);
    assert!(page.next.is_none());
}

#[tokio::test]
async fn every_filter_filters() {
    let bench = Bench::migrated().await;
    let (mine, other) = (tenant("mine"), tenant("other"));
    let mut labelled = item_of(&mine, "labelled");
    labelled.metadata = [("agent".to_owned(), "coder".to_owned())].into();
    labelled.rubric = "own@3".to_owned();
    labelled.model = Some("a-judge".to_owned());
    let ids = bench
        .submitted(&[labelled, item_of(&mine, "plain"), item_of(&other, "else")])
        .await;
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[1..2]).await.len(), 1);
    let found = async |filter: Filter| {
        let page = list(&bench.database, &mine, &filter, 10, None).await;
        let mut found: Vec<_> = page
            .unwrap()
            .items
            .iter()
            .map(|one| one.evaluation.id)
            .collect();
        found.sort_unstable();
        found
    };
    let none = Filter::default;
    let first = [ids[0]];
    let by_rubric = |rubric: &str| Filter {
        rubric: Some(rubric.to_owned()),
        ..none()
    };
    assert_eq!(found(by_rubric("own")).await, first);
    assert_eq!(found(by_rubric("own@3")).await, first);
    assert!(found(by_rubric("own@2")).await.is_empty());
    assert!(found(by_rubric("ow")).await.is_empty());
    let by_label = |value: &str| Filter {
        metadata: vec![("agent".to_owned(), value.to_owned())],
        ..none()
    };
    assert_eq!(found(by_label("coder")).await, first);
    assert!(found(by_label("other")).await.is_empty());
    let by_model = Filter {
        model: Some("a-judge".to_owned()),
        ..none()
    };
    assert_eq!(found(by_model).await, first);
    let by_state = Filter {
        state: Some(State::Running),
        ..none()
    };
    assert_eq!(found(by_state).await, [ids[1]]);
    let by_strategy = Filter {
        strategy: Some("debate".to_owned()),
        ..none()
    };
    assert!(found(by_strategy).await.is_empty());
    assert_eq!(found(none()).await.len(), 2);
}

/// What a filter finds of the default tenant, the newest first.
async fn found(bench: &Bench, filter: Filter) -> Vec<EvaluationId> {
    let page = list(&bench.database, &Tenant::default(), &filter, 10, None).await;
    let items = page.unwrap().items;
    items.iter().map(|one| one.evaluation.id).collect()
}

#[tokio::test]
async fn what_an_assessment_says_filters() {
    let bench = Bench::migrated().await;
    let scored = |score: f64, flags: Vec<Flag>| Assessment {
        outcome: Outcome::Scored,
        reason: None,
        score: Some(score),
        passed: Some(score > 0.5),
        flags,
        ..assessment("")
    };
    let repaired = vec![Flag::ReplyRepaired, Flag::EvidenceNotFound];
    let mut ids = Vec::new();
    for (text, assessment) in [
        ("poor", scored(0.25, vec![])),
        ("good", scored(0.75, repaired)),
        ("refused", assessment("no")),
    ] {
        let ownership = bench.held(text).await;
        ids.push(ownership.id);
        let done = assessments::finish(&bench.database, &ownership, &assessment).await;
        assert!(done.unwrap());
    }
    let waiting = bench.submitted(&[item("waiting")]).await[0];
    let [poor, good, refused] = ids[..] else {
        panic!("{ids:?}")
    };
    let of = |set: &dyn Fn(&mut Filter)| {
        let mut filter = Filter::default();
        set(&mut filter);
        found(&bench, filter)
    };
    assert_eq!(of(&|f| f.passed = Some(true)).await, [good]);
    assert_eq!(of(&|f| f.passed = Some(false)).await, [poor]);
    assert_eq!(of(&|f| f.min_score = Some(0.25)).await, [good, poor]);
    assert_eq!(of(&|f| f.min_score = Some(0.26)).await, [good]);
    assert_eq!(of(&|f| f.max_score = Some(0.25)).await, [poor]);
    assert_eq!(of(&|f| f.reason = Some("refused".into())).await, [refused]);
    assert_eq!(of(&|f| f.reason = Some("no".into())).await, []);
    assert_eq!(
        of(&|f| f.flag = Some("reply_repaired".into())).await,
        [good]
    );
    assert_eq!(of(&|f| f.flag = Some("repaired".into())).await, []);
    let both = of(&|f| {
        f.min_score = Some(0.1);
        f.metadata = vec![("agent".into(), "nobody".into())];
    });
    assert_eq!(both.await, []);
    assert_eq!(of(&|_| ()).await, [waiting, refused, good, poor]);
    // What is asked to run again is not unscorable any more.
    let again = evaluations::retry(&bench.database, &Tenant::default(), refused).await;
    assert_eq!(again.unwrap(), CommandResult::Yes);
    assert_eq!(of(&|f| f.reason = Some("refused".into())).await, []);
}

#[tokio::test]
async fn pages_by_what_assessments_say_leave_nothing_out() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("unscorable", 7)).await;
    let owner = bench.worker().await;
    let refused = assessment("no");
    for claimed in bench.claim(owner, &ids).await {
        let done = assessments::finish(&bench.database, &claimed.ownership, &refused);
        assert!(done.await.unwrap());
    }
    let filter = Filter {
        reason: Some("refused".into()),
        ..Filter::default()
    };
    let (mut seen, mut after) = (HashSet::new(), None);
    loop {
        let page = list(&bench.database, &Tenant::default(), &filter, 3, after).await;
        let page = page.unwrap();
        seen.extend(page.items.iter().map(|one| one.evaluation.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids.into_iter().collect());
}

#[tokio::test]
async fn an_item_says_what_came_of_it() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("refused").await;
    bench.submitted(&[item("waiting")]).await;
    let mut unscorable = assessment("a detail");
    unscorable.flags = vec![Flag::ReplyRepaired];
    let done = assessments::finish(&bench.database, &ownership, &unscorable).await;
    assert!(done.unwrap());
    let items = first_page(&bench).await.items;
    let [waiting, refused] = &items[..] else {
        panic!("not two")
    };
    assert_eq!((&waiting.outcome, &waiting.reason), (&None, &None));
    assert_eq!(refused.outcome.as_deref(), Some("unscorable"));
    assert_eq!(refused.reason.as_deref(), Some("refused"));
    assert_eq!((refused.score, refused.passed), (None, None));
    assert_eq!(refused.flags, ["reply_repaired"]);
    assert!(refused.evaluation.assessment.is_none());
}

#[tokio::test]
async fn a_correlation_id_finds_what_its_request_brought() {
    let bench = Bench::migrated().await;
    let mut other = item("other");
    other.correlation_id = "another".to_owned();
    let ids = bench.submitted(&[item("one"), other]).await;
    let by = |id: &str| Filter {
        correlation_id: Some(id.to_owned()),
        ..Filter::default()
    };
    assert_eq!(found(&bench, by("another")).await, [ids[1]]);
    assert_eq!(found(&bench, by("anothe")).await, []);
}

#[tokio::test]
async fn an_error_code_finds_what_failed_with_it() {
    let bench = Bench::migrated().await;
    let failed = bench.held("failed").await;
    bench.held("running").await;
    let done = fail(&bench.database, &failed, &failure("no"), &Cause::default()).await;
    assert!(done.unwrap());
    let found = async |code: &str, state: Option<State>| {
        let filter = Filter {
            state,
            error_code: Some(code.to_owned()),
            ..Filter::default()
        };
        let page = list(&bench.database, &Tenant::default(), &filter, 10, None).await;
        page.unwrap().items.len()
    };
    assert_eq!(found("provider_rejected", None).await, 1);
    assert_eq!(found("poison", None).await, 0);
    assert_eq!(found("provider_rejected", Some(State::Running)).await, 0);
}
