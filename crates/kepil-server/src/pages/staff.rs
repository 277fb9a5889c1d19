//! The console of the staff: what one may do and what is missing, people, staff and duties, audit, joining.
//!
//! Source: clauses 3.5c, 5.2b to 5.2f. Does not know: any duty or field by name; values come masked or opened for one answer.

use super::{
    chrome::Chrome,
    parts::{Carry, Choice},
    reading::markdown,
    when::When,
};

/// `GET /staff`.
pub struct StaffDesk {
    /// Whether a second factor was proved in this session.
    pub is_strong: bool,
    /// What is signed, and what is still to be.
    pub papers: Vec<PaperRow>,
    /// The last training, and until when it counts.
    pub trained: Option<(When, When)>,
    /// Whether it counts today.
    pub is_trained: bool,
    /// Whether the reader may record their own training: the only officer.
    pub can_train: bool,
    /// What one may act under, once nothing is missing.
    pub duties: Vec<OwnDuty>,
    /// Duties that wait for a second officer.
    pub waiting: Vec<String>,
    /// The pages that one may open.
    pub nav: Vec<NavItem>,
    /// What names the reader in the form of leaving.
    pub own: String,
}

/// A page of the console.
#[derive(Clone)]
pub struct NavItem {
    /// Where.
    pub path: &'static str,
    /// The key of its words.
    pub key: &'static str,
}

/// A document of the staff.
pub struct PaperRow {
    /// Where it is read and signed.
    pub path: String,
    /// Its title.
    pub title: String,
    /// When the present text was signed.
    pub signed: Option<When>,
}

/// A duty of the reader.
pub struct OwnDuty {
    /// What it is called.
    pub label: String,
    /// What it sees.
    pub fields: Vec<String>,
    /// The last day.
    pub until: Option<When>,
    /// Whether it is somebody else's, for whom the reader stands in.
    pub is_deputy: bool,
}

/// `GET /staff/papers/{name}`. Posts `hash`.
pub struct StaffPaper {
    /// Its title.
    pub title: String,
    /// Markdown, with its tables.
    pub body: String,
    /// When the present text was signed.
    pub signed: Option<When>,
    /// Where it is posted.
    pub action: String,
    /// Posted back: the hash of the text as it is shown.
    pub carry: Carry,
    /// The pages that one may open.
    pub nav: Vec<NavItem>,
}

impl StaffPaper {
    pub(super) fn html(&self) -> String {
        markdown(&self.body)
    }
}

/// `GET /staff/join?token=…`. Posts `token`.
pub struct StaffJoin {
    /// The token of the link.
    pub token: String,
    /// Whether a second factor was proved in this session.
    pub is_strong: bool,
}

/// `GET /staff/people`. Posts `duty`, `name` and `reason` to `/staff/people`, then `case` and `field` to
/// `/staff/people/show`.
pub struct StaffPeople {
    /// Duties under which the reader may look.
    pub duties: Vec<Choice>,
    /// What names a person at sign-in.
    pub name_label: String,
    /// What was typed.
    pub reason: String,
    /// Unit: letters.
    pub reason_letters_max: usize,
    /// Whether no reason was typed.
    pub reason_missing: bool,
    /// What came of it.
    pub found: Option<FoundPerson>,
    /// The pages that one may open.
    pub nav: Vec<NavItem>,
}

/// What came of a look-up.
pub struct FoundPerson {
    /// Under which duty.
    pub duty: String,
    /// Why.
    pub reason: String,
    /// Why nothing is shown: words and clause.
    pub refused: Option<(String, &'static str)>,
    /// Field by field.
    pub rows: Vec<SeenRow>,
    /// Posted back with the field.
    pub carry: Carry,
}

/// One field of the person.
pub struct SeenRow {
    /// Its name, which is posted.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What is shown of it.
    pub seen: SeenValue,
}

impl SeenRow {
    pub(super) fn is_masked(&self) -> bool {
        matches!(self.seen, SeenValue::Masked)
    }
}

/// What is shown of a field.
pub enum SeenValue {
    /// Not this: words and clause.
    Withheld(String, &'static str),
    /// There is no value.
    Absent,
    /// There is one, not opened.
    Masked,
    /// The value.
    Open(String),
}

/// `GET /staff/exports`. Posts `purpose`, `field`, `recipient`, `people`, `until` and `reason` to `/staff/exports/ask`, then `permit`
/// and `act` to `/staff/exports/act`.
pub struct StaffExports {
    /// Every permit that has not ended.
    pub rows: Vec<PermitRow>,
    /// Purposes of services.
    pub purposes: Vec<Choice>,
    /// Fields that any of them has.
    pub fields: Vec<Choice>,
    /// To whom data may go; the value `""` is the service itself.
    pub recipients: Vec<Choice>,
    /// The last day that is proposed, and the latest: `YYYY-MM-DD`.
    pub until: (String, String),
    /// What was wrong with the last act, in the reader's language.
    pub fault: Option<String>,
    /// Unit: letters.
    pub reason_letters_max: usize,
    /// The pages that one may open.
    pub nav: Vec<NavItem>,
}

/// A permit to take data of many people.
pub struct PermitRow {
    /// What names it, in forms and towards the service.
    pub id: String,
    /// The service and its purpose.
    pub purpose: String,
    /// What is taken.
    pub fields: Vec<String>,
    /// To whom it goes.
    pub recipient: String,
    /// About how many people it was used, and may be.
    pub people: (u32, u32),
    /// The last day.
    pub until: When,
    /// Why.
    pub reason: String,
    /// Whether another officer confirmed it.
    pub is_confirmed: bool,
    /// Whether the reader may confirm it.
    pub can_confirm: bool,
}

/// `GET /staff/members`.
pub struct StaffMembers {
    /// Everybody.
    pub rows: Vec<MemberRow>,
    /// Everybody, for a choice.
    pub members: Vec<Choice>,
    /// Everybody who can be stood in for; the value `""` is nobody.
    pub principals: Vec<Choice>,
    /// Every duty.
    pub duties: Vec<Choice>,
    /// The last day that is proposed, and the latest: `YYYY-MM-DD`.
    pub until: (String, String),
    /// What names a person at sign-in.
    pub name_label: String,
    /// A link that was just made.
    pub link: Option<String>,
    /// What was wrong with the last act, in the reader's language.
    pub fault: Option<String>,
    /// Whether one officer's word is enough now.
    pub is_alone: bool,
    /// Unit: letters.
    pub reason_letters_max: usize,
    /// The pages that one may open.
    pub nav: Vec<NavItem>,
}

/// Somebody of the staff.
pub struct MemberRow {
    /// What names them in forms.
    pub id: String,
    /// What they are called; `None` where the gate did not show it.
    pub name: Option<String>,
    /// Whether it is the reader.
    pub is_own: bool,
    /// Since when.
    pub since: When,
    /// Whether undertaking and rules are signed as they stand.
    pub has_signed: bool,
    /// The last training, when it counts.
    pub trained: Option<When>,
    /// Whether the reader may record a training.
    pub can_train: bool,
    /// Their duties.
    pub duties: Vec<MemberDuty>,
}

/// A duty of somebody of the staff.
pub struct MemberDuty {
    /// Its name, which is posted.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// The last day.
    pub until: Option<When>,
    /// Whom they stand in for: what names them in forms, and what they are called.
    pub deputy_for: Option<(String, String)>,
    /// Where it stands.
    pub state: DutyState,
    /// Whether the reader may confirm it.
    pub can_confirm: bool,
}

/// Where a duty of somebody stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DutyState {
    /// In force: granted by one and confirmed by another.
    Held,
    /// In force by one officer's word.
    Alone,
    /// Waits for a second officer.
    Waiting,
    /// Its time is over, or the one they stand in for has it no more.
    Over,
}

impl DutyState {
    /// The key of its words.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Held => "duty-held",
            Self::Alone => "duty-alone",
            Self::Waiting => "duty-waiting",
            Self::Over => "duty-over",
        }
    }
}

impl MemberDuty {
    /// Whom they stand in for, as it is posted.
    pub(super) fn posted_for(&self) -> &str {
        self.deputy_for.as_ref().map_or("", |(id, _)| id)
    }
}

/// `GET /staff/audit`.
pub struct StaffAudit {
    /// How many are of the staff, and how many of them are not ready.
    pub staff: (u32, u32),
    /// Duties: label, held, waiting, by one officer's word.
    pub duties: Vec<(String, u32, u32, u32)>,
    /// Uses: day, label of the duty, looks, refused.
    pub uses: Vec<(When, String, u32, u32)>,
    /// Reads by staff, and all reads, of this server since its start.
    pub reads: (u64, u64),
    /// Texts that were not taken for what they spoke of; nothing but their number is known.
    pub refused_texts: u32,
    /// Ledgers: label, newest signed note.
    pub checkpoints: Vec<(String, String)>,
    /// The pages that one may open.
    pub nav: Vec<NavItem>,
}

impl Chrome {
    /// Whether the page of the console at `path` is this one.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.here.split('?').next().is_some_and(|here| here == path)
    }
}
