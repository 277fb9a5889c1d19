//! What a guardian does for a ward on the ward's own pages: every right, told on both sides, and nothing without the mandate.
//! Clause 2.4c.

use kepil_testing::{
    Demo, On, Page, Visitor,
    visitor::{PASSWORD, link},
};
use serde_json::{Value, json};

use crate::{
    demo,
    editions::Draft,
    entities::path_of,
    guardians::{accepts_mail_with_tips, aged, agreed, cut, end, reads, tokens_for_ward},
    party::{Party, answer, part, person},
    profiles::invitations,
};

/// A ward with a guardian, and the pages of the ward as the guardian has them.
struct Family {
    ward: Visitor,
    guardian: Visitor,
    /// The ward's page.
    url: String,
}

impl Family {
    async fn new(demo: &Demo, age: i16, name: &str) -> Self {
        let (own, email) = (format!("{name}@example.kz"), format!("parent-of-{name}@example.kz"));
        let ward = aged(demo, &own, age).await;
        let guardian = person(demo, &email).await;
        let url = agreed(demo, &ward, (&guardian, &email), &[("whole", "yes")]).await;
        Self { ward, guardian, url }
    }

    /// A page of the ward, for the guardian.
    async fn page(&self, path: &str) -> Page {
        self.guardian.get(&format!("{}{path}", self.url)).await
    }

    /// Posts the form that a page of the ward has, as the guardian.
    async fn post(&self, page: &str, path: &str, with: &[(&str, &str)]) -> Page {
        let page = self.page(page).await;
        self.guardian.submit(&page, &format!("{}{path}", path_of(&self.url)), with).await
    }

    /// Whether both sides have the act in their activity: as the representative's, and as the guardian's own for another.
    async fn both_tell(&self, demo: &Demo, (theirs, own): (&str, &str)) {
        let acts = format!("{}/me/activity", demo.issuer);
        let (ward, guardian) = (self.ward.get(&acts).await.words(), self.guardian.get(&acts).await.words());
        assert!(ward.contains(&format!("Your representative {theirs}")), "{theirs}: {ward}");
        assert!(guardian.contains(&format!("You {own}, for somebody else")), "{own}: {guardian}");
    }
}

/// What a service posts.
async fn call(demo: &Demo, service: &str, path: &str, body: Value) -> Value {
    let token = demo.token(service).await;
    answer(reqwest::Client::new().post(format!("{}{path}", demo.issuer)).bearer_auth(token).json(&body)).await.1
}

async fn a_guardian_withdraws_gives_blocks_and_leaves_for_a_ward(on: On) {
    let demo = demo(on).await;
    let family = Family::new(&demo, 15, "minded").await;
    let sub = accepts_mail_with_tips(&demo, &family.ward).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200));

    let page = family.page("/consents").await;
    assert!(page.words().contains("You act for Айгүл here"), "it says for whom: {}", page.words());
    let tips = [("service", "mail"), ("purpose", "tips")];
    let done = family.post("/consents", "/consents/set", &[tips.as_slice(), &[("on", "no")]].concat()).await;
    assert!(done.url.contains("/consents?done=withdrawn"), "{} {}", done.url, done.words());
    assert_eq!(reads(&demo, &sub).await, (200, 403), "that one alone, from the answer on");
    family.both_tell(&demo, ("withdrew consent", "withdrew consent")).await;
    let done = family.post("/consents", "/consents/set", &[tips.as_slice(), &[("on", "yes")]].concat()).await;
    assert!(done.url.contains("done=given"), "{} {}", done.url, done.words());
    assert_eq!(reads(&demo, &sub).await, (200, 200));
    family.both_tell(&demo, ("gave consent", "gave consent")).await;

    let done = family.post("/block", "/block", &[("action", "block")]).await;
    assert!(done.url.contains("/block?done=blocked"), "{} {}", done.url, done.words());
    assert_eq!(reads(&demo, &sub).await, (403, 403), "in every compartment");
    assert!(family.page("").await.words().contains("All data about them are blocked"));
    let own = family.ward.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("All data are blocked"), "the ward sees it: {}", own.words());
    family.both_tell(&demo, ("blocked data", "blocked data")).await;
    family.post("/block", "/block", &[("action", "lift")]).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200));
    family.both_tell(&demo, ("lifted the block", "lifted the block")).await;

    let told = family.page("/told").await;
    assert!(told.words().contains("Mail"), "who got what: {}", told.words());
    let receipt = family.page("/activity").await.attributes("a.receipt", "href").remove(0);
    assert!(receipt.starts_with(&path_of(&family.url)), "{receipt}");
    assert_eq!(family.guardian.get(&format!("{}{receipt}", demo.issuer)).await.status, 200);
    let done = family.post("/services", "/services/mail/leave", &[]).await;
    assert!(done.url.contains("done=left"), "{} {}", done.url, done.words());
    assert_eq!(reads(&demo, &sub).await, (403, 403));
    family.both_tell(&demo, ("ended the agreement", "ended the agreement")).await;
    let own = family.guardian.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(own.attributes(".event a", "href").contains(&path_of(&family.url)), "it leads to the ward");
}

#[tokio::test]
async fn a_guardian_withdraws_gives_blocks_and_leaves_for_a_ward_on_sqlite() {
    a_guardian_withdraws_gives_blocks_and_leaves_for_a_ward(On::Sqlite).await;
}

#[tokio::test]
async fn a_guardian_withdraws_gives_blocks_and_leaves_for_a_ward_on_postgres() {
    a_guardian_withdraws_gives_blocks_and_leaves_for_a_ward(On::Postgres).await;
}

#[tokio::test]
async fn for_a_ward_a_guardian_begins_what_asks_for_one_and_goes_on_with_what_the_ward_uses() {
    let demo = demo(On::Sqlite).await;
    let family = Family::new(&demo, 15, "newer").await;
    let mail = family.post("/services/mail/accept", "/services/mail/accept", &[("choice", "accept")]).await;
    assert!(mail.url.contains("/services?done=accepted"), "{} {}", mail.url, mail.words());
    family.both_tell(&demo, ("accepted the terms", "accepted the terms")).await;
    let forum = family.page("/services/forum/accept").await;
    assert_eq!(forum.status, 403, "the ward begins it: no form that is refused {}", forum.words());
    let token = family.page("").await.attributes("input[name=form_token]", "value").remove(0);
    let accept = [("form_token", token.as_str()), ("choice", "accept")];
    let sent =
        family.guardian.client().post(format!("{}/services/forum/accept", family.url)).form(&accept).send().await;
    assert_eq!(sent.unwrap().status().as_u16(), 403);
    let whole = family.page("").await.words();
    assert!(whole.contains("All data · At: Mail") && !whole.contains("At all services"), "{whole}");
    family.ward.visit(&demo, "forum", "newer@example.kz").await;
    let forum = family.post("/services/forum/accept", "/services/forum/accept", &[("choice", "accept")]).await;
    assert!(forum.url.contains("/services?done=accepted"), "{} {}", forum.url, forum.words());
}

#[tokio::test]
async fn a_guardian_answers_what_is_asked_of_a_ward() {
    for on in [On::Sqlite, On::Postgres] {
        let demo = for_young_shoppers(on).await;
        let family = Family::new(&demo, 15, "asked").await;
        let sub = family.ward.visit(&demo, "market", "asked@example.kz").await.sub();
        let ask =
            |agreement: &str| json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": agreement });
        let state = async |asked: &Value| {
            let body = json!({ "inquiry": asked["inquiry"] });
            call(&demo, "market", "/v1/inquiries/state", body).await["answer"].clone()
        };
        for (agreement, choice, phone) in [("N 1", "refuse", Value::Null), ("N 2", "give", json!("+77011234567"))] {
            let asked = call(&demo, "market", "/v1/inquiries", ask(agreement)).await;
            let page = family.page("").await;
            assert!(page.words().contains("Market asks for: Telephone"), "{}", page.words());
            let links = page.attributes(".notice a", "href");
            let path = links.iter().find(|path| path.contains("/inquiries/")).unwrap();
            let page = family.guardian.get(&format!("{}{path}", demo.issuer)).await;
            let done = family.guardian.submit(&page, path, &[("choice", choice), ("phone", "+7 701 123-45-67")]).await;
            let said = if choice == "give" { "given" } else { "refused" };
            assert!(done.url.contains(&format!("done={said}")), "{} {}", done.url, done.words());
            assert_eq!(state(&asked).await, said);
            let read = demo.read("market", &sub, "call", &["phone"]).await.1;
            assert_eq!(read["fields"]["phone"]["value"], phone, "{read}");
        }
        let (mut acts, mut next) = (String::new(), Some("/me/activity?service=market".to_owned()));
        while let Some(path) = next {
            let page = family.ward.get(&format!("{}{path}", demo.issuer)).await;
            acts.push_str(&page.words());
            next = page.attributes("a[rel=next]", "href").into_iter().next();
        }
        for deed in ["refused what was asked for", "gave consent", "wrote your data"] {
            assert!(acts.contains(&format!("Your representative {deed}")), "{deed}: {acts}");
        }
        let acts = family.guardian.get(&format!("{}/me/activity", demo.issuer)).await;
        assert!(acts.words().contains("You did not give what was asked for, for somebody else"), "{}", acts.words());
    }
}

#[tokio::test]
async fn a_guardian_sets_who_sees_a_ward_and_withholds_what_the_ward_placed() {
    for on in [On::Sqlite, On::Postgres] {
        let demo = demo(on).await;
        let family = Family::new(&demo, 15, "shown").await;
        let sub = family.ward.visit(&demo, "forum", "shown@example.kz").await.sub();
        let settings = "/profile/forum";
        let page =
            family.post(settings, settings, &[("audience-given_name", "public"), ("audience-post", "public")]).await;
        assert!(page.words().contains("Let more people see this?"), "{}", page.words());
        let done =
            family.guardian.submit(&page, &format!("{}{settings}", path_of(&family.url)), &[("choice", "show")]).await;
        assert!(done.url.contains("done=saved"), "{} {}", done.url, done.words());
        family.both_tell(&demo, ("let more people see your data", "let more people see data")).await;
        let links = done.attributes("#main a", "href");
        let public = links.into_iter().find(|path| path.starts_with("/profiles/")).unwrap();
        let looks = async |path: &str| Visitor::new().get(&format!("{}{path}", demo.issuer)).await.status;
        assert_eq!(looks(&public).await, 200);
        family.post(settings, settings, &[("audience-given_name", "private")]).await;
        assert_eq!(looks(&public).await, 404);

        // Named is who accepts; the name is taken back.
        let guest = person(&demo, "friend@example.kz").await;
        family.post(settings, &format!("{settings}/named"), &[("who", "friend@example.kz")]).await;
        let letter = demo.letter_with("friend@example.kz", "/named?token=").await;
        let page = guest.get(&link(&letter)).await;
        guest.submit(&page, "/named", &[("choice", "accept")]).await;
        let rows = family.page(settings).await.attributes("input[name=row]", "value");
        assert_eq!(rows.len(), 1, "one is named");
        family.post(settings, &format!("{settings}/named/remove"), &[("row", &rows[0])]).await;
        assert!(family.page(settings).await.attributes("input[name=row]", "value").is_empty());

        let body = json!({ "author": sub, "about": null, "kind": "post", "text": "Кто едет на Чарын?" });
        let kept = call(&demo, "forum", "/v1/contents", body).await;
        let (id, piece) =
            (kept["content"].as_str().unwrap(), format!("/contents/{}", kept["content"].as_str().unwrap()));
        assert_eq!(looks(&piece).await, 200);
        assert!(family.page("/contents").await.words().contains("Чарын"), "the guardian sees what the ward placed");
        family.post("/contents", &piece, &[("choice", "withhold")]).await;
        assert_eq!(looks(&piece).await, 404);
        let done = family.post("/contents", &piece, &[("choice", "remove")]).await;
        assert!(done.url.contains("done=removed"), "{} {}", done.url, done.words());
        assert!(!family.ward.get(&format!("{}/me/contents", demo.issuer)).await.text.contains(id));
        family.both_tell(&demo, ("let fewer people see your data", "let fewer people see data")).await;
    }
}

#[tokio::test]
async fn a_mandate_for_single_services_is_for_these_alone() {
    let demo = for_young_shoppers(On::Sqlite).await;
    let (ward, guardian) = (aged(&demo, "some@example.kz", 15).await, person(&demo, "half@example.kz").await);
    let url = agreed(&demo, &ward, (&guardian, "half@example.kz"), &[]).await;
    let sub = accepts_mail_with_tips(&demo, &ward).await;
    let market = ward.visit(&demo, "market", "some@example.kz").await.sub();
    ward.visit(&demo, "forum", "some@example.kz").await;
    let body = json!({ "sub": market, "purpose": "call", "fields": ["phone"], "agreement_id": "N 1" });
    call(&demo, "market", "/v1/inquiries", body).await;
    let page = guardian.get(&url).await;
    assert!(!page.words().contains("asks for: Telephone"), "it is Market's business: {}", page.words());
    for path in ["block", "close", "told", "contents", "contents/about", "profile/forum", "activity"] {
        assert_eq!(guardian.get(&format!("{url}/{path}")).await.status, 403, "{path}");
    }
    let page = guardian.get(&format!("{url}/consents")).await;
    assert!(page.words().contains("Mail") && !page.words().contains("Market"), "{}", page.words());
    let path = format!("{}/consents/set", path_of(&url));
    for (service, purpose, status) in [("market", "orders", 403), ("mail", "tips", 200)] {
        let with = [("service", service), ("purpose", purpose), ("on", "no")];
        assert_eq!(guardian.submit(&page, &path, &with).await.status, status, "{service}");
    }
    assert_eq!(reads(&demo, &sub).await, (200, 403));
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    for (path, field) in [
        ("block", ("action", "block")),
        ("close", ("word", "close")),
        ("services/market/leave", ("", "")),
        ("profile/forum", ("audience-given_name", "public")),
        ("profile/forum/named", ("who", "half@example.kz")),
    ] {
        let form = [("form_token", token.as_str()), ("now", PASSWORD), field];
        let sent = guardian.client().post(format!("{url}/{path}")).form(&form).send().await.unwrap();
        assert_eq!(sent.status(), 403, "{path}");
    }
    assert_eq!(demo.read("market", &market, "orders", &[]).await.0, 200, "it goes on");
}

/// Pages that were open when the mandate ended do nothing, on either server, and nobody else's ward is anybody's.
async fn without_the_mandate_nothing_is_done(on: On) {
    let demo = demo(on).await;
    let second = (on == On::Postgres).then(|| demo.second());
    let nodes: Vec<_> = [&demo.issuer].into_iter().chain(second.as_ref().map(|second| &second.address)).collect();
    let family = Family::new(&demo, 15, "ended").await;
    let sub = accepts_mail_with_tips(&demo, &family.ward).await;
    let stranger = person(&demo, "stranger@example.kz").await;
    let theirs = stranger.get(&format!("{}/me", demo.issuer)).await;
    let tips = [("service", "mail"), ("purpose", "tips"), ("on", "no")];
    let acts: [(&str, &[(&str, &str)]); 8] = [
        ("consents/set", &tips),
        ("block", &[("action", "block")]),
        ("services/mail/leave", &[]),
        ("services/mail/accept", &[("choice", "accept")]),
        ("fields/residence/edit", &[("residence", "Шымкент")]),
        ("profile/forum", &[("audience-given_name", "public")]),
        ("close", &[("word", "close"), ("now", PASSWORD)]),
        ("contents/00000000000000000000000000000000", &[("choice", "remove")]),
    ];
    let page = family.page("/consents").await;
    let tried = async |visitor: &Visitor, page: &Page| {
        let token = page.attributes("input[name=form_token]", "value").remove(0);
        for node in nodes.iter().copied() {
            for (path, fields) in acts {
                let form = [fields, &[("form_token", token.as_str())]].concat();
                let url = format!("{}/{path}", family.url.replace(&demo.issuer, node));
                let status = visitor.client().post(&url).form(&form).send().await.unwrap().status();
                assert_eq!(status, 403, "{path} at {node}");
            }
            for path in ["", "/consents", "/services", "/block", "/close", "/told", "/contents", "/activity"] {
                let url = format!("{}{path}", family.url.replace(&demo.issuer, node));
                assert_eq!(visitor.get(&url).await.status, 403, "{path} at {node}");
            }
        }
    };
    tried(&stranger, &theirs).await;
    end(&demo, &family.ward).await;
    tried(&family.guardian, &page).await;
    let own = family.ward.get(&format!("{}/me/activity", demo.issuer)).await.words();
    for deed in ["withdrew consent", "blocked data", "changed your data", "ended the agreement"] {
        assert!(!own.contains(&format!("Your representative {deed}")), "{own}");
    }
    agreed(&demo, &family.ward, (&family.guardian, "parent-of-ended@example.kz"), &[]).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200), "and nothing was changed");
}

#[tokio::test]
async fn without_the_mandate_nothing_is_done_on_sqlite() {
    without_the_mandate_nothing_is_done(On::Sqlite).await;
}

#[tokio::test]
async fn without_the_mandate_nothing_is_done_on_postgres() {
    without_the_mandate_nothing_is_done(On::Postgres).await;
}

#[tokio::test]
async fn whoever_was_asked_in_the_name_of_a_ward_is_not_named_after_the_mandate_ended() {
    let demo = demo(On::Sqlite).await;
    let family = Family::new(&demo, 15, "naming").await;
    family.ward.visit(&demo, "forum", "naming@example.kz").await;
    let guest = person(&demo, "late@example.kz").await;
    family.post("/profile/forum", "/profile/forum/named", &[("who", "late@example.kz")]).await;
    let letter = demo.letter_with("late@example.kz", "/named?token=").await;
    assert_eq!(invitations(&demo, "late@example.kz").len(), 1);
    let page = guest.get(&link(&letter)).await;
    end(&demo, &family.ward).await;
    assert_eq!(guest.submit(&page, "/named", &[("choice", "accept")]).await.status, 410);
    let own = family.ward.get(&format!("{}/me/profile/forum", demo.issuer)).await;
    assert!(own.attributes("input[name=row]", "value").is_empty(), "{}", own.words());
}

/// A bundle whose market takes people of fourteen years and more.
async fn for_young_shoppers(on: On) -> Demo {
    let draft = Draft::new();
    draft.edit("services/market.toml", "min_age = 18", "min_age = 14");
    let bundle = draft.folder.to_str().unwrap();
    Demo::start(env!("CARGO_BIN_EXE_kepil"), on, &["--bundle", bundle]).await
}

/// A bundle that takes people of six years and more.
async fn for_children(on: On) -> (Demo, Draft) {
    let draft = Draft::new();
    for service in ["account", "mail"] {
        draft.edit(&format!("services/{service}.toml"), "min_age = 14", "min_age = 6");
    }
    let bundle = draft.folder.to_str().unwrap();
    (Demo::start(env!("CARGO_BIN_EXE_kepil"), on, &["--clock", "--bundle", bundle]).await, draft)
}

const CLOSING: [(&str, &str); 2] = [("word", "close"), ("now", PASSWORD)];

async fn a_guardian_closes_the_account_of_a_child_and_of_nobody_older(on: On) {
    let (demo, _bundle) = for_children(on).await;
    let old = Family::new(&demo, 15, "older").await;
    let page = old.page("/close").await;
    assert!(
        page.words().contains("From the age of 14 years on they close their account themselves"),
        "{}",
        page.words()
    );
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    let form = [CLOSING.as_slice(), &[("form_token", token.as_str())]].concat();
    let sent = old.guardian.client().post(format!("{}/close", old.url)).form(&form).send().await.unwrap();
    assert_eq!(sent.status(), 403);
    assert_eq!(old.ward.get(&format!("{}/me", demo.issuer)).await.status, 200);

    let family = Family::new(&demo, 10, "small").await;
    let party = Party::new(&demo, "mail", json!({}));
    let tokens = tokens_for_ward(&party, &family.guardian).await;
    let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    assert_eq!(demo.read("mail", &sub, "delivery", &["email"]).await.0, 200);
    let page = family.post("/close", "/close", &[("word", "close"), ("now", "wrong")]).await;
    assert!(page.words().contains("The password does not fit") && page.words().contains("Your own password"));
    assert_eq!(demo.read("mail", &sub, "delivery", &["email"]).await.0, 200);
    let done = family.post("/close", "/close", &CLOSING).await;
    assert!(done.url.contains("/destroyed/"), "{} {}", done.url, done.words());
    assert_eq!(demo.read("mail", &sub, "delivery", &["email"]).await.0, 403);
    assert!(family.ward.get(&format!("{}/me", demo.issuer)).await.has_form("/sign-in"), "the ward is gone");
    assert_eq!(family.page("").await.status, 403);
    let own = family.guardian.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(own.words().contains("You deleted data, for somebody else"), "{}", own.words());
    assert!(old.ward.get(&format!("{}/me", demo.issuer)).await.has_form("/sign-out"), "nobody else's");
}

#[tokio::test]
async fn a_guardian_closes_the_account_of_a_child_and_of_nobody_older_on_sqlite() {
    a_guardian_closes_the_account_of_a_child_and_of_nobody_older(On::Sqlite).await;
}

#[tokio::test]
async fn a_guardian_closes_the_account_of_a_child_and_of_nobody_older_on_postgres() {
    a_guardian_closes_the_account_of_a_child_and_of_nobody_older(On::Postgres).await;
}

/// The guardian's closing of a child's account, as a request to be cut.
async fn closing(family: &Family) -> reqwest::RequestBuilder {
    let page = family.page("/close").await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    let form = [CLOSING.as_slice(), &[("form_token", token.as_str())]].concat();
    family.guardian.client().post(format!("{}/close", family.url)).header("accept-language", "en").form(&form)
}

#[tokio::test]
async fn what_a_guardian_began_to_close_is_carried_through_and_what_was_not_begun_is_not() {
    let (mut demo, _bundle) = for_children(On::Sqlite).await;
    let (begun, not) = (Family::new(&demo, 10, "begun").await, Family::new(&demo, 10, "not").await);
    // Cut before the row where mandates stand was reached: whether the guardian may is not known any more.
    let request = closing(&not).await;
    cut(&mut demo, "account", request).await;
    let request = closing(&begun).await;
    cut(&mut demo, "habits", request).await;
    demo.kill();
    demo.advance("5m");
    demo.restart();
    for _ in 0..20 {
        if begun.ward.get(&format!("{}/me", demo.issuer)).await.has_form("/sign-in") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert!(begun.ward.get(&format!("{}/me", demo.issuer)).await.has_form("/sign-in"), "{}", demo.log());
    assert!(not.ward.get(&format!("{}/me", demo.issuer)).await.has_form("/sign-out"), "it was not begun");
}

/// Cut between the compartments of a block: where mandates stand it holds and is told, and whoever repeats it completes it.
#[tokio::test]
async fn a_block_that_a_crash_cut_holds_where_it_was_written_and_is_completed_by_the_next() {
    let mut demo = demo(On::Sqlite).await;
    let family = Family::new(&demo, 15, "cut").await;
    let sub = accepts_mail_with_tips(&demo, &family.ward).await;
    let page = family.page("/block").await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    let form = [("action", "block"), ("form_token", token.as_str())];
    let request = family.guardian.client().post(format!("{}/block", family.url)).form(&form);
    cut(&mut demo, "habits", request).await;
    assert_eq!(reads(&demo, &sub).await.0, 403);
    let own = family.ward.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("All data are blocked"), "the ward sees it: {}", own.words());
    let page = family.page("/block").await;
    let path = format!("{}/block", path_of(&family.url));
    family.guardian.submit(&page, &path, &[("action", "block")]).await;
    assert_eq!(reads(&demo, &sub).await, (403, 403));
    family.guardian.submit(&page, &path, &[("action", "lift")]).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200));
}
