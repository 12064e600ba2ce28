//! The names of the keys in Redis.

use std::fmt::{self, Write};

use auth_core::session::Tag;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

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

    /// The tag of the principal whose key this is, if it is one's.
    pub(crate) fn tag_of(&self, key: &[u8]) -> Option<[u8; 12]> {
        let text = key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b"auth:")?;
        let mut tag = [0; 12];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut tag).ok()?;
        (length == tag.len()).then_some(tag)
    }

    /// Two keys that no other connection has, in the slot of a principal's key: see [`near_cache`](crate::near_cache).
    pub(crate) fn canaries(&self, beside: Tag) -> [String; 2] {
        let (prefix, principal) = (&self.prefix, self.principal(beside));
        let random = getrandom::u64().unwrap_or_default();
        [0, 1].map(|n| format!("{prefix}auth:!near:{{{principal}}}:{random:016x}:{n}"))
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

    #[test]
    fn a_tag_is_read_from_a_principals_key_and_no_other() {
        let (tag, shop) = (Tag::of("user", "7"), Keys::new("shop:".to_owned()));
        assert_eq!(
            shop.tag_of(shop.principal(tag).as_bytes()).as_ref().map(<[u8; 12]>::as_slice),
            Some(tag.as_bytes())
        );
        for key in ["", "shop:auth:", "shop:auth:!key", "shop:auth:AAAAAAAAAAAA", "shop:auth:ÄÄÄÄÄÄÄÄ"]
        {
            assert_eq!(shop.tag_of(key.as_bytes()), None, "{key}");
        }
        for key in [
            format!("auth:{tag}"),
            format!("shop:auth:!count:{{{tag}}}:{tag}"),
            format!("shop:auth:{tag}{tag}"),
        ] {
            assert_eq!(shop.tag_of(key.as_bytes()), None, "{key}");
        }
        assert!(shop.canaries(tag).iter().all(|key| shop.tag_of(key.as_bytes()).is_none()));
    }

    #[test]
    fn canaries_are_where_the_principal_is_and_each_its_own() {
        let tag = Tag::of("user", "7");
        for prefix in ["", "shop:", "{shop}:", "a:{shop}"] {
            let keys = Keys::new(prefix.to_owned());
            let slot = redis_keyslot(keys.principal(tag).as_bytes());
            let (these, others) = (keys.canaries(tag), keys.canaries(tag));
            assert!(these.iter().all(|key| redis_keyslot(key.as_bytes()) == slot), "{these:?}");
            assert!(these[0] != these[1] && !these.contains(&others[0]) && !these.contains(&others[1]));
        }
    }
}
