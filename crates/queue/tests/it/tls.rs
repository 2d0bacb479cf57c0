//! TLS with a certificate authority of one's own, and one side that speaks it while the other does not.

use std::sync::Arc;
use std::time::Duration;

use fred::prelude::*;
use local_stack::{OwnCa, RedisOptions, ports};
use queue::{Options, Redis};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;

use crate::support::{COMMAND, SOON};

fn trusting(ca: &OwnCa) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&ca.ca).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn connect(url: String, tls: Option<Arc<ClientConfig>>) -> Redis {
    let options = Options {
        url,
        tls,
        key_prefix: "tls".to_owned(),
        connect_timeout: COMMAND,
        command_timeout: COMMAND,
    };
    Redis::new(&options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_verified_by_an_authority_of_ones_own() {
    let dir = TempDir::new().unwrap();
    let server = local_stack::Redis::launch(dir.path(), RedisOptions::default())
        .await
        .unwrap();
    let ca = OwnCa::make(&dir.path().join("ca")).await.unwrap();
    let other = OwnCa::make(&dir.path().join("other")).await.unwrap();
    let port = ports::free();
    let client = Builder::from_config(Config::from_url(server.url()).unwrap())
        .build()
        .unwrap();
    client.init().await.unwrap();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    // One command: a port without a certificate is refused.
    let set: Vec<String> = vec![
        "SET".to_owned(),
        "tls-cert-file".to_owned(),
        path(&ca.certificate),
        "tls-key-file".to_owned(),
        path(&ca.key),
        "tls-ca-cert-file".to_owned(),
        path(&ca.ca),
        "tls-auth-clients".to_owned(),
        "no".to_owned(),
        "tls-port".to_owned(),
        port.to_string(),
    ];
    let command = fred::types::CustomCommand::new_static("CONFIG", None::<u16>, false);
    client.custom::<(), _>(command, set).await.unwrap();

    let (plain, encrypted) = (
        server.url().to_owned(),
        format!("rediss://127.0.0.1:{port}"),
    );
    let verified = connect(encrypted.clone(), Some(trusting(&ca)));
    local_stack::eventually(SOON, async || verified.probe().await)
        .await
        .unwrap();
    assert_eq!(verified.diagnose().await, None);

    let on_tls = format!("redis://127.0.0.1:{port}");
    let on_plain = plain.replacen("redis", "rediss", 1);
    for (url, tls, words) in [
        (on_tls, None, ["encrypted connections only", "REDIS_URL"]),
        (
            on_plain,
            Some(trusting(&ca)),
            ["does not speak TLS", "REDIS_URL"],
        ),
        (
            encrypted,
            Some(trusting(&other)),
            ["certificate", "AUTORATER__REDIS__CA_FILE"],
        ),
    ] {
        let redis = connect(url.clone(), tls);
        assert!(redis.probe().await.is_err(), "{url}");
        let why = redis.diagnose().await.unwrap_or_default();
        assert!(words.iter().all(|word| why.contains(word)), "{url}: {why}");
        assert_eq!(why.lines().count(), 1, "{why}");
    }
    // Nobody is there: nothing is known.
    let nobody = connect(format!("redis://127.0.0.1:{}", ports::free()), None);
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(5), nobody.diagnose()).await,
        Ok(None)
    );
}
