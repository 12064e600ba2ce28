//! What an operation is called, and what is said of it.

use super::structs::text;

/// The name of an operation, and the documentation of its method, or what is said where there is none.
pub struct About {
    pub(super) name: &'static str,
    doc: &'static str,
    more: &'static str,
}

impl About {
    /// Of a method with this documentation.
    #[must_use]
    pub const fn method(name: &'static str, doc: &'static str) -> Self {
        About { name, doc, more: "" }
    }

    /// Of a method of the contract.
    #[must_use]
    pub const fn of_contract(name: &'static str, doc: &'static str) -> Self {
        if doc.is_empty() { Self::method(name, default_doc(name)) } else { Self::method(name, doc) }
    }

    pub(super) const REAUTHENTICATE: About = Self::method(
        "reauthenticate",
        "Checks credentials again.\n\nThe same session, a new secret, a fresh start for sensitive steps.",
    );
    pub(super) const LIST_SESSIONS: About = Self::method(
        "list_sessions",
        "Lists the sessions of who is signed in.\n\nTimes, browser and network of each, and which of them asks.",
    );
    pub(super) const END_OTHERS: About =
        Self::method("end_other_sessions", "Ends all other sessions of who is signed in.");
    pub(super) const END_SESSION: About = Self::method(
        "end_session",
        "Ends one of the sessions of who is signed in.\n\nThe id of somebody else's is answered as an unknown one is.",
    );

    /// The same in another way.
    pub(super) const fn sibling(&self, name: &'static str, more: &'static str) -> Self {
        About { name, doc: self.doc, more }
    }

    /// The first line.
    pub(super) fn summary(&self) -> String {
        let text = text(self.doc).unwrap_or_else(|| self.name.replace('_', " "));
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// The lines after it.
    pub(super) fn description(&self) -> Option<String> {
        let text = text(self.doc).unwrap_or_default();
        let (_, rest) = text.split_once('\n').unwrap_or_default();
        let rest: Vec<&str> = [rest.trim(), self.more].into_iter().filter(|part| !part.is_empty()).collect();
        (!rest.is_empty()).then(|| rest.join("\n\n"))
    }
}

const fn default_doc(name: &str) -> &'static str {
    match name.as_bytes() {
        b"login" => "Checks credentials, and opens a session.\n\nA session that was presented is ended.",
        b"logout" => "Ends the session.\n\nWhen this is answered, it is dead.",
        b"refresh" => {
            "Rotates the session's secret.\n\nTwo requests at once, or one whose answer was lost, get the same new one."
        }
        _ => "Shows the session.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_summary() {
        let about = About::method("me", " Shows the profile.\n\n Of who is signed in:\n   - name\n");
        assert_eq!(about.summary(), "Shows the profile.");
        assert_eq!(about.description().as_deref(), Some("Of who is signed in:\n  - name"));
        let about = About::method("end_it", "");
        assert_eq!((about.summary().as_str(), about.description()), ("end it", None));
    }

    #[test]
    fn what_nobody_documented_is_documented_here() {
        assert_eq!(About::of_contract("logout", "").summary(), "Ends the session.");
        assert_eq!(About::of_contract("logout", " Bye.").summary(), "Bye.");
        let sibling = About::method("login", "Signs in.").sibling("login_bearer", "With a token.");
        assert_eq!(
            (sibling.summary().as_str(), sibling.description().as_deref()),
            ("Signs in.", Some("With a token."))
        );
    }
}
