//! The names of the keys in Redis.

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
        format!("{}auth:{tag}", self.prefix)
    }

    /// The count of logins that is kept under a key.
    ///
    /// What is in braces chooses the slot of a Cluster.
    pub(crate) fn count(&self, Kept { key, beside }: Kept) -> String {
        let prefix = &self.prefix;
        if key == beside {
            format!("{prefix}auth:!count:{{{key}}}")
        } else {
            format!("{prefix}auth:!count:{{{beside}}}:{key}")
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
        format!("{}auth:!key", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use fred::util::redis_keyslot;

    use super::*;

    #[test]
    fn a_name_is_prefix_kind_and_tag() {
        let tag = Tag::of("user", "7");
        assert_eq!(Keys::new(String::new()).principal(tag), format!("auth:{tag}"));
        assert_eq!(Keys::new("shop:".to_owned()).principal(tag), format!("shop:auth:{tag}"));
        assert_eq!(Keys::new("shop:".to_owned()).server_key(), "shop:auth:!key");
    }
    /// By Pearson's chi-square test: with 16,383 degrees of freedom it has that mean, and a deviation of 181. What is
    /// too even is no more random than what is too uneven.
    #[test]
    fn principals_are_spread_evenly_over_the_slots_of_a_cluster() {
        const SLOTS: usize = 16_384;
        let keys = Keys::new(String::new());
        let mut counts = vec![0_u32; SLOTS];
        let principals = 100_000_u32;
        for number in 0..principals {
            let key = keys.principal(Tag::of("user", &number.to_string()));
            counts[usize::from(redis_keyslot(key.as_bytes()))] += 1;
        }
        let mean = f64::from(principals) / f64::from(16_384);
        let chi_square: f64 = counts.iter().map(|count| (f64::from(*count) - mean).powi(2) / mean).sum();
        assert!((chi_square - 16_383.0).abs() < 6.0 * 181.0, "{chi_square}");
    }
}
