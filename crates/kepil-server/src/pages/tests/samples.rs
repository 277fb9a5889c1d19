//! A made-up person with made-up services, for looking at the pages.

use kepil_domain::{Day, Moment, gate::Refusal, ledger::Act, vault::Provenance};
use kepil_policy::{Category, Kind, Language, Verb};

use crate::pages::*;

/// The words of one language.
pub struct Sampler(pub Language);

type Text = (&'static str, &'static str, &'static str);

pub const MAIL: Text = ("Почта", "Пошта", "Mail");
pub const FORUM: Text = ("Форум «Жайляу»", "«Жайлау» форумы", "Forum");
pub const BANK: Text = ("Библиотека «Отырар»", "«Отырар» кітапханасы", "Otyrar Library");
pub const OPERATOR: Text = ("ТОО «Ситиком»", "«Ситиком» ЖШС", "Citicom LLP");
pub const NAME: Text = ("Имя", "Аты", "Given name");
pub const SURNAME: Text = ("Фамилия", "Тегі", "Surname");
const EMAIL: Text = ("Электронная почта", "Электрондық пошта", "E-mail");
const BIRTH: Text = ("Дата рождения", "Туған күні", "Date of birth");
pub const PLACE: Text = ("Место жительства", "Тұрғылықты жері", "Place of residence");
pub const PHONE: Text = ("Телефон", "Телефон", "Telephone");
pub const TERM: Text = (
    "пока действует соглашение и 30 дней после",
    "шарт қолданылған кезде және одан кейін 30 күн",
    "while the agreement lasts and 30 days after",
);
const POLICY: Text = ("Политика конфиденциальности", "Құпиялылық саясаты", "Privacy policy");
const AGREEMENT: Text = ("Соглашение об учётной записи", "Есептік жазба туралы шарт", "Agreement on the account");

impl Sampler {
    pub fn t(&self, (ru, kk, en): Text) -> String {
        match self.0 {
            Language::Ru => ru,
            Language::Kk => kk,
            Language::En => en,
        }
        .to_owned()
    }

    pub fn all(&self, texts: &[Text]) -> Vec<String> {
        texts.iter().map(|text| self.t(*text)).collect()
    }

    pub fn chrome(&self, here: &str, signed_in: bool) -> Chrome {
        Chrome {
            language: self.0,
            operator: self.t(OPERATOR),
            edition: "2021-07-15".to_owned(),
            nonce: "bm9uY2U".to_owned(),
            form_token: "token".to_owned(),
            signed_in,
            here: here.to_owned(),
            done: None,
            base: OWN.to_owned(),
            whom: None,
        }
    }

    pub fn when(&self, hour: i64) -> When {
        When::moment(Moment { unix_ms: (1_795_492_800 + hour * 3600) * 1000, day: Day(20_781) }, "Asia/Almaty", self.0)
    }

    pub fn documents(&self) -> Vec<Link> {
        let link = |path: &str, label| Link { path: format!("/documents/{path}"), label: self.t(label) };
        vec![link("policy", POLICY), link("account", AGREEMENT)]
    }

    pub fn summary(&self) -> Vec<String> {
        self.all(&[
            (
                "Собираем только то, что нужно для работы сервисов, и храним в Казахстане.",
                "Сервистердің жұмысына керегін ғана жинаймыз және Қазақстанда сақтаймыз.",
                "We collect only what the services need and keep it in Kazakhstan.",
            ),
            (
                "Без вашего согласия никому не передаём, кроме случаев, которые назвал закон.",
                "Сіздің келісіміңізсіз, заңда аталған жағдайлардан басқа, ешкімге бермейміз.",
                "Without your consent nobody else gets it, unless the law says so.",
            ),
            (
                "Всё, что о вас есть, вы видите, исправляете и удаляете здесь.",
                "Өзіңіз туралы бардың бәрін осы жерде көресіз, түзетесіз және өшіресіз.",
                "All that is held about you, you see, correct and delete here.",
            ),
        ])
    }

    pub fn input(&self, name: &str, label: Text, kind: Kind, category: Category, required: bool) -> Input {
        let why = (
            "Чтобы сервис знал, как к вам обращаться.",
            "Сервис сізге қалай жүгінетінін білуі үшін.",
            "So that the service knows how to address you.",
        );
        Input {
            name: name.to_owned(),
            label: self.t(label),
            why: self.t(why),
            keep: self.t(TERM),
            kind,
            category,
            options: Vec::new(),
            required,
            value: String::new(),
            error: None,
        }
    }

    fn purpose(&self, name: &str, label: Text, fields: &[Text]) -> Purpose {
        Purpose {
            name: name.to_owned(),
            label: self.t(label),
            fields: self.all(fields),
            keep: self.t(TERM),
            recipients: Vec::new(),
            law: None,
            chosen: false,
        }
    }

    pub fn necessary(&self) -> Vec<Purpose> {
        let account = (
            "Вести учётную запись и узнавать вас при входе",
            "Есептік жазбаны жүргізу және кіргенде сізді тану",
            "Keep the account and know you at sign-in",
        );
        let notices = (
            "Сообщать о новых редакциях политики",
            "Саясаттың жаңа редакциялары туралы хабарлау",
            "Tell about new editions of the policy",
        );
        vec![self.purpose("account", account, &[EMAIL, NAME]), self.purpose("notices", notices, &[EMAIL])]
    }

    pub fn optional(&self) -> Vec<Purpose> {
        let news = ("Присылать новости сервисов", "Сервистердің жаңалықтарын жіберу", "Send news of the services");
        vec![self.purpose("news", news, &[EMAIL])]
    }

    pub fn register(&self) -> Register {
        let mut email = self.input("email", EMAIL, Kind::Email, Category::Email, true);
        email.value = "aigul@example".to_owned();
        email.error = Some(Words::of(self.0).fault(kepil_domain::form::FormFault::NotAnEmail, Kind::Email));
        let mut language = self.input(
            "language",
            ("Язык писем", "Хаттардың тілі", "Language of letters"),
            Kind::Choice,
            Category::Preference,
            false,
        );
        language.options = vec![Choice { value: "kk".to_owned(), label: "Қазақша".to_owned(), chosen: true }];
        Register {
            inputs: vec![
                email,
                self.input("given_name", NAME, Kind::Name, Category::Name, true),
                self.input("birth_date", BIRTH, Kind::Date, Category::BirthDate, false),
                language,
            ],
            password_error: None,
            password_letters_min: 10,
            ages: vec![(self.t(FORUM), 16)],
            summary: self.summary(),
            documents: self.documents(),
            work: None,
            carry: vec![("request".to_owned(), "abc".to_owned())],
        }
    }

    pub fn asker(&self) -> Asker {
        Asker {
            label: self.t(BANK),
            about: self.t((
                "Электронный читальный зал с доставкой книг.",
                "Кітап жеткізетін электрондық оқу залы.",
                "An electronic reading room that delivers books.",
            )),
            owner: self.t(("ГУ «Библиотека Отырар»", "«Отырар кітапханасы» ММ", "Otyrar Library Institution")),
            bin: "990140000123".to_owned(),
        }
    }

    pub fn consent(&self) -> Consent {
        let claim = |name: &str, label, value: Option<&str>, required| Claim {
            name: name.to_owned(),
            label: self.t(label),
            value: value.map(str::to_owned),
            required,
            chosen: required,
        };
        Consent {
            asker: self.asker(),
            purpose: self.t(("Выдать читательский билет", "Оқырман билетін беру", "Issue a reader's ticket")),
            claims: vec![
                claim("given_name", NAME, Some("Айгүл"), true),
                claim("family_name", SURNAME, Some("Сәрсенбаева"), true),
                claim("birth_date", BIRTH, Some(&When::date("1990-03-21", self.0).shown), false),
                claim("place", PLACE, None, false),
            ],
            keep: self.t(TERM),
            least_age: 14,
            bar: None,
            documents: vec![Link {
                path: "/documents/library".to_owned(),
                label: self.t(("Правила библиотеки", "Кітапхана ережелері", "Rules of the library")),
            }],
            is_later: false,
            lacks_needed: false,
            is_optional: false,
            post_path: "/consent".to_owned(),
            carry: vec![("request".to_owned(), "abc".to_owned())],
        }
    }

    pub fn acceptance(&self, later: bool) -> Acceptance {
        let change = (
            "Сервис «Почта» теперь использует дату рождения, чтобы проверить возраст.",
            "«Пошта» сервисі енді жасты тексеру үшін туған күнді пайдаланады.",
            "Mail now uses the date of birth to check the age.",
        );
        Acceptance {
            whom: None,
            asker: Asker { label: self.t(MAIL), owner: self.t(OPERATOR), ..self.asker() },
            necessary: self.necessary(),
            optional: self.optional(),
            least_age: 16,
            bar: None,
            guarded: None,
            documents: self.documents(),
            changes: if later { self.all(&[change]) } else { Vec::new() },
            refusing: if later { Refusing::Newer } else { Refusing::Service },
            accepted_before: later.then(|| When::date("2021-07-15", self.0)),
            diff: later.then(|| Link {
                path: "/editions/diff".to_owned(),
                label: self.t(("Сравнить обе редакции", "Екі редакцияны салыстыру", "Compare both editions")),
            }),
            post_path: "/accept".to_owned(),
            carry: Vec::new(),
        }
    }

    fn row(&self, name: &str, label: Text, value: Option<&str>, masked: bool) -> Row {
        Row {
            name: name.to_owned(),
            label: self.t(label),
            value: value.map(str::to_owned),
            masked,
            known: value.map(|_| (Provenance::Form, When::day(Day(20_701), self.0))),
            seen_by: if value.is_some() { self.all(&[MAIL, FORUM]) } else { Vec::new() },
            shown_to: if name == "given_name" { vec![self.shown_to()] } else { Vec::new() },
            keep: self.t(TERM),
            is_own: true,
            leaves_age: name == "birth_date",
            edit_path: Some(format!("/me/fields/{name}/edit")),
            remove_path: (value.is_some() && masked).then(|| format!("/me/fields/{name}/remove")),
        }
    }

    pub fn my_data(&self) -> MyData {
        let account = Shelf {
            label: self.t(("Учётная запись", "Есептік жазба", "Account")),
            rows: vec![
                self.row("email", EMAIL, Some("aigul.sarsenbayeva@example.kz"), false),
                self.row("given_name", NAME, Some("Айгүл"), false),
                self.row("birth_date", BIRTH, Some(&When::date("1990-03-21", self.0).shown), true),
                self.row("phone", PHONE, Some("+7 701 234 56 78"), true),
                self.row("place", PLACE, None, false),
            ],
            remove_path: None,
        };
        let seen = |name, label, value| {
            let remove_path = Some(format!("/me/fields/{name}/remove"));
            Row { edit_path: None, seen_by: Vec::new(), remove_path, ..self.row(name, label, Some(value), false) }
        };
        let other = Shelf {
            label: self.t(("Посещения", "Кірулер", "Visits")),
            rows: vec![
                seen("browser", ("Браузер", "Браузер", "Browser"), "Firefox, Linux"),
                seen("screen", ("Экран", "Экран", "Screen"), "1920 × 1080"),
            ],
            remove_path: Some("/me/kept/visits/remove".to_owned()),
        };
        MyData {
            asked: vec![Link { path: "/me/inquiries/ab".to_owned(), label: self.t(PHONE) }],
            shelves: vec![account, other],
            blocked: false,
            newer: None,
            download_path: Some("/me/download".to_owned()),
        }
    }

    pub fn activity(&self) -> Activity {
        let event = |by, act, fields: &[Text], refused, hour| Event {
            by,
            act,
            about: None,
            fields: self.all(fields),
            purpose: Some(self.t(("Доставить письмо", "Хатты жеткізу", "Deliver a letter"))),
            settings: Vec::new(),
            duty: None,
            stated: None,
            refused,
            when: self.when(hour),
            whom_path: None,
            receipt_path: Some("/me/activity/receipt".to_owned()),
            listed: None,
        };
        let option = |value: &str, label, chosen| Choice { value: value.to_owned(), label: self.t(label), chosen };
        let mail = || By::Service(self.t(MAIL));
        Activity {
            unreadable: vec![Unreadable { ledger: "account".to_owned(), position: 17, when: Some(self.when(8)) }],
            events: vec![
                event(mail(), Act::Did(Verb::Extract), &[EMAIL, NAME], None, 9),
                event(By::Service(self.t(FORUM)), Act::Did(Verb::Extract), &[PHONE], Some(Refusal::OutsidePurpose), 8),
                Event { purpose: None, ..event(By::You, Act::Did(Verb::Clarify), &[PLACE], None, 7) },
                self.looked_at(event(By::Viewer, Act::Did(Verb::Disseminate), &[NAME], None, 6)),
                Event { about: Some(self.t(MAIL)), ..event(By::You, Act::Withdraw, &[], None, 6) },
                Self::done_for_ward(event(By::You, Act::Did(Verb::Clarify), &[PLACE], None, 6)),
                Event {
                    purpose: None,
                    stated: Some(self.t(("обращение 17", "17-өтініш", "request 17"))),
                    ..event(By::Staff(self.t(("Помощь", "Көмек", "Help"))), Act::Did(Verb::Extract), &[EMAIL], None, 4)
                },
                Event {
                    purpose: None,
                    receipt_path: None,
                    listed: Some(self.when(22)),
                    ..event(By::System, Act::Did(Verb::Destroy), &[PHONE], None, 2)
                },
            ],
            filter: vec![
                option("", ("Все сервисы", "Барлық сервистер", "All services"), false),
                option("mail", MAIL, true),
            ],
            next_path: Some("/me/activity?after=abc".to_owned()),
        }
    }

    pub fn consents(&self) -> Consents {
        let row = |on, purpose: Purpose, bar: Option<Text>| ConsentRow {
            service: "mail".to_owned(),
            service_label: self.t(MAIL),
            purpose,
            on,
            since: Some(self.when(0)),
            by_claim: bar.is_none().then(|| "/me/consents/mail/tips".to_owned()),
            closes: None,
            bar: bar.map(|text| self.t(text)),
        };
        let kept = ConsentRow { closes: Some("/me/close".to_owned()), ..row(true, self.necessary().remove(0), None) };
        let debt = ("Книга ещё не возвращена.", "Кітап әлі қайтарылмаған.", "A book is not returned yet.");
        let mut rows: Vec<ConsentRow> = self.optional().into_iter().map(|purpose| row(true, purpose, None)).collect();
        rows.extend(self.necessary().into_iter().map(|purpose| row(false, purpose, None)));
        rows.extend(self.optional().into_iter().map(|purpose| row(true, purpose, Some(debt))));
        rows.push(ConsentRow { by_claim: None, ..kept });
        Consents { rows }
    }

    pub fn security(&self) -> Security {
        let session = |id: &str, device: &str, this| Session {
            id: id.to_owned(),
            device: device.to_owned(),
            since: self.when(0),
            last: self.when(9),
            this,
        };
        Security {
            sessions: vec![session("1", "Firefox, Linux", true), session("2", "Chrome, Android", false)],
            factors: FactorRows {
                has_app: true,
                passkeys: vec![("Laptop".to_owned(), self.when(0)), (String::new(), self.when(9))],
                can_passkeys: true,
                codes: 2,
                mail: true,
                phone: Some("•••67".to_owned()),
                can_phone: true,
            },
            carry: Vec::new(),
            password_letters_min: 10,
            now_failed: true,
            error: None,
        }
    }

    pub fn add_app() -> AddApp {
        AddApp {
            picture: picture("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=x"),
            secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".to_owned(),
            failed: true,
            carry: Vec::new(),
        }
    }

    pub fn ways(sent: bool) -> Ways {
        Ways { mail: true, phone: Some("•••67".to_owned()), sent }
    }

    pub fn add_phone(&self, asks_code: bool) -> AddPhone {
        let error = (!asks_code).then(|| Words::of(self.0).say("fault-phone", &[]));
        AddPhone { asks_code, number: "8 701".to_owned(), error, failed: asks_code, carry: Vec::new() }
    }

    pub fn sign_ins(&self) -> SignIns {
        let row = |device: Option<&str>, proof: &[&str], is_open| SignInItem {
            when: self.when(if is_open { 0 } else { 9 }),
            device: device.map(str::to_owned),
            proof: proof.iter().map(|word| (*word).to_owned()).collect(),
            is_open,
            pack_path: device.map(|_| "/me/security/sign-ins/0".to_owned()),
        };
        SignIns {
            rows: vec![
                row(Some("Firefox, Linux"), &["password", "phone-code"], true),
                row(Some("Chrome, Android"), &["passkey"], false),
                row(None, &[], false),
            ],
            next_path: Some("/me/security/sign-ins?before=9".to_owned()),
        }
    }

    pub fn codes() -> Vec<String> {
        ["abcde-fghjk", "kmnpq-rstuv", "wxyz2-34567", "89ab0-cdefg"].map(str::to_owned).to_vec()
    }

    pub fn work() -> Work {
        Work { challenge: "Y2hhbGxlbmdl".to_owned(), seed: "c2VlZA".to_owned(), bits: 18, wait_s: 15 }
    }

    pub fn prove() -> Prove {
        let ways = Self::ways(true);
        Prove { asks_code: true, has_passkey: true, ways, failed: true, work: None, carry: Vec::new() }
    }

    pub fn document(&self) -> Document {
        Document {
            title: self.t(POLICY),
            version: "3".to_owned(),
            edition: When::date("2021-07-15", self.0),
            hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            body: self.t(("# Общее\n\nЭто **политика**.\n\n1. Первое\n2. Второе\n\n| Поле | Срок |\n|---|---|\n| Имя | год |\n", "# Жалпы\n\nБұл **саясат**.\n\n1. Бірінші\n2. Екінші\n\n| Өріс | Мерзім |\n|---|---|\n| Аты | жыл |\n", "# General\n\nThis is the **policy**.\n\n1. First\n2. Second\n\n| Field | Term |\n|---|---|\n| Name | year |\n")),
            others: self.documents(),
        }
    }

    pub fn editions(&self) -> Editions {
        let row = |day: &str, state| EditionRow {
            edition: When::date(day, self.0),
            state,
            since: When::date(day, self.0),
            hash: self.document().hash,
            documents: self.documents(),
            diff_path: (state == EditionState::InForce).then(|| "/editions/diff".to_owned()),
        };
        Editions {
            rows: vec![
                row("2026-11-25", EditionState::Coming),
                row("2026-07-15", EditionState::InForce),
                row("2021-07-15", EditionState::Past),
            ],
        }
    }

    pub fn diff(&self) -> EditionDiff {
        let line = |mark, text| (mark, self.t(text));
        EditionDiff {
            from: When::date("2021-07-15", self.0),
            to: When::date("2026-07-15", self.0),
            widened: self.acceptance(true).changes,
            other: self.all(&[TERM]),
            texts: vec![TextDiff {
                title: self.t(POLICY),
                lines: vec![
                    line(LineMark::Same, POLICY),
                    line(LineMark::Gone, AGREEMENT),
                    line(LineMark::Added, BIRTH),
                ],
            }],
        }
    }

    pub fn service_page(&self) -> ServicePage {
        ServicePage {
            name: self.t(MAIL),
            about: self.asker().about,
            signed_in_as: Some("Айгүл".to_owned()),
            claims: vec![
                ("sub".to_owned(), "Xk3v0a5Wq1x8yZp2mN7rTg".to_owned()),
                ("given_name".to_owned(), "Айгүл".to_owned()),
            ],
            reading: Some(Reading {
                purpose: self.t(("Доставить письмо", "Хатты жеткізу", "Deliver a letter")),
                granted: vec![("email".to_owned(), "aigul@example.kz".to_owned())],
                refused: vec![("phone".to_owned(), Words::of(self.0).say("refusal-outside_purpose", &[]))],
            }),
            sign_in_path: "/mail/sign-in".to_owned(),
            sign_out_path: "/mail/sign-out".to_owned(),
            read_path: "/mail/read".to_owned(),
            account_path: "/me/activity".to_owned(),
        }
    }
}
