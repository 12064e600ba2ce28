//! The corpora of the fuzz targets, and what is next to each of their files, given to the same functions.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use auth_core::testing::fuzz::TARGETS;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder().join("corpus").join(target)).unwrap();
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

/// A file cut short anywhere, and with any one byte changed in some ways.
fn neighbours(file: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..file.len()).map(|at| file[..at].to_vec());
    let change = |at: usize, byte: u8| {
        let mut changed = file.to_vec();
        changed[at] = byte;
        changed
    };
    let bytes = |at: usize| [0, b';', b'=', 0x7f, 0x80, 0xff, file[at] ^ 1, file[at].wrapping_add(1)];
    cut.chain((0..file.len()).flat_map(move |at| bytes(at).map(|byte| change(at, byte))))
}

#[test]
fn what_strangers_send_holds_to_what_is_said_of_it() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 5, "the corpus of {name} has {} files", corpus.len());
        for file in corpus {
            target(&file);
            neighbours(&file).for_each(|file| target(&file));
        }
    }
}

#[test]
fn each_target_is_a_program_that_calls_its_function() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let programs: Vec<_> = manifest.lines().filter_map(|line| line.strip_prefix("path = ")).collect();
    let expected: Vec<_> = TARGETS.iter().map(|(name, _)| format!("\"fuzz_targets/{name}.rs\"")).collect();
    assert_eq!(programs, expected);
    for (name, _) in TARGETS {
        let program = fs::read_to_string(folder().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("fuzz::{name}(bytes)")), "{program}");
    }
}
