//! Two keys of a connection's own, by which it is seen whether the server still tells of changes. No I/O.

/// The server may stop telling while all sessions are there: what it remembers of who has read what is emptied when any
/// database is flushed, or loaded again. So each proof writes to keys that this connection has read, and listens.
///
/// They are written and read again one after the other: at any time one of them has been read since the last proof, so
/// that nothing is missed in the moment between the two.
pub(super) struct Canaries {
    pub(super) keys: [String; 2],
    /// What both hold; 0 while they are not there.
    written: u64,
    told: [bool; 2],
}

impl Canaries {
    pub(super) fn new(keys: [String; 2]) -> Self {
        Canaries { keys, written: 0, told: [false; 2] }
    }

    /// The number that is to be written now.
    pub(super) fn begin(&mut self) -> u64 {
        self.told = [false; 2];
        self.next()
    }

    pub(super) fn next(&self) -> u64 {
        self.written + 1
    }

    /// The server tells that a key has changed.
    pub(super) fn hear(&mut self, key: &[u8]) {
        for (own, told) in self.keys.iter().zip(&mut self.told) {
            *told |= own.as_bytes() == key;
        }
    }

    /// Whether the server has told of all changes since the last time: of these two, and nothing else was in them
    /// `before` than what had been written then. To be asked when all is heard of that was said before the answer.
    pub(super) fn are_alive(&mut self, before: [Option<u64>; 2]) -> bool {
        let expected = Some(self.written);
        self.written += 1;
        self.told == [true; 2] && before == [expected; 2]
    }
}
