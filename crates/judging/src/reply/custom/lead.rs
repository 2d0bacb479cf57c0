//! What leads to a value, and whether it makes it the judge's own.
//!
//! A value is none that the judge gives where what leads to it names another occasion (`Example:`, `Expected format:`), sets a
//! bound (`below [[4]]`), doubts (`almost [[PASS]]`), or is a sentence in which nobody judges (`The user wants [[PASS]]`).

use std::ops::Range;

use domain::rubric::Rubric;

use super::choice::NOUNS;
use super::claim::{acts, leads};
use super::sentence::{sentences, words};
use super::tail::begins_with_subject;
use super::{label, lines, rated};

/// Words for what no judge gives as a verdict.
const EXAMPLES: &str = "example examples sample samples template placeholder placeholders dummy dummies instance illustration illustrative mock hypothetical hypothetically expected \
    instruction instructions options syntax baseline ground gold target desired \
    beispiel beispielsweise vorlage muster ejemplo plantilla exemple modèle exemplo esempio modello пример например шаблон \
    例 例如 例えば 示例 예 예시";

/// Words for another occasion, or another one's verdict: where the judge does not speak of itself, or has little to say.
const ELSEWHERE: &str = "previous previously prior former earlier initial draft other own their his her wrote writes said says \
    claims claimed passing vorher bisherige bisheriger vorherige vorheriger frühere früherer anterior précédent précédente precedente";

/// A word that names another occasion where nothing else but what kind it is of stands beside it: `Output format:`, not `Here
/// it is in the format that you asked for:`.
const FORMS: &str = "format schema";
const OF_FORM: &str = "the a an output reply answer response json required requested following is this that of would should will must be";

/// Words shortly before a value that deny it, bound it or doubt it.
pub(super) const DOUBTING: &str = "instead not no never neither nor without short almost nearly hardly barely scarcely below under above over beyond \
    about around roughly approximately approx circa ca near somewhere most least than up max maximum min minimum \
    borderline leaning lean close closer possibly perhaps maybe probably likely unlikely doubt doubts doubtful far \
    kaum fast beinahe nahezu knapp unter über höchstens mindestens kein keine nicht presque environ moins plus pas sous \
    casi menos más apenas quasi circa meno più почти не около";

/// How many words before a value are shortly before it.
const SHORTLY: usize = 3;

/// Words right before a value, besides those of choosing, rating and linking, that leave it the judge's own.
const LINKS: &str = "is as at of be a an the so therefore thus hence merit merits say with for on to by that this it and but conclude conclusion \
    finally ultimately overall now then here yes indeed clearly no not or yet still nevertheless ist est es è é gebe donne doy dò dou wähle choisis elijo also \
    daher donc luego quindi deshalb somit я ставлю";

/// Words right before `that` by which a judge asserts what follows.
const ASSERTING: &str = "think believe believes find conclude concluded say judge feel hold maintain determine determined decide \
    decided see am confident sure certain convinced clear evident obvious is opinion doubt found given all shows show means mean \
    fact reason follows appears seems suggests suggest confirms confirm agree agreed recommend recommended now so ensure such \
    considering realise realize affirm assert state declare reiterate stand note noted believed indicates demonstrates overall apparent";

/// Words before it by which somebody else does, or nobody.
const NOT_ASSERTING: &str = "some others people users told used false unlikely untrue";

/// Boxes that nobody ticked, and crosses: what they stand at is not chosen.
const NOT_TICKED: [&str; 15] = [
    "[ ]", "[]", "[_]", "[-]", "( )", "☐", "□", "◻", "⬜", "🔲", "✗", "✘", "✖", "❌", "🚫",
];

/// How far before a value words are looked at, in bytes: a flood is not gone through from each.
const NEAR: usize = 240;

/// The most words of a line that announces a value.
const LONGEST_ANNOUNCEMENT: usize = 12;

/// The most words of a label.
const LONGEST_LABEL: usize = 4;

/// Whether a value belongs to another occasion, by the label before it in its line or by a line above that announces it.
/// Words of a criterion's name say nothing of that.
pub(super) fn is_elsewhere(rubric: &Rubric, text: &str, part: &Range<usize>, at: usize) -> bool {
    let before = text.get(part.start..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let own = before.get(line..).unwrap_or_default();
    let end = text.get(at..part.end).and_then(|rest| rest.lines().next());
    let is_unticked = |mark: &&str| {
        own.trim_end_matches(['*', '_', '`', '"', '[', ' '])
            .ends_with(*mark)
            || end.is_some_and(|end| end.trim_end().ends_with(*mark))
    };
    if NOT_TICKED.iter().any(is_unticked) {
        return true;
    }
    let above = lines::said(text, part.start..part.start + line);
    let above = above.last().and_then(|line| text.get(line.clone()));
    let is_cited = |lead: &str| {
        let lead = lead.trim_end_matches(lines::is_gap).to_lowercase();
        let marks = ["e.g.", "z.b.", "p. ex.", "p.ex."];
        marks.iter().any(|mark| lead.ends_with(mark))
    };
    let is_named = |said: &str, most: usize| {
        let named = rubric.criteria.iter().flat_map(|each| words(&each.name));
        let named: Vec<String> = named.collect();
        let said: Vec<String> = words(said).filter(|word| !named.contains(word)).collect();
        said.len() <= most && names_elsewhere(&said.join(" "))
    };
    let last = |text: &str| {
        let last = sentences(text, 0..text.len()).pop();
        last.and_then(|last| text.get(last))
            .unwrap_or_default()
            .to_owned()
    };
    let sentence = last(own);
    let led = own.get(..own.len() - sentence.len()).unwrap_or_default();
    let earlier = if words(led).next().is_some() {
        Some(last(led))
    } else {
        above.map(&last)
    };
    let mut labels = sentence.match_indices([':', '：']);
    let is_labelled = labels.any(|(end, _)| {
        let label = sentence.get(..end);
        label.is_some_and(|label| is_named(label, LONGEST_LABEL))
    });
    let is_announced = |above: &str| {
        let bare = above.trim_end_matches(lines::is_gap);
        let said = last(bare);
        let clause = said.rsplit(", ").next().unwrap_or_default();
        (above.starts_with('#') && is_named(above, LONGEST_ANNOUNCEMENT))
            || (bare.ends_with([':', '：'])
                && words(clause).count() <= LONGEST_ANNOUNCEMENT
                && (is_named(clause, LONGEST_ANNOUNCEMENT) || is_supposed(clause)))
    };
    is_cited(own)
        || supposes(&sentence, false)
        || earlier.is_some_and(|earlier| supposes(&earlier, true))
        || is_labelled
        || above.is_some_and(|above| is_cited(above) || is_announced(above))
}

/// Whether the words of a label or of an announcement name another occasion.
pub(super) fn names_elsewhere(said: &str) -> bool {
    let said: Vec<String> = words(said).collect();
    let is_form = |word: &String| lines::is_among(FORMS, word);
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let speaks = said.len() > LONGEST_LABEL && has("i my we our");
    has(EXAMPLES)
        || said.iter().any(|word| label::is_reduction(word))
            && !has("after including incl nach después après")
        || (has(ELSEWHERE) && !speaks)
        || said.iter().any(is_form)
            && said
                .iter()
                .all(|word| is_form(word) || lines::is_among(OF_FORM, word))
}

/// Words that begin a sentence which has the reader suppose something, and those that begin a clause which is a condition.
const IMAGINING: &str = "imagine suppose pretend assume stell stellen angenommen nehmen gesetzt supposons imaginons imaginez supongamos imaginemos \
    imagina supponiamo immagina immaginiamo suponha suponhamos предположим представим";
const CONDITIONS: &str = "if unless assuming supposing wenn falls sofern jeśli если";
const WIDE_CONDITIONS: [&str; 8] = [
    "假设", "假設", "假如", "假定", "如果", "设想", "仮に", "もし",
];

/// Whether a sentence supposes something, and with `is_over` leaves what follows from that to the next one: `Imagine it compiled.`, but
/// not `Suppose it is empty: it ends.` or `If it is empty, it ends.`
fn supposes(sentence: &str, is_over: bool) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let is = |at: usize, list| said.get(at).is_some_and(|word| lines::is_among(list, word));
    let opening = usize::from(is(0, "now but so and"))
        + if is(0, "let's") {
            1
        } else if is(0, "let") {
            2
        } else {
            0
        };
    let imagines = is(opening, IMAGINING) || opening > 0 && is(opening, "say");
    // `Had it run`, but not `Had one bug`.
    let is_turned = is(opening, "had were") && is(opening + 1, "it the this they he she i we you");
    let is_condition =
        is_turned || is(opening, CONDITIONS) || said.iter().take(3).eq(["in", "a", "world"]);
    let is_wide = WIDE_CONDITIONS
        .iter()
        .any(|begin| sentence.trim_start().starts_with(begin));
    let concludes =
        sentence.contains([':', ';', '：', '；']) || said.iter().any(|word| word == "then");
    if is_over {
        !concludes && (imagines || (is_condition || is_wide) && !sentence.contains([',', '，']))
    } else {
        imagines || is_wide || is(0, "if unless wenn falls")
    }
}

/// Whether an announcement supposes what it announces: `A reply could look like this:`.
pub(super) fn is_supposed(said: &str) -> bool {
    let last = said.rsplit([',', ';', '，']).next().unwrap_or_default();
    let clause: Vec<String> = words(last).collect();
    let supposes = |(at, word): (usize, &String)| {
        // `I would like to give:`.
        let is_wish = clause.get(at + 1).is_some_and(|next| next == "to");
        lines::is_among("if unless could might like wenn falls si", word) && !is_wish
    };
    clause.iter().enumerate().any(supposes)
        || words(said)
            .next()
            .is_some_and(|word| lines::is_among("had were if", &word))
}

/// Whether one of the words shortly before a value denies it, bounds it or doubts it.
pub(super) fn is_doubted(lead: &str) -> bool {
    let clause = lead
        .rsplit([':', '：', ',', ';'])
        .find(|it| words(it).next().is_some());
    words(clause.unwrap_or_default())
        .rev()
        .take(SHORTLY)
        .any(|word| lines::is_among(DOUBTING, &word))
}

/// Whether what leads to a value in double brackets makes it the judge's own.
pub(super) fn gives(lead: &str, criterion: &str) -> bool {
    let far = lead.len().saturating_sub(NEAR);
    let lead = lead.get(lead.ceil_char_boundary(far)..).unwrap_or_default();
    let said: Vec<String> = words(lead).collect();
    let is_within = said.last().is_some_and(|word| word == "in");
    if !asserts(lead)
        || !acts(lead)
        || is_within
        || said.windows(2).any(|pair| pair == ["would", "have"])
    {
        return false;
    }
    let is_known = |word: &str| {
        lines::is_among(LINKS, word)
            || lines::is_among(NOUNS, word)
            || rated::is_of_rating(word)
            || leads(word)
            || label::is_known(word)
            || words(criterion).any(|named| named == word)
            // What is said in other scripts is not looked at word by word, nor are the marks of lists.
            || !word.starts_with(|each: char| each.is_alphabetic() && each < '\u{250}')
    };
    let bare = lead.trim_end_matches(lines::is_gap);
    let clause = |text: &'_ str| text.rsplit([',', ';', '，']).next().map(str::to_owned);
    match bare.strip_suffix([':', '：', '=']) {
        Some(label) => is_own_label(&clause(label).unwrap_or_default(), is_known),
        None if ["->", "=>", "→"]
            .iter()
            .any(|arrow| lead.trim_end_matches(['[', ' ', '*']).ends_with(arrow)) =>
        {
            true
        }
        None if is_doubted(lead) => false,
        None if bare.ends_with([',', '，']) => true,
        None => is_own_sentence(&said, &clause(bare).unwrap_or_default(), is_known),
    }
}

/// Whether a label in double brackets' line is one of a verdict, or a clause that ends in a colon.
fn is_own_label(label: &str, is_known: impl Fn(&str) -> bool) -> bool {
    let said: Vec<String> = words(label).collect();
    let bounds =
        |word: &String| lines::is_among(DOUBTING, word) && !matches!(word.as_str(), "no" | "not");
    let is_short = said.len() <= LONGEST_LABEL;
    let is_clause = said.first().is_some_and(|word| word != "the")
        && begins_with_subject(said.iter().map(String::as_str));
    let names_verdict = !is_short && said.iter().any(|word| label::is_known(word));
    !(said.len() <= 2 && said.iter().any(bounds))
        && (names_verdict || !names_elsewhere(label))
        && (said.is_empty() || (is_clause && is_short) || said.iter().any(|word| is_known(word)))
}

/// Whether in a sentence up to its value the judge is the one who judges. `clause` is its last one.
fn is_own_sentence(said: &[String], clause: &str, is_known: impl Fn(&str) -> bool) -> bool {
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let is_of_another =
        words(clause).count() <= LONGEST_ANNOUNCEMENT / 2 && names_elsewhere(clause);
    !is_of_another
        && (!has("would should")
            || has("i i'd we my our")
            || said.iter().any(|word| label::names_alone(word).is_some()))
        && match said {
            [.., such, last] if such == "such" && last == "as" => false,
            // `It deserves a solid [[4]]`.
            [.., article, _] if matches!(article.as_str(), "a" | "an") => true,
            [.., last] => is_known(last),
            [] => true,
        }
}

/// Whether what stands before `that` asserts what follows: `I am confident that …`, not `I doubt that …`.
pub(super) fn asserts(before: &str) -> bool {
    let said: Vec<String> = words(before).collect();
    let that = said.iter().rposition(|word| word == "that");
    let Some(said) = that.and_then(|that| said.get(..that)) else {
        return true;
    };
    let no_doubt = said.ends_with(&["no".to_owned(), "doubt".to_owned()]);
    let mut clause = said.iter().rev().take(LONGEST_ANNOUNCEMENT);
    !clause.any(|word| lines::is_among(NOT_ASSERTING, word))
        && said.last().is_none_or(|word| {
            (lines::is_among(ASSERTING, word) && (word != "doubt" || no_doubt))
                || lines::is_among(NOUNS, word)
                || label::is_known(word)
        })
}
