//! The known name that is nearest to a mistyped one.

/// ` did you mean …?`, or nothing when no candidate is near.
pub(super) fn unknown<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let nearest = candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .min_by_key(|&(distance, _)| distance);
    match nearest {
        Some((distance, candidate)) if distance <= name.len().max(6) / 3 => {
            format!("unknown setting; did you mean {candidate}?")
        }
        _ => "unknown setting; SETTINGS.md and print-config list the known ones".to_owned(),
    }
}

/// Of usual names, the one that a variable was probably meant to be. Such names do not say whose they are, and other
/// programs have variables as well: only what is spelt another way, has one letter too many, too few, wrong or two in the
/// wrong order (of long names, two), or is what other tools call the same.
pub(super) fn nearly<'a>(name: &str, usual: &[&'a str]) -> Option<&'a str> {
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    if let Some((_, meant)) = alias {
        return usual.iter().copied().find(|usual| usual == meant);
    }
    let flat = |name: &str| name.replace('_', "").to_ascii_uppercase();
    let is_near = |usual: &&str| {
        let far = distance(name, usual);
        flat(name) == flat(usual)
            || far <= 1
            || (far == 2 && (usual.len() >= LONG || is_transposed(name, usual)))
    };
    usual.iter().copied().find(is_near)
}

/// Two letters more or less make another word of a shorter name: `STATIC_URL`, `STATSD_URL`.
const LONG: usize = 13;

/// What other tools call the same.
const ALIASES: &[(&str, &str)] = &[
    ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
    ("OPENAI_API_BASE_URL", "OPENAI_BASE_URL"),
    ("OPENAI_API_URL", "OPENAI_BASE_URL"),
    ("OPENAI_API_HOST", "OPENAI_BASE_URL"),
    ("OPENAI_BASE", "OPENAI_BASE_URL"),
    ("OPENAI_ENDPOINT", "OPENAI_BASE_URL"),
    ("OPENAI_URL", "OPENAI_BASE_URL"),
    ("OPENAI_KEY", "OPENAI_API_KEY"),
    ("OPENAI_TOKEN", "OPENAI_API_KEY"),
    ("OPENAI_API_TOKEN", "OPENAI_API_KEY"),
    ("POSTGRES_URL", "DATABASE_URL"),
    ("POSTGRESQL_URL", "DATABASE_URL"),
    ("POSTGRES_DSN", "DATABASE_URL"),
    ("DATABASE_DSN", "DATABASE_URL"),
    ("DB_URL", "DATABASE_URL"),
    ("REDIS_DSN", "REDIS_URL"),
    ("LISTEN_ADDRESS", "LISTEN_ADDR"),
    ("ADMIN_ADDRESS", "ADMIN_ADDR"),
    ("DEFAULT_RUBRIC", "AUTORATER__JUDGE__DEFAULT_RUBRIC"),
];

/// Whether two neighbours changed places.
fn is_transposed(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_uppercase(), b.to_ascii_uppercase());
    let places: Vec<(u8, u8)> = a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).collect();
    let [(a1, b1), (a2, b2)] = places[..] else {
        return false;
    };
    a.len() == b.len() && a1 == b2 && a2 == b1
}

/// How many letters have to be put in, taken out or changed, without regard to case.
fn distance(a: &str, b: &str) -> usize {
    strsim::levenshtein(&a.to_ascii_lowercase(), &b.to_ascii_lowercase())
}
