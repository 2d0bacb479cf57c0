//! `GET /v1/evaluations/{id}`: read together, and never what was.

use futures::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use crate::support::Bench;

#[tokio::test]
async fn what_is_asked_for_at_once_is_answered_one_by_one() {
    let bench = Bench::start(|_| ()).await;
    let damaged = bench.submitted("Damaged.").await;
    bench.damage(0).await;
    // Sums that no statement can read: it fails as a whole.
    let refused = bench.submitted("Refused.").await;
    let sql = "INSERT INTO replies (evaluation_id, tenant, step, round, epoch, body, input_tokens, output_tokens)
               SELECT id, tenant, 'judge/' || n, 1, 0, '', 9000000000000000000, 1
               FROM evaluations, generate_series(1, 2) n WHERE id = $1::text::uuid";
    assert_eq!(bench.execute(sql, &[&refused.to_string()]).await, 2);
    let waits = bench.submitted("Waits.").await;
    let ended = bench.submitted("Ended.").await;
    bench.cancel(ended).await;
    let missing = domain::EvaluationId(Uuid::now_v7());
    let all = [
        (damaged, 500, Value::Null),
        (refused, 500, Value::Null),
        (waits, 200, "pending".into()),
        (ended, 200, "cancelled".into()),
        (missing, 404, Value::Null),
    ];
    let asked = all
        .iter()
        .cycle()
        .take(400)
        .map(async |(id, status, state)| {
            let answer = bench.get(*id, "").send().await.unwrap();
            assert_eq!(answer.status(), *status, "{id}");
            if *status == 200 {
                let evaluation: Value = answer.json().await.unwrap();
                assert_eq!(evaluation["id"], id.to_string());
                assert_eq!(evaluation["status"], *state, "{id}");
            }
        });
    join_all(asked).await;
}

#[tokio::test]
async fn every_change_is_in_the_next_answer() {
    let bench = Bench::start(|_| ()).await;
    let id = bench.submitted("Ended twice.").await;
    bench.cancel(id).await;
    let first = bench.one(id).await;
    // The same with what changes nothing in it.
    let label = serde_json::json!({"rater": "a", "note": "Seen."});
    let labels = format!("/v1/evaluations/{id}/labels");
    assert_eq!(bench.post_json(&labels, &label).await.status(), 201);
    assert_eq!(bench.one(id).await, first);
    let retry = format!("/v1/evaluations/{id}/retry");
    assert_eq!(bench.post(&retry).await.status(), 202);
    assert_eq!(bench.one(id).await["status"], "pending");
    bench.cancel(id).await;
    let second = bench.one(id).await;
    assert_eq!(second["status"], "cancelled");
    assert_ne!(second["finished_at"], first["finished_at"]);

    // Removed by retention, and posted anew under the same id.
    let remove = "DELETE FROM evaluations WHERE id = $1::text::uuid";
    assert_eq!(bench.execute(remove, &[&id.to_string()]).await, 1);
    assert_eq!(bench.get(id, "").send().await.unwrap().status(), 404);
    assert_eq!(bench.submitted("Ended twice.").await, id);
    assert_eq!(bench.one(id).await["status"], "pending");
    // As it was in all but its times.
    let end = "UPDATE evaluations SET state = 'cancelled', epoch = 3, last_seq = 5, finished_at = now(), updated_at = now()
               WHERE id = $1::text::uuid";
    assert_eq!(bench.execute(end, &[&id.to_string()]).await, 1);
    let third = bench.one(id).await;
    assert_eq!(third["status"], "cancelled");
    assert_ne!(third["created_at"], second["created_at"]);
}

#[tokio::test]
async fn a_row_with_names_of_a_newer_release_spoils_no_list() {
    let bench = Bench::start(|_| ()).await;
    let [waits, new_priority, new_state, new_outcome] = [
        bench.submitted("Waits.").await,
        bench.submitted("Later.").await,
        bench.submitted("Paused.").await,
        bench.submitted("Disputed.").await,
    ];
    // As a newer release's migration does.
    let unbound = "DO $$ DECLARE bound text; BEGIN
        FOR bound IN SELECT conname FROM pg_constraint WHERE conrelid = 'evaluations'::regclass AND contype = 'c' LOOP
            EXECUTE format('ALTER TABLE evaluations DROP CONSTRAINT %I', bound);
        END LOOP; END $$";
    bench.execute(unbound, &[]).await;
    for (id, set) in [
        (new_priority, "priority = 'overnight'"),
        (new_state, "state = 'paused'"),
        (
            new_outcome,
            "state = 'succeeded', outcome = 'disputed', finished_at = now()",
        ),
    ] {
        let sql = format!("UPDATE evaluations SET {set} WHERE id = $1::text::uuid");
        assert_eq!(bench.execute(&sql, &[&id.to_string()]).await, 1);
    }
    let items = bench.items("/v1/evaluations").await;
    let named = |id: domain::EvaluationId, name: &str| {
        let item = items.iter().find(|item| item["id"] == id.to_string());
        item.unwrap()[name].clone()
    };
    assert_eq!(items.len(), 4);
    assert_eq!(named(waits, "priority"), "interactive");
    assert_eq!(named(new_priority, "priority"), "overnight");
    assert_eq!(named(new_state, "status"), "pending");
    assert_eq!(named(new_outcome, "status"), "succeeded");
    assert_eq!(named(new_outcome, "outcome"), "disputed");
    assert_eq!(bench.one(new_priority).await["priority"], "overnight");
}
