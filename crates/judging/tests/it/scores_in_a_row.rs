//! Scores of two candidates in one reply, in the layouts and sentences in which judges give them.

use domain::rubric::{ReplyFormat, Take};

use crate::custom_replies::{reader, says, says_nothing};
use crate::recorded::Reader;

fn rows(take: Option<Take>) -> Reader {
    reader(ReplyFormat::Numbers { count: 2 }, take, true)
}

#[test]
fn they_come_in_many_layouts() {
    let rows = rows(None);
    for reply in [
        "Assistant 1's score: 9/10\nAssistant 2's score: 8/10",
        "Assistant 1's score: 9/10, Assistant 2's score: 8/10",
        "Score for Assistant 1: 9\nIt is short.\n\nScore for Assistant 2: 8\nIt is long.",
        "**Assistant A**: 9\n**Assistant B**: 8",
        "1. Assistant 1: 9/10\nIt is short.\n2. Assistant 2: 8/10\nIt is long.",
    ] {
        says(&rows, reply, "first");
    }
    for reply in [
        "Assistant 1's errors: 9\nAssistant 2's errors: 8",
        "Assistant 1's score: 9/10\nAssistant 2's score: 8/5",
        "Assistant 1's score: 9\nModel 2's score: 8",
        "Assistant 1's score: 9\nAssistant 2's score: 8\nAssistant 2's score: 7",
    ] {
        says_nothing(&rows, reply);
    }
}

#[test]
fn a_sentence_gives_each_by_name() {
    let rows = rows(None);
    for reply in [
        "Assistant 1's submission receives a score of 9/10 and Assistant 2's submission receives a score of 8/10.",
        "Based on the code provided, I would rate Assistant 1's submission a 9 and Assistant 2's submission a 8.",
        "Therefore, I would give Assistant 1 a score of 9, and Assistant 2 a score of 6.",
    ] {
        says(&rows, reply, "first");
    }
    says(
        &rows,
        "I would give Assistant 1 a score of 7 and Assistant 2 a score of 7.",
        "tie",
    );
    for reply in [
        // Several scores each, or another number beside them.
        "Assistant 1 receives a score of 9 and 7 and Assistant 2 receives a score of 8 and 6.",
        "Assistant 1 receives a score of 9 and Assistant 2 receives a score of 8 for style and 6 for speed.",
        // Only one is named, or one twice.
        "Assistant 1 receives a score of 9.",
        "Assistant 1 receives a score of 9 and Assistant 1 receives a score of 8.",
        // Supposed, denied, or said by others.
        "If it compiled, Assistant 1 would receive a score of 9 and Assistant 2 a score of 8.",
        "I would not give Assistant 1 a score of 9 and Assistant 2 a score of 8.",
        "Some would give Assistant 1 a score of 9 and Assistant 2 a score of 8.",
        "Should I give Assistant 1 a score of 9 and Assistant 2 a score of 8?",
        // Something else is counted.
        "Assistant 1 has an error count of 9 and Assistant 2 has an error count of 8.",
        "Assistant 1 scores at most 9 and Assistant 2 scores at most 8.",
        // Out of different scales.
        "Assistant 1 receives a score of 9/10 and Assistant 2 receives a score of 8/20.",
        // Two that differ.
        "I give Assistant 1 a score of 9 and Assistant 2 a score of 8.\nI give Assistant 1 a score of 6 and Assistant 2 a score of 8.",
    ] {
        says_nothing(&rows, reply);
    }
}
