//! The settings for people: the reference and the lines of `--help`.

use std::time::Duration;

use super::{Settings, routing, value::Setting as _};

const HEAD: &str = "\
# Settings

Layers, later ones win: built-in defaults; the TOML file named by `AUTORATER_CONFIG`; the environment.
A variable `AUTORATER__SECTION__KEY` is the key `key` of the section `[section]` of the file. An empty
variable counts as unset. A setting marked *secret* may come from a file instead: `NAME_FILE` holds
the path, trailing line breaks are trimmed. What is wrong, unknown or contradictory stops the process
with one line that names the variable, exit code 64.

Durations carry their units: `500ms`, `10s`, `30m`, `1h30m`.
";

/// The reference of all settings as Markdown, as it stands in `SETTINGS.md`.
#[must_use]
pub fn reference_markdown() -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for entry in Settings::default().entries() {
        if entry.section != section {
            section = entry.section;
            text.push_str(&format!(
                "\n## `[{section}]`\n\n| variable | usual name | default | meaning |\n\
                 | --- | --- | --- | --- |\n"
            ));
        }
        let usual = entry
            .usual
            .map_or_else(String::new, |name| format!("`{name}`"));
        let default = match (entry.default_note, &entry.value) {
            (Some(note), _) => note.to_owned(),
            (None, Some(value)) => format!("`{value}`"),
            (None, None) => "none".to_owned(),
        };
        let is_obvious = [String::EXPECTED, Duration::EXPECTED].contains(&entry.expected.as_str());
        let expected = if is_obvious {
            String::new()
        } else {
            format!(" Expects {}.", entry.expected)
        };
        let secret = if entry.secret { " *Secret.*" } else { "" };
        text.push_str(&format!(
            "| `{}` | {usual} | {default} | {}{secret}{expected} |\n",
            entry.variable(),
            entry.meaning,
        ));
    }
    text.push_str(&routing::markdown());
    text
}

/// The usual variables for `--help`.
#[must_use]
pub fn help_text() -> String {
    let mut text = "Environment (AUTORATER__SECTION__KEY for any setting):\n".to_owned();
    let first_sentence = |meaning: &str| {
        let end = meaning.find(". ").map_or(meaning.len(), |end| end + 1);
        meaning.get(..end).unwrap_or(meaning).replace('`', "")
    };
    for entry in Settings::default().entries() {
        if let Some(usual) = entry.usual {
            text.push_str(&format!(
                "  {usual:<28} {}\n",
                first_sentence(&entry.meaning)
            ));
        }
    }
    text.push_str("  AUTORATER_CONFIG             A TOML file with settings.\n");
    text.push_str("A secret may come from a file: NAME_FILE. See print-config and SETTINGS.md.");
    text
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_reference_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SETTINGS.md");
        if std::env::var_os("UPDATE_SETTINGS").is_some() {
            fs::write(&path, reference_markdown()).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap_or_default(),
            reference_markdown(),
            "regenerate with UPDATE_SETTINGS=1 cargo test -p service"
        );
    }
}
