//! Logins of the dashboard: the key in a cookie, and who may use it.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::key_holder::{Holder, code, expect, guarded};
use crate::support::SOON;

/// A page of status-api's own, after a login.
struct Browser<'s> {
    holder: &'s Holder<'s>,
    cookie: String,
}

impl Browser<'_> {
    /// As a page of the address sends it.
    fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.sends(method, path)
            .header("sec-fetch-site", "same-origin")
    }

    fn sends(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.holder.system.status_url());
        let request = self.holder.system.http().request(method, url);
        request.header("cookie", &self.cookie)
    }
}

/// The first part of the cookie that an answer sets, and the rest.
fn cookie(answer: &Response) -> Result<(String, String)> {
    let set = answer.headers().get("set-cookie").context("no cookie")?;
    let (pair, attributes) = set.to_str()?.split_once("; ").context("no attributes")?;
    Ok((pair.to_owned(), attributes.to_owned()))
}

#[tokio::test]
async fn a_login_does_what_its_key_does_for_pages_of_this_address() -> Result<()> {
    let system = guarded().await?;
    let admin = Holder::admin(&system, "team-a")?;
    let (reader, reader_id) = admin
        .makes(&json!({"name": "a browser", "scopes": ["read"]}))
        .await?;
    let url = format!("{}/v1/session", system.status_url());
    let login = |key: &str| {
        let post = system.http().post(&url).json(&json!({"key": key}));
        post.header("sec-fetch-site", "same-origin")
    };

    // Nobody yet: told without a key, and by no wrong one.
    let nobody: Value = expect(system.http().get(&url), 200).await?.json().await?;
    ensure!(
        nobody["auth"] == "keys" && nobody["scopes"] == json!([]) && nobody["tenant"].is_null(),
        "{nobody}"
    );
    for wrong in ["", "autorater_x", &format!("{}0", reader.key)] {
        let refused = expect(login(wrong), 401).await?;
        ensure!(
            !refused.headers().contains_key("set-cookie"),
            "a cookie for {wrong:?}"
        );
    }
    let wrong = system.http().post(&url).json(&json!({"key": reader.key}));
    let elsewhere = wrong
        .try_clone()
        .context("a copy")?
        .header("sec-fetch-site", "cross-site");
    for request in [wrong, elsewhere] {
        ensure!(
            code(request, 403).await? == "forbidden",
            "another site's login"
        );
    }
    let surplus = system
        .http()
        .post(&url)
        .header("sec-fetch-site", "same-origin");
    let surplus = surplus.json(&json!({"key": reader.key, "name": "x"}));
    ensure!(
        code(surplus, 422).await? == "invalid_request",
        "an unknown field"
    );

    let answer = expect(login(&reader.key), 200).await?;
    let (pair, attributes) = cookie(&answer)?;
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        ensure!(
            attributes.split("; ").any(|each| each == attribute),
            "{attributes}"
        );
    }
    let session: Value = answer.json().await?;
    ensure!(
        session["tenant"] == "team-a"
            && session["scopes"] == json!(["read"])
            && session["key_id"] == json!(reader_id),
        "{session}"
    );
    ensure!(session["ingest_url"] == system.ingest_url(0), "{session}");
    let browser = Browser {
        holder: &admin,
        cookie: pair,
    };
    expect(browser.asks(Method::GET, "/v1/evaluations"), 200).await?;
    // Reading is safe from anywhere: no other site gets to see the answer.
    expect(browser.sends(Method::GET, "/v1/evaluations"), 200).await?;
    ensure!(
        code(browser.asks(Method::GET, "/v1/keys"), 403).await? == "forbidden",
        "more than its key"
    );

    // With an administrator's login, changes are for pages of this address alone.
    let answer = expect(login(&admin.key), 200).await?;
    let browser = Browser {
        holder: &admin,
        cookie: cookie(&answer)?.0,
    };
    let count = "/v1/evaluations/retry?status=failed&dry_run=true";
    expect(browser.asks(Method::POST, count), 200).await?;
    let address = system.status_url();
    expect(
        browser.sends(Method::POST, count).header("origin", address),
        200,
    )
    .await?;
    let forged = [
        browser.sends(Method::POST, count),
        browser
            .sends(Method::POST, count)
            .header("origin", "https://evil.example"),
        browser
            .sends(Method::POST, count)
            .header("sec-fetch-site", "cross-site")
            .header("origin", address),
        browser
            .sends(Method::POST, count)
            .header("sec-fetch-site", "same-site"),
        browser.sends(Method::DELETE, &format!("/v1/keys/{reader_id}")),
    ];
    for request in forged {
        ensure!(
            code(request, 403).await? == "forbidden",
            "a forged request is taken"
        );
    }
    // A key in the header is nobody's by accident, and counts before the cookie.
    let both = browser.sends(Method::POST, count).bearer_auth(&admin.key);
    expect(both, 200).await?;
    let both = browser
        .asks(Method::GET, "/v1/keys")
        .bearer_auth(&reader.key);
    ensure!(
        code(both, 403).await? == "forbidden",
        "the cookie counts before the header"
    );

    // ingest-api has no pages: a cookie opens nothing there, though browsers send it to all ports of a host.
    let post = format!("{}/v1/evaluations", system.ingest_url(0));
    let post = system.http().post(post).header("cookie", &browser.cookie);
    let post = post
        .header("sec-fetch-site", "same-origin")
        .json(&json!({"output": "x"}));
    ensure!(
        code(post, 401).await? == "unauthenticated",
        "a cookie posts"
    );

    // It ends with a logout, and with its key.
    let logout = expect(browser.asks(Method::DELETE, "/v1/session"), 204).await?;
    let (pair, attributes) = cookie(&logout)?;
    ensure!(
        pair == "__Host-autorater=" && attributes.contains("Max-Age=0"),
        "{attributes}"
    );
    let id = admin.key.split('_').nth(1).context("an id")?;
    expect(browser.asks(Method::DELETE, &format!("/v1/keys/{id}")), 204).await?;
    eventually(SOON, async || {
        code(browser.asks(Method::GET, "/v1/evaluations"), 401).await
    })
    .await?;
    let after: Value = expect(browser.asks(Method::GET, "/v1/session"), 200)
        .await?
        .json()
        .await?;
    ensure!(after["scopes"] == json!([]), "{after}");
    Ok(())
}
