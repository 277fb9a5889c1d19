//! The console of the staff with made-up people, for looking at it.

use super::samples::Sampler;
use crate::pages::*;

type Text = (&'static str, &'static str, &'static str);

const SUPPORT: Text = ("Помощь пользователям", "Пайдаланушыларға көмек", "Helping users");
const OFFICER: Text = (
    "Ответы на обращения о персональных данных",
    "Дербес деректер туралы өтініштерге жауап беру",
    "Answering requests about personal data",
);
const RULES: Text = (
    "Внутренние правила работы с персональными данными",
    "Дербес деректермен жұмыс істеудің ішкі қағидалары",
    "Internal rules of handling personal data",
);
const EMAIL: Text = ("Электронная почта", "Электрондық пошта", "E-mail");
const BIRTH: Text = ("Дата рождения", "Туған күні", "Date of birth");
const PHONE: Text = ("Телефон", "Телефон", "Telephone");
const REASON: Text = ("обращение 17: не может войти", "17-өтініш: кіре алмайды", "request 17: cannot sign in");

fn nav() -> Vec<NavItem> {
    let all = [
        ("/staff", "staff-desk"),
        ("/staff/people", "staff-people"),
        ("/staff/members", "staff-members"),
        ("/staff/exports", "staff-exports"),
        ("/staff/audit", "staff-audit"),
    ];
    all.map(|(path, key)| NavItem { path, key }).to_vec()
}

impl Sampler {
    /// Every page of the console.
    pub fn staff_pages(&self) -> Vec<(&'static str, String)> {
        let at = |here: &str| self.chrome(here, true);
        let join = |is_strong| StaffJoin { token: "dG9rZW4".to_owned(), is_strong };
        vec![
            ("staff_desk", self.staff_desk().render(&at("/staff"))),
            ("staff_paper", self.staff_paper().render(&at("/staff/papers/rules"))),
            ("staff_join", join(true).render(&at("/staff/join"))),
            ("staff_join_weak", join(false).render(&at("/staff/join"))),
            ("staff_people", self.staff_people().render(&at("/staff/people"))),
            ("staff_members", self.staff_members().render(&at("/staff/members"))),
            ("staff_exports", self.staff_exports().render(&at("/staff/exports"))),
            ("staff_audit", self.staff_audit().render(&at("/staff/audit"))),
        ]
    }

    fn staff_desk(&self) -> StaffDesk {
        let paper = |signed| PaperRow { path: "/staff/papers/rules".to_owned(), title: self.t(RULES), signed };
        StaffDesk {
            is_strong: true,
            papers: vec![paper(Some(self.when(0))), paper(None)],
            trained: Some((self.when(0), self.when(24 * 365))),
            is_trained: true,
            can_train: true,
            duties: vec![OwnDuty {
                label: self.t(OFFICER),
                fields: self.all(&[EMAIL, BIRTH]),
                until: Some(self.when(24 * 90)),
                is_deputy: true,
            }],
            waiting: vec![self.t(SUPPORT)],
            nav: nav(),
            own: "own".to_owned(),
        }
    }

    fn staff_paper(&self) -> StaffPaper {
        StaffPaper {
            title: self.t(RULES),
            body: "1. …\n\n| a | b |\n|---|---|\n| c | d |\n".to_owned(),
            signed: None,
            action: "/staff/papers/rules".to_owned(),
            carry: vec![("hash".to_owned(), "00".to_owned())],
            nav: nav(),
        }
    }

    fn staff_people(&self) -> StaffPeople {
        let row = |name: &str, label: Text, seen| SeenRow { name: name.to_owned(), label: self.t(label), seen };
        let withheld = Words::of(self.0).say("refusal-outside_purpose", &[]);
        let found = FoundPerson {
            duty: self.t(OFFICER),
            reason: self.t(REASON),
            refused: None,
            rows: vec![
                row("a", EMAIL, SeenValue::Open("aigul@example.kz".to_owned())),
                row("b", BIRTH, SeenValue::Masked),
                row("c", PHONE, SeenValue::Withheld(withheld, "2.1¶C4")),
            ],
            carry: vec![("case".to_owned(), "case".to_owned())],
        };
        let duty = Choice { value: "officer".to_owned(), label: self.t(OFFICER), chosen: true };
        StaffPeople {
            duties: vec![duty],
            name_label: self.t(EMAIL),
            reason: String::new(),
            reason_letters_max: 300,
            reason_missing: true,
            found: Some(found),
            nav: nav(),
        }
    }

    fn staff_members(&self) -> StaffMembers {
        let duty = |state, deputy_for: Option<&str>| MemberDuty {
            name: "support".to_owned(),
            label: self.t(SUPPORT),
            until: Some(self.when(24 * 30)),
            deputy_for: deputy_for.map(|whom| ("a".to_owned(), whom.to_owned())),
            state,
            can_confirm: state == DutyState::Waiting,
        };
        let member = |id: &str, name: &str, is_own, duties| MemberRow {
            id: id.to_owned(),
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            is_own,
            since: self.when(0),
            has_signed: is_own,
            trained: is_own.then(|| self.when(0)),
            can_train: true,
            duties,
        };
        let choice = |value: &str, label: String| Choice { value: value.to_owned(), label, chosen: false };
        let members = || vec![choice("a", "aigul@example.kz".to_owned()), choice("b", "daniyar@example.kz".to_owned())];
        StaffMembers {
            rows: vec![
                member("a", "aigul@example.kz", true, vec![duty(DutyState::Alone, None)]),
                member("b", "daniyar@example.kz", false, vec![duty(DutyState::Waiting, Some("aigul@example.kz"))]),
                member("c", "", false, Vec::new()),
            ],
            members: members(),
            principals: members(),
            duties: vec![choice("support", self.t(SUPPORT)), choice("officer", self.t(OFFICER))],
            until: ("2026-12-27".to_owned(), "2027-11-27".to_owned()),
            name_label: self.t(EMAIL),
            link: Some("/staff/join?token=dG9rZW4".to_owned()),
            fault: Some(Words::of(self.0).say("duty-fault-own", &[])),
            is_alone: true,
            reason_letters_max: 300,
            nav: nav(),
        }
    }

    fn staff_exports(&self) -> StaffExports {
        let choice = |value: &str, label: String| Choice { value: value.to_owned(), label, chosen: false };
        let own = || Words::of(self.0).say("export-own", &[]);
        let row = |id: &str, is_confirmed| PermitRow {
            id: id.to_owned(),
            purpose: self.t(SUPPORT),
            fields: self.all(&[EMAIL, BIRTH]),
            recipient: own(),
            people: (40, 500),
            until: self.when(24 * 30),
            reason: self.t(REASON),
            is_confirmed,
            can_confirm: !is_confirmed,
        };
        StaffExports {
            rows: vec![
                row("c29tZSBvZiAzMiByYW5kb20gYnl0ZXMsIGVuY29kZWQ", true),
                row("c29tZSBvdGhlciAzMiByYW5kb20gYnl0ZXMsIGVuY2U", false),
            ],
            purposes: vec![choice("mail/delivery", self.t(SUPPORT))],
            fields: vec![choice("email", self.t(EMAIL)), choice("phone", self.t(PHONE))],
            recipients: vec![choice("", own())],
            until: ("2026-12-27".to_owned(), "2027-11-27".to_owned()),
            fault: Some(Words::of(self.0).say("duty-fault-own", &[])),
            reason_letters_max: 300,
            nav: nav(),
        }
    }

    fn staff_audit(&self) -> StaffAudit {
        StaffAudit {
            staff: (3, 1),
            duties: vec![(self.t(SUPPORT), 1, 1, 1), (self.t(OFFICER), 1, 0, 1)],
            uses: vec![(self.when(0), self.t(SUPPORT), 4, 1)],
            reads: (5, 12_000),
            refused_texts: 7,
            checkpoints: vec![(self.t(OFFICER), "kepil/log\n12\nAAAA\n\n— kepil/log AAAA\n".to_owned())],
            nav: nav(),
        }
    }
}
