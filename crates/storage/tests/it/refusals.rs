//! What the server refuses: for the record's own data for good, else only for now; and nothing of a row in any word.

use domain::timeline::Cause;
use storage::evaluations::{claim, fail, find, submit};
use storage::replies::Cost;
use storage::{Database, Error, Options, plans};
use uuid::Uuid;

use crate::support::{BOUND, Bench, commit, failure, item, plan};

/// What must not be in any word.
const CANARY: &str = "canary-7315";

/// A database as a role sees it that owns nothing: rights can be taken from it.
async fn with_role(bench: &Bench) -> (Database, String) {
    let role = format!("r{}", Uuid::now_v7().simple());
    for statement in [
        format!("CREATE ROLE {role} LOGIN"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"),
    ] {
        bench.execute(&statement, &[]).await;
    }
    let url = bench
        .options()
        .url
        .replace("//autorater@", &format!("//{role}@"));
    let options = Options {
        url,
        ..bench.options().clone()
    };
    (Database::new(&options).unwrap(), role)
}

#[tokio::test]
async fn a_right_that_is_missing_is_waited_for_and_told_to_the_operator() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("held").await;
    let (database, role) = with_role(&bench).await;
    assert_eq!(database.missing_privileges(true), None);
    for table in ["evaluations", "payloads", "plans", "replies", "assessments"] {
        bench
            .execute(&format!("REVOKE ALL ON {table} FROM {role}"), &[])
            .await;
        let refused = match table {
            "evaluations" => claim(&database, ownership.owner, &[ownership.id], BOUND, None)
                .await
                .map(drop),
            "payloads" => submit(&database, &[item("new")]).await.map(drop),
            "plans" => plans::store(&database, &ownership, &plan(), 1)
                .await
                .map(drop),
            "replies" => commit(&database, &ownership, "judge", "a reply", Cost::default())
                .await
                .map(drop),
            _ => find(&database, &ownership.tenant, ownership.id)
                .await
                .map(drop),
        };
        let error = refused.unwrap_err();
        assert!(error.is_unavailable(), "{table}: {error}");
        assert_eq!(error.fault_of_record(), None, "{table}");
        let told = format!("permission denied for table {table} (SQLSTATE 42501)");
        assert!(error.to_string().contains(&told), "{table}: {error}");
        assert!(database.missing_privileges(false).is_some(), "{table}");
        bench
            .execute(&format!("GRANT ALL ON {table} TO {role}"), &[])
            .await;
    }
    // The same connections serve once the right is there.
    assert!(
        commit(&database, &ownership, "judge", "a reply", Cost::default())
            .await
            .unwrap()
    );
    bench.execute(&format!("DROP OWNED BY {role}"), &[]).await;
    bench.execute(&format!("DROP ROLE {role}"), &[]).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_final_and_not_quoted() {
    let bench = Bench::migrated().await;
    let check = "ALTER TABLE replies ADD CONSTRAINT no_canary CHECK (step <> 'canary-7315')";
    bench.execute(check, &[]).await;
    let ownership = bench.held("held").await;
    let refused = commit(&bench.database, &ownership, CANARY, "x", Cost::default()).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert!(error.to_string().contains("23514"), "{error}");
    assert!(error.to_string().contains("no_canary"), "{error}");
    assert_eq!(
        bench.database.missing_privileges(true),
        None,
        "no operator is asked for it"
    );
    quotes_nothing(&error);
    let told = error.fault_of_record().unwrap();
    assert!(
        !told.contains("23514") && !told.contains("no_canary"),
        "{told}"
    );
}

/// The first may have had a fault of its own, and is told so. Once another is refused for the same reason, all wait.
#[tokio::test]
async fn what_every_record_is_refused_for_is_waited_for() {
    let raises = "RAISE EXCEPTION 'no' USING ERRCODE = '23514'";
    for (refuses, mends) in [
        (
            "ALTER TABLE replies ADD CONSTRAINT broken CHECK (round < 0) NOT VALID".to_owned(),
            "ALTER TABLE replies DROP CONSTRAINT broken",
        ),
        (
            "ALTER TABLE replies ADD COLUMN broken int;
             ALTER TABLE replies ADD CONSTRAINT broken CHECK (broken IS NOT NULL) NOT VALID"
                .to_owned(),
            "ALTER TABLE replies DROP COLUMN broken",
        ),
        (
            format!(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raises}; END $$;
                 CREATE TRIGGER refuse BEFORE INSERT ON replies FOR EACH ROW EXECUTE FUNCTION refuse()"
            ),
            "DROP TRIGGER refuse ON replies",
        ),
    ] {
        let bench = Bench::migrated().await;
        for statement in refuses.split(";\n") {
            bench.execute(statement, &[]).await;
        }
        let first = bench.held("first").await;
        let other = bench.held("other").await;
        let write = async |ownership| {
            commit(&bench.database, ownership, "judge", "a reply", Cost::default()).await
        };
        for _ in 0..3 {
            // As often as it is tried: it may be the only one.
            let error = write(&first).await.unwrap_err();
            assert!(error.fault_of_record().is_some(), "{refuses}: {error:?}");
        }
        assert_eq!(bench.database.refusal_of_records(), None);
        let error = write(&other).await.unwrap_err();
        assert!(error.is_unavailable(), "{refuses}: {error:?}");
        assert!(write(&first).await.unwrap_err().is_unavailable());
        let told = bench.database.refusal_of_records().unwrap();
        assert!(told.contains("23514"), "{told}");
        bench.execute(mends, &[]).await;
        assert!(write(&other).await.unwrap());
        assert_eq!(bench.database.refusal_of_records(), None);
        assert!(write(&first).await.unwrap());
    }
}

/// Others are taken in between: the fault is the records' own, however many have it.
#[tokio::test]
async fn what_some_records_are_refused_for_ends_those() {
    let bench = Bench::migrated().await;
    let check = "ALTER TABLE replies ADD CONSTRAINT no_canary CHECK (step <> 'canary-7315')";
    bench.execute(check, &[]).await;
    for name in ["a", "b", "c"] {
        let ownership = bench.held(name).await;
        let write =
            async |step| commit(&bench.database, &ownership, step, "x", Cost::default()).await;
        let error = write(CANARY).await.unwrap_err();
        assert!(error.fault_of_record().is_some(), "{name}: {error:?}");
        assert!(write("judge").await.unwrap());
    }
}

#[tokio::test]
async fn a_trigger_that_refuses_is_waited_for_and_not_quoted() {
    for body in [
        "RAISE EXCEPTION 'not %', NEW.error_message
             USING DETAIL = NEW.error_message, HINT = NEW.error_message, COLUMN = NEW.error_message, ERRCODE = '42501'",
        // The words of the server itself, about a statement that a row is part of.
        "EXECUTE 'SELECT ' || quote_ident(NEW.error_message)",
    ] {
        let bench = Bench::migrated().await;
        let function = format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$"
        );
        bench.execute(&function, &[]).await;
        let trigger = "CREATE TRIGGER refuse BEFORE UPDATE ON evaluations FOR EACH ROW
             WHEN (NEW.state = 'failed') EXECUTE FUNCTION refuse()";
        bench.execute(trigger, &[]).await;
        let ownership = bench.held("held").await;
        let error = fail(&bench.database, &ownership, &failure(CANARY), &Cause::default())
            .await
            .unwrap_err();
        assert!(error.is_unavailable(), "{error:?}");
        quotes_nothing(&error);
        let refusal = bench.database.missing_privileges(false).unwrap();
        assert!(!refusal.contains(CANARY), "{refusal}");
    }
}

#[tokio::test]
async fn a_migration_that_fails_at_a_row_does_not_quote_it() {
    let bench = Bench::migrated().await;
    bench.held("held").await;
    bench
        .execute("UPDATE evaluations SET correlation_id = 'canary-7315'", &[])
        .await;
    // The last migrations are applied once more, and meet what they made.
    bench
        .execute(
            "DELETE FROM refinery_schema_history WHERE version >=
             (SELECT version FROM refinery_schema_history WHERE name = 'reply_format')",
            &[],
        )
        .await;
    let error = storage::schema::migrate(bench.options()).await.unwrap_err();
    assert!(matches!(error, Error::Migration(_)), "{error:?}");
    assert!(error.to_string().contains("SQLSTATE 42701"), "{error}");
    quotes_nothing(&error);
}

/// Neither as text nor with its sources, nor as `Debug` shows it.
fn quotes_nothing(error: &Error) {
    assert!(std::error::Error::source(error).is_none());
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(CANARY), "{text}");
    }
}
