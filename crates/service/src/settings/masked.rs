//! The settings for `print-config`.

use super::Settings;

impl Settings {
    /// Every setting as TOML with secrets masked: of a URL the password, of other secrets all.
    #[must_use]
    pub fn masked(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for entry in self.entries() {
            if entry.section != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                section = entry.section;
                text.push_str(&format!("{gap}[{section}]\n"));
            }
            text.push_str(&match entry.value {
                Some(value) => format!("{} = {}\n", entry.key, value.toml()),
                None => format!("# {} is not set\n", entry.key),
            });
        }
        text.push_str(&self.routing.masked());
        text
    }
}
