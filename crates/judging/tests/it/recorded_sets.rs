//! Every recorded reply of seven sets, against what the sources' own parsers made of it.
//!
//! Those are not always right, so that agreement has a bound and not a value. Where the two differ was looked at
//! reply by reply when the bounds were set: the sources take 0 where they find no bare digit (`icescore_code`), the
//! opening claim instead of the conclusion (`llmbar_pairwise`), a number out of a tag (`scaleeval_debate`).

use std::collections::BTreeMap;

use crate::recorded::{forms, reader, reading, recorded, records};

/// Checks a set: of its replies at least `least_read` in a hundred are read; of those that the source could read as
/// well at least `least_agreeing` in a hundred alike, and at most `most_differing` otherwise.
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn check(set: &str, least_read: f64, least_agreeing: f64, most_differing: usize) {
    let Some(calls) = records(set, "calls.jsonl.gz") else {
        return;
    };
    let (mut replies, mut read, mut agreeing, mut differing) = (0, 0, 0, 0);
    for call in &calls {
        let auxiliary = call["prompt_id"]
            .as_str()
            .is_some_and(|prompt| prompt.starts_with("auxiliary"));
        if auxiliary {
            continue;
        }
        let reader = reader(set, call).unwrap();
        for (sample, reply) in call["replies"].as_array().unwrap().iter().enumerate() {
            replies += 1;
            let Ok(said) = reading(&reader, reply.as_str().unwrap()) else {
                continue;
            };
            read += 1;
            // What is recorded is that of the first sample.
            match recorded(call).filter(|_| sample == 0) {
                Some(recorded) if recorded == said => agreeing += 1,
                Some(_) => differing += 1,
                None => {}
            }
        }
    }
    let share = |part: i32, whole: i32| 100.0 * f64::from(part) / f64::from(whole.max(1));
    let (read_share, agreeing_share) =
        (share(read, replies), share(agreeing, agreeing + differing));
    eprintln!(
        "{set}: {replies} replies, {read_share:.2} % read; of {} compared {agreeing_share:.2} % agree, {differing} differ",
        agreeing + differing
    );
    assert!(read_share >= least_read, "{read_share} % read");
    assert!(agreeing_share >= least_agreeing, "{agreeing_share} % agree");
    assert!(usize::try_from(differing).unwrap() <= most_differing);
}

#[test]
fn ratings_and_letters_in_double_brackets() {
    check("mtbench_gpt4", 99.5, 100.0, 0);
}

#[test]
fn two_scores_in_a_row() {
    check("vicuna80_two_scores", 99.6, 100.0, 0);
}

#[test]
fn outputs_by_letter() {
    check("llmbar_pairwise", 99.3, 98.0, 137);
}

#[test]
fn a_choice_in_the_last_line() {
    // One of the five judges gives two scores instead of a choice, and one ends in prose; where such prose finds one a
    // little better, the source has a tie, or the scores.
    check("prd_jury_pairwise", 76.0, 99.5, 12);
}

#[test]
fn scores_of_code() {
    check("icescore_code", 97.4, 99.2, 102);
}

#[test]
fn five_aspects_in_one_object() {
    check("justeval_json_aspects", 96.0, 100.0, 0);
}

#[test]
fn debaters_that_say_a_number_in_the_end() {
    check("scaleeval_debate", 98.8, 99.8, 10);
}

/// How many replies of a judge were read in a form, and how many of those otherwise than the source did.
#[derive(Default)]
struct Share {
    replies: usize,
    read: usize,
    compared: usize,
    otherwise: usize,
}

/// The table of all sets, in every form that a user might write for them. It takes minutes, so only when asked for.
#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn shares_by_set_form_and_judge() {
    if std::env::var_os("AUTORATER_SHARES").is_none() {
        return;
    }
    let sets = [
        "mtbench_gpt4",
        "vicuna80_two_scores",
        "llmbar_pairwise",
        "prd_jury_pairwise",
        "icescore_code",
        "scaleeval_debate",
    ];
    let mut table: BTreeMap<[String; 4], Share> = BTreeMap::new();
    for set in sets {
        for call in &records(set, "calls.jsonl.gz").unwrap_or_default() {
            let judge = call["judge"].as_str().unwrap_or("debater");
            for (form, reader) in forms(set, call) {
                let prompt = call["prompt_id"].as_str().unwrap_or_default();
                let key = [set, prompt, form, judge].map(str::to_owned);
                let share = table.entry(key).or_default();
                for (sample, reply) in call["replies"].as_array().unwrap().iter().enumerate() {
                    let said = reading(&reader, reply.as_str().unwrap());
                    let wanted = recorded(call).filter(|_| sample == 0);
                    share.replies += 1;
                    share.read += usize::from(said.is_ok());
                    if let (Ok(said), Some(wanted)) = (said, wanted) {
                        share.compared += 1;
                        share.otherwise += usize::from(said != wanted);
                    }
                }
            }
        }
    }
    for ([set, prompt, form, judge], share) in table {
        let Share {
            replies,
            read,
            compared,
            otherwise,
        } = share;
        let percent = 100.0 * f64::from(u32::try_from(read).unwrap())
            / f64::from(u32::try_from(replies.max(1)).unwrap());
        eprintln!(
            "{set:20} {prompt:30} {form:22} {judge:18} {replies:5} replies {percent:6.2} % read, {otherwise:4} of {compared:5} otherwise"
        );
    }
}
