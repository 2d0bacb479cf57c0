//! Taking what can be started: nothing hoarded, nobody starved.

use std::time::Duration;

use domain::{MemoryNeeds, Priority};
use queue::stream::take::{Capacity, Delivered};
use queue::stream::{Entry, Reader};

use crate::support::{Bench, entry, names, told};

const NOW: Priority = Priority::Interactive;
const BLOCK: Duration = Duration::from_millis(200);

/// Room for any number; each entry takes 1 KiB for each 1,024 bytes, and 100 at most.
fn with(memory: usize, for_passing: usize) -> Capacity {
    Capacity {
        entries: 64,
        memory,
        for_passing,
        needs: MemoryNeeds {
            fixed: 0,
            copies: 1,
            max: 100,
        },
    }
}

fn sized(number: u128, kibibytes: u64) -> Entry {
    Entry {
        size: Some(kibibytes * 1024),
        ..entry(number)
    }
}

/// The numbers of what was taken, in order.
fn numbers(taken: &Delivered) -> Vec<u128> {
    let entries = told(&taken.deliveries).into_iter();
    entries.map(|entry| entry.id.0.as_u128()).collect()
}

async fn take(reader: &Reader, turn: u32, capacity: Capacity) -> Delivered {
    reader.take(turn, capacity).await.unwrap()
}

async fn ring(bench: &Bench, priority: Priority, sizes: &[(u128, u64)]) {
    let entries: Vec<Entry> = sizes.iter().map(|(n, size)| sized(*n, *size)).collect();
    bench.redis.publish(priority, &entries).await.unwrap();
}

async fn dismiss(bench: &Bench, priority: Priority, taken: &Delivered) {
    let names = names(&taken.deliveries);
    bench.redis.dismiss(priority, names).await.unwrap();
}

async fn pending(bench: &Bench) -> String {
    let key = bench.key("work:interactive");
    bench.cli(&["XPENDING", &key, "workers"]).await
}

#[tokio::test]
async fn what_does_not_fit_stays_for_others() {
    let bench = Bench::ready().await;
    let [one, other] = ["one", "other"].map(|name| bench.redis.reader(name, BLOCK).unwrap());
    let large: Vec<(u128, u64)> = (1..=10).map(|number| (number, 10)).collect();
    ring(&bench, NOW, &large).await;
    let taken = take(&one, 0, with(35, 20)).await;
    assert_eq!(numbers(&taken), [1, 2, 3]);
    assert_eq!(taken.waits_for, Some(10));
    assert!(pending(&bench).await.starts_with('3'));
    // Full: it takes nothing more, however often it asks.
    let none = take(&one, taken.turn, with(5, 20)).await;
    assert_eq!((numbers(&none), none.waits_for), (vec![], Some(10)));

    let taken = take(&other, 0, with(100, 20)).await;
    assert_eq!(numbers(&taken), [4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(taken.waits_for, None);
}

#[tokio::test]
async fn a_large_one_is_passed_by_smaller_ones_in_their_own_memory_only() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    ring(&bench, NOW, &[(1, 60), (2, 40), (3, 4), (4, 30), (5, 5)]).await;
    ring(&bench, Priority::Batch, &[(11, 1), (12, 45)]).await;
    // 45 KiB are free and none of them is given away: 60 wait for it. 2 and 12 are no small ones beside it.
    let taken = take(&reader, 0, with(45, 10)).await;
    assert_eq!(taken.waits_for, Some(60));
    let mut passed = numbers(&taken);
    passed.sort_unstable();
    assert_eq!(passed, [3, 5, 11]);
    assert!(taken.deliveries.iter().all(|delivery| delivery.passing));
    // What passes is nobody's turn.
    assert_eq!(taken.turn, 0);
    // They are under way: not given twice, neither before nor after they are dismissed.
    for memory in [45, 50] {
        let none = take(&reader, 0, with(memory, 10)).await;
        assert_eq!(numbers(&none), [0_u128; 0]);
    }
    let names = |priority| {
        let of = taken
            .deliveries
            .iter()
            .filter(move |it| it.priority == priority);
        of.map(|it| it.entry_id.clone()).collect::<Vec<_>>()
    };
    for priority in Priority::ALL {
        let done = bench.redis.dismiss(priority, names(priority)).await;
        done.unwrap();
    }
    let first = take(&reader, 0, with(60, 10)).await;
    assert_eq!(numbers(&first), [1]);
    assert!(!first.deliveries[0].passing);
    dismiss(&bench, NOW, &first).await;
    let rest = take(&reader, 1, with(100, 10)).await;
    assert_eq!(numbers(&rest), [2, 4]);
    dismiss(&bench, NOW, &rest).await;
    let last = take(&reader, 3, with(100, 0)).await;
    assert_eq!(numbers(&last), [12]);
    assert!(pending(&bench).await.starts_with('0'));
    // The group's cursor is behind all of them: new ones come, old ones do not.
    ring(&bench, NOW, &[(21, 1)]).await;
    assert_eq!(numbers(&take(&reader, 0, with(100, 0)).await), [21]);
}

/// One after the other, as memory becomes free: a large one among any number of others comes in its turn.
#[tokio::test]
async fn nobody_is_overtaken_for_ever() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    ring(&bench, NOW, &[(1, 10), (2, 90), (3, 10), (4, 500), (5, 10)]).await;
    let mut order = Vec::new();
    for memory in [10, 10, 50, 89, 90, 10, 99, 100, 10] {
        let taken = take(&reader, 0, with(memory, 0)).await;
        order.extend(numbers(&taken));
        // More come all the time.
        ring(&bench, NOW, &[(100, 10)]).await;
    }
    // What is larger than everything has everything.
    assert_eq!(order, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn every_fourth_entry_is_batch_work_however_few_are_taken_at_once() {
    for at_once in 1..=9 {
        let bench = Bench::ready().await;
        let reader = bench.redis.reader("one", BLOCK).unwrap();
        let sizes: Vec<(u128, u64)> = (0..60).map(|number| (number, 1)).collect();
        ring(&bench, NOW, &sizes).await;
        ring(&bench, Priority::Batch, &sizes[..20]).await;
        let (mut turn, mut taken) = (0, Vec::new());
        while taken.len() < 80 {
            let capacity = Capacity {
                entries: at_once,
                ..with(100, 0)
            };
            let some = take(&reader, turn, capacity).await;
            assert!(!some.deliveries.is_empty());
            turn = some.turn;
            taken.extend(some.deliveries.into_iter().map(|it| it.priority));
        }
        for four in taken.chunks(4) {
            let batch = four.iter().filter(|it| **it == Priority::Batch).count();
            assert_eq!(batch, 1, "{at_once} at once: {taken:?}");
        }
    }
}

#[tokio::test]
async fn a_batch_entry_that_waits_keeps_its_turn() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    let small: Vec<(u128, u64)> = (1..=30).map(|number| (number, 10)).collect();
    ring(&bench, NOW, &small).await;
    ring(&bench, Priority::Batch, &[(99, 100)]).await;
    let taken = take(&reader, 0, with(95, 0)).await;
    assert_eq!(numbers(&taken), [1, 2, 3]);
    let none = take(&reader, taken.turn, with(99, 0)).await;
    assert_eq!(none.waits_for, Some(100));
    assert_eq!(numbers(&none), [0_u128; 0]);
    let taken = take(&reader, none.turn, with(100, 0)).await;
    assert_eq!(numbers(&taken), [99]);
}

#[tokio::test]
async fn entries_of_older_releases_say_no_size_and_are_taken_as_the_smallest() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    let key = bench.key("work:interactive");
    let id = entry(1).id.to_string();
    for size in [
        &[][..],
        &["size", "many"],
        &["size", "-5"],
        &["size", "2048"],
    ] {
        let fields = [
            &["XADD", &key, "*", "v", "1", "id", &id, "tenant", "t"],
            size,
        ]
        .concat();
        bench.cli(&fields).await;
    }
    let taken = take(&reader, 0, with(1, 0)).await;
    let sizes: Vec<_> = told(&taken.deliveries).iter().map(|it| it.size).collect();
    assert_eq!(sizes, [None, None, None]);
    assert_eq!(taken.waits_for, Some(2));
}

#[tokio::test]
async fn what_is_put_back_goes_to_the_next_who_reads() {
    let bench = Bench::ready().await;
    let [one, other] = ["one", "other"].map(|name| bench.redis.reader(name, BLOCK).unwrap());
    ring(&bench, NOW, &[(1, 10), (2, 10)]).await;
    let taken = take(&one, 0, with(10, 0)).await;
    let entry = Entry {
        size: Some(7),
        ..told(&taken.deliveries).remove(0)
    };
    let name = &taken.deliveries[0].entry_id;
    bench.redis.republish(NOW, name, &entry).await.unwrap();
    assert_eq!(bench.redis.length(NOW).await.unwrap(), 2);
    assert!(pending(&bench).await.starts_with('0'));
    let taken = take(&other, 0, with(100, 0)).await;
    assert_eq!(numbers(&taken), [2, 1]);
    assert_eq!(told(&taken.deliveries)[1], entry);
}
