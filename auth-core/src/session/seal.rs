//! Sealing what a session carries: XChaCha20-Poly1305 (RFC 8439, with the extended nonce of
//! draft-irtf-cfrg-xchacha), the principal's tag as associated data.
//!
//! A store, its files and its backups then show nothing of an entity; and whoever can write to the store cannot give a
//! session other contents, a role say, or those of another principal.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};

use super::token::{Tag, random};
use crate::store::{StoreError, StoreResult};

/// What sealed bytes begin with. MessagePack of a payload begins with something else.
const SEALED: u8 = 1;
const NONCE: usize = 24;

/// One server key's use for sealing the sessions of one entity.
pub(crate) struct Seal(XChaCha20Poly1305);

impl Seal {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Seal(XChaCha20Poly1305::new(key.into()))
    }

    pub(crate) fn close(&self, tag: Tag, payload: &[u8]) -> StoreResult<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let sealed = self
            .0
            .encrypt(&XNonce::from(*nonce), Payload { msg: payload, aad: tag.as_bytes() })
            .map_err(|_| StoreError::unavailable("a session could not be sealed"))?;
        Ok([&[SEALED], nonce.as_slice(), &sealed].concat())
    }

    /// The payload, where this key sealed it for this principal.
    pub(crate) fn open(&self, tag: Tag, bytes: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = bytes.strip_prefix(&[SEALED])?.split_first_chunk::<NONCE>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: tag.as_bytes() }).ok()
    }
}

/// Whether bytes were sealed by any key.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&SEALED)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sealed_is_opened_by_the_key_for_the_principal_only(payload: Vec<u8>) {
            let (seal, other) = (Seal::new(&[1; 32]), Seal::new(&[2; 32]));
            let (ann, bob) = (Tag::of("user", "7"), Tag::of("user", "8"));
            let bytes = seal.close(ann, &payload).unwrap();
            prop_assert!(is_sealed(&bytes));
            prop_assert_eq!(seal.open(ann, &bytes), Some(payload));
            prop_assert_eq!(seal.open(bob, &bytes), None);
            prop_assert_eq!(other.open(ann, &bytes), None);
        }

        #[test]
        fn a_changed_byte_is_noticed(payload: Vec<u8>, at: prop::sample::Index, change in 1_u8..) {
            let (seal, tag) = (Seal::new(&[1; 32]), Tag::of("user", "7"));
            let mut bytes = seal.close(tag, &payload).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            prop_assert_eq!(seal.open(tag, &bytes), None);
        }

        #[test]
        fn arbitrary_bytes_open_nothing(bytes: Vec<u8>) {
            prop_assert_eq!(Seal::new(&[1; 32]).open(Tag::of("user", "7"), &bytes), None);
        }
    }

    #[test]
    fn the_same_payload_is_never_sealed_the_same() {
        let (seal, tag) = (Seal::new(&[1; 32]), Tag::of("user", "7"));
        assert_ne!(seal.close(tag, b"payload").unwrap(), seal.close(tag, b"payload").unwrap());
    }
}
