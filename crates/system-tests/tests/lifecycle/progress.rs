//! How far an evaluation is: from Redis while it has that, from the record otherwise.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

#[tokio::test]
async fn progress_that_redis_lost_is_told_from_the_record() -> Result<()> {
    let system = System::start(quick().private_redis(true)).await?;
    // One reply is in; the call for its repair does not end.
    system
        .mock_is(json!({"faults": [
            {"fault": "garbage", "kind": "not_json_text", "times": 1},
            {"fault": "hang", "times": 1},
        ]}))
        .await?;
    let id = system.post("Watched while it is judged.").await?;
    system.mock_reaches("requests", 2).await?;
    let told = eventually(SOON, async || {
        let evaluation = system.get(&id).await?;
        ensure!(
            evaluation["progress"]["step"] == "judging, asked again",
            "{evaluation}"
        );
        anyhow::Ok(evaluation)
    })
    .await?;
    assert_eq!(told["status"], "running", "{told}");
    let progress = |evaluation: &Value| {
        let progress = &evaluation["progress"];
        (progress["completed"].clone(), progress["total"].clone())
    };
    assert_eq!(progress(&told), (json!(1), json!(2)));

    let key = format!("{}:progress:{id}", system.key_prefix());
    for lost in [vec!["DEL", &key], vec!["FLUSHALL"]] {
        assert_eq!(system.redis().cli(&["EXISTS", &key]).await?, "1");
        system.redis().cli(&lost).await?;
        let evaluation = system.get(&id).await?;
        assert_eq!(evaluation["status"], "running", "{evaluation}");
        assert_eq!(evaluation["progress"]["completed"], 1, "{evaluation}");
        assert!(
            evaluation["progress"]["total"].as_u64() >= Some(1),
            "{evaluation}"
        );
        // A half written hash is none.
        system
            .redis()
            .cli(&["HSET", &key, "epoch", "1", "step", "call 9 of 9"])
            .await?;
        let evaluation = system.get(&id).await?;
        assert_eq!(evaluation["progress"]["step"], "judging", "{evaluation}");
    }

    system.kill_worker(0).await?;
    system.start_worker().await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(progress(&evaluation), (json!(2), json!(2)), "{evaluation}");
    assert_eq!(evaluation["progress"]["step"], "done");
    eventually(SOON, async || {
        let left = system.redis().cli(&["EXISTS", &key]).await?;
        ensure!(left == "0", "its progress is still in Redis");
        anyhow::Ok(())
    })
    .await
}
