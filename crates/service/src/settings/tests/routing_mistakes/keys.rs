//! Keys of providers.

use super::*;

#[test]
fn of_keys() {
    let dir = TempDir::new().unwrap();
    let empty = file(&dir, "empty", "\n");
    let broken = file(&dir, "broken", "hunter2\nhunter2\n");
    all_refused(&[
        (
            provider("api_key = \"hunter 2\""),
            "providers.a.api_key: has a line break, a space, a control character or a non-ASCII \
             character in it; expected visible ASCII only",
        ),
        (
            provider("api_key = \"\""),
            "providers.a.api_key: is empty; expected a value, or no api_key",
        ),
        (
            provider("api_key_file = \"/nowhere\""),
            "providers.a.api_key_file: cannot read /nowhere: No such file or directory (os error \
             2); expected a file that holds the value",
        ),
        (
            provider(&format!("api_key_file = \"{empty}\"")),
            &format!(
                "providers.a.api_key_file: {empty} is empty; expected a file that holds the value"
            ),
        ),
        (
            provider(&format!("api_key_file = \"{broken}\"")),
            "providers.a.api_key_file: has a line break, a space, a control character or a \
             non-ASCII character in it; expected visible ASCII only",
        ),
    ]);

    let content = provider("api_key = \"hunter2\"\napi_key_file = \"x\"");
    let path = file(&dir, "autorater.toml", &content);
    let config = ("AUTORATER_CONFIG", path.as_str());
    let both = "contradictory: both are set; expected only one of them";
    refused(
        ServiceName::ScorerWorker,
        &[config],
        &format!("{path}: providers.a.api_key and {path}: providers.a.api_key_file: {both}"),
    );
    file(&dir, "autorater.toml", &provider("api_key = \"hunter2\""));
    let own = "AUTORATER__PROVIDERS__A__API_KEY";
    for name in [own.to_owned(), format!("{own}_FILE")] {
        refused(
            ServiceName::ScorerWorker,
            &[config, (&name, "hunter2")],
            &format!("{path}: providers.a.api_key and {name}: {both}"),
        );
    }
    file(&dir, "autorater.toml", &provider(""));
    let own_file = format!("{own}_FILE");
    refused(
        ServiceName::ScorerWorker,
        &[config, (own, "hunter2"), (&own_file, "x")],
        &format!("{own} and {own_file}: {both}"),
    );
    for (name, problem) in [
        (
            "AUTORATER__PROVIDERS__X__API_KEY",
            "the file has no such provider; expected one of a",
        ),
        (
            "AUTORATER__PROVIDERS__A__API_KEZ",
            "unknown setting; did you mean AUTORATER__PROVIDERS__A__API_KEY?",
        ),
        (
            "AUTORATER_PROVIDERS_A_API_KEY",
            "unknown setting; did you mean AUTORATER__PROVIDERS__A__API_KEY?",
        ),
    ] {
        refused(
            ServiceName::IngestApi,
            &[config, (name, "hunter2")],
            &format!("{name}: {problem}"),
        );
    }
    refused(
        ServiceName::IngestApi,
        &[(own, "hunter2")],
        &format!(
            "{own}: the file has no such provider; expected a table [providers.NAME] in the file \
             that AUTORATER_CONFIG names"
        ),
    );
}
