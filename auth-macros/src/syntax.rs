//! Small helpers on names, types and tokens.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Generics, Token, Type, Visibility,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

/// What an item is, read as far as the name.
pub(crate) enum Shape {
    /// A struct, an enum or a union.
    Named(NamedShape),
    /// `impl`, `fn`, …
    Other(Ident),
}

/// The beginning of a struct, an enum or a union.
pub(crate) struct NamedShape {
    pub(crate) keyword: Ident,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
}

impl Parse for Shape {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        let mut keyword = Ident::parse_any(input)?;
        if keyword == "unsafe" && input.peek(Token![impl]) {
            keyword = Ident::parse_any(input)?;
        }
        let is_named =
            ["struct", "enum", "union"].iter().any(|known| keyword == known) && input.peek(syn::Ident);
        let shape = if is_named {
            Shape::Named(NamedShape { keyword, name: input.parse()?, generics: input.parse()? })
        } else {
            Shape::Other(keyword)
        };
        input.parse::<TokenStream>()?;
        Ok(shape)
    }
}

/// Seconds of `30s`, `15m`, `12h`, `7d`.
pub(crate) fn duration(text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let (number, seconds) =
        UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)))?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { number.parse::<u64>().ok()?.checked_mul(*seconds) } else { None }
}

/// `PowerUser` as `power_user`, `HTTPUser` as `http_user`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let after_lower = i > 0 && !letters[i - 1].is_uppercase() && letters[i - 1] != '_';
        let before_lower =
            i > 0 && letters.get(i + 1).is_some_and(|next| next.is_lowercase()) && letters[i - 1] != '_';
        if letter.is_uppercase() && (after_lower || before_lower) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The name of a field or method, without `r#`.
pub(crate) fn name_of(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A type without the invisible groups and parentheses around it: a `$t:ty` of a `macro_rules` comes in one.
pub(crate) fn peeled(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peeled(&group.elem),
        Type::Paren(paren) => peeled(&paren.elem),
        other => other,
    }
}

/// The last name of a type's path, and its first type argument: `Option` and `Uuid` of `std::option::Option<Uuid>`.
pub(crate) fn named_type(ty: &Type) -> Option<(&Ident, Option<&Type>)> {
    let Type::Path(path) = peeled(ty) else { return None };
    let last = path.path.segments.last()?;
    let argument = match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    };
    Some((&last.ident, argument))
}

/// A type's name, looking into an `Option`.
pub(crate) fn name_in_option(ty: &Type) -> Option<&Ident> {
    match named_type(ty)? {
        (option, Some(inner)) if option == "Option" => named_type(inner).map(|(name, _)| name),
        (name, _) => Some(name),
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(peeled(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The words by which a field's name says that it is a secret.
const SECRET_WORDS: [&str; 7] = ["password", "passwd", "pwd", "passphrase", "secret", "hash", "token"];
/// And those that say so of what a client sends.
const SECRET_FORM_WORDS: [&str; 4] = ["pin", "code", "otp", "totp"];

const SECRET_TYPES: [&str; 3] = ["Secret", "SecretString", "SecretBox"];
/// Types of what is said about a secret: `has_password: bool`, `password_changed_at: OffsetDateTime`.
const HARMLESS_TYPES: [&str; 5] = ["bool", "OffsetDateTime", "DateTime", "SystemTime", "Duration"];

/// Whether something that is kept or sent is a secret, by its name or by its type.
pub(crate) fn looks_secret(field: &Ident, ty: &Type) -> bool {
    is_named(ty, &SECRET_TYPES) || (says_any(field, &SECRET_WORDS) && !is_named(ty, &HARMLESS_TYPES))
}

/// Whether something that a client sends is a secret, by its name.
pub(crate) fn looks_secret_in_form(field: &Ident, ty: &Type) -> bool {
    looks_secret(field, ty) || (says_any(field, &SECRET_FORM_WORDS) && !is_named(ty, &HARMLESS_TYPES))
}

fn is_named(ty: &Type, names: &[&str]) -> bool {
    name_in_option(ty).is_some_and(|found| names.iter().any(|name| found == name))
}

fn says_any(field: &Ident, words: &[&str]) -> bool {
    let name = name_of(field).to_lowercase();
    name.split('_').any(|part| words.iter().any(|word| part == *word || part.strip_suffix('s') == Some(word)))
}

/// The number that stands for an exposed method in `endpoint::Method<_>`: FNV-1a of its name.
pub(crate) fn method_number(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The same tokens, all on another token of the user's.
pub(crate) fn respanned(tokens: impl ToTokens, span: Span) -> TokenStream {
    let moved = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut group = Group::new(group.delimiter(), respanned(group.stream(), span));
            group.set_span(span);
            TokenTree::Group(group)
        }
        mut token => {
            token.set_span(span);
            token
        }
    };
    tokens.into_token_stream().into_iter().map(moved).collect()
}

/// Takes the attributes of a name out of a list: `auth` as well as `auth_core::auth`.
pub(crate) fn take_attributes(attrs: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    let is_ours = |attr: &mut Attribute| attr.path().segments.last().is_some_and(|last| last.ident == name);
    attrs.extract_if(.., is_ours).collect()
}

/// An item without the attributes of a name, however deep: for items that are read no further.
pub(crate) fn without_attribute(tokens: TokenStream, name: &str) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            kept.push(token);
            continue;
        };
        let after_hash = matches!(kept.last(), Some(TokenTree::Punct(hash)) if hash.as_char() == '#');
        let first = group.stream().into_iter().next();
        if after_hash && matches!(first, Some(TokenTree::Ident(first)) if first == name) {
            kept.pop();
            continue;
        }
        let mut stripped = Group::new(group.delimiter(), without_attribute(group.stream(), name));
        stripped.set_span(group.span());
        kept.push(TokenTree::Group(stripped));
    }
    kept.into_iter().collect()
}

/// The `#[cfg]` among some attributes, or the `#[cfg_attr(…, cfg(…))]`.
pub(crate) fn cfg_among(attrs: &[Attribute]) -> Option<&Attribute> {
    attrs.iter().find(|attr| {
        let conditional = attr.meta.require_list().ok().filter(|list| list.path.is_ident("cfg_attr"));
        let is_cfg = |token: TokenTree| matches!(token, TokenTree::Ident(word) if word == "cfg");
        attr.path().is_ident("cfg")
            || conditional.is_some_and(|list| list.tokens.clone().into_iter().any(is_cfg))
    })
}

/// Takes the tokens up to the next comma.
pub(crate) fn skip_to_comma(input: ParseStream) -> syn::Result<TokenStream> {
    let mut skipped = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        skipped.extend([input.parse::<TokenTree>()?]);
    }
    Ok(skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        assert_eq!(duration("30s"), Some(30));
        assert_eq!(duration("15m"), Some(900));
        assert_eq!(duration("12h"), Some(43_200));
        assert_eq!(duration("7d"), Some(604_800));
        for wrong in [
            "",
            "m",
            "15",
            "15 m",
            "-1s",
            "1.5h",
            "15min",
            "+5s",
            "99999999999999999999s",
            "999999999999999999d",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_become_snake_case() {
        for (name, snake) in [
            ("User", "user"),
            ("PowerUser", "power_user"),
            ("HTTPUser", "http_user"),
            ("Level2User", "level2_user"),
            ("U", "u"),
            ("Power_User", "power_user"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn a_name_says_secret_by_its_words() {
        let says = |name: &str| looks_secret(&quote::format_ident!("{name}"), &syn::parse_quote!(String));
        assert!(!looks_secret(&quote::format_ident!("has_password"), &syn::parse_quote!(bool)));
        assert!(looks_secret(&quote::format_ident!("recovery"), &syn::parse_quote!(Option<Secret>)));
        for secret in ["password", "password_hash", "api_tokens", "r#secret", "Token"] {
            assert!(says(secret), "{secret}");
        }
        for other in ["email", "hashtag", "tokenizer", "secretary", "role"] {
            assert!(!says(other), "{other}");
        }
    }
}
