//! Every page with the made-up person's data, under a name.

use kepil_domain::gate::Refusal;
use kepil_policy::{Category, Kind};

use super::samples::{BANK, FORUM, MAIL, OPERATOR, PLACE, Sampler, TERM};
use crate::pages::*;

impl Sampler {
    /// Every page with a name.
    pub fn pages(&self) -> Vec<(&'static str, String)> {
        let mut pages = self.open_pages();
        pages.extend(self.own_pages());
        pages.extend(self.content_pages());
        pages.extend(self.entity_pages());
        pages.extend(self.guardian_pages());
        pages.extend(self.staff_pages());
        pages.push(("verify", Self::verify().render(&self.chrome("/verify", false))));
        pages
    }

    fn who_got_what(&self) -> WhoGotWhat {
        let told = |label, times| ToldField { label: self.t(label), times, last: self.when(times.into()) };
        let fields = vec![told(PLACE, 1), told(TERM, 3)];
        let row = ToldRow {
            service: "mail".to_owned(),
            label: self.t(MAIL),
            owner: self.asker().owner,
            third_party: true,
            fields,
        };
        WhoGotWhat { rows: vec![row], is_whole: false }
    }

    fn inquiry(&self) -> Inquiry {
        let phone = self.input("phone", ("Телефон", "Телефон", "Telephone"), Kind::Phone, Category::Phone, true);
        let error = Some(Words::of(self.0).say("fault-phone", &[]));
        Inquiry {
            asker: self.asker(),
            purpose: self.t(("Позвонить о заказе", "Тапсырыс туралы қоңырау шалу", "Call about an order")),
            agreement: "N 2026-117".to_owned(),
            asked: self.when(1),
            keep: self.t(TERM),
            recipients: vec![self.t(FORUM)],
            inputs: vec![Input { error, ..phone }],
            post_path: "/me/inquiries/ab".to_owned(),
        }
    }

    fn open_pages(&self) -> Vec<(&'static str, String)> {
        let out = |here: &str| self.chrome(here, false);
        let identifier_label = self.t(("E-mail или имя для входа", "E-mail немесе кіру аты", "E-mail or login"));
        let front = Front {
            bin: "990140000123".to_owned(),
            address: "Алматы".to_owned(),
            contact: "privacy@example.kz".to_owned(),
            summary: self.summary(),
            documents: self.documents(),
        };
        let confirm = Confirm {
            necessary: self.necessary(),
            optional: self.optional(),
            documents: self.documents(),
            carry: Vec::new(),
            asks_password: true,
            password_failed: true,
        };
        let sign_in = SignIn {
            identifier_label: identifier_label.clone(),
            identifier: "aigul".to_owned(),
            failed: true,
            service: Some(self.t(MAIL)),
            has_passkeys: true,
            work: None,
            carry: Vec::new(),
        };
        let reset_request = ResetRequest { identifier_label, identifier: String::new(), work: None };
        let second = |failed: bool, lost| Second {
            has_app: true,
            has_passkey: true,
            ways: Self::ways(!failed),
            failed,
            lost,
            work: None,
            go: String::new(),
            back: String::new(),
            carry: Vec::new(),
        };
        let reset = ResetForm {
            error: Some(Words::of(self.0).say("fault-password-short", &[("letters", 10.into())])),
            password_letters_min: 10,
            carry: Vec::new(),
        };
        let problem = |trouble| Problem { trouble, back: None }.render(&out("/x"));
        vec![
            ("front", front.render(&out("/"))),
            ("register", self.register().render(&out("/register"))),
            ("letter_sent", LetterSent { sent_for: SentFor::Registration }.render(&out("/register"))),
            ("confirm", confirm.render(&out("/confirm"))),
            ("sign_in", sign_in.render(&out("/sign-in"))),
            ("sign_in_work", SignIn { failed: false, work: Some(Self::work()), ..sign_in }.render(&out("/sign-in"))),
            ("reset_request", reset_request.render(&out("/reset"))),
            ("reset_form", reset.render(&out("/reset/form"))),
            ("second", second(true, LostAll::No).render(&out("/sign-in/second"))),
            ("second_lost", second(false, LostAll::Until(self.when(0))).render(&out("/sign-in/second"))),
            ("second_over", second(false, LostAll::Over).render(&out("/sign-in/second"))),
            ("stop_lost", StopLost { is_done: false, carry: Vec::new() }.render(&out("/sign-in/lost/stop"))),
            ("stop_lost_done", StopLost { is_done: true, carry: Vec::new() }.render(&out("/sign-in/lost/stop"))),
            ("age_gate", self.age_gate().render(&out("/age/mail"))),
            ("signed_out", SignedOut { back: None }.render(&out("/sign-out"))),
            ("document", self.document().render(&out("/documents/policy"))),
            ("editions", self.editions().render(&out("/editions"))),
            ("edition_diff", self.diff().render(&out("/editions/diff"))),
            ("problem", problem(Trouble::StaleForm)),
            ("problem_refused", problem(Trouble::Refused(Refusal::Blocked))),
            ("service_page", self.service_page().render(&out("/"))),
            ("service_page_out", ServicePage { signed_in_as: None, ..self.service_page() }.render(&out("/"))),
        ]
    }

    fn verify() -> Verify {
        let logs = vec![("Account".to_owned(), "kepil/00/account+00000000+AAAA".to_owned())];
        let witnesses = vec!["witness.example+00000000+AAAA".to_owned()];
        Verify { logs, witnesses, acts: "{\"accept\":64}".to_owned() }
    }

    pub fn close_account(&self, theirs_from: Option<u32>) -> CloseAccount {
        CloseAccount {
            gone: self.all(&[(
                "Все данные учётной записи",
                "Есептік жазбаның барлық деректері",
                "All data of the account",
            )]),
            stays: vec![(
                self.t(("Записи о согласиях", "Келісімдер туралы жазбалар", "Entries on consents")),
                self.t(TERM),
            )],
            services: self.all(&[MAIL, FORUM]),
            leaves: 1,
            theirs_from,
            word_failed: true,
            password_failed: false,
        }
    }

    fn services(&self) -> Services {
        let row = |name: &str, label, third_party| ServiceRow {
            name: name.to_owned(),
            label: self.t(label),
            about: self.asker().about,
            owner: self.t(OPERATOR),
            third_party,
            gets: self.necessary(),
            since: self.when(0),
            edition: When::date("2021-07-15", self.0),
            can_leave: true,
            newer: third_party.then(|| Link {
                path: "/accept?service=x".to_owned(),
                label: self.t(("Прочитать и ответить", "Оқып, жауап беру", "Read and answer")),
            }),
        };
        Services { rows: vec![row("mail", MAIL, false), row("library", BANK, true)], has_activity: true }
    }

    fn own_pages(&self) -> Vec<(&'static str, String)> {
        let own = |here: &str| self.chrome(here, true);
        let done = Chrome { done: Some(Done::Saved), ..own("/me") };
        let edit = EditField {
            input: self.input("place", PLACE, Kind::Place, Category::Residence, false),
            seen_by: self.all(&[MAIL]),
        };
        let email = ChangeEmail {
            now: "aigul@example.kz".to_owned(),
            value: String::new(),
            error: None,
            password_failed: true,
        };
        let device_form = DeviceForm { failed: true, code: String::new(), work: None };
        let (code, shown) = ("BCDFGHJK".to_owned(), String::new());
        let device_found = DeviceFound { asker: self.asker(), code, shown };
        vec![
            ("my_data", self.my_data().render(&done)),
            ("edit_field", edit.render(&own("/me/fields/place/edit"))),
            ("change_email", email.render(&own("/me/email"))),
            ("confirm_email", ConfirmEmail { is_first: false, carry: Vec::new() }.render(&own("/me/email/confirm"))),
            ("come_in", ConfirmEmail { is_first: true, carry: Vec::new() }.render(&own("/me/email/confirm"))),
            ("activity", self.activity().render(&own("/me/activity?service=mail"))),
            ("profile_settings", self.profile_settings().render(&own("/me/profile/forum"))),
            ("profile_warning", self.profile_warning().render(&own("/me/profile/forum"))),
            ("public_profile", self.public_profile().render(&own("/profiles/forum/x"))),
            ("named_invitation", self.named_invitation(None).render(&own("/named"))),
            ("named_accepted", self.named_invitation(Some(true)).render(&own("/named"))),
            ("named_refused", self.named_invitation(Some(false)).render(&own("/named"))),
            ("services", self.services().render(&own("/me/services"))),
            ("who_got_what", self.who_got_what().render(&own("/me/told"))),
            ("consents", self.consents().render(&own("/me/consents"))),
            ("security", self.security().render(&own("/me/security"))),
            ("block", Block { is_blocked: false }.render(&own("/me/block"))),
            ("blocked", Block { is_blocked: true }.render(&own("/me/block"))),
            ("gone", gone(true).render(&own("/destroyed/0f"))),
            ("gone_waiting", gone(false).render(&own("/destroyed/0f"))),
            ("close_account", self.close_account(None).render(&own("/me/close"))),
            ("acceptance", self.acceptance(false).render(&own("/accept"))),
            ("acceptance_later", self.acceptance(true).render(&own("/accept"))),
            ("consent", self.consent().render(&own("/consent"))),
            ("inquiry", self.inquiry().render(&own("/me/inquiries/ab"))),
            ("device_form", device_form.render(&own("/device"))),
            ("device_found", device_found.render(&own("/device"))),
            ("device_done", DeviceEnd { is_done: true }.render(&own("/device/done"))),
            ("device_refused", DeviceEnd { is_done: false }.render(&own("/device/refused"))),
            ("add_app", Self::add_app().render(&own("/me/security/app"))),
            ("add_phone", self.add_phone(false).render(&own("/me/security/phone"))),
            ("add_phone_code", self.add_phone(true).render(&own("/me/security/phone"))),
            ("sign_ins", self.sign_ins().render(&own("/me/security/sign-ins"))),
            ("recovery_codes", RecoveryCodes { codes: Self::codes() }.render(&own("/me/security/app"))),
            ("prove", Self::prove().render(&own("/prove"))),
            ("sign_out", SignOut { service: None, carry: Vec::new() }.render(&own("/sign-out"))),
        ]
    }
}

fn gone(is_done: bool) -> Gone {
    let text = "kepil-destruction-1\ninstallation 0f\ndestroyed everything about one person\nnumber 0f\nepoch 3\nat 2026-11-28T00Z\nkey destroyed in a sealer of class logical\nclear ring.locator: random; found by it, known outside only wrapped\n";
    Gone { number: "0f".repeat(16), certificate: is_done.then(|| text.to_owned()) }
}
