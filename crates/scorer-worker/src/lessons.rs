//! What was learned of providers' endpoints, shared by all workers: a refusal that taught one of them is not asked for
//! by the others, nor after a restart.

use std::collections::HashMap;
use std::time::Duration;

use providers::{Abilities, Lesson};
use storage::endpoints::{self, Learned};

use crate::worker::Worker;

/// How often lessons are exchanged.
const EVERY: Duration = Duration::from_secs(10);
/// The newest lessons are enough.
const MOST: u32 = 1_000;

/// What the database has, by endpoint.
type Kept = HashMap<(String, String, String), Abilities>;

/// Exchanges lessons until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let mut has_heard = false;
    loop {
        let exchanged = exchange(&worker).await;
        // Each worker learns by itself then.
        worker.show("endpoints", "lessons are not exchanged", &exchanged);
        if let Ok(lessons) = exchanged
            && !has_heard
        {
            tracing::info!(lessons, "heard what endpoints take");
            has_heard = true;
        }
        if !worker.pause(EVERY).await {
            return;
        }
    }
}

/// Says how many others had.
async fn exchange(worker: &Worker) -> storage::Result<usize> {
    let database = &worker.database;
    let known: Vec<Learned<Abilities>> = endpoints::learned(database, Lesson::HOLDS, MOST).await?;
    let mut kept = Kept::new();
    let lessons: Vec<Lesson> = known
        .into_iter()
        .map(|learned| Lesson {
            provider: learned.provider,
            address: learned.address,
            model: learned.model,
            abilities: learned.abilities,
            age: learned.age,
        })
        .collect();
    kept.extend(lessons.iter().map(|lesson| (key(lesson), lesson.abilities)));
    worker.providers.hear(lessons);
    for lesson in worker.providers.lessons() {
        if kept.get(&key(&lesson)) != Some(&lesson.abilities) {
            let learned = Learned {
                provider: lesson.provider,
                address: lesson.address,
                model: lesson.model,
                abilities: lesson.abilities,
                age: lesson.age,
            };
            endpoints::learn(database, &learned, Lesson::HOLDS).await?;
        }
    }
    Ok(kept.len())
}

fn key(lesson: &Lesson) -> (String, String, String) {
    let Lesson {
        provider,
        address,
        model,
        ..
    } = lesson;
    (provider.clone(), address.clone(), model.clone())
}
