//! A provider that is not there.

use anyhow::{Context as _, Result, ensure};
use local_stack::{StackBuilder, eventually};

use crate::support::{SOON, System, quick};

/// One try a call, so that an evaluation is put aside at once.
fn impatient() -> StackBuilder {
    quick().worker_env("AUTORATER__PROVIDER__TRIES", "1")
}

#[tokio::test]
async fn an_evaluation_is_put_aside_until_its_provider_is_back() -> Result<()> {
    let system = System::start(impatient()).await?;
    let mock = system.mock().context("no mock provider")?;
    mock.kill().await?;
    let id = system.post("Waits for its provider.").await?;
    let aside = "SELECT count(*) FROM evaluations
        WHERE state = 'queued' AND failures = 1 AND next_run_at > now() AND owner IS NULL";
    eventually(SOON, async || {
        let count = system.number(aside).await?;
        ensure!(count == 1, "{count} put aside: {}", system.worker(0).log());
        anyhow::Ok(())
    })
    .await?;
    assert_eq!(system.get(&id).await?["status"], "pending");
    mock.start_again()?;
    let evaluation = system.judged(&id).await?;
    assert!(evaluation["attempts"].as_u64() >= Some(2), "{evaluation}");
    assert_eq!(system.mock_count("requests").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_provider_that_stays_away_ends_in_attempts_exhausted() -> Result<()> {
    let builder = impatient().worker_env("AUTORATER__WORKER__MAX_ATTEMPTS", "2");
    let system = System::start(builder).await?;
    system.mock().context("no mock provider")?.kill().await?;
    let id = system.post("Waits in vain.").await?;
    let evaluation = system.ended(&id).await?;
    assert_eq!(evaluation["status"], "failed", "{evaluation}");
    assert_eq!(evaluation["error"]["code"], "attempts_exhausted");
    assert_eq!(evaluation["attempts"], 2);
    let message = evaluation["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("cannot be reached"), "{message}");
    Ok(())
}
