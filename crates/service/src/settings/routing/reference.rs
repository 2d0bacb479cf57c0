//! The two tables in the reference.

/// A file with every key there is; a test reads it.
pub(in super::super) const EXAMPLE: &str = include_str!("example.toml");

/// The section of the reference.
pub(in super::super) fn markdown() -> String {
    format!(
        "\n## `[providers.NAME]` and `[models.NAME]`\n\n\
         Several providers, and the deployments that judge each model. Only in the file. A worker \
         looks at the file and\nat the files with keys every two seconds and takes these two tables \
         over without a restart; an edit that is\nwrong is refused with one line in the log and \
         `autorater_settings_refused` at 1, and what was read before stays.\nAll other settings take \
         effect at the next start.\n\n\
         ```toml\n{EXAMPLE}```\n\n\
         A provider is named by at most 60 of `a` to `z`, `0` to `9` and `-`. Its key is in \
         `api_key`, in the file that\n`api_key_file` names, or in the environment: \
         `AUTORATER__PROVIDERS__OPENAI__API_KEY` or\n`AUTORATER__PROVIDERS__OPENAI__API_KEY_FILE`, \
         the name in upper case and with `_` for `-`. Only one of them. Only\nworkers open the files \
         with keys. Keys and the values of headers are *secret*.\n\n\
         `OPENAI_BASE_URL` and `[models.\"*\"]` both say where models that are not listed are called: \
         only one of them may\nbe set. With neither they go to OpenAI when `OPENAI_API_KEY` is set, and else have no provider.\n"
    )
}
