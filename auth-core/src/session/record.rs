//! One session as a store keeps it.
//!
//! ```text
//! u8 format · u8 flags · u48 created · u48 authenticated · u48 absolute · u48 idle · u48 rotated · 16 verifier
//! u8 length · device …                                    what belongs to this session alone
//! payload …                                               what all sessions of the principal may share
//! 16 verifier of the previous secret · 16 nonce          only with flag 2
//! ```
//!
//! Times are milliseconds of the Unix epoch by the store's clock, big-endian. Flag 1: the successor has not been seen
//! in use. The Lua scripts of `auth-redis` read and write the same bytes.

use super::keys::Verifier;
use crate::store::Timestamp;

/// The format that this version writes, and the only one that it reads.
const FORMAT: u8 = 1;
const FRESH: u8 = 1;
const TAIL: u8 = 2;
const HEADER: usize = 48;
const TAIL_LENGTH: usize = 32;

/// One session, as a [`SessionStore`](crate::store::SessionStore) keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When the session was opened.
    pub created: Timestamp,
    /// When credentials were last checked.
    pub authenticated: Timestamp,
    /// When the session ends, whatever happens.
    pub absolute: Timestamp,
    /// When the session ends unless it is used before.
    pub idle: Timestamp,
    /// When the secret was last rotated; once the successor has been seen in use, when that was.
    pub rotated: Timestamp,
    /// Whether the current secret is a successor that nobody has used yet.
    pub fresh: bool,
    /// The verifier of the current secret.
    pub verifier: Verifier,
    /// The secret before it, for as long as it may still be good.
    pub previous: Option<Previous>,
    /// What the session was opened from, in at most 255 bytes; opaque to the store.
    pub device: Vec<u8>,
    /// What the session carries; opaque to the store.
    pub payload: Vec<u8>,
}

/// The secret that was rotated away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its verifier.
    pub verifier: Verifier,
    /// The nonce from which, together with that secret and the server key, its successor was made.
    pub nonce: [u8; 16],
}

/// Bytes that are no record of this version's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRecord {
    /// Another version wrote it.
    #[error("a session record has format {0}, and this program reads format 1")]
    Format(u8),
    /// It is too short to be one.
    #[error("a session record has {0} bytes, and no record is that short")]
    TooShort(usize),
}

impl Record {
    /// The bytes to keep.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let length = u8::try_from(self.device.len()).unwrap_or(u8::MAX);
        let device = &self.device[..usize::from(length)];
        let mut bytes = Vec::with_capacity(HEADER + 1 + device.len() + self.payload.len() + TAIL_LENGTH);
        let tail = if self.previous.is_some() { TAIL } else { 0 };
        bytes.extend([FORMAT, u8::from(self.fresh) * FRESH + tail]);
        for time in [self.created, self.authenticated, self.absolute, self.idle, self.rotated] {
            bytes.extend(&time.as_millis().to_be_bytes()[2..]);
        }
        bytes.extend(self.verifier.as_bytes());
        bytes.push(length);
        bytes.extend(device);
        bytes.extend(&self.payload);
        if let Some(previous) = &self.previous {
            bytes.extend(previous.verifier.as_bytes());
            bytes.extend(previous.nonce);
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    ///
    /// When another version wrote it, or something else did. Such a session counts as one that has expired.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableRecord> {
        let too_short = UnreadableRecord::TooShort(bytes.len());
        let format = *bytes.first().ok_or(too_short)?;
        if format != FORMAT {
            return Err(UnreadableRecord::Format(format));
        }
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(too_short)?;
        let (flags, times, verifier) = (header[1], &header[2..32], &header[32..]);
        let (&length, rest) = rest.split_first().ok_or(too_short)?;
        let (device, rest) = rest.split_at_checked(length.into()).ok_or(too_short)?;
        let (payload, previous) = if flags & TAIL == 0 {
            (rest, None)
        } else {
            let (payload, tail) = rest.split_last_chunk::<TAIL_LENGTH>().ok_or(too_short)?;
            let (verifier, nonce) = tail.split_at(16);
            (payload, Some(Previous { verifier: Verifier(sixteen(verifier)), nonce: sixteen(nonce) }))
        };
        let time = |n: usize| {
            let millis = times[6 * n..6 * n + 6].iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
            Timestamp::from_millis(millis)
        };
        Ok(Record {
            created: time(0),
            authenticated: time(1),
            absolute: time(2),
            idle: time(3),
            rotated: time(4),
            fresh: flags & FRESH != 0,
            verifier: Verifier(sixteen(verifier)),
            previous,
            device: device.to_vec(),
            payload: payload.to_vec(),
        })
    }
}

fn sixteen(bytes: &[u8]) -> [u8; 16] {
    super::token::first(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_time() -> impl Strategy<Value = Timestamp> {
        (0..1_u64 << 48).prop_map(Timestamp::from_millis)
    }

    fn a_record() -> impl Strategy<Value = Record> {
        let times = (a_time(), a_time(), a_time(), a_time(), a_time());
        let tail = proptest::option::of((any::<[u8; 16]>(), any::<[u8; 16]>()));
        let bytes = |most| proptest::collection::vec(any::<u8>(), 0..=most);
        let rest = (any::<bool>(), any::<[u8; 16]>(), tail, bytes(255), bytes(200));
        (times, rest).prop_map(|(t, (fresh, verifier, tail, device, payload))| Record {
            created: t.0,
            authenticated: t.1,
            absolute: t.2,
            idle: t.3,
            rotated: t.4,
            fresh,
            verifier: Verifier(verifier),
            previous: tail.map(|(verifier, nonce)| Previous { verifier: Verifier(verifier), nonce }),
            device,
            payload,
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(record in a_record()) {
            prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
        }

        #[test]
        fn arbitrary_bytes_are_a_record_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(record) = Record::decode(&bytes) {
                prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
            }
        }
    }

    #[test]
    fn another_version_and_a_torn_record_are_told_apart() {
        assert_eq!(Record::decode(&[]), Err(UnreadableRecord::TooShort(0)));
        assert_eq!(Record::decode(&[1; 47]), Err(UnreadableRecord::TooShort(47)));
        assert_eq!(Record::decode(&[2; 300]), Err(UnreadableRecord::Format(2)));
        let mut no_room_for_the_tail = vec![0; 60];
        no_room_for_the_tail[..2].copy_from_slice(&[FORMAT, TAIL]);
        let mut no_room_for_the_device = vec![0; 60];
        no_room_for_the_device[0] = FORMAT;
        no_room_for_the_device[HEADER] = 12;
        for torn in [no_room_for_the_tail, no_room_for_the_device] {
            assert_eq!(Record::decode(&torn), Err(UnreadableRecord::TooShort(60)));
        }
    }
}
