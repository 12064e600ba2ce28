//! What a session carries besides its header: whose it is, and what its entity put in.

use serde::{Deserialize, Serialize};

/// The payload of a record, as a MessagePack array. New fields go to the end, with a default.
#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    principal: &'a str,
    carried: Bytes<'a>,
}

/// Bytes as MessagePack's `bin`, not as an array of numbers.
struct Bytes<'a>(&'a [u8]);

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

pub(crate) fn encode(principal: &str, carried: &[u8]) -> Result<Vec<u8>, rmp_serde::encode::Error> {
    rmp_serde::to_vec(&Payload { principal, carried: Bytes(carried) })
}

/// The principal's id as text, and what the entity put in.
pub(crate) fn decode(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let payload: Payload<'_> = rmp_serde::from_slice(bytes).ok()?;
    Some((payload.principal, payload.carried.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(principal: String, carried: Vec<u8>) {
            let bytes = encode(&principal, &carried).unwrap();
            prop_assert_eq!(decode(&bytes), Some((principal.as_str(), carried.as_slice())));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn a_short_principal_costs_four_bytes_more_than_what_is_in_it() {
        assert_eq!(encode("7", &[0; 100]).unwrap().len(), 1 + 100 + 4);
    }
}
