//! Whether a judge chooses or gives a value, and is not only asked to, hesitates, or says why it does not.

use super::super::choice::NOUNS;
use super::super::sentence::words;
use super::super::{label, lines};

/// Verbs by which a judge chooses, or gives a value.
const VERBS: &str = "choose chose select selected pick prefer recommend favor favour vote opt go goes lean choosing selecting picking \
    preferring recommending going leaning give award assign rate say conclude";

/// Verbs by which a judge says something, whatever that is, and words of scripts without blanks by which it is told to.
const BIDDEN: &str =
    "output print write return answer respond reply report emit produce state declare put";
const BIDDING: &str = "被要求 要求我 让我 讓我 叫我 命令我 指示我 求められ 言われ";

/// Words right before such a verb that leave it the judge's own act.
const ACTING: &str = "i we i'd i'll i've we'd we'll would will shall must do does can may have has so and but thus therefore hence \
    judge you please again both i'm am are vote preference edge nod win point";

/// Words right before a verb in `ing`.
const DOING: &str = "i'm am are we're in by for be";

/// Words before `to` and such a verb: of others a judge does not say that it chooses (`I was asked to choose A`).
const MEANING: &str = "like love want have has need going decide decided choose chose prefer inclined ready happy lean leaning tend continue \
    forced compelled";

/// Words before `me` and such a verb, or `me to` and it.
const LEADING: &str =
    "leads lead led leading makes make made causes inclines convinces persuades brings";

/// Whether the last verb before a value, where there is one, is what the judge does: not in `I hesitate to choose A`, `Nothing makes me
/// prefer A`, `I regret choosing A`.
pub(in super::super) fn acts(before: &str) -> bool {
    let said: Vec<String> = words(before).collect();
    let is = |word: &String, list| lines::is_among(list, word);
    // What stands right behind `to` is one, too: `I was instructed to output [[A]]`.
    let bare = match said.as_slice() {
        [bare @ .., with] if with == "with" => bare,
        bare => bare,
    };
    let is_bid = matches!(bare, [.., meaning, to, verb]
        if to == "to" && !is(meaning, MEANING) && is(verb, BIDDEN));
    let is_wide = BIDDING.split(' ').any(|bid| before.contains(bid));
    if is_bid || is_wide {
        return false;
    }
    let Some(verb) = said.iter().rposition(|word| is(word, VERBS)) else {
        return true;
    };
    let mut back = said.iter().take(verb).rev().skip_while(|word| {
        word.ends_with("ly") || is(word, "rather now still then also just instead")
    });
    let is_denied = || said.iter().any(|word| is(word, "nothing no none nobody"));
    let is_led = |back: &mut dyn Iterator<Item = &String>| {
        back.next().is_some_and(|word| is(word, LEADING)) && !is_denied()
    };
    let (previous, before_that) = (back.next(), back.next());
    match previous.map(String::as_str) {
        None => true,
        Some("to") => before_that.is_some_and(|word| match word.as_str() {
            "me" | "us" => is_led(&mut back),
            "going" => !said.iter().any(|word| word == "was"),
            _ => is(word, MEANING),
        }),
        Some("me" | "us") => before_that.is_some_and(|word| is_led(&mut std::iter::once(word))),
        // `I would recommend that the user choose A`.
        Some("user" | "users" | "you" | "one") => {
            said.iter().any(|word| is(word, "recommend suggest advise"))
        }
        // `I would recommend choosing A`.
        Some(word) if lines::is_among(VERBS, word) => {
            let before = said.get(..verb).unwrap_or_default();
            acts(&before.join(" "))
        }
        Some(word) if said.get(verb).is_some_and(|verb| verb.ends_with("ing")) => {
            lines::is_among(DOING, word)
        }
        Some(word) => {
            lines::is_among(ACTING, word) || label::is_known(word) || lines::is_among(NOUNS, word)
        }
    }
}

/// Whether the words before a claim say that somebody has the judge make it: `I was paid to say A is better`.
pub(super) fn is_bidden(before: &str) -> bool {
    let said: Vec<String> = words(before).collect();
    let to = said.iter().rposition(|word| word == "to");
    let bidder = to.and_then(|to| said.get(to.checked_sub(1)?));
    bidder.is_some_and(|word| {
        lines::is_among(
            "paid told asked instructed ordered directed required supposed bribed",
            word,
        )
    }) && said
        .iter()
        .skip(to.unwrap_or_default())
        .any(|word| lines::is_among("say claim", word) || lines::is_among(BIDDEN, word))
}
