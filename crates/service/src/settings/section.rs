//! A section of the settings, written once: the struct, its defaults, its ranges and its lines in
//! the reference all come from one declaration, so that they cannot drift apart.

use super::value::{DisplayValue, Setting};

/// What the settings of one section have in common.
pub(super) trait Section {
    /// Every setting of the section, with its present value.
    fn entries(&self) -> Vec<Entry>;

    /// Checks each value by itself.
    fn check(&self) -> Result<(), Violation>;
}

/// One setting: how it is named, what it means and what it is now.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    /// The usual name of the variable, where there is one.
    pub(super) usual: Option<&'static str>,
    pub(super) secret: bool,
    pub(super) expected: String,
    pub(super) meaning: String,
    /// Stands in for the default in the reference, where the default is not one value.
    pub(super) default_note: Option<&'static str>,
    pub(super) value: Option<DisplayValue>,
}

impl Entry {
    /// `section.key`, as in the file.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// `AUTORATER__SECTION__KEY`.
    pub(super) fn variable(&self) -> String {
        format!("AUTORATER__{}__{}", self.section, self.key).to_uppercase()
    }

    /// The name that an operator is told when the setting is not set anywhere.
    pub(super) fn best_name(&self) -> String {
        self.usual.map_or_else(|| self.variable(), str::to_owned)
    }
}

/// A value that cannot be used.
#[derive(Debug)]
pub(super) struct Violation {
    /// The settings that take part in it, the likeliest culprit first.
    pub(super) paths: Vec<String>,
    pub(super) problem: String,
}

impl Violation {
    pub(super) fn new(paths: &[&str], problem: impl Into<String>) -> Self {
        Self {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            problem: problem.into(),
        }
    }
}

/// Refuses a value outside its range.
pub(super) fn check_range<T: Setting + PartialOrd>(
    value: &T,
    range: &std::ops::RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(value) {
        return Ok(());
    }
    let text = |value: &T| {
        value
            .display()
            .map_or_else(String::new, |shown| shown.to_string())
    };
    Err(format!(
        "{} is out of range; expected {}",
        text(value),
        range_text(range)
    ))
}

/// Refuses zero.
pub(super) fn check_from_one<T: Setting + PartialOrd + From<u8>>(value: &T) -> Result<(), String> {
    if *value >= T::from(1) {
        Ok(())
    } else {
        Err("0 is out of range; expected a whole number from 1".to_owned())
    }
}

/// `1 to 100`.
pub(super) fn range_text<T: Setting>(range: &std::ops::RangeInclusive<T>) -> String {
    let text = |value: &T| {
        value
            .display()
            .map_or_else(String::new, |shown| shown.to_string())
    };
    format!("{} to {}", text(range.start()), text(range.end()))
}

/// Declares a section.
///
/// After a setting's default may follow, in this order: `usual "NAME"` (its usual variable),
/// `range a..=b`, `check function` (an error says what is wrong and what is expected) and
/// `note "…"` (in place of the default in the reference).
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        pub struct $Name:ident in $section:literal {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $Type:ty = $default:expr
                    $(, usual $usual:literal)?
                    $(, range $range:expr)?
                    $(, check $check:expr)?
                    $(, note $note:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $Name {
            $(
                $(#[doc = $doc])+
                #[serde(
                    deserialize_with = "crate::settings::value::read",
                    serialize_with = "crate::settings::value::write",
                    skip_serializing_if = "crate::settings::value::is_unset"
                )]
                pub $field: $Type,
            )+
        }

        impl Default for $Name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $crate::settings::section::Section for $Name {
            fn entries(&self) -> Vec<$crate::settings::section::Entry> {
                use $crate::settings::{section::Entry, value::Setting};
                vec![$(
                    Entry {
                        section: $section,
                        key: stringify!($field),
                        usual: [$($usual,)? ""].first().copied().filter(|name| !name.is_empty()),
                        secret: <$Type as Setting>::SECRET,
                        expected: [
                            $($crate::settings::section::range_text::<$Type>(&$range),)?
                            <$Type as Setting>::EXPECTED.to_owned(),
                        ].first().cloned().unwrap_or_default(),
                        meaning: concat!($($doc),+).trim().to_owned(),
                        default_note: [$($note,)? ""].first().copied().filter(|note| !note.is_empty()),
                        value: self.$field.display(),
                    },
                )+]
            }

            fn check(&self) -> Result<(), $crate::settings::section::Violation> {
                $($(
                    $crate::settings::section::check_range::<$Type>(&self.$field, &$range).map_err(|problem| {
                        $crate::settings::section::Violation::new(&[concat!($section, ".", stringify!($field))], problem)
                    })?;
                )?)+
                $($(
                    // Of an option, only what is set is checked.
                    if let Some(value) = Option::from(&self.$field) {
                        $check(value).map_err(|problem: String| {
                            $crate::settings::section::Violation::new(&[concat!($section, ".", stringify!($field))], problem)
                        })?;
                    }
                )?)+
                Ok(())
            }
        }
    };
}

pub(super) use section;
