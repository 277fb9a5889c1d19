//! Factors besides the password: using, adding, losing them.
//!
//! Source: clauses 5.1, 6.1b. Passkeys need a script of the browser's; everything else works without.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

use super::{
    parts::{Carry, Work},
    when::When,
};

/// By which ways a code can be sent to the person.
pub struct Ways {
    /// By letter.
    pub mail: bool,
    /// To their phone: its last digits.
    pub phone: Option<String>,
    /// Whether one was sent just now.
    pub sent: bool,
}

/// `GET /me/security/phone`. Posts `phone` to itself; then `sent` and `code` to `/me/security/phone/confirm`.
pub struct AddPhone {
    /// Whether the code is asked for, not the number.
    pub asks_code: bool,
    /// The number as it was typed.
    pub number: String,
    /// What is wrong with it, in the reader's language.
    pub error: Option<String>,
    /// Whether the last code was wrong.
    pub failed: bool,
    /// Posted back.
    pub carry: Carry,
}

/// Whether somebody said that everything is lost.
pub enum LostAll {
    /// Nobody did: it can be said here.
    No,
    /// They wait until then.
    Until(When),
    /// They waited: the factors can be taken away here.
    Over,
}

/// `GET /sign-in/second`. Posts `code` to itself; `half` alone to `/sign-in/lost`; a passkey to `/sign-in/passkey`.
pub struct Second {
    /// Whether an app gives codes.
    pub has_app: bool,
    /// Whether there is a passkey.
    pub has_passkey: bool,
    /// By which ways a code can be sent.
    pub ways: Ways,
    /// Whether the last code was wrong.
    pub failed: bool,
    /// Whether somebody said that everything is lost.
    pub lost: LostAll,
    /// Posted back with a passkey: the request to go on with.
    pub go: String,
    /// Posted back with a passkey: the page to go on to.
    pub back: String,
    /// Work that is asked for, after too many tries.
    pub work: Option<Work>,
    /// Posted back.
    pub carry: Carry,
}

impl Second {
    /// What is posted back with a passkey.
    pub(super) fn passkey_carry(&self) -> Carry {
        vec![("go".to_owned(), self.go.clone()), ("back".to_owned(), self.back.clone())]
    }
}

/// `GET /prove`, before a sensitive act. Posts `now` and `code`, or a passkey, to itself.
pub struct Prove {
    /// Whether the password alone is not enough.
    pub asks_code: bool,
    /// Whether there is a passkey.
    pub has_passkey: bool,
    /// By which ways a code can be sent.
    pub ways: Ways,
    /// Whether the last try failed.
    pub failed: bool,
    /// Work that is asked for, after too many tries.
    pub work: Option<Work>,
    /// Posted back.
    pub carry: Carry,
}

/// `GET /sign-in/lost/stop`, behind a letter's link. Posts `token` to itself.
pub struct StopLost {
    /// Whether it is stopped.
    pub is_done: bool,
    /// Posted back.
    pub carry: Carry,
}

/// `GET /me/security/app`. Posts `token` and `code` to itself.
pub struct AddApp {
    /// The secret as a picture.
    pub picture: String,
    /// The secret as people type it.
    pub secret: String,
    /// Whether the last code was wrong.
    pub failed: bool,
    /// Posted back.
    pub carry: Carry,
}

/// After the first factor was added, or the codes were renewed: shown once.
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
}

/// What the page of security shows of the factors.
#[expect(clippy::struct_excessive_bools, reason = "four kinds of factors, each there or not")]
pub struct FactorRows {
    /// Whether an app gives codes.
    pub has_app: bool,
    /// Passkeys: what they are called, and since when.
    pub passkeys: Vec<(String, When)>,
    /// Whether browsers can have passkeys for this address.
    pub can_passkeys: bool,
    /// Whether letters take codes.
    pub mail: bool,
    /// The phone that takes codes: its last digits.
    pub phone: Option<String>,
    /// Whether there is a way to phones.
    pub can_phone: bool,
    /// How many recovery codes are left.
    pub codes: u32,
}

/// `text` as a picture for cameras: SVG, black on white, with its quiet border.
#[must_use]
pub fn picture(text: &str) -> String {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return String::new() };
    let (modules, mut path) = (code.size(), String::new());
    for y in 0..modules {
        for x in (0..modules).filter(|x| code.get_module(*x, y)) {
            // Writing to a string does not fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + 4, y + 4);
        }
    }
    let side = modules + 8;
    format!(
        "<svg class=\"code\" viewBox=\"0 0 {side} {side}\" width=\"240\" height=\"240\" role=\"img\" aria-hidden=\"true\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}
