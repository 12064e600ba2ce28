//! Which passwords are taken: NIST SP 800-63B-4, section 3.1.1.2. Long ones, and no rules on what is in them.

use auth_core::{Secret, password::LONGEST_PASSWORD};

/// The least where a password is all that is asked for.
pub(crate) const SHORTEST_PASSWORD: usize = 15;

/// Those that guessing begins with. A list of a million is better: <https://haveibeenpwned.com/Passwords>.
const COMMON: &str = include_str!("common_passwords.txt");

/// What is wrong with a password, in words for whoever chose it.
pub(crate) fn weakness(password: &Secret, email: &str) -> Option<&'static str> {
    let password = password.expose();
    let lower = password.to_lowercase();
    if password.chars().count() < SHORTEST_PASSWORD {
        return Some(
            "Use 15 characters or more. Four or five words that have nothing to do with each other are good.",
        );
    }
    if password.len() > LONGEST_PASSWORD {
        return Some("Use 1,000 characters or fewer.");
    }
    if COMMON.lines().any(|common| common == lower) || is_one_piece_repeated(&lower) {
        return Some("This password is among the first that others guess. Use another one.");
    }
    if lower.contains("storefront") || lower == email.trim().to_lowercase() {
        return Some("Use a password without your e-mail address and without our name.");
    }
    None
}

/// `abcabcabcabcabc`
fn is_one_piece_repeated(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 3)
        .any(|length| letters.iter().zip(&letters[length..]).all(|(one, next)| one == next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(password: &str) -> bool {
        weakness(&Secret::from(password.to_owned()), "ann.of.green.gables@example.com").is_none()
    }

    #[test]
    fn long_ones_are_taken_whatever_is_in_them() {
        for password in
            ["correct horse battery", "päßwörter sind süß", "               .", "🐎🔋🖇🐎🔋 staple, correct"]
        {
            assert!(is_taken(password), "{password}");
        }
    }

    #[test]
    fn short_common_and_obvious_ones_are_refused() {
        for password in [
            "14 characters.",
            "passwordpassword",
            "PasswordPassword",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabcab",
            "Ann.of.Green.Gables@example.com",
            "my storefront password",
        ] {
            assert!(!is_taken(password), "{password}");
        }
        assert!(!is_taken(&"long enough, and then some. ".repeat(50)));
    }

    #[test]
    fn the_list_has_only_what_the_length_lets_through() {
        for common in COMMON.lines() {
            assert!(
                common.chars().count() >= SHORTEST_PASSWORD && common == common.to_lowercase(),
                "{common}"
            );
        }
    }
}
