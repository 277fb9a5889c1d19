//! A made-up family, for looking at the pages.

use kepil_policy::{Category, Kind};

use super::samples::{FORUM, MAIL, PHONE, PLACE, Sampler};
use crate::pages::*;

impl Sampler {
    pub fn guardian_pages(&self) -> Vec<(&'static str, String)> {
        let own = |here: &str| self.chrome(here, true);
        let theirs = |whom: &str| Chrome {
            base: "/me/representing/x".to_owned(),
            whom: Some(whom.to_owned()),
            ..own("/me/representing/x/close")
        };
        let accept = |what| self.guarded(what).render(&own("/accept"));
        vec![
            ("guardians", self.guardians(true, false).render(&own("/me/guardians"))),
            ("guardians_none", self.guardians(false, false).render(&own("/me/guardians"))),
            ("guardians_alone", self.guardians(false, true).render(&own("/me/guardians"))),
            ("ask_guardian", self.ask_guardian().render(&own("/me/guardians/ask"))),
            ("guardian_invited", self.guardian_invited(false).render(&own("/invited"))),
            ("guardian_invited_whole", self.guardian_invited(true).render(&own("/invited"))),
            ("ward", self.ward(false).render(&own("/me/representing/x"))),
            ("ward_whole", self.ward(true).render(&own("/me/representing/x"))),
            ("ward_close", self.close_account(None).render(&theirs("Ерлан"))),
            ("ward_close_theirs", self.close_account(Some(14)).render(&theirs(""))),
            ("ward_consents", self.consents().render(&theirs("Ерлан"))),
            (
                "make_ward_young",
                self.barred_ward(AgeBar::Young { years: 18, contact: "privacy@example.kz".to_owned() }),
            ),
            ("make_ward_undated", self.barred_ward(AgeBar::Undated { path: "/me/fields/birth_date/edit".to_owned() })),
            ("make_ward_enough", self.barred_ward(AgeBar::Enough { count: 20 })),
            ("acceptance_ward_young", self.barred(AgeBar::YoungWard { years: 16 })),
            ("make_ward", self.make_ward().render(&own("/me/representing/make/ward"))),
            ("way_in", Self::way_in(Some("Ерлан")).render(&own("/me/representing/x/in"))),
            (
                "way_in_grown",
                WayIn { is_grown: true, ..Self::way_in(Some("Ерлан")) }.render(&own("/me/representing/x/in")),
            ),
            ("way_in_faults", Self::way_in(None).render(&own("/me/representing/x/in"))),
            ("ward_child", Ward { way_in: OwnWay::Early, ..self.ward(true) }.render(&own("/me/representing/x"))),
            ("acceptance_agreed", accept(Guarding::Agreed)),
            ("acceptance_say", accept(Guarding::Say)),
            ("acceptance_ask", accept(Guarding::Ask)),
            ("acceptance_date", accept(Guarding::Date)),
            ("acceptance_decides", accept(Guarding::Decides { can_ask: true })),
            ("acceptance_decided", accept(Guarding::Decides { can_ask: false })),
            ("acceptance_ward", self.acceptance_for("").render(&own("/accept"))),
            ("acceptance_named_ward", self.acceptance_for("Ерлан").render(&own("/accept"))),
        ]
    }

    /// An entry of what was done for somebody else.
    pub fn done_for_ward(event: Event) -> Event {
        Event { purpose: None, whom_path: Some("/me/representing/x".to_owned()), ..event }
    }

    fn make_ward(&self) -> MakeWard {
        let mut place = self.input("place", PLACE, Kind::Place, Category::Residence, true);
        place.error = Some(Words::of(self.0).say("make-ward-old", &[("years", 14.into())]));
        let (inputs, documents) = (vec![place], self.documents());
        MakeWard { inputs, from: 6, below: 14, least_age: 18, bar: None, must_say: true, documents, carry: Vec::new() }
    }

    fn barred_ward(&self, bar: AgeBar) -> String {
        let chrome = self.chrome("/me/representing/make/ward", true);
        MakeWard { bar: Some(bar), must_say: false, inputs: Vec::new(), ..self.make_ward() }.render(&chrome)
    }

    fn barred(&self, bar: AgeBar) -> String {
        Acceptance { bar: Some(bar), ..self.acceptance_for("Ерлан") }.render(&self.chrome("/accept", true))
    }

    fn way_in(name: Option<&str>) -> WayIn {
        let (path, name) = ("/me/representing/x".to_owned(), name.map(str::to_owned));
        WayIn { path, is_grown: false, failed: name.is_none(), name, email: String::new() }
    }

    fn guarding(&self, is_whole: bool) -> Mandate {
        Mandate { is_head: false, until: None, is_of_all_data: is_whole, ..self.mandate(false) }
    }

    fn guardians(&self, has_some: bool, is_alone: bool) -> Guardians {
        let person = |name: Option<&str>, is_whole| Person {
            id: "id".to_owned(),
            name: name.map(str::to_owned),
            is_reader: false,
            mandate: self.guarding(is_whole),
        };
        let people = if has_some {
            vec![person(Some("Айгүл Сейітова"), false), person(None, true)]
        } else {
            Vec::new()
        };
        Guardians { has_room: !has_some, people, alone: 18, is_alone }
    }

    fn ask_guardian(&self) -> AskGuardian {
        let choice = |value: &str, label| Choice { value: value.to_owned(), label: self.t(label), chosen: true };
        AskGuardian {
            services: vec![choice("mail", MAIL), choice("forum", FORUM)],
            least_age: 18,
            email: "aigul@".to_owned(),
            is_whole: false,
            failed: true,
        }
    }

    fn guardian_invited(&self, is_whole: bool) -> GuardianInvited {
        GuardianInvited {
            name: is_whole.then(|| "Ерлан".to_owned()),
            mandate: self.guarding(is_whole),
            least_age: 18,
            bar: None,
            carry: vec![("token".to_owned(), "t".to_owned())],
        }
    }

    fn ward(&self, is_whole: bool) -> Ward {
        Ward {
            path: "/me/representing/x".to_owned(),
            name: is_whole.then(|| "Ерлан".to_owned()),
            alone: 18,
            mandate: self.guarding(is_whole),
            is_whole,
            shelves: if is_whole { self.their_data() } else { Vec::new() },
            asked: vec![Link { path: "/me/representing/x/inquiries/ab".to_owned(), label: self.t(PHONE) }],
            is_blocked: is_whole,
            way_in: if is_whole { OwnWay::Due } else { OwnWay::There },
            services: if is_whole { vec![("mail".to_owned(), self.t(MAIL))] } else { Vec::new() },
        }
    }

    fn their_data(&self) -> Vec<Shelf> {
        let theirs = |row| Row { is_own: false, ..row };
        let of_ward = |own: Shelf| Shelf { rows: own.rows.into_iter().map(theirs).collect(), ..own };
        self.my_data().shelves.into_iter().map(of_ward).collect()
    }

    fn guarded(&self, what: Guarding) -> Acceptance {
        let ask_path = "/me/guardians/ask?service=mail".to_owned();
        let guarded = Some(Guarded { what, alone: 18, with_guardian: 14, ask_path });
        Acceptance { guarded, ..self.acceptance(false) }
    }

    fn acceptance_for(&self, name: &str) -> Acceptance {
        Acceptance { whom: Some(name.to_owned()), least_age: 0, ..self.acceptance(false) }
    }
}

/// Both answers are there where both can be given; a refusal always is.
#[test]
fn who_cannot_accept_is_told_why_and_can_still_refuse() {
    let sampler = Sampler(kepil_policy::Language::En);
    let page = |what| sampler.guarded(what).render(&sampler.chrome("/accept", true));
    for (what, can_accept, can_ask, may_say) in [
        (Guarding::Agreed, true, false, false),
        (Guarding::Say, true, true, true),
        (Guarding::Ask, false, true, false),
        (Guarding::Date, false, true, false),
        (Guarding::Decides { can_ask: true }, false, true, false),
        (Guarding::Decides { can_ask: false }, false, false, false),
    ] {
        let html = page(what);
        assert!(html.contains("value=\"refuse\""));
        assert_eq!(html.contains("value=\"accept\""), can_accept);
        assert_eq!(html.contains("/me/guardians/ask"), can_ask);
        assert_eq!(html.contains("name=\"of_age\""), may_say);
        assert!(!html.contains("checked"), "nothing is said for the reader");
    }
}
