//! The other process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// The program without a near cache, in a process of its own; it ends with the value.
pub(super) struct OtherProgram {
    process: Child,
    address: SocketAddr,
}

impl OtherProgram {
    pub(super) fn start(program: &str, redis: &str) -> Self {
        // It ends with its input, which we hold open, also when we end without dropping this.
        let mut process =
            Command::new(program).arg(redis).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().parse().expect("it says where it listens");
        OtherProgram { process, address }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for OtherProgram {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
