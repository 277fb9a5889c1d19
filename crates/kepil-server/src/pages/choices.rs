//! Services that a person uses and consents that a person gave. Withdrawing is as easy as giving.
//!
//! Source: clauses 4.7, 7.3, 8.2a.

use super::{
    parts::{Link, Purpose},
    when::When,
};

/// `GET /me/services`.
pub struct Services {
    /// Those that the person uses.
    pub rows: Vec<ServiceRow>,
    /// Whether the reader sees what was done with their data.
    pub has_activity: bool,
}

/// One service of a person.
pub struct ServiceRow {
    /// Its name in the bundle, for the path of leaving.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it does.
    pub about: String,
    /// Whose it is.
    pub owner: String,
    /// Whether another legal entity receives the data.
    pub third_party: bool,
    /// What it gets and for what.
    pub gets: Vec<Purpose>,
    /// Since when.
    pub since: When,
    /// The edition that the person accepted.
    pub edition: When,
    /// Whether the person can leave it alone; the account itself is closed instead.
    pub can_leave: bool,
    /// A later edition that waits for the person's answer.
    pub newer: Option<Link>,
}

/// `GET /me/consents`. Each row posts `service`, `purpose` and `on` = `yes` or `no` to `/me/consents/set`.
pub struct Consents {
    /// Every purpose that the person may turn on or off.
    pub rows: Vec<ConsentRow>,
}

/// One purpose of one service.
pub struct ConsentRow {
    /// The service's name in the bundle.
    pub service: String,
    /// What people call the service.
    pub service_label: String,
    /// The purpose.
    pub purpose: Purpose,
    /// Whether the consent is in force.
    pub on: bool,
    /// Since when it is so; `None` when the person was never asked.
    pub since: Option<When>,
    /// Where the person chooses claim by claim, where claims are asked so.
    pub by_claim: Option<String>,
    /// The page on which the account is closed, where the consent ends with the account alone.
    pub closes: Option<String>,
    /// Why it cannot be withdrawn now: the unfulfilled obligation, named.
    pub bar: Option<String>,
}

/// `GET /me/told`: who was told what, from the ledger (clauses 3.4e, 4.6).
pub struct WhoGotWhat {
    /// One for each service that was told anything within the last year.
    pub rows: Vec<ToldRow>,
    /// Whether nothing of that year is left out: a page looks at so many entries and no more.
    pub is_whole: bool,
}

/// What one service was told.
pub struct ToldRow {
    /// Its name in the bundle.
    pub service: String,
    /// What people call it.
    pub label: String,
    /// Whose it is.
    pub owner: String,
    /// Whether another legal entity has a copy of its own.
    pub third_party: bool,
    /// What.
    pub fields: Vec<ToldField>,
}

/// One field that a service was told.
pub struct ToldField {
    /// What people call it.
    pub label: String,
    /// How often.
    pub times: u32,
    /// When last.
    pub last: When,
}
