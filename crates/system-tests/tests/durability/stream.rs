//! Entries of the stream that nobody of ours wrote.

use anyhow::{Result, ensure};
use local_stack::eventually;

use crate::support::{SOON, System, quick};

const NOBODYS: &str = "00000000-0000-8000-8000-000000000000";

#[tokio::test]
async fn bad_entries_hold_nothing_up_and_are_gone() -> Result<()> {
    let system = System::start(quick()).await?;
    let bad: [&[&str]; 7] = [
        &["nothing", "known"],
        &["v", "9", "id", NOBODYS, "tenant", "default"],
        &["v", "1", "id", NOBODYS, "tenant", "default"],
        &["v", "1", "id", "not-an-id", "tenant", "default"],
        &["v", "1", "id", NOBODYS],
        &[
            "v",
            "1",
            "id",
            NOBODYS,
            "tenant",
            "another",
            "tp",
            "not a traceparent",
        ],
        &["", ""],
    ];
    let streams =
        ["interactive", "batch"].map(|priority| format!("{}:work:{priority}", system.key_prefix()));
    for stream in &streams {
        for fields in bad {
            let command = [&["XADD", stream, "*"], fields].concat();
            system.redis().cli(&command).await?;
        }
    }
    let id = system.post("Real work behind them.").await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 1);
    for stream in &streams {
        eventually(SOON, async || {
            let length = system.redis().cli(&["XLEN", stream]).await?;
            let pending = system.redis().cli(&["XPENDING", stream, "workers"]).await?;
            let pending = pending.lines().next().unwrap_or_default().to_owned();
            ensure!(length == "0" && pending == "0", "{length}, {pending}");
            anyhow::Ok(())
        })
        .await?;
    }
    assert_eq!(system.mock_count("requests").await?, 1);
    let log = system.worker(0).log();
    assert!(log.contains("cannot be read and are dropped"), "{log}");
    Ok(())
}
