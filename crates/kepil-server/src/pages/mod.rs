//! Pages: what a person sees, as pure functions from a view and its [`Chrome`] to HTML.
//!
//! Source: clauses 1.2c, 2.1.1, 3.2b, 3.4e, 4.1 to 4.6, 8.1. Start reading at [`Chrome`], then any view with its template
//! of the same name. Does not know: the store, the clock, the session, any field, purpose or service by name. Works
//! without JavaScript; no style or handler stands in the markup, so the strictest Content-Security-Policy fits.

mod activity;
mod ages;
mod asking;
mod choices;
mod chrome;
mod contents;
mod factors;
mod guardians;
mod joining;
mod letters;
mod mine;
mod parts;
mod problem;
mod profile;
mod reading;
mod representing;
mod sample;
mod security;
mod signing;
mod staff;
#[cfg(test)]
mod tests;
mod verifying;
mod wards;
mod when;
mod words;

use askama::Template;

pub use activity::{Activity, By, Event, Unreadable, setting_in_words};
pub use ages::{AgeBar, AgeGate};
pub use asking::{Acceptance, Asker, Claim, Consent, Inquiry, Refusing};
pub use choices::{ConsentRow, Consents, ServiceRow, Services, ToldField, ToldRow, WhoGotWhat};
pub use chrome::{Chrome, Done, OWN, SCRIPT, SCRIPT_PATH, STYLE, STYLE_PATH};
pub use contents::{ContentPage, ContentRow, Contents};
pub use factors::{AddApp, AddPhone, FactorRows, LostAll, Prove, RecoveryCodes, Second, StopLost, Ways, picture};
pub use guardians::{AskGuardian, Guarded, GuardianInvited, Guardians, Guarding, OwnWay, Ward};
pub use joining::{Confirm, Front, LetterSent, Register, SentFor};
pub use letters::{Letter, Written};
pub use mine::{ChangeEmail, ConfirmEmail, EditField, MyData, Row, Shelf};
pub use parts::{Carry, Choice, Input, Link, Purpose, UNKNOWN, Work, device_in_words, value_in_words};
pub use problem::{Problem, Trouble};
pub use profile::{
    NamedInvitation, NamedRow, ProfileSettings, ProfileWarning, PublicProfile, SettingRow, ShownTo, View,
    audience_in_words, placed_in_words,
};
pub use reading::{Document, EditionDiff, EditionRow, EditionState, Editions, LineMark, TextDiff, markdown};
pub use representing::{Entity, EntityPage, Invite, Invited, MakeEntity, Mandate, Person, Representing, Whom};
pub use sample::{Reading, ServicePage};
pub use security::{Block, CloseAccount, Gone, Security, Session, SignInItem, SignIns, means_in_words};
pub use signing::{DeviceEnd, DeviceForm, DeviceFound, ResetForm, ResetRequest, SignIn, SignOut, SignedOut};
pub use staff::{
    DutyState, FoundPerson, MemberDuty, MemberRow, NavItem, OwnDuty, PaperRow, PermitRow, SeenRow, SeenValue,
    StaffAudit, StaffDesk, StaffExports, StaffJoin, StaffMembers, StaffPaper, StaffPeople,
};
pub use verifying::{VERIFY, VERIFY_PATH, Verify};
pub use wards::{MakeWard, WayIn};
pub use when::When;
pub use words::{Part, Words};

/// Binds views to their templates.
macro_rules! pages {
    ($($view:ident = $path:literal),+ $(,)?) => {$(
        const _: () = {
            #[derive(Template)]
            #[template(path = $path)]
            struct Page<'a> {
                c: &'a Chrome,
                p: &'a $view,
            }

            impl $view {
                /// The page as HTML.
                #[must_use]
                pub fn render(&self, chrome: &Chrome) -> String {
                    // Writing to a string does not fail; an empty page shows nothing that should not be shown.
                    Page { c: chrome, p: self }.render().unwrap_or_default()
                }
            }
        };
    )+};
}

pages! {
    Front = "front.html",
    Register = "register.html",
    LetterSent = "letter_sent.html",
    Confirm = "confirm.html",
    SignIn = "sign_in.html",
    Second = "second.html",
    Prove = "prove.html",
    StopLost = "stop_lost.html",
    AddApp = "add_app.html",
    AddPhone = "add_phone.html",
    SignIns = "sign_ins.html",
    RecoveryCodes = "recovery_codes.html",
    ResetRequest = "reset_request.html",
    ResetForm = "reset_form.html",
    SignOut = "sign_out.html",
    SignedOut = "signed_out.html",
    DeviceForm = "device_form.html",
    DeviceFound = "device_found.html",
    DeviceEnd = "device_end.html",
    AgeGate = "age_gate.html",
    Acceptance = "acceptance.html",
    Consent = "consent.html",
    Inquiry = "inquiry.html",
    MyData = "my_data.html",
    EditField = "edit_field.html",
    ChangeEmail = "change_email.html",
    ConfirmEmail = "confirm_email.html",
    Activity = "activity.html",
    Services = "services.html",
    WhoGotWhat = "who_got_what.html",
    Consents = "consents.html",
    Representing = "representing.html",
    MakeEntity = "make_entity.html",
    MakeWard = "make_ward.html",
    WayIn = "way_in.html",
    EntityPage = "entity.html",
    Invite = "invite.html",
    Invited = "invited.html",
    Whom = "whom.html",
    Guardians = "guardians.html",
    AskGuardian = "ask_guardian.html",
    GuardianInvited = "guardian_invited.html",
    Ward = "ward.html",
    Security = "security.html",
    Block = "block.html",
    CloseAccount = "close_account.html",
    Gone = "gone.html",
    StaffDesk = "staff_desk.html",
    StaffPaper = "staff_paper.html",
    StaffJoin = "staff_join.html",
    StaffPeople = "staff_people.html",
    StaffMembers = "staff_members.html",
    StaffExports = "staff_exports.html",
    StaffAudit = "staff_audit.html",
    Document = "document.html",
    Editions = "editions.html",
    Verify = "verify.html",
    EditionDiff = "edition_diff.html",
    Problem = "problem.html",
    ProfileSettings = "profile_settings.html",
    ProfileWarning = "profile_warning.html",
    PublicProfile = "public_profile.html",
    NamedInvitation = "named_invitation.html",
    Contents = "contents.html",
    ContentPage = "content_page.html",
    ServicePage = "service_page.html",
}
