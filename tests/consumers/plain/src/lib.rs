#![doc = include_str!("../../auth-core/README.md")]
