//! TLS with a certificate authority of one's own, and one side that speaks it while the other does not.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::time::Duration;

use local_stack::{OwnCa, Postgres, PostgresOptions};
use storage::{Database, Error, Options};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A server of which only the database `postgres` is open without TLS.
struct Encrypted {
    postgres: Postgres,
    dir: TempDir,
    ca: OwnCa,
}

impl Encrypted {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let postgres = Postgres::launch(dir.path(), PostgresOptions::default());
        let postgres = postgres.await.unwrap();
        let (sql, connection) = tokio_postgres::connect(&postgres.url("postgres").unwrap(), NoTls)
            .await
            .unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(connection);
        let row = sql.query_one("SHOW data_directory", &[]).await.unwrap();
        let data = Path::new(row.get::<_, &str>(0)).to_owned();
        sql.batch_execute("CREATE DATABASE encrypted")
            .await
            .unwrap();
        sql.batch_execute("ALTER SYSTEM SET ssl = on")
            .await
            .unwrap();
        drop(sql);
        tasks.join_all().await;
        let ca = OwnCa::make(&dir.path().join("ca")).await.unwrap();
        let owner = fs::metadata(&data).unwrap();
        for (from, to) in [(&ca.certificate, "server.crt"), (&ca.key, "server.key")] {
            let to = data.join(to);
            fs::copy(from, &to).unwrap();
            chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
            fs::set_permissions(&to, Permissions::from_mode(0o600)).unwrap();
        }
        let rules =
            "hostssl all all 127.0.0.1/32 trust\nhostnossl postgres all 127.0.0.1/32 trust\n";
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
        postgres.restart().await.unwrap();
        Self { postgres, dir, ca }
    }

    /// What comes of a connection to a database with these parameters.
    async fn ping(&self, database: &str, mode: &str, ca_file: Option<&Path>) -> Result<(), Error> {
        let url = self.postgres.url(database).unwrap();
        let (url, _) = url.split_once('?').unwrap();
        let options = Options {
            url: format!("{url}{mode}"),
            ca_file: ca_file.map(|path| path.to_str().unwrap().to_owned()),
            application_name: "tls",
            pool_size: 1,
            connect_timeout: Duration::from_secs(5),
            pool_wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
        };
        Database::new(&options)?.ping().await
    }
}

fn says(found: Result<(), Error>, words: &[&str]) {
    let said = found.unwrap_err().to_string();
    for word in words {
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_verified_by_an_authority_of_ones_own() {
    let server = Encrypted::start().await;
    let ca = server.ca.ca.as_path();
    for (mode, file) in [
        ("", Some(ca)),
        ("?sslmode=require", Some(ca)),
        ("?sslmode=verify-full", Some(ca)),
        ("?sslmode=require", None),
        ("", None),
    ] {
        server
            .ping("encrypted", mode, file)
            .await
            .unwrap_or_else(|error| panic!("{mode}: {error}"));
    }
    let in_url = format!("?sslmode=verify-full&sslrootcert={}", ca.display());
    server.ping("encrypted", &in_url, None).await.unwrap();
    // Another authority, and that of the system, has not signed it.
    let other = OwnCa::make(&server.dir.path().join("other")).await.unwrap();
    let unknown = server.ping("encrypted", "", Some(&other.ca)).await;
    says(unknown, &["certificate", "AUTORATER__DATABASE__CA_FILE"]);
    // Contradictions are found before anything is connected.
    for (mode, file, words) in [
        (
            "?sslmode=disable",
            Some(ca),
            "sslmode=disable looks at no certificate",
        ),
        (
            "?sslmode=prefer",
            Some(ca),
            "sslmode=prefer looks at no certificate",
        ),
        (in_url.as_str(), Some(ca), "mutually exclusive"),
        ("", Some(Path::new("/nowhere/ca.pem")), "/nowhere/ca.pem"),
        ("", Some(server.ca.key.as_path()), "holds no certificate"),
    ] {
        let refused = server.ping("encrypted", mode, file).await;
        assert!(
            matches!(refused, Err(Error::Settings(_))),
            "{mode}: {refused:?}"
        );
        says(refused, &[words]);
    }
    // A server that takes encrypted connections only, and one that takes none.
    let plain = server.ping("encrypted", "?sslmode=disable", None).await;
    says(plain, &["encrypted connections only", "DATABASE_URL"]);
    let dir = TempDir::new().unwrap();
    let without = Postgres::launch(dir.path(), PostgresOptions::default());
    let without = Encrypted {
        postgres: without.await.unwrap(),
        ..server
    };
    let refused = without.ping("postgres", "?sslmode=require", None).await;
    says(refused, &["does not support TLS", "DATABASE_URL"]);
}
