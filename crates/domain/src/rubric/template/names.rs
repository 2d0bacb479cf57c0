//! The values that prompts may use, and the other names under which they are known.

/// A value that prompts may use.
struct Name {
    canonical: &'static str,
    /// Whether it is of the rubric or the run rather than of the submission.
    given: bool,
    aliases: &'static [&'static str],
}

const fn submitted(canonical: &'static str, aliases: &'static [&'static str]) -> Name {
    Name {
        canonical,
        given: false,
        aliases,
    }
}

const fn given(canonical: &'static str, aliases: &'static [&'static str]) -> Name {
    Name {
        canonical,
        given: true,
        aliases,
    }
}

/// All of them, in the order in which people are told about them.
static NAMES: [Name; 13] = [
    submitted(
        "input",
        &[
            "question",
            "query",
            "instruction",
            "instructions",
            "prompt",
            "problem",
            "task",
            "intent",
            "user_input",
            "user_query",
        ],
    ),
    submitted(OUTPUT, OUTPUTS),
    // Their aliases are those of `output` with a side; see `side`.
    submitted("output_a", &[]),
    submitted("output_b", &[]),
    submitted(
        "reference",
        &[
            "ground_truth",
            "expected",
            "expected_output",
            "expected_answer",
            "ideal",
            "ideal_answer",
            "reference_answer",
            "reference_output",
            "ref_answer",
            // As prompts for a single turn have it beside `question`.
            "ref_answer_1",
            "correct_answer",
            "gold_answer",
        ],
    ),
    submitted("context", &["contexts", "retrieved_context"]),
    submitted("trajectory", &["trace", "transcript"]),
    submitted("patch", &["diff"]),
    submitted("base", &["base_code"]),
    submitted("test_log", &["test_output"]),
    given("rubric", &[]),
    given("criteria", &[]),
    given("nonce", &[]),
];

const OUTPUT: &str = "output";
const OUTPUTS: &[&str] = &[
    "answer",
    "response",
    "completion",
    "prediction",
    "submission",
    "candidate",
    "code",
    "generation",
    "actual_output",
];

/// The suffixes that tell the two outputs of a comparison apart.
const SIDES: [(&str, &str); 6] = [
    ("_a", "output_a"),
    ("_1", "output_a"),
    ("1", "output_a"),
    ("_b", "output_b"),
    ("_2", "output_b"),
    ("2", "output_b"),
];

/// The canonical names.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|name| name.canonical)
}

/// The canonical form of a name, whatever its case.
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    NAMES
        .iter()
        .find(|known| known.canonical == name || known.aliases.contains(&name.as_str()))
        .map(|known| known.canonical)
        .or_else(|| side(&name))
}

/// Whether a canonical name is of the rubric or the run: it is always there and may stand in the system message.
pub(super) fn is_given(canonical: &str) -> bool {
    NAMES
        .iter()
        .any(|name| name.given && name.canonical == canonical)
}

/// Says that a name is not known, and which are.
pub(super) fn unknown(name: &str) -> String {
    match nearest(name) {
        Some(near) => format!("`{name}` is not a known name; did you mean `{near}`?"),
        None => format!("`{name}` is not a known name; there are {}", listed(all())),
    }
}

/// Says that a name may not stand in the system message.
pub(super) fn not_in_system(name: &str) -> String {
    let given = NAMES.iter().filter(|name| name.given);
    format!(
        "`{name}` is submitted and belongs into the user message; the system message may use {}",
        listed(given.map(|name| name.canonical))
    )
}

/// Names in words.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn side(name: &str) -> Option<&'static str> {
    SIDES.iter().find_map(|(suffix, side)| {
        let stem = name.strip_suffix(suffix)?;
        (stem == OUTPUT || stem == "assistant" || OUTPUTS.contains(&stem)).then_some(*side)
    })
}

/// The known name that differs least from another, where that is little.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    // Longer names are not mistyped by a few letters, and the distance costs the product of both lengths.
    let length = name.chars().count();
    if length > 32 {
        return None;
    }
    NAMES
        .iter()
        .flat_map(|known| known.aliases.iter().copied().chain([known.canonical]))
        .map(|known| (strsim::levenshtein(&name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= (length / 3).min(2))
        .map(|(_, known)| known)
}
