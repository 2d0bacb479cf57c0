//! The rubric of requests that name none: whether there is one.

use std::time::Duration;

use domain::Tenant;
use domain::rubric::parse_reference;
use service::run::Context;
use storage::{Database, rubrics};

/// How often it is looked for until it is there. Versions are never removed.
const LOOK: Duration = Duration::from_secs(2);

/// Says in health and once in the log that it is not there, until it is. No reason not to be ready: it may be stored
/// later, and requests that name a rubric are taken meanwhile.
pub(crate) async fn watch(context: Context, database: Database) {
    let name = &context.settings.judge.default_rubric;
    // The settings were refused if it were none.
    let Ok(reference) = parse_reference(name) else {
        return;
    };
    let tenant = Tenant::default();
    loop {
        let found = match rubrics::resolve(&database, &tenant, &reference).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(format!(
                "AUTORATER__JUDGE__DEFAULT_RUBRIC: there is no rubric `{name}`, neither built in nor stored; a request that \
                 names none is refused"
            )),
            Err(error) => Err(error.to_string()),
        };
        let is_there = found.is_ok();
        context.health.set("default_rubric", found);
        let pause = tokio::time::sleep(LOOK);
        if is_there || context.shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}
