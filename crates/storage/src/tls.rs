//! TLS after `sslmode`, as libpq defines it (PostgreSQL documentation §34.19).

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme,
    WantsVerifier,
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

pub(crate) type Connector = MakeRustlsConnect;

/// What the URL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    Disable,
    /// Encrypted if the server can, its certificate not looked at: the default, as with libpq.
    Prefer,
    /// Encrypted, the certificate not looked at.
    Require,
    /// Encrypted, with a certificate for this host from the system's roots or the given file.
    Verify {
        root: Option<String>,
    },
}

impl Mode {
    pub(crate) fn as_tokio_postgres(&self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::Verify { .. } => SslMode::Require,
        }
    }
}

/// Takes `sslmode` and `sslrootcert` out of a URL: the driver knows only some of their values.
///
/// A file of certificate authorities that is given beside the URL asks for a verified certificate.
pub(crate) fn split_mode(url: &str, ca_file: Option<&str>) -> Result<(String, Mode)> {
    let mut url = url::Url::parse(url)
        .map_err(|error| Error::Settings(format!("not a PostgreSQL URL: {error}")))?;
    let (mut mode, mut root, mut others) = (None, None, Vec::new());
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "sslmode" => mode = Some(value.into_owned()),
            "sslrootcert" => root = Some(value.into_owned()),
            _ => others.push((key.into_owned(), value.into_owned())),
        }
    }
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
    let root = match (root, ca_file) {
        (Some(_), Some(_)) => {
            return Err(Error::Settings(
                "sslrootcert and the CA file are mutually exclusive".to_owned(),
            ));
        }
        (root, None) => root,
        (None, Some(file)) => {
            if let Some(mode @ ("disable" | "prefer" | "allow")) = mode.as_deref() {
                return Err(Error::Settings(format!(
                    "sslmode={mode} looks at no certificate, and there is a CA file; expected require or verify-full"
                )));
            }
            return Ok((
                url.into(),
                Mode::Verify {
                    root: Some(file.to_owned()),
                },
            ));
        }
    };
    let mode = match mode.as_deref() {
        Some("disable") => Mode::Disable,
        None | Some("prefer" | "allow") => Mode::Prefer,
        Some("require") if root.is_none() => Mode::Require,
        // A root file given with `require` means that it is to be used, as with libpq.
        Some("require" | "verify-ca" | "verify-full") => Mode::Verify { root },
        Some(other) => {
            return Err(Error::Settings(format!(
                "sslmode={other} is unknown; expected disable, prefer, require, verify-ca or verify-full"
            )));
        }
    };
    Ok((url.into(), mode))
}

pub(crate) fn connector(mode: &Mode) -> Result<Connector> {
    let config = match mode {
        Mode::Disable | Mode::Prefer | Mode::Require => {
            let any = Arc::new(AnyCertificate(Arc::new(aws_lc_rs::default_provider())));
            builder()?
                .dangerous()
                .with_custom_certificate_verifier(any)
                .with_no_client_auth()
        }
        Mode::Verify { root } => verified(root.as_deref())?,
    };
    Ok(MakeRustlsConnect::new(config))
}

/// A client that takes certificates which the authorities in a PEM file have signed, or those of the system.
///
/// # Errors
/// [`Error::Settings`]: there are none.
pub fn verified(ca_file: Option<&str>) -> Result<ClientConfig> {
    Ok(builder()?
        .with_root_certificates(roots(ca_file)?)
        .with_no_client_auth())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Settings(error.to_string()))
}

fn roots(file: Option<&str>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match file {
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(path) => {
            let wrong = |problem: String| Error::Settings(format!("the CA file {path}: {problem}"));
            for certificate in
                CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?
            {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                store
                    .add(certificate)
                    .map_err(|error| wrong(error.to_string()))?;
            }
        }
    }
    if store.is_empty() {
        Err(Error::Settings(match file {
            None => "a verified certificate is asked for, and the system has no root certificates"
                .to_owned(),
            Some(path) => format!("the CA file {path} holds no certificate"),
        }))
    } else {
        Ok(store)
    }
}

/// Takes any certificate: `sslmode=require` protects against listeners, not against impostors.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
