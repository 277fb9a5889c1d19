//! Signing in and out, and a forgotten password. A failure never tells which part was wrong.

use super::parts::Carry;

/// `GET` and `POST /sign-in`. Posts `identifier` and `password`.
pub struct SignIn {
    /// Labels of the fields that name a person at sign-in, joined, such as "e-mail or login".
    pub identifier_label: String,
    /// What was typed before.
    pub identifier: String,
    /// Whether the last try failed.
    pub failed: bool,
    /// The service that the person is on the way to.
    pub service: Option<String>,
    /// Posted back.
    pub carry: Carry,
}

/// `GET /reset`. Posts `identifier` to `/reset`.
pub struct ResetRequest {
    /// As in [`SignIn`].
    pub identifier_label: String,
}

/// `GET /reset/form`, after the link in the letter. Posts `password` to `/reset/form`.
pub struct ResetForm {
    /// What is wrong with the password, in the reader's language.
    pub error: Option<String>,
    /// Unit: letters.
    pub password_letters_min: u32,
    /// Posted back: the link's token.
    pub carry: Carry,
}

/// `GET /sign-out`: asks, because a link alone must not sign anybody out.
pub struct SignOut {
    /// The service that asked for it.
    pub service: Option<String>,
    /// Posted back.
    pub carry: Carry,
}

/// After signing out.
pub struct SignedOut {
    /// Back to the service that asked for it: its name and address.
    pub back: Option<super::parts::Link>,
}
