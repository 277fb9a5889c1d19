//! Signing in and out, and a forgotten password. A failure never tells which part was wrong.

use super::{
    asking::Asker,
    parts::{Carry, Work},
};

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
    /// Whether browsers can have passkeys for this address.
    pub has_passkeys: bool,
    /// Work that is asked for, after too many tries.
    pub work: Option<Work>,
    /// Posted back.
    pub carry: Carry,
}

/// `GET /reset`. Posts `identifier` to `/reset`.
pub struct ResetRequest {
    /// As in [`SignIn`].
    pub identifier_label: String,
    /// What was typed before.
    pub identifier: String,
    /// Work that is asked for, after too many tries.
    pub work: Option<Work>,
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

/// `GET /device`: asks for the code that a device shows. Leads to itself with `user_code`.
pub struct DeviceForm {
    /// Whether what was typed is the code of no device.
    pub failed: bool,
    /// What was typed before.
    pub code: String,
    /// Work that is asked for, after too many tries.
    pub work: Option<Work>,
}

/// `GET /device` with a code: whose device it is. Posts `user_code`, `shown` and `choice` (`mine` or `foreign`) to `/device`.
pub struct DeviceFound {
    /// The service of the device.
    pub asker: Asker,
    /// The code's letters, posted back.
    pub code: String,
    /// Proof that the code was shown to this person, posted back.
    pub shown: String,
}

impl DeviceFound {
    /// The code as the device shows it.
    pub(super) fn code(&self) -> String {
        self.code.split_at_checked(4).map_or_else(|| self.code.clone(), |(first, second)| format!("{first}-{second}"))
    }
}

/// After the answer: the device goes on, or not.
pub struct DeviceEnd {
    /// Whether it goes on.
    pub is_done: bool,
}
