//! The server's keys: without them nobody makes, from all that a store holds, a secret that is good.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use smallvec::{SmallVec, smallvec};
use subtle::{Choice, ConstantTimeEq};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::token::{Secret32, Token, first, random};
#[cfg(feature = "sealed")]
use super::{seal::Seal, token::Tag};
use crate::store::StoreError;
#[cfg(feature = "sealed")]
use crate::store::StoreResult;

/// How many bytes a [`ServerKey`] has: as many as HMAC-SHA256 puts out (RFC 2104, section 3).
const KEY: usize = 32;

/// A key of the server: 256 bits that turn a session's secret into what the store keeps of it.
///
/// Make one with `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='` and keep it where the program's other secrets
/// are, never in Redis.
///
/// ```
/// use auth_core::ServerKey;
///
/// let key: ServerKey = "q8Yk2uQnBf3mJX0d1q7gS0E0m0sWcYbV4k9mE6t2c1A".parse()?;
/// assert_eq!(format!("{key:?}"), "ServerKey(…)");
/// # Ok::<(), auth_core::InvalidServerKey>(())
/// ```
#[derive(Clone)]
pub struct ServerKey(Zeroizing<[u8; KEY]>);

/// A text that is no [`ServerKey`].
#[derive(Debug, thiserror::Error)]
#[error(
    "a server key is 32 bytes as base64url without padding, 43 characters; found something else, of {length}"
)]
pub struct InvalidServerKey {
    length: usize,
}

impl ServerKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    pub fn random() -> Result<Self, StoreError> {
        Ok(ServerKey(random()?))
    }

    /// The key as bytes, for a store that has to keep it.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY] {
        &self.0
    }
}

impl From<[u8; KEY]> for ServerKey {
    fn from(bytes: [u8; KEY]) -> Self {
        ServerKey(Zeroizing::new(bytes))
    }
}

impl std::str::FromStr for ServerKey {
    type Err = InvalidServerKey;

    fn from_str(text: &str) -> Result<Self, InvalidServerKey> {
        let mut bytes = Zeroizing::new([0; KEY]);
        match URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()) {
            Ok(KEY) => Ok(ServerKey(bytes)),
            _ => Err(InvalidServerKey { length: text.chars().count() }),
        }
    }
}

/// Shows nothing of the key.
impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

/// What a store keeps of a secret: `HMAC-SHA256(server key, "auth/1 verifier" ‖ entity ‖ tag ‖ id ‖ secret)[..16]`.
///
/// It is no secret that signs anybody in, but stays out of logs all the same.
#[derive(Clone, Copy)]
pub struct Verifier(pub(crate) [u8; 16]);

impl Verifier {
    /// The verifier that these bytes, read from a store, are.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Verifier(bytes)
    }

    /// The bytes that a store keeps.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Compares in constant time (ASVS 5.0, 11.2.4).
impl PartialEq for Verifier {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Verifier {}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// The verifiers of a secret that a client presented, one for each server key that is still valid.
#[derive(Clone, Debug)]
pub struct Presented(SmallVec<[Verifier; 2]>);

impl Presented {
    /// Whether one of them is `kept`, the verifier in a record. Takes the same time whichever it is.
    #[must_use]
    pub fn matches(&self, kept: &Verifier) -> bool {
        let found = self.0.iter().fold(Choice::from(0), |found, own| found | own.0.ct_eq(&kept.0));
        found.into()
    }

    /// The verifiers, for a store that compares on its own.
    #[must_use]
    pub fn verifiers(&self) -> &[Verifier] {
        &self.0
    }
}

impl From<Verifier> for Presented {
    fn from(one: Verifier) -> Self {
        Presented(smallvec![one])
    }
}

/// For tests of a store: those of a secret under several keys.
impl FromIterator<Verifier> for Presented {
    fn from_iter<I: IntoIterator<Item = Verifier>>(verifiers: I) -> Self {
        Presented(verifiers.into_iter().collect())
    }
}

/// The server's keys, made ready for one entity: the current one, then those that are still accepted.
pub(crate) struct EntityKeys {
    current: EntityKey,
    previous: Vec<EntityKey>,
}

impl EntityKeys {
    /// `current` makes all that is new; what `previous` made stays good.
    pub(crate) fn new(entity: &str, current: &ServerKey, previous: &[ServerKey]) -> Self {
        let prepared = |key| EntityKey::new(entity, key);
        EntityKeys { current: prepared(current), previous: previous.iter().map(prepared).collect() }
    }

    /// The verifier that a new record gets.
    pub(crate) fn verifier(&self, token: &Token, id: Uuid) -> Verifier {
        self.current.verifier(token, id)
    }

    /// What to compare a record with.
    pub(crate) fn presented(&self, token: &Token, id: Uuid) -> Presented {
        Presented(self.all().map(|key| key.verifier(token, id)).collect())
    }

    /// The token that follows `token` when it is rotated with `nonce`.
    pub(crate) fn successor(&self, token: &Token, id: Uuid, nonce: &[u8; 16]) -> Token {
        self.current.successor(token, id, nonce)
    }

    /// The successor that another request, maybe of a process with another current key, has already rotated to.
    pub(crate) fn successor_of(
        &self,
        token: &Token,
        id: Uuid,
        nonce: &[u8; 16],
        kept: &Verifier,
    ) -> Option<Token> {
        self.all()
            .map(|key| key.successor(token, id, nonce))
            .find(|next| self.presented(next, id).matches(kept))
    }

    /// What the payload of a principal's sessions is kept as.
    #[cfg(feature = "sealed")]
    pub(crate) fn close(&self, tag: Tag, payload: &[u8]) -> StoreResult<Vec<u8>> {
        self.current.seal.close(tag, payload)
    }

    /// The payload of which [`close`](Self::close) was kept, by any key that is still valid.
    #[cfg(feature = "sealed")]
    pub(crate) fn open(&self, tag: Tag, bytes: &[u8]) -> Option<Vec<u8>> {
        self.all().find_map(|key| key.seal.open(tag, bytes))
    }

    fn all(&self) -> impl Iterator<Item = &EntityKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

/// One server key's two uses for one entity, with everything absorbed that does not change.
struct EntityKey {
    verifier: Hmac<Sha256>,
    successor: Hmac<Sha256>,
    #[cfg(feature = "sealed")]
    seal: Seal,
}

impl EntityKey {
    fn new(entity: &str, key: &ServerKey) -> Self {
        let prepared = |purpose: &str| {
            // A key of any length is taken, so this cannot fail.
            let mac = Hmac::<Sha256>::new_from_slice(key.0.as_slice()).unwrap_or_else(|_| unreachable!());
            mac.chain_update(purpose).chain_update(b"\0").chain_update(entity).chain_update(b"\0")
        };
        EntityKey {
            verifier: prepared("auth/1 verifier"),
            successor: prepared("auth/1 successor"),
            #[cfg(feature = "sealed")]
            seal: Seal::new(&first(&prepared("auth/1 seal").finalize().into_bytes())),
        }
    }

    fn verifier(&self, token: &Token, id: Uuid) -> Verifier {
        Verifier(first(&absorb(&self.verifier, token, id).finalize().into_bytes()))
    }

    fn successor(&self, token: &Token, id: Uuid, nonce: &[u8; 16]) -> Token {
        let hash = absorb(&self.successor, token, id).chain_update(nonce).finalize().into_bytes();
        token.with_secret(Secret32(Zeroizing::new(first(&hash))))
    }
}

fn absorb(mac: &Hmac<Sha256>, token: &Token, id: Uuid) -> Hmac<Sha256> {
    mac.clone()
        .chain_update(token.tag.as_bytes())
        .chain_update(id.as_bytes())
        .chain_update(token.secret.0.as_slice())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::session::token::Tag;

    fn keys(entity: &str, current: u8, previous: &[u8]) -> EntityKeys {
        let key = |byte: u8| ServerKey::from([byte; 32]);
        EntityKeys::new(entity, &key(current), &previous.iter().map(|&b| key(b)).collect::<Vec<_>>())
    }

    fn token() -> (Token, Uuid) {
        let token = Token::random(Tag::of("user", "7")).unwrap();
        let id = token.session_id("user");
        (token, id)
    }

    #[test]
    fn a_verifier_depends_on_key_entity_session_and_secret() {
        let (token, id) = token();
        let kept = keys("user", 1, &[]).verifier(&token, id);
        let other_secret = token.with_secret(Token::random(token.tag).unwrap().secret);
        assert!(keys("user", 1, &[]).presented(&token, id).matches(&kept));
        assert!(!keys("user", 2, &[]).presented(&token, id).matches(&kept));
        assert!(!keys("account", 1, &[]).presented(&token, id).matches(&kept));
        assert!(!keys("user", 1, &[]).presented(&token, Uuid::nil()).matches(&kept));
        assert!(!keys("user", 1, &[]).presented(&other_secret, id).matches(&kept));
    }

    #[test]
    fn what_a_previous_key_made_stays_good() {
        let (token, id) = token();
        let kept = keys("user", 1, &[]).verifier(&token, id);
        assert!(keys("user", 2, &[1]).presented(&token, id).matches(&kept));
        assert!(!keys("user", 2, &[3]).presented(&token, id).matches(&kept));
    }

    /// As when `AUTH_KEY` is named among the previous ones too.
    #[test]
    fn a_key_that_is_given_twice_is_no_other() {
        let (token, id) = token();
        let kept = keys("user", 1, &[]).verifier(&token, id);
        let twice = keys("user", 1, &[1]).presented(&token, id);
        assert!(twice.matches(&kept));
        assert_eq!(twice.verifiers(), [kept, kept]);
    }

    #[cfg(feature = "sealed")]
    #[test]
    fn what_a_previous_key_sealed_is_opened() {
        let tag = Tag::of("user", "7");
        let kept = keys("user", 1, &[]).close(tag, b"payload").unwrap();
        assert_eq!(keys("user", 2, &[1]).open(tag, &kept).as_deref(), Some(&b"payload"[..]));
        assert_eq!(keys("user", 2, &[3]).open(tag, &kept), None);
        assert_eq!(keys("account", 1, &[]).open(tag, &kept), None);
    }

    #[test]
    fn the_successor_is_the_same_for_everyone_with_the_key_and_nonce() {
        let (token, id) = token();
        let next = keys("user", 1, &[]).successor(&token, id, &[7; 16]);
        let again = keys("user", 1, &[]).successor(&token, id, &[7; 16]);
        assert_eq!(next.encode(), again.encode());
        assert_eq!(next.session_id("user"), id);
        for other in [
            keys("user", 1, &[]).successor(&token, id, &[8; 16]),
            keys("user", 2, &[]).successor(&token, id, &[7; 16]),
        ] {
            assert_ne!(next.encode(), other.encode());
        }
    }

    #[test]
    fn a_process_with_a_newer_key_finds_the_successor_that_an_older_one_made() {
        let (token, id) = token();
        let (old, new) = (keys("user", 1, &[2]), keys("user", 2, &[1]));
        let next = old.successor(&token, id, &[7; 16]);
        let kept = old.verifier(&next, id);
        assert_eq!(new.successor_of(&token, id, &[7; 16], &kept).unwrap().encode(), next.encode());
        assert!(keys("user", 3, &[]).successor_of(&token, id, &[7; 16], &kept).is_none());
    }

    #[test]
    fn a_key_is_read_from_43_characters_and_shown_to_nobody() {
        let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let key: ServerKey = text.parse().unwrap();
        assert_eq!(key.expose()[..4], [0, 1, 2, 3]);
        assert_eq!(format!("{key:?} {:?}", Verifier::from_bytes([7; 16])), "ServerKey(…) Verifier(…)");
        for bad in ["", &text[1..], &format!("{text}A"), &text.replace('A', "*")] {
            let error = bad.parse::<ServerKey>().unwrap_err().to_string();
            assert!(error.contains("32 bytes") && (bad.is_empty() || !error.contains(bad)), "{error}");
        }
    }
}
