//! JSON that remembers the order of its properties.
//!
//! `serde_json::Value` sorts object keys here, and turning that off is a feature which would
//! change it for every crate of the workspace. A model given a schema answers in the order of the
//! schema, so requests are read into this type instead.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

/// A JSON value with ordered objects.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ordered {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number
    Number(Number),
    /// A string
    String(String),
    /// An array
    Array(Vec<Self>),
    /// An object, in the order it was written
    Object(Vec<(String, Self)>),
}

impl Ordered {
    /// The property of that name; absent when this is no object. The last duplicate wins, as in
    /// most parsers.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?
            .iter()
            .rev()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The same, with an explicit `null` read as absent.
    pub(crate) fn present(&self, name: &str) -> Option<&Self> {
        self.get(name).filter(|value| **value != Self::Null)
    }

    /// What a dotted path leads to; an explicit `null` is read as absent.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.')
            .try_fold(self, |value, name| value.present(name))
    }

    /// The string that a dotted path leads to, if it is one.
    pub(crate) fn str_at(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// Without the property that a dotted path leads to.
    pub(crate) fn remove(&mut self, path: &str) {
        let Self::Object(fields) = self else {
            return;
        };
        match path.split_once('.') {
            None => fields.retain(|(name, _)| name != path),
            Some((first, rest)) => {
                let named = fields.iter_mut().filter(|(name, _)| name == first);
                named.for_each(|(_, value)| value.remove(rest));
            }
        }
    }

    /// The string, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The items, if it is an array.
    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The properties, if it is an object.
    pub(crate) fn as_object(&self) -> Option<&[(String, Self)]> {
        if let Self::Object(fields) = self {
            Some(fields)
        } else {
            None
        }
    }

    /// The number, if it is one.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self {
            number.as_f64()
        } else {
            None
        }
    }

    /// The non-negative integer, if it is one.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self {
            number.as_u64()
        } else {
            None
        }
    }

    /// The boolean, if it is one.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(flag) = self {
            Some(*flag)
        } else {
            None
        }
    }

    /// Another type, read from this value.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_str(&self.render()).map_err(|error| error.to_string())
    }

    /// Applies a merge patch (RFC 7396).
    pub(crate) fn merge(&mut self, patch: Self) {
        let Self::Object(patch) = patch else {
            *self = patch;
            return;
        };
        let mut merged = match std::mem::replace(self, Self::Null) {
            Self::Object(fields) => fields,
            _ => Vec::new(),
        };
        for (name, value) in patch {
            let place = merged.iter().position(|(known, _)| *known == name);
            match (place, value) {
                (Some(place), Self::Null) => drop(merged.remove(place)),
                (None, Self::Null) => {}
                (Some(place), value) => {
                    if let Some((_, known)) = merged.get_mut(place) {
                        known.merge(value);
                    }
                }
                (None, value) => {
                    let mut fresh = Self::Null;
                    fresh.merge(value);
                    merged.push((name, fresh));
                }
            }
        }
        *self = Self::Object(merged);
    }

    /// Compact JSON text.
    pub(crate) fn render(&self) -> String {
        // Writing to memory with string keys cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Number::from_f64(value).map_or(Ordered::Null, Ordered::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Ordered, E> {
        Ok(Ordered::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Ordered, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Ordered::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Ordered, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = access.next_entry()? {
            fields.push(field);
        }
        Ok(Ordered::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::Ordered;

    #[test]
    fn order_survives_a_round_trip() {
        let text = r#"{"z":1,"a":[true,null,{"y":-2,"b":0.5}],"m":"x"}"#;
        let value: Ordered = serde_json::from_str(text).unwrap();
        assert_eq!(value.render(), text);
    }
}
