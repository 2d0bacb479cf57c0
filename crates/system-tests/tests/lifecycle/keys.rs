//! API keys: what they open, for whom, and for how long.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::key_holder::{Holder, code, expect, guarded};
use crate::support::{SOON, System, payload, quick};

#[tokio::test]
async fn a_key_opens_what_its_scopes_say_and_nothing_opens_without_one() -> Result<()> {
    let system = guarded().await?;
    let nobody = Holder::new(&system, "");
    let http = system.http();
    let post = format!("{}/v1/evaluations", system.ingest_url(0));
    let refused = expect(http.post(post).json(&payload("No key.")), 401).await?;
    ensure!(
        refused.headers()["www-authenticate"] == "Bearer",
        "no challenge"
    );
    for path in [
        "/v1/evaluations",
        "/v1/keys",
        "/v1/queue",
        "/v1/stats?made-up=1",
    ] {
        ensure!(
            code(nobody.status(Method::GET, path), 401).await? == "unauthenticated",
            "{path}"
        );
    }
    for path in ["/openapi.json", "/docs"] {
        expect(http.get(format!("{}{path}", system.status_url())), 200).await?;
    }

    let admin = Holder::admin(&system, "team-a")?;
    let id = admin.posts("Of team a.").await?;
    let judged = admin.judged(&id).await?;
    let (sender, _) = admin
        .makes(&json!({"name": "upstream", "scopes": ["ingest"]}))
        .await?;
    let (reader, reader_id) = admin
        .makes(&json!({"name": "a dashboard", "scopes": ["read"]}))
        .await?;
    sender.posts("Of its upstream.").await?;
    // Who gave a command sees how far it is, and who may read, too.
    let command = sender.status(Method::POST, "/v1/evaluations/retry?status=failed");
    let command: Value = expect(command, 202).await?.json().await?;
    let command = format!("/v1/commands/{}", command["id"].as_str().context("an id")?);
    for holder in [&sender, &reader, &admin] {
        expect(holder.status(Method::GET, &command), 200).await?;
    }
    let one = format!("/v1/evaluations/{id}");
    let read: Value = expect(reader.status(Method::GET, &one), 200)
        .await?
        .json()
        .await?;
    ensure!(read == judged, "{read}");
    for request in [
        sender.status(Method::GET, &one),
        sender.status(Method::GET, "/v1/keys"),
        reader.post("It may not."),
        reader.status(Method::POST, &format!("{one}/retry")),
        reader.status(Method::POST, "/v1/evaluations/cancel?status=pending"),
        reader.status(Method::GET, "/v1/keys"),
        reader.status(Method::DELETE, &format!("/v1/keys/{reader_id}")),
    ] {
        ensure!(code(request, 403).await? == "forbidden", "not forbidden");
    }
    let wrong = json!({"name": "", "scopes": ["root"]});
    let problem: Value = expect(admin.status(Method::POST, "/v1/keys").json(&wrong), 422)
        .await?
        .json()
        .await?;
    ensure!(problem["errors"][0]["pointer"].is_string(), "{problem}");

    // What is shown of keys opens nothing.
    let listed = expect(admin.status(Method::GET, "/v1/keys"), 200)
        .await?
        .text()
        .await?;
    let printed = system.keys(&["list", "--tenant", "team-a"])?;
    for holder in [&admin, &sender, &reader] {
        let secret = holder.key.rsplit('_').next().unwrap_or_default();
        ensure!(
            !listed.contains(secret) && !printed.contains(secret),
            "a secret is shown"
        );
    }
    ensure!(
        printed.lines().count() == 3 && printed.contains("a dashboard"),
        "{printed}"
    );
    ensure!(
        system.keys(&["list", "--tenant", "nobody"])?.is_empty(),
        "keys of nobody"
    );

    // Within seconds, wherever it is revoked; a stream that it opened ends, and not with a word more.
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let hangs = admin.posts("It takes for ever.").await?;
    let stream = reader.status(Method::GET, &format!("/v1/evaluations/{hangs}/events"));
    let stream = expect(stream, 200).await?;
    let wait = reader.status(Method::GET, &format!("/v1/evaluations/{hangs}?wait=60"));
    let mut requests = tokio::task::JoinSet::new();
    requests.spawn(wait.send());
    expect(
        admin.status(Method::DELETE, &format!("/v1/keys/{reader_id}")),
        204,
    )
    .await?;
    // Its own time would be up much later.
    let waited = tokio::time::timeout(SOON, requests.join_next()).await;
    let waited = waited.context("it waits on")?.context("it was sent")???;
    ensure!(waited.status() == 401, "{}", waited.status());
    let sender_id = sender.key.split('_').nth(1).context("an id")?;
    system.keys(&["revoke", sender_id])?;
    eventually(SOON, async || {
        code(reader.status(Method::GET, &one), 401).await?;
        code(sender.post("Too late."), 401).await
    })
    .await?;
    tokio::time::timeout(SOON, stream.text())
        .await
        .context("the stream goes on")??;
    let wrong = system.keys(&["revoke", "0000000000000000"]);
    ensure!(
        wrong.is_err_and(|error| error.to_string().contains("no key")),
        "revoked what is not there"
    );
    Ok(())
}

#[tokio::test]
async fn who_may_not_call_is_told_before_it_sends_its_body() -> Result<()> {
    let system = guarded().await?;
    let sender = system.keys(&["create", "--scope", "ingest"])?;
    let reader = system.keys(&["create", "--scope", "read"])?;
    let address = system.ingest_url(0).replace("http://", "");
    // What comes first of an answer to a request whose body does not come.
    let first = async |path: &str, key: &str, more: &str| {
        let mut socket = tokio::net::TcpStream::connect(&address).await?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
             x-correlation-id: mine\r\n{more}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await?;
        let mut answer = vec![0; 2048];
        let length = tokio::time::timeout(SOON, socket.read(&mut answer)).await??;
        answer.truncate(length);
        anyhow::Ok((String::from_utf8(answer)?, socket))
    };
    let unknown = domain::api_key::ApiKey::generate();
    for path in ["/v1/evaluations", "/v1/evaluations/batch"] {
        for length in ["content-length: 3000000", "transfer-encoding: chunked"] {
            let asks = format!("{length}\r\nexpect: 100-continue");
            for key in ["", "no-key", unknown.expose()] {
                for more in [length, &asks] {
                    let (answer, _) = first(path, key, more).await?;
                    let lower = answer.to_lowercase();
                    ensure!(
                        answer.starts_with("HTTP/1.1 401 ")
                            && lower.contains("x-correlation-id: mine")
                            && lower.contains("www-authenticate: bearer")
                            && answer.contains("\"unauthenticated\""),
                        "{path}, {more}: {answer}"
                    );
                }
            }
            // Who has a key of another scope is told as soon as it may send.
            let (answer, _) = first(path, &reader, length).await?;
            ensure!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        }
    }
    let body = payload("Asked first.").to_string();
    let asks = format!("content-length: {}\r\nexpect: 100-continue", body.len());
    let (answer, mut socket) = first("/v1/evaluations", &sender, &asks).await?;
    ensure!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    socket.write_all(body.as_bytes()).await?;
    let mut answer = vec![0; 2048];
    let length = tokio::time::timeout(SOON, socket.read(&mut answer)).await??;
    ensure!(
        answer.starts_with(b"HTTP/1.1 202 "),
        "{:?}",
        &answer[..length]
    );
    Ok(())
}

#[tokio::test]
async fn a_key_is_replaced_by_another_and_both_are_good_for_a_while() -> Result<()> {
    let system = guarded().await?;
    let admin = Holder::admin(&system, "rotating")?;
    let wanted = json!({"name": "first", "scopes": ["read"]});
    let (first, id) = admin.makes(&wanted).await?;
    let list = |holder: &Holder<'_>| holder.status(Method::GET, "/v1/evaluations");
    expect(list(&first), 200).await?;
    let (second, second_id) = admin
        .makes(&json!({"name": "second", "scopes": ["read"], "replaces": id}))
        .await?;
    expect(list(&first), 200).await?;
    expect(list(&second), 200).await?;
    let next =
        json!({"name": "third", "scopes": ["read"], "replaces": second_id, "overlap_seconds": 0});
    let (third, _) = admin.makes(&next).await?;
    eventually(SOON, async || code(list(&second), 401).await).await?;
    expect(list(&third), 200).await?;
    expect(list(&first), 200).await?;
    // One that was replaced before or is good no more is replaced by none, nor is another tenant's.
    let twice = json!({"name": "twice", "scopes": ["read"], "replaces": id});
    let twice = admin.status(Method::POST, "/v1/keys").json(&twice);
    ensure!(
        code(twice, 422).await? == "invalid_request",
        "replaced twice"
    );
    let again = admin.status(Method::POST, "/v1/keys").json(&next);
    ensure!(
        code(again, 422).await? == "invalid_request",
        "replaced twice"
    );
    let stranger = Holder::admin(&system, "stranger")?;
    let theirs = json!({"name": "theirs", "scopes": ["read"], "replaces": id});
    let theirs = stranger.status(Method::POST, "/v1/keys").json(&theirs);
    ensure!(
        code(theirs, 422).await? == "invalid_request",
        "replaced another tenant's"
    );
    expect(list(&first), 200).await?;
    // One that was revoked makes no successor in the seconds in which it is still known.
    let (leaked, leaked_id) = admin
        .makes(&json!({"name": "leaked", "scopes": ["admin"]}))
        .await?;
    expect(leaked.status(Method::GET, "/v1/keys"), 200).await?;
    let path = format!("/v1/keys/{leaked_id}");
    expect(leaked.status(Method::DELETE, &path), 204).await?;
    let back_door = leaked.status(Method::POST, "/v1/keys").json(&wanted);
    ensure!(
        code(back_door, 401).await? == "unauthenticated",
        "a back door"
    );
    Ok(())
}

#[tokio::test]
async fn without_postgresql_those_who_are_known_go_on_and_others_come_later() -> Result<()> {
    let system = System::start(
        quick()
            .private_postgres(true)
            .env("AUTORATER__AUTH__MODE", "keys")
            .env("AUTORATER__DATABASE__POOL_WAIT", "500ms"),
    )
    .await?;
    let (known, late) = (
        Holder::admin(&system, "known")?,
        Holder::admin(&system, "late")?,
    );
    known.judged(&known.posts("Before.").await?).await?;
    let unknown = Holder::new(&system, late.key.replace('0', "1").replace('f', "e"));
    let malformed = |holder: &Holder<'_>| holder.post("").body("{");
    expect(malformed(&known), 400).await?;
    system.postgres().stop().await?;
    // What is known is looked up again, in vain, and holds.
    for _ in 0..20 {
        expect(malformed(&known), 400).await?;
    }
    ensure!(
        code(malformed(&late), 503).await? == "dependency_unavailable",
        "not told"
    );
    system.postgres().start().await?;
    eventually(SOON, async || expect(malformed(&late), 400).await.map(drop)).await?;
    ensure!(
        code(malformed(&unknown), 401).await? == "unauthenticated",
        "let in"
    );
    Ok(())
}

/// What only the tenant whose it is may see.
const CANARY: &str = "canary-of-the-other-tenant";

#[tokio::test]
async fn no_route_of_either_api_shows_or_changes_what_is_another_tenants() -> Result<()> {
    let system = guarded().await?;
    let owner = Holder::admin(&system, CANARY)?;
    let stranger = Holder::admin(&system, "stranger")?;
    let id = owner.posts(CANARY).await?;
    owner.judged(&id).await?;
    // Under a name that nobody else has for a model.
    let mut named = payload("By a model of its own.");
    named["model"] = json!(format!("model-{CANARY}"));
    let named = owner.post("").json(&named);
    let named: Value = expect(named, 202).await?.json().await?;
    owner.judged(named["id"].as_str().context("an id")?).await?;
    eventually(SOON, async || {
        let providers = owner.status(Method::GET, "/v1/providers");
        let providers = expect(providers, 200).await?.text().await?;
        ensure!(providers.contains(CANARY), "{providers}");
        anyhow::Ok(())
    })
    .await?;
    let rubric = json!({"description": CANARY, "criteria": [{"name": "merit"}]});
    expect(
        owner
            .status(Method::PUT, "/v1/rubrics/theirs")
            .json(&rubric),
        201,
    )
    .await?;
    let label = json!({"rater": CANARY, "note": CANARY});
    let labels = format!("/v1/evaluations/{id}/labels");
    expect(owner.status(Method::POST, &labels).json(&label), 201).await?;
    let command = owner.status(Method::POST, "/v1/evaluations/retry?status=failed");
    let command: Value = expect(command, 202).await?.json().await?;
    let command = command["id"].as_str().context("an id")?.to_owned();
    let (_, key_id) = owner
        .makes(&json!({"name": CANARY, "scopes": ["read"]}))
        .await?;

    let secret = owner.status(Method::POST, "/v1/webhooks/secrets");
    let secret: Value = expect(secret.json(&json!({})), 201).await?.json().await?;
    let secret = secret["id"].as_str().context("an id")?.to_owned();
    let mut told = payload("Told of.");
    told["webhook"] = json!({"url": format!("https://nowhere.invalid/{CANARY}")});
    let told: Value = expect(owner.post("").json(&told), 202)
        .await?
        .json()
        .await?;
    owner.judged(told["id"].as_str().context("an id")?).await?;
    let deliveries = owner.status(Method::GET, "/v1/webhooks/deliveries");
    let deliveries: Value = expect(deliveries, 200).await?.json().await?;
    let delivery = deliveries["items"][0]["id"].as_str().context("an id")?;

    let one = format!("/v1/evaluations/{id}");
    let before = expect(owner.status(Method::GET, &one), 200)
        .await?
        .text()
        .await?;
    let body = json!({"rater": "stranger", "note": "Not theirs."});
    let mut walked = 0;
    for base in [system.ingest_url(0), system.status_url()] {
        let document = system.http().get(format!("{base}/openapi.json"));
        let document: Value = expect(document, 200).await?.json().await?;
        let paths = document["paths"].as_object().context("paths")?;
        for (path, calls) in paths {
            for method in calls.as_object().context("calls")?.keys() {
                let of_what = match path.as_str() {
                    path if path.starts_with("/v1/webhooks/secrets") => secret.as_str(),
                    path if path.starts_with("/v1/webhooks/deliveries") => delivery,
                    path if path.starts_with("/v1/commands") => command.as_str(),
                    path if path.starts_with("/v1/keys") => key_id.as_str(),
                    _ => id.as_str(),
                };
                let filled = path
                    .replace("{id}", of_what)
                    .replace("{step}", "direct")
                    .replace("{name}", "theirs");
                let request = Method::from_bytes(method.to_uppercase().as_bytes())?;
                let writes = request == Method::POST || request == Method::PUT;
                let request = system.http().request(request, format!("{base}{filled}"));
                let request = request.bearer_auth(&stranger.key);
                let request = if writes { request.json(&body) } else { request };
                let response = request.send().await?;
                let status = response.status().as_u16();
                let text = response.text().await?;
                ensure!(!text.contains(CANARY), "{method} {path}: {text}");
                ensure!(status < 500, "{method} {path}: {status} {text}");
                // What is named is not there; only a rubric of this name the stranger may make, its own.
                if path.contains('{') && method != "put" {
                    ensure!(status == 404, "{method} {path}: {status} {text}");
                }
                walked += 1;
            }
        }
    }
    ensure!(walked > 25, "{walked} calls");
    let after = expect(owner.status(Method::GET, &one), 200)
        .await?
        .text()
        .await?;
    ensure!(after == before, "{after}");
    let kept: Value = expect(owner.status(Method::GET, "/v1/keys"), 200)
        .await?
        .json()
        .await?;
    ensure!(
        kept["items"]
            .as_array()
            .is_some_and(|keys| keys.iter().all(|key| key["revoked_at"].is_null())),
        "{kept}"
    );
    Ok(())
}
