//! What a session carries besides its header: whose it is, and what its entity put in.

use serde::{Deserialize, Serialize};

/// The payload of a record, as a MessagePack array. New fields go to the end, with a default.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payload<'a> {
    /// The principal's id as text.
    pub(crate) principal: &'a str,
    /// What the entity put in.
    pub(crate) carried: Bytes<'a>,
    /// The entity's stamp; empty without one.
    #[serde(default)]
    pub(crate) stamp: Bytes<'a>,
}

/// Bytes as MessagePack's `bin`, not as an array of numbers.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(from).map(Bytes)
    }
}

impl<'a> Payload<'a> {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        rmp_serde::to_vec(self)
    }

    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(principal: String, carried: Vec<u8>, stamp: Vec<u8>) {
            let payload = Payload { principal: &principal, carried: Bytes(&carried), stamp: Bytes(&stamp) };
            let bytes = payload.encode().unwrap();
            prop_assert_eq!(Payload::decode(&bytes), Some(payload));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
            let _ = Payload::decode(&bytes);
        }
    }

    #[test]
    fn a_short_principal_costs_six_bytes_more_than_what_is_in_it() {
        let payload = Payload { principal: "7", carried: Bytes(&[0; 100]), stamp: Bytes(&[]) };
        assert_eq!(payload.encode().unwrap().len(), 1 + 100 + 6);
    }

    #[test]
    fn what_an_older_version_wrote_has_no_stamp() {
        let bytes = rmp_serde::to_vec(&("7", Bytes(b"carried"))).unwrap();
        let payload = Payload { principal: "7", carried: Bytes(b"carried"), stamp: Bytes(b"") };
        assert_eq!(Payload::decode(&bytes), Some(payload));
    }
}
