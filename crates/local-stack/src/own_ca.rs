//! A certificate authority of a test's own, made by the system's OpenSSL.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

/// An authority, and what it has signed for 127.0.0.1.
#[derive(Debug, Clone)]
pub struct OwnCa {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl OwnCa {
    /// Makes all of it in a directory. Good for two days.
    ///
    /// # Errors
    /// There is no `openssl`, or it cannot write there.
    pub async fn make(dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let names = "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n";
        std::fs::write(dir.join("server.ext"), names)?;
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        for arguments in [
            format!("req -x509 {curve} -days 2 -subj /CN=test -keyout ca.key -out ca.pem"),
            format!("req -new {curve} -subj /CN=server -keyout server.key -out server.csr"),
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.pem"
                .to_owned(),
        ] {
            let mut openssl = Command::new("openssl");
            openssl.args(arguments.split(' ')).current_dir(dir);
            let output = openssl.output().await.context("running openssl")?;
            let errors = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "openssl {arguments}: {errors}");
        }
        Ok(Self {
            ca: dir.join("ca.pem"),
            certificate: dir.join("server.pem"),
            key: dir.join("server.key"),
        })
    }
}
