//! The names of the keys in Redis.

use std::fmt::{self, Write};

use auth_core::session::Tag;

use crate::scripts::{Kept, On};

/// Where a store keeps what it keeps: everything below `<prefix>auth:`.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: String) -> Self {
        Keys { prefix }
    }

    /// The hash with all sessions of a principal.
    pub(crate) fn principal(&self, tag: Tag) -> String {
        self.name(format_args!("{tag}"))
    }

    /// The count of logins that is kept under a key.
    ///
    /// What is in braces chooses the slot of a Cluster.
    pub(crate) fn count(&self, Kept { key, beside }: Kept) -> String {
        if key == beside {
            self.name(format_args!("!count:{{{key}}}"))
        } else {
            self.name(format_args!("!count:{{{beside}}}:{key}"))
        }
    }

    /// What a script works on.
    pub(crate) fn on(&self, on: &On) -> Vec<String> {
        match on {
            On::Principal(tag) => vec![self.principal(*tag)],
            On::Counts(keys) => keys.iter().map(|key| self.count(*key)).collect(),
        }
    }

    /// The server key that programs without a key of their own share. No tag has that name: a tag has 16 characters,
    /// and none of them is `!`.
    pub(crate) fn server_key(&self) -> String {
        self.name(format_args!("!key"))
    }

    fn name(&self, rest: fmt::Arguments<'_>) -> String {
        // Room for the longest.
        let mut name = String::with_capacity(self.prefix.len() + 64);
        write!(name, "{}auth:{rest}", self.prefix).ok();
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_prefix_kind_and_tag() {
        let tag = Tag::of("user", "7");
        assert_eq!(Keys::new(String::new()).principal(tag), format!("auth:{tag}"));
        assert_eq!(Keys::new("shop:".to_owned()).principal(tag), format!("shop:auth:{tag}"));
        assert_eq!(Keys::new("shop:".to_owned()).server_key(), "shop:auth:!key");
    }
}
