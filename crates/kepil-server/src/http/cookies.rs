//! The cookies that the server itself sets, each declared in the bundle's registry by what it is for.
//!
//! Over https they carry the `__Host-` prefix and `Secure`; plain http is for loopback only. Clauses 2.5b1, 2.5b4.

use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie of the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cookie {
    /// A browser that is signed in.
    Session,
    /// Binds forms to a browser before sign-in.
    Form,
    /// The language that the reader chose.
    Language,
}

/// How long a chosen language is remembered. Unit: seconds.
const LANGUAGE_S: i64 = 180 * 24 * 3600;

impl Cookie {
    fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-kepil_session",
            (Self::Session, false) => "kepil_session",
            (Self::Form, true) => "__Host-kepil_form",
            (Self::Form, false) => "kepil_form",
            (Self::Language, true) => "__Host-kepil_language",
            (Self::Language, false) => "kepil_language",
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

    /// The header that sets the cookie.
    #[must_use]
    pub fn set(self, value: &str, is_https: bool) -> HeaderValue {
        let age = match self {
            Self::Session | Self::Form => String::new(),
            Self::Language => format!("; Max-Age={LANGUAGE_S}"),
        };
        self.header(value, &age, is_https)
    }

    /// The header that ends the cookie.
    #[must_use]
    pub fn end(self, is_https: bool) -> HeaderValue {
        self.header("", "; Max-Age=0", is_https)
    }

    fn header(self, value: &str, age: &str, is_https: bool) -> HeaderValue {
        let secure = if is_https { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", self.name(is_https));
        // Values are tokens of ours: visible ASCII without separators.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}
