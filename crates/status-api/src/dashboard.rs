//! The dashboard: built files that are part of this program (`dashboard/dist`, made by `cargo xtask dashboard`).
//!
//! Names of files below `/assets` change with their content, so browsers keep them for good. Every other path that a browser
//! opens is a page, and pages are one file: which of them it is, its script reads from the address.

mod encoding;

use std::future::{Ready, ready};

use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use service::problem::Problem;

use crate::etag::{self, IfNoneMatch};
use encoding::Encoding;

/// What a page may do: load what this server has, and talk to it. Nothing inline, nothing of others, and in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A built file, as it is and compressed.
struct File {
    /// From the root, such as `/index.html`.
    path: &'static str,
    identity: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/dashboard_files.rs"));
const INDEX: &str = "/index.html";
/// Below this path a name belongs to one content for good.
const HASHED: &str = "/assets/";
/// What is no page, whoever asks for it.
const NO_PAGES: [&str; 3] = ["/v1", "/docs", "/openapi.json"];

/// Adds its paths, behind all others.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for file in FILES {
        let serve = move |request: HttpRequest| answer(&request, file);
        config.route(file.path, web::route().to(serve));
    }
    if let Some(index) = FILES.iter().find(|file| file.path == INDEX) {
        let serve = move |request: HttpRequest| answer(&request, index);
        config.route("/", web::route().to(serve));
        config.route("/{page:.*}", web::route().guard(is_page).to(serve));
    }
}

/// Whether a browser opens a page, and not a program something that does not exist.
fn is_page(context: &GuardContext<'_>) -> bool {
    let head = context.head();
    let path = head.uri.path();
    let is_below = |parent: &&str| {
        let rest = path.strip_prefix(*parent);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let wants_html = head.headers().get_all(ACCEPT).any(|value| {
        let value = value.to_str().unwrap_or_default();
        value.to_ascii_lowercase().contains("text/html")
    });
    matches!(head.method, Method::GET | Method::HEAD)
        && wants_html
        && !path.starts_with(HASHED)
        && !NO_PAGES.iter().any(is_below)
}

fn answer(request: &HttpRequest, file: &'static File) -> Ready<Result<HttpResponse, Problem>> {
    ready(respond(request, file))
}

fn respond(request: &HttpRequest, file: &'static File) -> Result<HttpResponse, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::method_not_allowed("GET, HEAD"));
    }
    let encoding = Encoding::accepted(request.headers());
    let body = match encoding {
        Encoding::Brotli => file.brotli,
        Encoding::Gzip => file.gzip,
        Encoding::Identity => file.identity,
    };
    // Of the bytes that are sent: each coding is a representation of its own (RFC 9110 §8.8.3.3).
    let tag = etag::of(body);
    let is_known = IfNoneMatch::of(request).has(tag.as_bytes());
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    let kept = if file.path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, kept))
        .insert_header((VARY, "Accept-Encoding"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"));
    if is_known {
        return Ok(response.finish());
    }
    response.insert_header((CONTENT_TYPE, media_type(file.path)?));
    if let Some(name) = encoding.name() {
        response.insert_header((CONTENT_ENCODING, name));
    }
    Ok(response.body(body))
}

/// By the ending of a name.
fn media_type(path: &str) -> Result<&'static str, Problem> {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => Ok("text/html; charset=utf-8"),
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        _ => Err(Problem::internal(anyhow::anyhow!(
            "no media type is known for {path}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_built_file_can_be_sent() {
        assert!(FILES.iter().any(|file| file.path == INDEX));
        for file in FILES {
            assert!(media_type(file.path).is_ok(), "{}", file.path);
        }
    }
}
