//! For whom the reader acts, and who acts for the same entity.
//!
//! Source: clauses 1.1b, 2.1¶C3, 7.1. The id of an entity in an address is the reader's own for it.

use super::{
    asking::Asker,
    mine::Shelf,
    parts::{Carry, Choice, Input, Link},
    when::When,
};

/// `GET /me/representing`.
pub struct Representing {
    /// The entities and wards.
    pub rows: Vec<Entity>,
    /// How many mandates have ended.
    pub ended: u32,
    /// Where people write to about an entity for which nobody may act.
    pub contact: String,
    /// Whether the bundle has services that ask for a guardian.
    pub has_guardians: bool,
    /// Whether an account can be made for a child.
    pub can_make_ward: bool,
}

/// An entity or a ward for whom the reader acts.
pub struct Entity {
    /// Its page.
    pub path: String,
    /// What it is called; empty for a ward without a name.
    pub name: String,
    /// Whether it is a ward.
    pub is_ward: bool,
    /// By which mandate.
    pub mandate: Mandate,
}

/// A mandate in words.
pub struct Mandate {
    /// Whether its holder may invite and revoke.
    pub is_head: bool,
    /// Since when.
    pub since: When,
    /// The last day.
    pub until: Option<When>,
    /// Whether a guardian sees and does everything about a ward, whatever the services.
    pub is_of_all_data: bool,
    /// Labels of the services; everywhere when empty, but for a guardian.
    pub services: Vec<String>,
}

/// `GET` and `POST /me/representing/make`. Posts the fields, and `of_age`.
pub struct MakeEntity {
    /// The fields that the bundle asks for.
    pub inputs: Vec<Input>,
    /// From what age one may act for others. Unit: years.
    pub least_age: u32,
    /// What is accepted for the entity.
    pub documents: Vec<Link>,
    /// Whether one can be made for a child instead.
    pub can_make_ward: bool,
    /// Posted back.
    pub carry: Carry,
}

impl MakeEntity {
    pub(super) fn has_errors(&self) -> bool {
        self.inputs.iter().any(|input| input.error.is_some())
    }
}

/// `GET /me/representing/{id}`.
pub struct EntityPage {
    /// Its own path; its acts are posted below it.
    pub path: String,
    /// What it is called.
    pub name: String,
    /// What is held about it.
    pub shelves: Vec<Shelf>,
    /// Who acts for it.
    pub people: Vec<Person>,
    /// The services that it uses: name and label.
    pub services: Vec<(String, String)>,
    /// Whether the reader may invite and revoke.
    pub is_head: bool,
    /// Whether services may know the reader's name.
    pub shows_name: bool,
    /// What the entity loses if the reader leaves: nothing, everybody who may invite, or everybody.
    pub leaving: &'static str,
}

/// Somebody who acts for the entity.
pub struct Person {
    /// Posted back.
    pub id: String,
    /// Their name, if they let it be known.
    pub name: Option<String>,
    /// Whether it is the reader.
    pub is_reader: bool,
    /// By which mandate.
    pub mandate: Mandate,
}

/// `GET` and `POST /me/representing/{id}/invite`. Posts `email`, `service`, `until`, `head`.
pub struct Invite {
    /// The entity's page.
    pub path: String,
    /// What the entity is called.
    pub name: String,
    /// The services to which a mandate can be limited.
    pub services: Vec<Choice>,
    /// What was typed before.
    pub email: String,
    /// Whether it must be mended.
    pub failed: bool,
}

/// `GET /invited`, behind a letter's link. Posts `token`, `show_name`, `of_age` and `choice` to itself.
pub struct Invited {
    /// What the entity is called.
    pub name: String,
    /// To what mandate.
    pub mandate: Mandate,
    /// From what age one may act for others. Unit: years.
    pub least_age: u32,
    /// Posted back.
    pub carry: Carry,
}

/// `GET /whom`: for whom the reader goes to a service. Posts `whom` to itself.
pub struct Whom {
    /// Who asks.
    pub asker: Asker,
    /// What is posted for the reader alone.
    pub own: String,
    /// What is posted for each entity or ward, and what it is called; empty for a ward without a name.
    pub entities: Vec<(String, String)>,
    /// Posted back.
    pub carry: Carry,
}
