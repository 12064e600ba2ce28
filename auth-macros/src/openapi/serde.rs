//! What serde's attributes say of how a struct is written.

use syn::{Attribute, LitStr, Token, meta::ParseNestedMeta, token};

use super::Direction;

/// What they say of one field.
#[derive(Default)]
pub(super) struct FieldSays {
    pub(super) name: Option<String>,
    pub(super) is_skipped: bool,
    pub(super) is_flattened: bool,
    /// It may be left out.
    pub(super) may_be_missing: bool,
    /// The module or function that writes it.
    pub(super) with: Option<String>,
}

impl FieldSays {
    pub(super) fn read(attrs: &[Attribute], direction: Direction) -> Self {
        let mut says = FieldSays::default();
        for_each(attrs, direction, |key, value| match (key, direction) {
            ("rename", _) => says.name = value,
            ("skip", _)
            | ("skip_deserializing", Direction::Sent)
            | ("skip_serializing", Direction::Answered) => {
                says.is_skipped = true;
            }
            ("flatten", _) => says.is_flattened = true,
            ("default", Direction::Sent) | ("skip_serializing_if", Direction::Answered) => {
                says.may_be_missing = true;
            }
            ("with", _) | ("deserialize_with", Direction::Sent) | ("serialize_with", Direction::Answered) => {
                says.with = value;
            }
            _ => {}
        });
        says
    }
}

/// What they say of all fields.
#[derive(Default)]
pub(super) struct StructSays {
    rename_all: Option<String>,
    pub(super) may_be_missing: bool,
}

impl StructSays {
    pub(super) fn read(attrs: &[Attribute], direction: Direction) -> Self {
        let mut says = StructSays::default();
        for_each(attrs, direction, |key, value| match (key, direction) {
            ("rename_all", _) => says.rename_all = value,
            ("default", Direction::Sent) => says.may_be_missing = true,
            _ => {}
        });
        says
    }

    /// The name of a field, by the rule for all.
    pub(super) fn renamed(&self, field: &str) -> String {
        let words = || field.split('_').filter(|word| !word.is_empty());
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        match self.rename_all.as_deref() {
            Some("UPPERCASE" | "SCREAMING_SNAKE_CASE") => field.to_uppercase(),
            Some("PascalCase") => words().map(capital).collect(),
            Some("camelCase") => {
                let rest = words().skip(1).map(capital);
                words().take(1).map(str::to_owned).chain(rest).collect()
            }
            Some("kebab-case") => field.replace('_', "-"),
            Some("SCREAMING-KEBAB-CASE") => field.to_uppercase().replace('_', "-"),
            _ => field.to_owned(),
        }
    }
}

/// Each word in `#[serde(…)]`, with its value. What cannot be read, serde complains of.
fn for_each(attrs: &[Attribute], direction: Direction, mut said: impl FnMut(&str, Option<String>)) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let _ = attr.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            let value = value(&meta, direction)?;
            said(&key, value);
            Ok(())
        });
    }
}

/// `a` of `= "a"`, and of `(deserialize = "a", serialize = "b")`.
fn value(meta: &ParseNestedMeta, direction: Direction) -> syn::Result<Option<String>> {
    if meta.input.peek(Token![=]) {
        return Ok(Some(meta.value()?.parse::<LitStr>()?.value()));
    }
    let mut found = None;
    if meta.input.peek(token::Paren) {
        meta.parse_nested_meta(|inner| {
            let value = inner.value()?.parse::<LitStr>()?.value();
            if inner.path.is_ident(direction.word()) {
                found = Some(value);
            }
            Ok(())
        })?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn names_follow_serde() {
        for (rule, name) in [
            ("lowercase", "first_name"),
            ("snake_case", "first_name"),
            ("UPPERCASE", "FIRST_NAME"),
            ("PascalCase", "FirstName"),
            ("camelCase", "firstName"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME"),
            ("kebab-case", "first-name"),
            ("SCREAMING-KEBAB-CASE", "FIRST-NAME"),
        ] {
            let says = StructSays::read(&[parse_quote!(#[serde(rename_all = #rule)])], Direction::Sent);
            assert_eq!(says.renamed("first_name"), name, "{rule}");
        }
    }

    #[test]
    fn a_field_may_have_two_names() {
        let attrs = [parse_quote!(#[serde(rename(serialize = "out", deserialize = "in"), alias = "other")])];
        assert_eq!(FieldSays::read(&attrs, Direction::Sent).name.as_deref(), Some("in"));
        assert_eq!(FieldSays::read(&attrs, Direction::Answered).name.as_deref(), Some("out"));
    }

    #[test]
    fn each_direction_has_words_of_its_own() {
        let attrs = [parse_quote!(#[serde(default, skip_serializing, deserialize_with = "a::b")])];
        let sent = FieldSays::read(&attrs, Direction::Sent);
        assert!(sent.may_be_missing && !sent.is_skipped);
        assert_eq!(sent.with.as_deref(), Some("a::b"));
        let answered = FieldSays::read(&attrs, Direction::Answered);
        assert!(!answered.may_be_missing && answered.is_skipped && answered.with.is_none());
    }
}
