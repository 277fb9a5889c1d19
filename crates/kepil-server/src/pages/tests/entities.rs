//! A made-up firm with made-up people, for looking at the pages.

use kepil_policy::{Category, Kind};

use super::samples::{FORUM, MAIL, PLACE, Sampler};
use crate::pages::*;

const FIRM: (&str, &str, &str) = ("ТОО «Тұлпар Логистика»", "«Тұлпар Логистика» ЖШС", "Tulpar Logistics LLP");

impl Sampler {
    pub fn entity_pages(&self) -> Vec<(&'static str, String)> {
        let own = |here: &str| self.chrome(here, true);
        vec![
            ("representing", self.representing().render(&own("/me/representing"))),
            ("make_entity", self.make_entity().render(&own("/me/representing/make"))),
            ("entity", self.entity("entity-leave-head").render(&own("/me/representing/x"))),
            ("entity_last", self.entity("entity-leave-last").render(&own("/me/representing/x"))),
            ("entity_others", self.entity("entity-leave-others").render(&own("/me/representing/x"))),
            ("invite", self.invite().render(&own("/me/representing/x/invite"))),
            ("invited", self.invited().render(&own("/invited"))),
            ("whom", self.whom().render(&own("/whom"))),
        ]
    }

    pub fn mandate(&self, is_head: bool) -> Mandate {
        Mandate {
            is_of_all_data: false,
            is_head,
            since: self.when(0),
            until: (!is_head).then(|| self.when(1)),
            services: if is_head { Vec::new() } else { self.all(&[MAIL, FORUM]) },
        }
    }

    fn listed(&self, name: String, is_ward: bool) -> Entity {
        Entity { path: "/me/representing/x".to_owned(), name, is_ward, mandate: self.mandate(!is_ward) }
    }

    pub fn representing(&self) -> Representing {
        let firm = self.listed(self.t(FIRM), false);
        let wards = [self.listed("Ерлан".to_owned(), true), self.listed(String::new(), true)];
        let rows = std::iter::once(firm).chain(wards).collect();
        Representing {
            rows,
            ended: 2,
            contact: "privacy@example.kz".to_owned(),
            has_guardians: true,
            can_make_ward: true,
        }
    }

    pub fn make_entity(&self) -> MakeEntity {
        let mut place = self.input("place", PLACE, Kind::Place, Category::Organisation, true);
        place.error = Some(Words::of(self.0).say("fault-bin", &[]));
        MakeEntity {
            inputs: vec![place],
            least_age: 18,
            documents: self.documents(),
            can_make_ward: true,
            carry: Vec::new(),
        }
    }

    pub fn entity(&self, leaving: &'static str) -> EntityPage {
        let person = |name: Option<&str>, is_reader| Person {
            id: "id".to_owned(),
            name: name.map(str::to_owned),
            is_reader,
            mandate: self.mandate(is_reader),
        };
        EntityPage {
            path: "/me/representing/x".to_owned(),
            name: self.t(FIRM),
            shelves: self.my_data().shelves,
            people: vec![person(Some("Айгүл"), true), person(None, false)],
            services: vec![("mail".to_owned(), self.t(MAIL))],
            is_head: true,
            shows_name: leaving == "entity-leave-last",
            leaving,
        }
    }

    pub fn invite(&self) -> Invite {
        let choice = |value: &str, label| Choice { value: value.to_owned(), label: self.t(label), chosen: false };
        Invite {
            path: "/me/representing/x".to_owned(),
            name: self.t(FIRM),
            services: vec![choice("mail", MAIL), choice("forum", FORUM)],
            email: "aigul@".to_owned(),
            failed: true,
        }
    }

    pub fn invited(&self) -> Invited {
        Invited { name: self.t(FIRM), mandate: self.mandate(false), least_age: 18, carry: Vec::new() }
    }

    pub fn whom(&self) -> Whom {
        let entities = vec![("sub".to_owned(), self.t(FIRM)), ("ward".to_owned(), String::new())];
        Whom { asker: self.asker(), own: "own".to_owned(), entities, carry: Vec::new() }
    }

    pub fn age_gate(&self) -> AgeGate {
        AgeGate { asker: self.asker(), years: 18, post_path: "/age/mail".to_owned(), carry: Vec::new() }
    }
}
