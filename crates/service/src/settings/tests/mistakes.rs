//! What is wrong, missing or unknown.

use std::collections::BTreeSet;

use tempfile::TempDir;

use super::{
    super::{Settings, read, section::Entry},
    file, refused, with,
};
use crate::ServiceName;

#[test]
fn every_wrong_value_is_refused_and_its_variable_named() {
    let wrong = [
        ("database.url", "mysql://db"),
        ("database.pool_size", "0"),
        ("database.connect_timeout", "5"),
        ("database.pool_wait", "30s"),
        ("database.statement_timeout", "0s"),
        ("redis.url", "redis-cluster://redis"),
        ("redis.key_prefix", "Auto Rater"),
        ("redis.connect_timeout", "3 x"),
        ("redis.command_timeout", "-1s"),
        ("http.listen_addr", "localhost:8080"),
        ("http.status_url", "http://status/?a=b"),
        ("http.ingest_url", "ftp://ingest"),
        ("http.body_limit", "4MiB"),
        ("http.request_timeout", "1s"),
        ("http.max_wait", "1d"),
        ("http.max_waiters", "0"),
        ("http.max_streams", "0"),
        ("http.max_in_flight_bytes", "1024"),
        ("http.drain", "soon"),
        ("admin.addr", "9080"),
        ("auth.mode", "key"),
        ("auth.grace", "15"),
        ("auth.allow_public", "yes"),
        ("provider.base_url", "ftp://provider"),
        ("provider.api_key", "sk-\nx"),
        ("provider.connect_timeout", "5"),
        ("provider.call_timeout", "200h"),
        ("provider.first_byte_timeout", "60"),
        ("provider.chunk_timeout", "0s"),
        ("provider.retry_budget", "101"),
        ("provider.tries", "0"),
        ("provider.max_retry_after", "x"),
        ("provider.put_aside", "15"),
        ("judge.scoring_model", " "),
        ("judge.default_rubric", "a b"),
        ("worker.slots", "100001"),
        ("worker.tenant_slots", "1000001"),
        ("worker.payload_budget", "1"),
        ("worker.heartbeat", "11s"),
        ("worker.lease", "29s"),
        ("worker.sweep", "0ms"),
        ("worker.relay", "1"),
        ("worker.stream_window", "1.5"),
        ("worker.evaluation_timeout", "30 minuets"),
        ("worker.max_attempts", "true"),
        ("worker.max_crashes", "-1"),
        ("worker.liveness_turn", "30s"),
        ("worker.liveness_take", "59s"),
        ("worker.drain", "25"),
        ("webhooks.allowed_networks", "10.0.0.0/8;::1"),
        ("webhooks.allow_http", "yes"),
        ("webhooks.timeout", "15"),
        ("database.processes", "0"),
        ("retention.payload_days", "30d"),
        ("retention.record_days", "-1"),
        ("limits.requests_per_second", "10/s"),
        ("limits.bytes_per_second", "1GB"),
        ("limits.evaluations", "-1"),
        ("log.format", "xml"),
        ("log.filter", "info,=,"),
        ("otel.endpoint", "https://collector"),
        ("otel.protocol", "http/protobuf"),
        ("otel.evaluation_results", "on"),
        ("otel.explanations", "always"),
    ];
    let mut left: BTreeSet<String> = Settings::default()
        .entries()
        .iter()
        .map(Entry::path)
        .collect();
    // Any text is a name.
    left.remove("otel.service_name");
    // Any text may name a file; whether it does is looked up where it is used.
    left.remove("database.ca_file");
    left.remove("redis.ca_file");
    for (path, value) in wrong {
        assert!(left.remove(path), "{path}");
        let entries = Settings::default().entries();
        let entry = entries.iter().find(|entry| entry.path() == path).unwrap();
        let name = entry.best_name();
        let service = match entry.section {
            "worker" => ServiceName::ScorerWorker,
            _ => ServiceName::IngestApi,
        };
        let error = with(service, &[(&name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name}: ")), "{path}: {error}");
        assert!(error.contains("expected "), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    assert!(left.is_empty(), "no wrong value for {left:?}");
}

#[test]
fn a_url_that_no_connection_can_be_tried_with_is_refused() {
    for (name, value) in [
        ("REDIS_URL", "redis://redis/abc"),
        ("REDIS_URL", "redis://redis/99999"),
        ("REDIS_URL", "redis://redis/-1"),
        ("REDIS_URL", "rediss://redis/0/1"),
        ("REDIS_URL", "redis://:%ff@redis"),
        ("REDIS_URL", "redis://redis?db=3"),
        ("REDIS_URL", "redis://redis/0?db=3"),
        ("REDIS_URL", "rediss://redis/?sentinelServiceName=a"),
        ("REDIS_URL", "redis://redis/0#3"),
        ("REDIS_URL", "redis://:p%4@redis"),
        ("REDIS_URL", "redis://:p%zz@redis"),
        ("REDIS_URL", "redis://:p%@redis"),
        (
            "REDIS_URL",
            "redis-sentinel://redis?sentinelServiceName=a&database=3",
        ),
        (
            "REDIS_URL",
            "redis-sentinel://redis?sentinelServiceName=a&sentinelServiceName=b",
        ),
        ("REDIS_URL", "redis-sentinel://redis:26379"),
        (
            "REDIS_URL",
            "redis-sentinel://redis?sentinelServiceName=a&node=b",
        ),
        ("REDIS_URL", "redis://redis:99999"),
        ("DATABASE_URL", "postgres:///x"),
        ("DATABASE_URL", "postgres://db:99999/x"),
        ("DATABASE_URL", "postgres://db/x?connect_timeout=soon"),
        ("DATABASE_URL", "postgres://db/x?nonsense=1"),
        ("DATABASE_URL", "postgres://db/x?sslmode=maybe"),
        (
            "DATABASE_URL",
            "postgres://db/x?sslmode=verify-full&sslrootcert=/nowhere",
        ),
        ("STATUS_URL", "http://"),
        ("STATUS_URL", "http://status:99999"),
        ("STATUS_URL", "//status"),
        ("LISTEN_ADDR", "127.0.0.1:99999"),
        ("ADMIN_ADDR", "127.0.0.1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector"),
    ] {
        let error = with(ServiceName::IngestApi, &[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name}: ")), "{value}: {error}");
        assert!(!error.contains('\n'), "{value}: {error}");
    }
    for (name, value) in [
        ("REDIS_URL", "redis://redis/"),
        ("REDIS_URL", "redis://user:p%40ss@redis:6380/15"),
        ("REDIS_URL", "rediss://redis/255"),
        ("REDIS_URL", "redis://redis/3?"),
        (
            "REDIS_URL",
            "redis-sentinel://a:1/3?node=b:2&sentinelServiceName=m&node=c:3",
        ),
        (
            "REDIS_URL",
            "rediss-sentinel://a:1/3?sentinelServiceName=m&node=b:2",
        ),
        (
            "DATABASE_URL",
            "postgres://u@h1,h2/x?target_session_attrs=read-write",
        ),
        ("DATABASE_URL", "postgres://u@%2Fvar%2Frun%2Fpostgresql/x"),
    ] {
        let taken = with(ServiceName::IngestApi, &[(name, value)]);
        assert!(taken.is_ok(), "{value}: {taken:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    for (name, service) in [
        ("DATABASE_URL", ServiceName::StatusApi),
        ("REDIS_URL", ServiceName::IngestApi),
    ] {
        let error = with(service, &[(name, "")]).unwrap_err();
        assert!(error.starts_with(&format!("{name}: required")), "{error}");
    }
    let error = with(ServiceName::ScorerWorker, &[("OPENAI_API_KEY", "")]).unwrap_err();
    assert!(error.starts_with("OPENAI_BASE_URL: required"), "{error}");
    with(ServiceName::IngestApi, &[("OPENAI_API_KEY", "")]).unwrap();
    read(ServiceName::IngestApi, []).unwrap();
}

#[test]
fn what_is_wrong_in_the_file_is_named_by_its_key() {
    let dir = TempDir::new().unwrap();
    for (content, place, problem) in [
        (
            "[worker]\nslots = 0\n",
            ": worker.slots: ",
            "0 is out of range; expected 1 to 100000",
        ),
        (
            "[worker]\nslots = 1.5\n",
            ": worker.slots: ",
            "\"1.5\" is not a whole number in range; expected a whole number",
        ),
        (
            "[worker]\nslotz = 1\n",
            ": worker.slotz: ",
            "unknown setting; did you mean worker.slots?",
        ),
        (
            "slots = 1\n",
            ": slots: ",
            "unknown setting; did you mean worker.slots?",
        ),
        (
            "worker = 1\n",
            ": worker: ",
            "is a section; expected a table [worker]",
        ),
        (
            "[workers]\n",
            ": workers: ",
            "unknown setting; did you mean worker?",
        ),
        (
            "[worker]\nslots = [1]\n",
            ": worker.slots: ",
            "expected one value, not a list or table",
        ),
        (
            "[worker]\nrelay = 1\n",
            ": worker.relay: ",
            "\"1\" has no unit; expected a duration with its unit, such as `500ms`, `10s`, `30m`, `2h`",
        ),
    ] {
        let path = file(&dir, "autorater.toml", content);
        refused(
            ServiceName::ScorerWorker,
            &[("AUTORATER_CONFIG", &path)],
            &format!("{path}{place}{problem}"),
        );
    }
    let path = file(&dir, "broken.toml", "[redis]\nurl = \"redis://:hunter2@x\n");
    let error = with(ServiceName::ScorerWorker, &[("AUTORATER_CONFIG", &path)]).unwrap_err();
    assert!(error.starts_with(&format!("{path}:2: not TOML")), "{error}");
    assert!(!error.contains("hunter2"), "{error}");

    let error = with(
        ServiceName::IngestApi,
        &[("AUTORATER_CONFIG", "/nowhere.toml")],
    )
    .unwrap_err();
    assert!(
        error.starts_with("AUTORATER_CONFIG: cannot read /nowhere.toml"),
        "{error}"
    );
}

#[test]
fn unknown_variables_are_refused_with_the_nearest_known_one() {
    for name in [
        "AUTORATER__WORKER__SLOTZ",
        "autorater__worker__slots",
        "AUTORATER_WORKER_SLOTS",
    ] {
        refused(
            ServiceName::IngestApi,
            &[(name, "1")],
            &format!("{name}: unknown setting; did you mean AUTORATER__WORKER__SLOTS?"),
        );
    }
    refused(
        ServiceName::IngestApi,
        &[("AUTORATER__QQQQ", "1")],
        "AUTORATER__QQQQ: unknown setting; SETTINGS.md and print-config list the known ones",
    );
    // What Kubernetes makes of the name of a service, and what counts as unset.
    let links = [
        ("AUTORATER_STATUS_API_PORT", "tcp://10.0.0.1:80"),
        ("AUTORATER__X", ""),
    ];
    with(ServiceName::IngestApi, &links).unwrap();
}

#[test]
fn a_usual_name_that_is_nearly_right_is_refused_where_what_it_means_is_not_given() {
    for (name, meant) in [
        ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        ("OPENAI_BASEURL", "OPENAI_BASE_URL"),
        ("openai_base_url", "OPENAI_BASE_URL"),
        ("OPENAI_BASE_URI", "OPENAI_BASE_URL"),
        ("OPENIA_BASE_URL", "OPENAI_BASE_URL"),
        ("SCORING_MODLE", "SCORING_MODEL"),
        ("SCORING_MODELS", "SCORING_MODEL"),
        ("STAUTS_URL", "STATUS_URL"),
        ("LISTEN_ADDRESS", "LISTEN_ADDR"),
        ("LOG_FROMAT", "LOG_FORMAT"),
        ("OTEL_SERVICENAME", "OTEL_SERVICE_NAME"),
        ("DEFAULT_RUBRIC", "AUTORATER__JUDGE__DEFAULT_RUBRIC"),
    ] {
        let expected = format!("{name}: not known here; did you mean {meant}?");
        refused(ServiceName::IngestApi, &[(name, "x")], &expected);
    }
    for (given, name, meant) in [
        ("REDIS_URL", "REDIS_URI", "REDIS_URL"),
        ("REDIS_URL", "REDIS_URL_FILES", "REDIS_URL_FILE"),
        ("DATABASE_URL", "DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_URL", "POSTGRES_URL", "DATABASE_URL"),
        ("OPENAI_API_KEY", "OPENAI_KEY", "OPENAI_API_KEY"),
    ] {
        let expected = format!("{name}: not known here; did you mean {meant}?");
        refused(
            ServiceName::ScorerWorker,
            &[(given, ""), (name, "x")],
            &expected,
        );
        // Who has it has the other for another program.
        with(ServiceName::ScorerWorker, &[(name, "x")]).unwrap();
    }
}

#[test]
fn variables_of_others_are_none_of_our_business() {
    for name in [
        "STATIC_URL",
        "STATSD_URL",
        "REDIS_HOST",
        "REDIS_PORT",
        "REDIS_TLS",
        "DATABASE_PORT",
        "DATABASE_USER",
        "OPENAI_ORG_ID",
        "OPENAI_API_VERSION",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_TRACES_SAMPLER",
        "RUST_BACKTRACE",
        "LOGNAME",
        "HOSTNAME",
        "PATH",
        "HOME",
    ] {
        with(ServiceName::IngestApi, &[(name, "x")]).unwrap();
    }
    // What names a secret's file, and what is not set.
    with(ServiceName::IngestApi, &[("OPENAI_API_BASE", "")]).unwrap();
    // Tables of providers stand in place of the one provider.
    let dir = TempDir::new().unwrap();
    let tables = "[providers.one]\nbase_url = \"http://one/v1\"\n";
    let path = file(&dir, "autorater.toml", tables);
    let env = [("AUTORATER_CONFIG", &*path), ("OPENAI_API_BASE", "x")];
    with(ServiceName::IngestApi, &env).unwrap();
}
