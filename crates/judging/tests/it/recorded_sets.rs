//! Every recorded reply of seven sets, against what the sources' own parsers made of it.
//!
//! Those are not always right, so that agreement has a bound and not a value. Where the two differ was looked at
//! reply by reply when the bounds were set: the sources take 0 where they find no bare digit (`icescore_code`), the
//! opening claim instead of the conclusion (`llmbar_pairwise`), a number out of a tag (`scaleeval_debate`).

use crate::recorded::{reader, reading, recorded, records};

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
    // One of the five judges gives two scores instead of a choice and one ends in prose.
    check("prd_jury_pairwise", 72.5, 100.0, 0);
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
    check("scaleeval_debate", 97.8, 99.8, 10);
}
