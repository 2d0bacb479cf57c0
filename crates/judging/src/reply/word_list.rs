//! Lists of words, which rules have as one text with blanks between.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use rustc_hash::FxBuildHasher;

type Words = HashSet<&'static str, FxBuildHasher>;

thread_local! {
    /// The words of each list, by the place of its text: a reply is held against lists some thousand times.
    static LISTS: RefCell<HashMap<(*const u8, usize), Words, FxBuildHasher>> = RefCell::default();
}

/// Whether a word is one of a list.
pub(super) fn is_among(list: &'static str, word: &str) -> bool {
    LISTS.with_borrow_mut(|lists| {
        let key = (list.as_ptr(), list.len());
        let words = lists
            .entry(key)
            .or_insert_with(|| list.split(' ').collect());
        words.contains(word)
    })
}
