//! Officers and staff: the first one, duties granted and confirmed, what they see of whom, and how it ends. Clauses 3.5c,
//! 5.1, 5.2b to 5.2f; KZ-22, KZ-36, KZ-37.

use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};

use crate::{demo, editions::Draft, factors::with_app, party::person};

const REASON: &str = "request 17: cannot sign in";
/// Labels of duties, as the pages of the bundle's English show them.
const OFFICER: &str = "Answering requests about personal data";

/// Somebody with a second factor, proved in their session.
pub struct Staffer {
    pub visitor: Visitor,
    email: String,
    codes: Vec<String>,
}

impl Staffer {
    pub async fn new(demo: &Demo, email: &str) -> Self {
        let visitor = person(demo, email).await;
        let (_, codes) = with_app(demo, &visitor).await;
        let staffer = Self { visitor, email: email.to_owned(), codes };
        staffer.prove(demo, 0).await;
        staffer
    }

    async fn prove(&self, demo: &Demo, code: usize) {
        let page = self.visitor.get(&format!("{}/prove?back=/me", demo.issuer)).await;
        let with = [("now", PASSWORD), ("code", self.codes[code].as_str())];
        let page = self.visitor.submit(&page, "/prove", &with).await;
        assert!(page.url.ends_with("/me"), "{}", page.url);
    }

    /// Signs in anew, with a recovery code.
    async fn sign_in(&self, demo: &Demo, code: usize) {
        let page = self.visitor.get(&format!("{}/sign-in", demo.issuer)).await;
        let with = [("identifier", self.email.as_str()), ("password", PASSWORD)];
        let page = self.visitor.submit(&page, "/sign-in", &with).await;
        let page = self.visitor.submit(&page, "/sign-in/second", &[("code", &self.codes[code])]).await;
        assert_eq!(page.status, 200, "{}", page.url);
    }

    pub async fn get(&self, demo: &Demo, path: &str) -> Page {
        self.visitor.get(&format!("{}{path}", demo.issuer)).await
    }

    async fn join(&self, demo: &Demo, link: &str) -> Page {
        let page = self.get(demo, link).await;
        self.visitor.submit(&page, "/staff/join", &[]).await
    }

    pub async fn sign(&self, demo: &Demo) {
        for paper in ["staff_undertaking", "staff_rules"] {
            let page = self.get(demo, &format!("/staff/papers/{paper}")).await;
            let page = self.visitor.submit(&page, "/staff/papers/", &[]).await;
            assert!(page.url.contains("done=recorded"), "{} {}", page.url, page.words());
        }
    }

    /// The first officer of an operator who has one: joins, signs, is trained.
    pub async fn first(demo: &Demo, email: &str) -> Self {
        let own = Self::new(demo, email).await;
        let page = own.join(demo, &link(demo, &["add", email, "--duty", "privacy_officer"])).await;
        assert!(page.url.contains("/staff?done=recorded"), "{} {}", page.url, page.words());
        own.sign(demo).await;
        let page = own.get(demo, "/staff").await;
        let page = own.visitor.submit(&page, "/staff/members/train", &[]).await;
        assert_eq!(page.status, 200, "{}", page.words());
        own
    }

    /// Brings somebody into the staff, who signs and is trained.
    pub async fn bring(&self, demo: &Demo, email: &str) -> Self {
        let other = Self::new(demo, email).await;
        let page = self.get(demo, "/staff/members").await;
        let page = self.visitor.submit(&page, "/staff/members/invite", &[("name", email)]).await;
        let link = page.texts("code.secret").concat();
        let page = other.join(demo, link.strip_prefix(&demo.issuer).unwrap()).await;
        assert!(page.url.contains("done=recorded"), "{}", page.words());
        other.sign(demo).await;
        let done = self.act(demo, "/staff/members/train", email, &[]).await;
        assert_eq!(done.status, 200, "{}", done.words());
        other
    }

    /// Sends a form of the page of staff and duties about the member who signs in by `email`.
    pub async fn act(&self, demo: &Demo, action: &str, email: &str, with: &[(&str, &str)]) -> Page {
        let page = self.get(demo, "/staff/members").await;
        let member = id(&page, email);
        let with: Vec<_> = [("member", member.as_str())].into_iter().chain(with.iter().copied()).collect();
        self.visitor.submit(&page, action, &with).await
    }

    pub async fn grant(&self, demo: &Demo, email: &str, duty: &str, more: &[(&str, &str)]) -> Page {
        let with: Vec<_> =
            [("duty", duty), ("reason", "new colleague")].into_iter().chain(more.iter().copied()).collect();
        self.act(demo, "/staff/members/grant", email, &with).await
    }

    pub async fn on_duty(&self, demo: &Demo, email: &str, duty: &str, act: &str) -> Page {
        self.act(demo, "/staff/members/duty", email, &[("duty", duty), ("act", act), ("deputy_for", "")]).await
    }

    /// Looks somebody up; 403 where the page itself is closed.
    pub async fn look(&self, demo: &Demo, email: &str, duty: &str, reason: &str) -> Page {
        let page = self.get(demo, "/staff/people").await;
        if page.status != 200 {
            return page;
        }
        self.visitor.submit(&page, "/staff/people", &[("name", email), ("duty", duty), ("reason", reason)]).await
    }

    pub async fn show(&self, page: &Page, field: &str) -> Page {
        self.visitor.submit(page, "/staff/people/show", &[("field", field)]).await
    }
}

/// The path of the address that the administrator's command prints.
fn link(demo: &Demo, arguments: &[&str]) -> String {
    let (ok, said) = officer(demo, arguments);
    assert!(ok, "{said}");
    let link = said.lines().next().unwrap();
    link.strip_prefix(&demo.issuer).unwrap_or_else(|| panic!("`{link}` is no whole address")).to_owned()
}

fn officer(demo: &Demo, arguments: &[&str]) -> (bool, String) {
    let folder = demo.folder.to_str().unwrap();
    demo.command(&[&["officer"], arguments, &["--demo", folder]].concat())
}

/// How the page of staff and duties calls the member who signs in by `email`.
fn id(page: &Page, email: &str) -> String {
    let (labels, values) = (page.texts("#f-member option"), page.attributes("#f-member option", "value"));
    let found = labels.iter().zip(values).find(|(label, _)| label.as_str() == email);
    found.unwrap_or_else(|| panic!("{email} is not among {labels:?}: {}", page.words())).1
}

async fn activity(demo: &Demo, visitor: &Visitor) -> String {
    visitor.get(&format!("{}/me/activity", demo.issuer)).await.words()
}

#[tokio::test]
async fn the_first_officer_sees_one_value_at_a_time_for_a_stated_reason_and_the_person_reads_why() {
    let demo = demo(On::Sqlite).await;
    let someone = person(&demo, "someone@example.kz").await;
    let own = Staffer::new(&demo, "first@example.kz").await;
    assert_eq!(own.get(&demo, "/staff").await.status, 404, "whoever is not of the staff finds nothing");

    let (ok, said) = officer(&demo, &["add", "first@example.kz", "--duty", "support"]);
    assert!(!ok && said.contains("`staff`"), "{said}");
    let (ok, said) = officer(&demo, &["add", "first@example.kz", "--duty", "king"]);
    assert!(!ok && said.contains("privacy_officer"), "{said}");
    let link = link(&demo, &["add", "First@Example.KZ", "--duty", "privacy_officer"]);
    // Neither without a second factor, nor for somebody else.
    let page = someone.get(&format!("{}{link}", demo.issuer)).await;
    assert!(!page.has_form("/staff/join") && page.words().contains("second factor"), "{}", page.words());
    let other = Staffer::new(&demo, "other@example.kz").await;
    assert_eq!(other.join(&demo, &link).await.status, 410);
    assert!(own.join(&demo, &link).await.url.contains("/staff?done=recorded"));
    assert_eq!(own.join(&demo, &link).await.status, 410, "once");

    // Unsigned and untrained, the duty gives nothing.
    let page = own.get(&demo, "/staff/people").await;
    assert_eq!(page.status, 403);
    assert!(page.words().contains("5.2d"), "{}", page.words());
    own.sign(&demo).await;
    let page = own.get(&demo, "/staff/people").await;
    assert_eq!(page.status, 403);
    assert!(page.words().contains("5.2f"), "{}", page.words());
    let page = own.get(&demo, "/staff").await;
    own.visitor.submit(&page, "/staff/members/train", &[]).await;

    let page = own.look(&demo, "someone@example.kz", "privacy_officer", "").await;
    assert!(page.words().contains("State a reason"), "{}", page.words());
    let page = own.look(&demo, "someone@example.kz", "privacy_officer", REASON).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("1990") && !page.text.contains("Айгүл"), "nothing opens by looking up");
    assert!(page.texts(".withheld").concat().contains("2.1¶C4"), "{}", page.words());
    let opened = own.show(&page, "birth_date").await;
    assert!(opened.words().contains("1990") && !opened.text.contains("Айгүл"), "{}", opened.words());
    let refused = own.show(&page, "phone").await;
    assert!(!refused.text.contains("+7"), "{}", refused.words());

    let told = activity(&demo, &someone).await;
    assert!(told.contains(&format!("Staff (“{OFFICER}”) read your data: Date of birth")), "{told}");
    assert!(told.contains(REASON), "{told}");
    let own_log = activity(&demo, &own.visitor).await;
    assert!(own_log.contains("looked somebody up as staff") && !own_log.contains(REASON), "{own_log}");
    assert!(own_log.contains("there is one officer now"), "{own_log}");

    let page = own.look(&demo, "nobody@example.kz", "privacy_officer", REASON).await;
    assert!(page.words().contains("3.4g"), "{}", page.words());
    // A second link for the first officer works no more, but for a recovery that is told.
    let again = self::link(&demo, &["add", "other@example.kz", "--duty", "privacy_officer"]);
    assert_eq!(other.join(&demo, &again).await.status, 403);
    let again = self::link(&demo, &["add", "other@example.kz", "--duty", "privacy_officer", "--recover"]);
    assert!(other.join(&demo, &again).await.url.contains("done=recorded"));
    assert!(activity(&demo, &other.visitor).await.contains("recovered"));
}

#[tokio::test]
async fn a_duty_gives_its_fields_and_an_auditor_changes_nothing() {
    let demo = demo(On::Sqlite).await;
    let someone = person(&demo, "someone@example.kz").await;
    let first = Staffer::first(&demo, "first@example.kz").await;
    let helper = first.bring(&demo, "helper@example.kz").await;
    // Of the staff, signed and trained, but without a duty: nothing is read, and nobody else is touched.
    let before = activity(&demo, &someone).await;
    assert_eq!(helper.look(&demo, "someone@example.kz", "support", REASON).await.status, 403);
    assert_eq!(helper.get(&demo, "/staff/members").await.status, 403);
    assert_eq!(activity(&demo, &someone).await, before);

    assert!(first.grant(&demo, "helper@example.kz", "support", &[]).await.url.contains("done=recorded"));
    let page = helper.look(&demo, "someone@example.kz", "support", REASON).await;
    assert!(page.texts(".withheld").concat().contains("2.1¶C4"), "{}", page.words());
    assert!(helper.show(&page, "given_name").await.text.contains("Айгүл"));
    let page = helper.look(&demo, "someone@example.kz", "support", REASON).await;
    assert!(!helper.show(&page, "birth_date").await.words().contains("1990"), "out of the duty's scope");
    assert_eq!(helper.look(&demo, "someone@example.kz", "privacy_officer", REASON).await.status, 403);

    let auditor = first.bring(&demo, "auditor@example.kz").await;
    assert!(first.grant(&demo, "auditor@example.kz", "auditor", &[]).await.url.contains("done=recorded"));
    let page = auditor.get(&demo, "/staff/audit").await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert!(page.words().contains("Helping users") && page.words().contains("Ledgers"), "{}", page.words());
    assert!(!page.text.contains("example.kz\"") && !page.words().contains("helper@"), "no names");
    for path in ["/staff/people", "/staff/members"] {
        assert_eq!(auditor.get(&demo, path).await.status, 403, "{path}");
    }
    // Every form of the others is refused to an auditor, whatever is sent.
    let token = page.fields("/language").into_iter().find(|(name, _)| name == "form_token").unwrap().1;
    let member = id(&first.get(&demo, "/staff/members").await, "helper@example.kz");
    for (path, more) in [
        ("/staff/people", vec![("name", "someone@example.kz"), ("duty", "support"), ("reason", REASON)]),
        (
            "/staff/members/grant",
            vec![("member", &*member), ("duty", "support"), ("until", "2027-01-01"), ("reason", "x")],
        ),
        ("/staff/members/duty", vec![("member", &*member), ("duty", "support"), ("act", "confirm")]),
        ("/staff/members/duty", vec![("member", &*member), ("duty", "support"), ("act", "end")]),
        ("/staff/members/train", vec![("member", &*member)]),
        ("/staff/members/depart", vec![("member", &*member)]),
        ("/staff/members/invite", vec![("name", "more@example.kz")]),
    ] {
        let form: Vec<_> = more.into_iter().chain([("form_token", token.as_str())]).collect();
        let answer = auditor.visitor.client().post(format!("{}{path}", demo.issuer)).form(&form);
        let answer = answer.header("origin", &demo.issuer).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{path}");
    }
}

async fn post(from: &Staffer, demo: &Demo, action: &str, with: &[(&'static str, String)]) -> u16 {
    let page = from.get(demo, "/staff/members").await;
    let with: Vec<_> = with.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let with: Vec<_> = with.into_iter().chain([("deputy_for", "")]).collect();
    from.visitor.submit(&page, action, &with).await.status
}

#[tokio::test]
async fn where_one_is_not_enough_a_second_officer_confirms_once_and_never_themselves() {
    let draft = Draft::new();
    draft.edit("staff.toml", "one_officer   = true", "one_officer   = false");
    let bundle = draft.folder.to_str().unwrap();
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--clock", "--bundle", bundle]).await;
    let (one, two) = (Staffer::new(&demo, "one@example.kz").await, Staffer::new(&demo, "two@example.kz").await);
    let links = [&one, &two].map(|each| link(&demo, &["add", &each.email, "--duty", "privacy_officer"]));
    assert!(one.join(&demo, &links[0]).await.url.contains("done=recorded"));
    assert!(two.join(&demo, &links[1]).await.url.contains("done=recorded"));
    one.sign(&demo).await;
    two.sign(&demo).await;
    // Two first officers: each confirms the other, and records the other's training.
    assert_eq!(one.get(&demo, "/staff/people").await.status, 403, "nobody confirmed it");
    let unnamed = one.get(&demo, "/staff/members").await;
    let ids = unnamed.attributes("#f-member option", "value");
    let own = one.get(&demo, "/staff").await.fields("/staff/members/depart");
    let own = own.into_iter().find(|(name, _)| name == "member").unwrap().1;
    let other = ids.iter().find(|id| **id != own).unwrap();
    let send = |member: String, act: &'static str| {
        [("member", member), ("duty", "privacy_officer".to_owned()), ("act", act.to_owned())]
    };
    assert_eq!(post(&one, &demo, "/staff/members/duty", &send(own.clone(), "confirm")).await, 409, "not one's own");
    assert_eq!(post(&one, &demo, "/staff/members/duty", &send(other.clone(), "confirm")).await, 200);
    assert_eq!(post(&two, &demo, "/staff/members/duty", &send(own.clone(), "confirm")).await, 200);
    assert_eq!(post(&one, &demo, "/staff/members/train", &[("member", own.clone())]).await, 409, "not one's own");
    assert_eq!(post(&one, &demo, "/staff/members/train", &[("member", other.clone())]).await, 200);
    assert_eq!(post(&two, &demo, "/staff/members/train", &[("member", own.clone())]).await, 200);

    let helper = one.bring(&demo, "helper@example.kz").await;
    person(&demo, "someone@example.kz").await;
    assert!(one.grant(&demo, "helper@example.kz", "support", &[]).await.url.contains("done=recorded"));
    assert_eq!(helper.look(&demo, "someone@example.kz", "support", REASON).await.status, 403, "not confirmed");
    assert_eq!(one.on_duty(&demo, "helper@example.kz", "support", "confirm").await.status, 409, "the granter");
    assert_eq!(one.grant(&demo, "one@example.kz", "support", &[]).await.status, 409, "not to oneself");
    // Of two confirmations at once one is the first.
    let both = futures::join!(
        two.on_duty(&demo, "helper@example.kz", "support", "confirm"),
        two.on_duty(&demo, "helper@example.kz", "support", "confirm")
    );
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(helper.look(&demo, "someone@example.kz", "support", REASON).await.status, 200);

    // A deputy has the duty while the one they stand in for has it, and until the last day.
    let deputy = one.bring(&demo, "deputy@example.kz").await;
    let page = one.get(&demo, "/staff/members").await;
    let whom = id(&page, "helper@example.kz");
    let stands_in = [("deputy_for", whom.as_str())];
    assert!(one.grant(&demo, "deputy@example.kz", "support", &stands_in).await.url.contains("done=recorded"));
    let with = [("duty", "support"), ("act", "confirm"), ("deputy_for", whom.as_str())];
    assert_eq!(two.act(&demo, "/staff/members/duty", "deputy@example.kz", &with).await.status, 200);
    assert_eq!(deputy.look(&demo, "someone@example.kz", "support", REASON).await.status, 200);
    let both = futures::join!(
        one.on_duty(&demo, "helper@example.kz", "support", "end"),
        two.on_duty(&demo, "helper@example.kz", "support", "end")
    );
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "ended once");
    assert_eq!(deputy.look(&demo, "someone@example.kz", "support", REASON).await.status, 403, "nobody to stand in for");
}

#[tokio::test]
async fn a_duty_a_training_and_a_signature_hold_for_their_time() {
    let demo = demo(On::Sqlite).await;
    person(&demo, "someone@example.kz").await;
    let first = Staffer::first(&demo, "first@example.kz").await;
    let helper = first.bring(&demo, "helper@example.kz").await;
    assert!(first.grant(&demo, "helper@example.kz", "support", &[]).await.url.contains("done=recorded"));
    assert_eq!(first.grant(&demo, "helper@example.kz", "auditor", &[("until", "2020-01-01")]).await.status, 409);
    assert_eq!(first.grant(&demo, "helper@example.kz", "auditor", &[("until", "2099-01-01")]).await.status, 409);
    assert_eq!(helper.look(&demo, "someone@example.kz", "support", REASON).await.status, 200);

    // The internal rules say something else: they are signed anew, or nothing opens.
    let draft = Draft::new();
    draft.edit("texts/staff_rules.en.md", "Nobody copies, prints", "Nobody copies, films, prints");
    draft.edit("staff.toml", "training      = \"365 days\"", "training      = \"40 days\"");
    demo.publish(&draft.folder);
    demo.advance("1d");
    helper.sign_in(&demo, 1).await;
    let page = helper.look(&demo, "someone@example.kz", "support", REASON).await;
    assert_eq!(page.status, 403);
    assert!(page.words().contains("5.2d"), "{}", page.words());
    let page = helper.get(&demo, "/staff/papers/staff_rules").await;
    assert!(page.words().contains("films"), "{}", page.words());
    helper.visitor.submit(&page, "/staff/papers/", &[]).await;
    assert_eq!(helper.look(&demo, "someone@example.kz", "support", REASON).await.status, 200);

    demo.advance("32d");
    helper.sign_in(&demo, 2).await;
    let page = helper.look(&demo, "someone@example.kz", "support", REASON).await;
    assert_eq!(page.status, 403, "the last day is over");
    assert!(page.words().contains("5.2c"), "{}", page.words());
    demo.advance("10d");
    first.sign_in(&demo, 1).await;
    let page = first.get(&demo, "/staff/papers/staff_rules").await;
    first.visitor.submit(&page, "/staff/papers/", &[]).await;
    let page = first.look(&demo, "someone@example.kz", "privacy_officer", REASON).await;
    assert_eq!(page.status, 403, "trained too long ago");
    assert!(page.words().contains("5.2f"), "{}", page.words());
}

#[tokio::test]
async fn a_duty_revoked_stops_the_next_act_on_a_second_node_too_and_the_persons_session_lives() {
    let demo = demo(On::Postgres).await;
    person(&demo, "someone@example.kz").await;
    let first = Staffer::first(&demo, "first@example.kz").await;
    let helper = first.bring(&demo, "helper@example.kz").await;
    let second = demo.second();
    for how in ["end", "depart"] {
        assert!(first.grant(&demo, "helper@example.kz", "support", &[]).await.url.contains("done=recorded"));
        // The person is looked up on the second node, and the page stays open there.
        let page = helper.visitor.get(&format!("{}/staff/people", second.address)).await;
        let with = [("name", "someone@example.kz"), ("duty", "support"), ("reason", REASON)];
        let open = helper.visitor.submit(&page, "/staff/people", &with).await;
        assert!(helper.show(&open, "given_name").await.text.contains("Айгүл"));
        let done = match how {
            "end" => first.on_duty(&demo, "helper@example.kz", "support", "end").await,
            _ => first.act(&demo, "/staff/members/depart", "helper@example.kz", &[]).await,
        };
        assert_eq!(done.status, 200, "{}", done.words());
        let page = helper.show(&open, "given_name").await;
        assert!(matches!(page.status, 403 | 404), "{how}: {}", page.status);
        assert!(!page.text.contains("Айгүл"));
        let own = helper.visitor.get(&format!("{}/me", second.address)).await;
        assert_eq!(own.status, 200, "their own session lives");
        assert!(own.url.ends_with("/me"));
    }
}
