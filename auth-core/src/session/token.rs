//! What the cookie holds, and what is derived from it.
//!
//! A token is `base64url(tag 12 ‖ family 16 ‖ secret 32)`: 80 characters, always. The tag says where the principal's
//! sessions are kept, the family which of them this is, and the secret (256 bits from the operating system) proves it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::store::StoreError;

const TAG: usize = 12;
const FAMILY: usize = 16;
const SECRET: usize = 32;

/// A stable pseudonym of a principal of an entity: `SHA-256("auth/1" ‖ 0 ‖ entity ‖ 0 ‖ principal)[..12]`.
///
/// It names the place in the store where all sessions of that principal are kept. It is no secret, but who knows an
/// entity's name and a principal's id can compute it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag([u8; TAG]);

impl Tag {
    /// The tag of `principal`, an id as text, among the principals of `entity`.
    #[must_use]
    pub fn of(entity: &str, principal: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(b"auth/1\0")
            .chain_update(entity)
            .chain_update(b"\0")
            .chain_update(principal)
            .finalize();
        Tag(first(&hash))
    }

    /// The bytes of the tag.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// As base64url without padding: 16 characters.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 16];
        URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// The value of a session cookie. It has no `Debug`, `Display` or `Serialize`, and is wiped from memory when dropped.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) tag: Tag,
    family: Family,
    pub(crate) secret: Secret32,
}

/// Names a session towards its holder; the public id is a hash of it.
#[derive(Clone)]
struct Family(Zeroizing<[u8; FAMILY]>);

/// The part of a token that proves it.
#[derive(Clone)]
pub(crate) struct Secret32(pub(crate) Zeroizing<[u8; SECRET]>);

impl Token {
    /// The length of every encoded token.
    pub(crate) const LENGTH: usize = (TAG + FAMILY + SECRET) / 3 * 4;

    /// A new session's token, from the operating system's random numbers.
    pub(crate) fn random(tag: Tag) -> Result<Self, StoreError> {
        let bytes = random::<{ FAMILY + SECRET }>()?;
        let (family, secret) = bytes.split_at(FAMILY);
        Ok(Token {
            tag,
            family: Family(Zeroizing::new(first(family))),
            secret: Secret32(Zeroizing::new(first(secret))),
        })
    }

    /// The token with another secret: what a rotation leads to.
    pub(crate) fn with_secret(&self, secret: Secret32) -> Self {
        Token { secret, ..self.clone() }
    }

    /// Reads a cookie's value; anything but exactly one well-formed token is `None`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Self::LENGTH {
            return None;
        }
        let mut bytes = Zeroizing::new([0; TAG + FAMILY + SECRET]);
        URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()).ok()?;
        let (tag, rest) = bytes.split_first_chunk()?;
        let (family, rest) = rest.split_first_chunk()?;
        let secret = rest.first_chunk()?;
        Some(Token {
            tag: Tag(*tag),
            family: Family(Zeroizing::new(*family)),
            secret: Secret32(Zeroizing::new(*secret)),
        })
    }

    /// What goes into the cookie.
    pub(crate) fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; TAG + FAMILY + SECRET]);
        bytes[..TAG].copy_from_slice(&self.tag.0);
        bytes[TAG..TAG + FAMILY].copy_from_slice(&*self.family.0);
        bytes[TAG + FAMILY..].copy_from_slice(&*self.secret.0);
        Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
    }

    /// The session's public id: `SHA-256("auth/1 session" ‖ 0 ‖ entity ‖ 0 ‖ family)[..16]`.
    ///
    /// The entity is part of it, so that a token presented to another entity names a session that does not exist.
    pub(crate) fn session_id(&self, entity: &str) -> Uuid {
        let hash = Sha256::new()
            .chain_update(b"auth/1 session\0")
            .chain_update(entity)
            .chain_update(b"\0")
            .chain_update(self.family.0.as_slice())
            .finalize();
        Uuid::from_bytes(first(&hash))
    }
}

/// Random bytes from the operating system; without them nobody signs in.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, StoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|e| StoreError::unavailable(format!("the operating system gives no random numbers: {e}")))?;
    Ok(bytes)
}

/// The first `N` bytes of what has as many or more.
pub(crate) fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first.copy_from_slice(&bytes[..N]);
    first
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_survives_the_cookie() {
        let token = Token::random(Tag::of("user", "7")).unwrap();
        let text = token.encode();
        assert_eq!(text.len(), Token::LENGTH);
        let back = Token::parse(text.as_bytes()).unwrap();
        assert_eq!(back.encode(), text);
        assert_eq!(back.tag, token.tag);
        assert_eq!(back.session_id("user"), token.session_id("user"));
    }

    #[test]
    fn two_tokens_differ_in_family_and_secret() {
        let tag = Tag::of("user", "7");
        let (a, b) = (Token::random(tag).unwrap(), Token::random(tag).unwrap());
        assert_ne!(a.session_id("user"), b.session_id("user"));
        assert_ne!(*a.secret.0, *b.secret.0);
    }

    #[test]
    fn a_token_names_no_session_of_another_entity() {
        let token = Token::random(Tag::of("user", "7")).unwrap();
        assert_ne!(token.session_id("user"), token.session_id("account"));
    }

    #[test]
    fn the_tag_of_a_principal_is_stable_and_separates_entities() {
        // Computed apart: base64.urlsafe_b64encode(hashlib.sha256(b'auth/1\0user\x007').digest()[:12]) in Python.
        assert_eq!(Tag::of("user", "7").to_string(), "iT-YOCkMAV1z_DPM");
        assert_ne!(Tag::of("user", "7"), Tag::of("account", "7"));
        assert_ne!(Tag::of("user", "77"), Tag::of("user7", "7"));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = Token::random(Tag::of("user", "7")).unwrap().encode().to_string();
        for bad in [
            String::new(),
            good[1..].to_owned(),
            format!("{good}A"),
            good.replacen(|_| true, "+", 1),
            good.replacen(|_| true, "=", 1),
            good.replacen(|_| true, " ", 1),
            "é".repeat(40),
        ] {
            assert!(Token::parse(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }
}
