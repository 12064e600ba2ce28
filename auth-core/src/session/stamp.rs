//! What ends sessions when it changes: a digest of the fields that are marked `#[auth(stamp)]`.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::token::{first, random};

/// A digest of an entity's stamped fields: `SHA-256("auth/1 stamp" ‖ for each field: 0 ‖ name ‖ 0 ‖ length ‖ value)[..16]`.
///
/// Of a password hash it tells nothing that would help to guess the password: the hash is salted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stamp([u8; 16]);

impl Stamp {
    /// The stamp that these bytes are.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Stamp)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stamp(…)")
    }
}

/// A stamp being made, field by field.
pub struct Stamping(Option<Sha256>);

impl Default for Stamping {
    fn default() -> Self {
        Stamping(Some(Sha256::new().chain_update(b"auth/1 stamp")))
    }
}

impl Stamping {
    /// Adds a field. One that does not serialize makes a stamp that fits no other.
    #[must_use]
    pub fn field<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        let value = rmp_serde::to_vec_named(value).ok();
        Stamping(self.0.zip(value).map(|(hash, value)| {
            let length = u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes();
            hash.chain_update(b"\0")
                .chain_update(name)
                .chain_update(b"\0")
                .chain_update(length)
                .chain_update(value)
        }))
    }

    /// The stamp; none where one is needed that fits no other and the operating system gives no random numbers.
    #[must_use]
    pub fn finish(self) -> Option<Stamp> {
        match self.0 {
            Some(hash) => Some(Stamp(first(&hash.finalize()))),
            // None would fit the next None: a session that nothing ends.
            None => random().ok().map(|bytes| Stamp(*bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stamp(fields: &[(&str, &str)]) -> Option<Stamp> {
        fields
            .iter()
            .fold(Stamping::default(), |stamping, (name, value)| stamping.field(name, value))
            .finish()
    }

    #[test]
    fn a_stamp_changes_with_every_field_and_its_name() {
        let one = stamp(&[("a", "x"), ("b", "y")]);
        assert_eq!(one, stamp(&[("a", "x"), ("b", "y")]));
        for other in [
            &[("a", "x"), ("b", "z")][..],
            &[("a", "y"), ("b", "x")],
            &[("a", "x"), ("c", "y")],
            &[("a", "x")],
            &[("a", "xb"), ("", "y")],
        ] {
            assert_ne!(one, stamp(other));
        }
    }

    #[test]
    fn a_stamp_is_the_same_after_it_was_kept_and_shows_nothing() {
        let one = stamp(&[("a", "x")]).unwrap();
        assert_eq!(Stamp::from_bytes(one.as_bytes()), Some(one));
        for other in [&one.as_bytes()[1..], &[one.as_bytes(), &[0]].concat()] {
            assert_eq!(Stamp::from_bytes(other), None);
        }
        assert_eq!(format!("{one:?}"), "Stamp(…)");
    }

    /// Also not the next one that cannot be told: else nothing would end the session when the field changes.
    #[test]
    fn nothing_fits_the_stamp_of_a_field_that_cannot_be_read() {
        struct Unreadable;
        impl Serialize for Unreadable {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("unreadable"))
            }
        }
        let stamp = || Stamping::default().field("a", "x").field("b", &Unreadable).field("c", "y").finish();
        assert_ne!(stamp(), None);
        assert_ne!(stamp(), stamp());
    }
}
