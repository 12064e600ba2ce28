//! The server's keys in their use for tokens in forms.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    session::{ServerKey, token::random},
    store::StoreResult,
};

const NONCE: usize = 16;
const MAC: usize = 32;

/// The current key, then those that are still accepted, with everything absorbed that does not change.
pub(crate) struct CsrfKeys {
    current: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
}

impl CsrfKeys {
    pub(crate) fn new(entity: &str, current: &ServerKey, previous: &[ServerKey]) -> Self {
        let prepared = |key: &ServerKey| {
            // A key of any length is taken, so this cannot fail.
            let mac = Hmac::<Sha256>::new_from_slice(key.expose()).unwrap_or_else(|_| unreachable!());
            mac.chain_update("auth/1 csrf\0").chain_update(entity).chain_update(b"\0")
        };
        CsrfKeys { current: prepared(current), previous: previous.iter().map(prepared).collect() }
    }

    /// Another token of the session each time.
    pub(super) fn token(&self, session: Uuid) -> StoreResult<String> {
        let nonce = random::<NONCE>()?;
        let mac = absorb(&self.current, &*nonce, session).finalize().into_bytes();
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &mac].concat()))
    }

    /// Whether this is a token of the session, in constant time.
    pub(super) fn is_token_of(&self, session: Uuid, text: &[u8]) -> bool {
        let mut bytes = [0; NONCE + MAC];
        if !matches!(URL_SAFE_NO_PAD.decode_slice(text, &mut bytes), Ok(length) if length == bytes.len()) {
            return false;
        }
        let (nonce, mac) = bytes.split_at(NONCE);
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(|key| absorb(key, nonce, session).verify_slice(mac).is_ok())
    }
}

fn absorb(key: &Hmac<Sha256>, nonce: &[u8], session: Uuid) -> Hmac<Sha256> {
    key.clone().chain_update(nonce).chain_update(session.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const ANN: Uuid = Uuid::from_u128(7);
    const BOB: Uuid = Uuid::from_u128(8);

    fn keys(entity: &str, current: u8, previous: &[u8]) -> CsrfKeys {
        let key = |byte: u8| ServerKey::from([byte; 32]);
        CsrfKeys::new(entity, &key(current), &previous.iter().map(|&b| key(b)).collect::<Vec<_>>())
    }

    #[test]
    fn a_token_is_good_for_its_session_entity_and_key_only() {
        let token = keys("user", 1, &[]).token(ANN).unwrap();
        assert_eq!(token.len(), 64);
        assert!(keys("user", 1, &[]).is_token_of(ANN, token.as_bytes()));
        assert!(keys("user", 2, &[1]).is_token_of(ANN, token.as_bytes()));
        assert!(!keys("user", 1, &[]).is_token_of(BOB, token.as_bytes()));
        assert!(!keys("account", 1, &[]).is_token_of(ANN, token.as_bytes()));
        assert!(!keys("user", 2, &[3]).is_token_of(ANN, token.as_bytes()));
    }

    #[test]
    fn two_tokens_of_a_session_share_no_part() {
        let keys = keys("user", 1, &[]);
        let (one, two) = (keys.token(ANN).unwrap(), keys.token(ANN).unwrap());
        assert_ne!(one[..20], two[..20]);
        assert_ne!(one[22..], two[22..]);
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_none() {
        let keys = keys("user", 1, &[]);
        let token = keys.token(ANN).unwrap();
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert!(!keys.is_token_of(ANN, &changed), "{place}");
        }
        for other in [String::new(), token[1..].to_owned(), format!("{token}A"), format!("{token}=")] {
            assert!(!keys.is_token_of(ANN, other.as_bytes()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_no_token(text: Vec<u8>) {
            prop_assert!(!keys("user", 1, &[]).is_token_of(ANN, &text));
        }
    }
}
