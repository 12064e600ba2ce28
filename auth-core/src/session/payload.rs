//! What a session carries besides its header: whose it is, and what its entity put in.

use std::ops::Range;

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

/// What the entity put in, in the payload that was read: no copy of it.
pub(crate) struct Carried {
    place: Range<usize>,
    payload: Vec<u8>,
}

impl Carried {
    pub(crate) fn new(place: Range<usize>, payload: Vec<u8>) -> Self {
        Carried { place, payload }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.payload.get(self.place.clone()).unwrap_or_default()
    }
}

impl Bytes<'_> {
    /// Where they are in the bytes that they were read from.
    pub(crate) fn place_in(&self, whole: &[u8]) -> Range<usize> {
        let start = self.0.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        start..start + self.0.len()
    }
}

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
            let place = Payload::decode(&bytes).unwrap().carried.place_in(&bytes);
            let read = Carried::new(place, bytes);
            prop_assert_eq!(read.as_bytes(), carried);
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
