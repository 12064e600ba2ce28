//! The arguments of a command, written one behind the other into one piece of memory.

use std::fmt::Write;

use fred::{bytes::BytesMut, types::Value};

/// Room for the arguments of most commands.
const ROOM: usize = 512;

/// Arguments, being written.
pub(crate) struct Arguments {
    buffer: BytesMut,
    values: Vec<Value>,
}

impl Arguments {
    /// None yet, with room for so many.
    pub(crate) fn with_room_for(count: usize) -> Self {
        Arguments::with_bytes(count, ROOM)
    }

    /// With room for so many bytes, too.
    pub(crate) fn with_bytes(count: usize, bytes: usize) -> Self {
        Arguments { buffer: BytesMut::with_capacity(bytes), values: Vec::with_capacity(count) }
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.buffer.extend_from_slice(bytes);
        self.end()
    }

    /// As text: Redis knows no other number in a command, and what fred makes of one is too long where its logarithm is
    /// rounded up.
    pub(crate) fn number(mut self, number: u128) -> Self {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        // Memory grows as it must: this does not fail.
        write!(self.buffer, "{number}").ok();
        self.end()
    }

    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// What was written since the last argument is the next one.
    fn end(mut self) -> Self {
        self.values.push(Value::Bytes(self.buffer.split().freeze()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_argument_is_what_was_written_and_they_share_their_memory_while_there_is_room() {
        let long = [7; 2 * ROOM];
        let written =
            Arguments::with_room_for(5).bytes(b"ab").bytes(b"").number(0).bytes(&long).number(u128::MAX);
        let values = written.into_values();
        let found: Vec<_> = values.iter().filter_map(Value::as_bytes).collect();
        let last = u64::MAX.to_string();
        assert_eq!(found, [b"ab", &b""[..], b"0", &long, last.as_bytes()]);
        assert_eq!(found[2].as_ptr(), found[0][2..].as_ptr());
    }
}
