//! The cookies that the server itself sets, each declared in the bundle's registry by what it is for.
//!
//! Over https they carry the `__Host-` prefix and `Secure`; plain http is for loopback only. Clauses 2.5b1, 2.5b4.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use kepil_policy::Policy;

/// A cookie of the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cookie {
    /// A browser that is signed in.
    Session,
    /// Binds forms to a browser before sign-in.
    Form,
    /// The language that the reader chose.
    Language,
    /// A browser that signed in before (`known.rs`).
    KnownBrowser,
}

impl Cookie {
    fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-kepil_session",
            (Self::Session, false) => "kepil_session",
            (Self::Form, true) => "__Host-kepil_form",
            (Self::Form, false) => "kepil_form",
            (Self::Language, true) => "__Host-kepil_language",
            (Self::Language, false) => "kepil_language",
            (Self::KnownBrowser, true) => "__Host-kepil_known_browser",
            (Self::KnownBrowser, false) => "kepil_known_browser",
        }
    }

    /// What the browser sent.
    #[must_use]
    pub fn find(self, headers: &HeaderMap, is_https: bool) -> Option<&str> {
        let name = self.name(is_https);
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
    }

    /// Its name in the bundle's registry.
    fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Form => "form",
            Self::Language => "language",
            Self::KnownBrowser => "known_browser",
        }
    }

    /// Adds the header that sets the cookie, for as long as the bundle declares. One that the bundle does not declare is
    /// not set: what it is for then does not work.
    pub fn set(self, answer: &mut Response, value: &str, policy: &Policy, is_https: bool) {
        let Some(declared) = policy.cookies().iter().find(|each| each.name == self.word()) else {
            tracing::warn!(cookie = self.word(), "a cookie of the server is not declared in the bundle");
            return;
        };
        let hours = declared.lifetime_hours.map(|hours| u64::from(hours) * 3600);
        let age = hours.map(|age_s| format!("; Max-Age={age_s}")).unwrap_or_default();
        answer.headers_mut().append(header::SET_COOKIE, self.header(value, &age, is_https));
    }

    /// Adds the header that ends the cookie.
    pub fn end(self, answer: &mut Response, is_https: bool) {
        answer.headers_mut().append(header::SET_COOKIE, self.header("", "; Max-Age=0", is_https));
    }

    fn header(self, value: &str, age: &str, is_https: bool) -> HeaderValue {
        let secure = if is_https { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", self.name(is_https));
        // Values are tokens of ours: visible ASCII without separators.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}
