//! Guardians: asked for, agreed, ended, outgrown. Clause 2.4c.

use kepil_domain::Day;
use kepil_store::{Clock, SystemClock};
use kepil_testing::{
    Demo, On, Page, Visitor,
    visitor::{PASSWORD, link},
};
use serde_json::{Value, json};

use crate::{
    demo,
    editions::Draft,
    entities::{path_of, refreshed, told},
    party::{BACK, Party, answer, part, person},
};

/// A date of birth `days` after the birthday at which somebody becomes `age`.
pub fn born(age: i16, days: i64) -> String {
    let today = i64::from(SystemClock::new("Asia/Almaty").unwrap().now().day.0) - days;
    let mut day = Day(u32::try_from(today).unwrap());
    if day.date().unwrap().month() == 2 && day.date().unwrap().day() == 29 {
        day = Day(day.0 - 1);
    }
    let date = day.date().unwrap();
    format!("{:04}-{:02}-{:02}", date.year() - age, date.month(), date.day())
}

/// Somebody of that age who is signed in; redirects to parties are not followed.
pub async fn aged(demo: &Demo, email: &str, age: i16) -> Visitor {
    let visitor = Visitor::stopping_at(BACK);
    visitor.register_with(demo, email, &[("birth_date", &born(age, 30))]).await;
    visitor
}

/// Names `email` as guardian for what is ticked.
pub async fn ask(demo: &Demo, ward: &Visitor, email: &str, with: &[(&str, &str)]) -> Page {
    let page = ward.get(&format!("{}/me/guardians/ask?service=mail", demo.issuer)).await;
    let fields = [&[("email", email)], with].concat();
    ward.submit(&page, "/me/guardians/ask", &fields).await
}

/// The page behind the letter to `email`, as `reader` sees it.
pub async fn letter(demo: &Demo, reader: &Visitor, email: &str) -> Page {
    reader.get(&link(&demo.letter_with(email, "/invited?token=").await)).await
}

/// `email` becomes the guardian; the address of the ward's page, as the guardian has it.
pub async fn agreed(demo: &Demo, ward: &Visitor, guardian: (&Visitor, &str), with: &[(&str, &str)]) -> String {
    let page = ask(demo, ward, guardian.1, with).await;
    assert!(page.url.contains("done=invited"), "{} {}", page.url, page.words());
    let page = letter(demo, guardian.0, guardian.1).await;
    assert!(page.words().contains("asks you to be their parent or guardian"), "{}", page.words());
    let page = guardian.0.submit(&page, "/invited", &[("choice", "accept")]).await;
    assert!(page.url.contains("done=guarded"), "{} {}", page.url, page.words());
    page.url.split('?').next().unwrap().to_owned()
}

pub async fn own_guardians(demo: &Demo, ward: &Visitor) -> Page {
    ward.get(&format!("{}/me/guardians", demo.issuer)).await
}

/// The ward ends the first mandate.
pub async fn end(demo: &Demo, ward: &Visitor) -> Page {
    let page = own_guardians(demo, ward).await;
    let who = page.attributes("button[name=who]", "value").remove(0);
    ward.submit(&page, "/me/guardians/end", &[("who", &who)]).await
}

/// What Mail reads of somebody in the account and among their choices: two statuses.
pub async fn reads(demo: &Demo, sub: &str) -> (u16, u16) {
    let account = demo.read("mail", sub, "delivery", &["email"]).await.0;
    (account, demo.read("mail", sub, "tips", &["topics"]).await.0)
}

/// Mail accepted with its tips: the service's id of the person.
pub async fn accepts_mail_with_tips(demo: &Demo, visitor: &Visitor) -> String {
    let own = demo.service("mail");
    let page = visitor.get(&format!("{own}/login")).await;
    let page = visitor.submit(&page, "/accept", &[("choice", "accept"), ("purpose", "tips")]).await;
    assert!(page.url.starts_with(&own), "{} {}", page.url, page.words());
    let sub = page.sub();
    let form = visitor.get(&format!("{}/me/fields/topics/edit", demo.issuer)).await;
    visitor.submit(&form, "/me/fields/topics/edit", &[("topics", "chess")]).await;
    sub
}

async fn a_ward_needs_a_guardian_who_agrees_and_goes_on_agreeing(on: On) {
    let demo = demo(on).await;
    let ward = aged(&demo, "ward@example.kz", 16).await;
    let guardian = person(&demo, "guardian@example.kz").await;

    let page = ward.get(&format!("{}/login", demo.service("mail"))).await;
    assert!(
        page.words().contains("Until the age of 18 years a parent or guardian must agree first"),
        "{}",
        page.words()
    );
    assert!(page.attributes("button[name=choice]", "value") == ["refuse"], "nothing to accept yet");
    let page = ward.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!((page.status, page.words().contains("A parent or guardian must agree first.")), (403, true));

    let asked = ask(&demo, &ward, "guardian@example.kz", &[]).await;
    assert!(asked.url.contains("done=invited"), "{}", asked.words());
    let sent = demo.letter_with("guardian@example.kz", "/invited?token=").await;
    assert!(!sent.contains("Айгүл") && !sent.contains("ward@"), "a letter names nobody: {sent}");
    let page = guardian.get(&link(&sent)).await;
    assert!(
        page.words().contains("Айгүл") && page.words().contains("Mail"),
        "who asks, and for what: {}",
        page.words()
    );
    let page = guardian.submit(&page, "/invited", &[("choice", "accept")]).await;
    assert!(page.url.contains("done=guarded"), "{} {}", page.url, page.words());
    assert!(own_guardians(&demo, &ward).await.words().contains("Айгүл"), "the ward sees who it is");
    for (visitor, words) in [(&ward, "took on to act for you"), (&guardian, "took on to act for somebody")] {
        let journal = visitor.get(&format!("{}/me/activity", demo.issuer)).await;
        assert!(journal.words().contains(words), "{}", journal.words());
    }

    let sub = accepts_mail_with_tips(&demo, &ward).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200), "in both compartments");
    let page = end(&demo, &ward).await;
    assert!(
        page.url.contains("done=revoked") && page.words().contains("You have no guardian here"),
        "{}",
        page.words()
    );
    assert_eq!(reads(&demo, &sub).await, (403, 403), "nothing opens without the guardian, in either");
    let page = ward.get(&format!("{}/login", demo.service("mail"))).await;
    assert!(page.words().contains("a parent or guardian must agree first"), "{}", page.words());

    let consents = ward.get(&format!("{}/me/consents", demo.issuer)).await;
    let tips = [("service", "mail"), ("purpose", "tips"), ("on", "yes")];
    assert_eq!(ward.submit(&consents, "/me/consents/set", &tips).await.status, 403, "nor is anything given there");

    // A second guardian's consent is enough: the agreement itself never ended.
    let other = person(&demo, "other@example.kz").await;
    let url = agreed(&demo, &ward, (&other, "other@example.kz"), &[]).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200));
    // The guardian ends it as well, by one step.
    let page = other.get(&url).await;
    let page = other.submit(&page, &format!("{}/leave", path_of(&url)), &[("sure", "yes")]).await;
    assert!(page.url.contains("done=revoked"), "{} {}", page.url, page.words());
    assert_eq!(reads(&demo, &sub).await, (403, 403));
    assert_eq!(other.get(&url).await.status, 403);
}

#[tokio::test]
async fn a_ward_needs_a_guardian_who_agrees_on_sqlite() {
    a_ward_needs_a_guardian_who_agrees_and_goes_on_agreeing(On::Sqlite).await;
}

#[tokio::test]
async fn a_ward_needs_a_guardian_who_agrees_on_postgres() {
    a_ward_needs_a_guardian_who_agrees_and_goes_on_agreeing(On::Postgres).await;
}

#[tokio::test]
async fn a_guardian_is_of_age_by_their_own_date_and_somebody_else() {
    let demo = demo(On::Sqlite).await;
    let ward = aged(&demo, "child@example.kz", 16).await;
    let mut refused = Vec::new();
    let young = aged(&demo, "young@example.kz", 17).await;
    let undated = Visitor::new();
    undated.register_with(&demo, "undated@example.kz", &[("birth_date", "")]).await;
    let mut barred = Vec::new();
    for (visitor, email) in
        [(&young, "young@example.kz"), (&undated, "undated@example.kz"), (&ward, "child@example.kz")]
    {
        ask(&demo, &ward, email, &[]).await;
        let page = letter(&demo, visitor, email).await;
        barred.push(page.attributes("button[name=choice]", "value") == ["refuse"]);
        let token = page.attributes("input[name=token]", "value").remove(0);
        let form_token = page.attributes("input[name=form_token]", "value").remove(0);
        let said = [("token", token.as_str()), ("form_token", &form_token), ("choice", "accept"), ("of_age", "yes")];
        let request = visitor.client().post(format!("{}/invited", demo.issuer)).form(&said);
        refused.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(refused, [403, 403, 400], "too young, only by word, the ward");
    assert_eq!(barred, [true; 3], "and the page says so");
    // A letter that somebody else reads opens nothing, and a refused one is used up.
    let (meant, thief) = (person(&demo, "meant@example.kz").await, person(&demo, "thief@example.kz").await);
    ask(&demo, &ward, "meant@example.kz", &[]).await;
    assert_eq!(letter(&demo, &thief, "meant@example.kz").await.status, 403);
    let page = letter(&demo, &meant, "meant@example.kz").await;
    let page = meant.submit(&page, "/invited", &[("choice", "refuse")]).await;
    assert!(page.url.contains("done=declined"), "{}", page.url);
    assert_eq!(letter(&demo, &meant, "meant@example.kz").await.status, 410);
    assert!(own_guardians(&demo, &ward).await.words().contains("You have no guardian here"));
    // Who is of age needs nobody, and two are enough.
    assert_eq!(ask(&demo, &meant, "thief@example.kz", &[]).await.status, 403);
    let nothing = ask(&demo, &ward, "meant@example.kz", &[("service", "")]).await;
    assert!(!nothing.texts(".error").is_empty(), "for nothing at all: {}", nothing.words());
    agreed(&demo, &ward, (&meant, "meant@example.kz"), &[]).await;
    agreed(&demo, &ward, (&thief, "thief@example.kz"), &[]).await;
    assert!(!own_guardians(&demo, &ward).await.text.contains("/me/guardians/ask"), "no room for a third");
    assert_eq!(ask(&demo, &ward, "third@example.kz", &[]).await.status, 429);
}

/// Tokens for the ward: the guardian is asked for whom they go.
pub async fn tokens_for_ward(party: &Party, guardian: &Visitor) -> Value {
    let page = guardian.get(&party.request(&[])).await;
    assert!(page.has_form("/whom"), "{} {}", page.url, page.words());
    let choices = page.attributes("button[name=whom]", "value");
    let mut page = guardian.submit(&page, "/whom", &[("whom", &choices[1])]).await;
    if page.has_form("/accept") {
        assert!(page.words().contains("You accept for Айгүл"), "{}", page.words());
        page = guardian.submit(&page, "/accept", &[("choice", "accept")]).await;
    }
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code: {} {}", page.url, page.words()));
    let (status, tokens) = party.post("/token", &Party::exchanged(&code)).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

#[tokio::test]
async fn one_guardian_does_not_end_the_other_and_a_refused_try_takes_nothing() {
    let demo = demo(On::Sqlite).await;
    let ward = aged(&demo, "two@example.kz", 16).await;
    let (one, other) = (person(&demo, "one@example.kz").await, person(&demo, "other@example.kz").await);
    let url = agreed(&demo, &ward, (&one, "one@example.kz"), &[]).await;
    let page = own_guardians(&demo, &ward).await;
    let first = page.attributes("button[name=who]", "value").remove(0);
    agreed(&demo, &ward, (&other, "other@example.kz"), &[]).await;
    let sub = accepts_mail_with_tips(&demo, &ward).await;
    let page = own_guardians(&demo, &ward).await;
    let both = page.attributes("button[name=who]", "value");
    let second = both.iter().find(|who| **who != first).unwrap();
    let own = one.get(&url).await;
    let token = own.fields("/language").into_iter().find(|(name, _)| name == "form_token").unwrap().1;
    let form = [("form_token", token.as_str()), ("who", second.as_str())];
    let tried = one.client().post(format!("{url}/revoke")).form(&form).send().await.unwrap();
    assert_eq!(tried.status(), 403);
    let acts = ward.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(!acts.words().contains("ended a right to act"), "in no compartment: {}", acts.words());
    ward.submit(&page, "/me/guardians/end", &[("who", &first)]).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200), "the other is a guardian everywhere still");
}

#[tokio::test]
async fn what_a_ward_ends_stops_the_guardians_open_session_on_both_servers() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    let party = Party::new(&demo, "mail", json!({}));
    let ward = aged(&demo, "ended@example.kz", 16).await;
    let guardian = person(&demo, "open@example.kz").await;
    let url = agreed(&demo, &ward, (&guardian, "open@example.kz"), &[]).await;
    let tokens = tokens_for_ward(&party, &guardian).await;
    let id = part(tokens["id_token"].as_str().unwrap(), 1);
    let (status, claims) = told(&demo.issuer, &tokens).await;
    assert_eq!((status, &claims["email"]), (200, &json!("ended@example.kz")), "it is about the ward: {claims}");
    assert!(id["act"]["sub"].is_string() && id["act"]["sub"] != id["sub"], "and says who acts: {id}");
    let (status, tokens) = refreshed(&party, &tokens).await;
    assert_eq!(status, 200, "{tokens}");
    let own = party.tokens(&ward, &[]).await;
    let sub = id["sub"].as_str().unwrap();
    assert_eq!(demo.read("mail", sub, "delivery", &["email"]).await.0, 200);
    let acts = ward.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(acts.words().contains("Your representative accepted"), "the ward sees what was done: {}", acts.words());

    end(&demo, &ward).await;
    assert_eq!(demo.read("mail", sub, "delivery", &["email"]).await.0, 403, "nor does the service read any more");
    for address in [&demo.issuer, &second.address] {
        for held in [&tokens, &own] {
            assert_eq!(told(address, held).await.0, 401);
            let token = [("token", held["access_token"].as_str().unwrap())];
            assert_eq!(answer(party.form(address, "/introspect", &token)).await.1["active"], false);
        }
        let page = guardian.get(&url.replace(&demo.issuer, address)).await;
        assert_eq!(page.status, 403, "{}", page.words());
        assert_eq!(guardian.get(&format!("{address}/me")).await.status, 200, "their own session lives");
    }
    assert_eq!(refreshed(&party, &tokens).await.0, 400);
    assert_eq!(refreshed(&party, &own).await.0, 400);
    assert!(!guardian.get(&party.request(&[])).await.has_form("/whom"), "there is nobody to choose");
}

#[tokio::test]
async fn below_the_age_of_acting_themselves_the_guardian_decides() {
    let draft = Draft::new();
    for service in ["account", "mail"] {
        draft.edit(&format!("services/{service}.toml"), "min_age = 14", "min_age = 6");
    }
    let bundle = draft.folder.to_str().unwrap();
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--clock", "--bundle", bundle]).await;
    let party = Party::new(&demo, "mail", json!({}));
    let ward = aged(&demo, "small@example.kz", 10).await;
    let guardian = person(&demo, "parent@example.kz").await;
    let decides = "Until the age of 14 years your parent or guardian accepts this service for you";
    let before = ward.get(&party.request(&[])).await;
    assert!(before.words().contains(decides) && before.text.contains("/me/guardians/ask"), "{}", before.words());
    let url = agreed(&demo, &ward, (&guardian, "parent@example.kz"), &[]).await;
    let page = ward.get(&party.request(&[])).await;
    assert!(page.words().contains(decides) && !page.text.contains("/me/guardians/ask"), "{}", page.words());
    let page = ward.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!((page.status, page.words().contains("The parent or guardian decides this.")), (403, true));

    let tokens = tokens_for_ward(&party, &guardian).await;
    let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    assert_eq!(demo.read("mail", &sub, "delivery", &["email"]).await.0, 200);
    let own = party.tokens(&ward, &[]).await;
    assert_eq!(part(own["id_token"].as_str().unwrap(), 1)["sub"], json!(sub), "the child uses what was accepted");
    let consents = ward.get(&format!("{}/me/consents", demo.issuer)).await;
    let tips = [("service", "mail"), ("purpose", "tips"), ("on", "yes")];
    let given = ward.submit(&consents, "/me/consents/set", &tips).await;
    assert_eq!(given.status, 403, "a consent of their own is not theirs to give: {}", given.words());

    // The guardian leaves the service for them.
    let page = guardian.get(&url).await;
    let page = guardian.submit(&page, &format!("{}/services/mail/leave", path_of(&url)), &[]).await;
    assert!(page.url.contains("done=left"), "{} {}", page.url, page.words());
    assert_eq!(demo.read("mail", &sub, "delivery", &["email"]).await.0, 403);
}

#[tokio::test]
async fn a_guardian_does_for_a_ward_what_the_ward_let_them() {
    let demo = demo(On::Sqlite).await;
    let ward = aged(&demo, "letting@example.kz", 15).await;
    let (some, whole) = (person(&demo, "some@example.kz").await, person(&demo, "whole@example.kz").await);
    let limited = agreed(&demo, &ward, (&some, "some@example.kz"), &[]).await;
    let full = agreed(&demo, &ward, (&whole, "whole@example.kz"), &[("whole", "yes")]).await;
    let page = some.get(&limited).await;
    assert!(!page.words().contains("letting@example.kz"), "the data are the ward's own: {}", page.words());
    for page in ["activity", "fields/residence/edit"] {
        assert_eq!(some.get(&format!("{limited}/{page}")).await.status, 403, "{page}");
        assert_eq!(whole.get(&format!("{full}/{page}")).await.status, 200, "{page}");
    }
    assert!(whole.get(&full).await.words().contains("letting@example.kz"));
    let form = whole.get(&format!("{full}/fields/residence/edit")).await;
    let path = format!("{}/fields/residence/edit", path_of(&full));
    whole.submit(&form, &path, &[("residence", "Шымкент")]).await;
    let own = ward.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("Шымкент"), "{}", own.words());
    let journal = ward.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(journal.words().contains("Your representative"), "{}", journal.words());
    // What names the ward, who else acts for them and whether they stay is not the guardian's.
    let page = whole.get(&full).await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    for path in ["email", "invite", "fields/email/edit"] {
        assert_eq!(whole.get(&format!("{full}/{path}")).await.status, 404, "{path}");
    }
    let own = own_guardians(&demo, &ward).await.attributes("button[name=who]", "value").remove(0);
    for (path, field) in [("close", ("sure", "yes")), ("revoke", ("who", own.as_str())), ("name", ("show", "no"))] {
        let form = [("form_token", token.as_str()), field];
        let sent = whole.client().post(format!("{full}/{path}")).form(&form).send().await.unwrap();
        assert!([400, 403, 404, 410].contains(&sent.status().as_u16()), "{path}: {}", sent.status());
    }
    assert_eq!(ward.get(&format!("{}/me", demo.issuer)).await.status, 200);
    assert_eq!(own_guardians(&demo, &ward).await.attributes("button[name=who]", "value").len(), 2);
    // Who closes their own account is nobody's guardian any more.
    let page = whole.get(&format!("{}/me/close", demo.issuer)).await;
    whole.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    assert_eq!(own_guardians(&demo, &ward).await.attributes("button[name=who]", "value").len(), 1);
}

#[tokio::test]
async fn a_ward_who_is_old_enough_acts_alone_and_has_no_guardian() {
    let demo = demo(On::Sqlite).await;
    let (email, grown) = ("grown@example.kz", born(18, -5));
    let ward = Visitor::stopping_at(BACK);
    ward.register_with(&demo, email, &[("birth_date", &grown)]).await;
    let guardian = person(&demo, "until@example.kz").await;
    let url = agreed(&demo, &ward, (&guardian, "until@example.kz"), &[]).await;
    let sub = accepts_mail_with_tips(&demo, &ward).await;
    let party = Party::new(&demo, "mail", json!({}));
    let tokens = tokens_for_ward(&party, &guardian).await;
    demo.advance("10d");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;

    let guardian = again(&demo, "until@example.kz").await;
    let page = guardian.get(&url).await;
    assert!(page.url.contains("/me/representing?done=revoked"), "{} {}", page.url, page.words());
    assert_eq!(refreshed(&party, &tokens).await.0, 400, "nothing opens by the mandate");
    assert!(!guardian.get(&party.request(&[])).await.has_form("/whom"));
    let ward = again(&demo, email).await;
    let page = own_guardians(&demo, &ward).await;
    assert!(page.words().contains("You are old enough to decide alone"), "{}", page.words());
    assert_eq!(reads(&demo, &sub).await, (200, 200), "what they accepted goes on, without a guardian");
    assert!(ward.get(&party.request(&[])).await.url.starts_with(BACK));
}

/// The same person in another browser.
pub async fn again(demo: &Demo, email: &str) -> Visitor {
    let visitor = Visitor::stopping_at(BACK);
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 200, "{}", page.words());
    visitor
}

#[tokio::test]
async fn of_three_who_agree_at_once_two_are_guardians() {
    let demo = demo(On::Sqlite).await;
    let ward = aged(&demo, "three@example.kz", 16).await;
    let mut asked = Vec::new();
    for email in ["a@example.kz", "b@example.kz", "c@example.kz"] {
        let guardian = person(&demo, email).await;
        ask(&demo, &ward, email, &[]).await;
        let page = letter(&demo, &guardian, email).await;
        asked.push((guardian, page));
    }
    let said = asked.iter().map(|(guardian, page)| guardian.submit(page, "/invited", &[("choice", "accept")]));
    let mut said: Vec<u16> = futures::future::join_all(said).await.iter().map(|page| page.status).collect();
    said.sort_unstable();
    assert_eq!(said, [200, 200, 429]);
    assert_eq!(own_guardians(&demo, &ward).await.attributes("button[name=who]", "value").len(), 2);
}

/// The guardian accepts a service for the ward while the ward ends the mandate.
async fn what_is_ended_stays_ended(on: On) {
    let demo = demo(on).await;
    let party = Party::new(&demo, "mail", json!({}));
    let (ward, guardian) = (aged(&demo, "beside@example.kz", 16).await, person(&demo, "racing@example.kz").await);
    agreed(&demo, &ward, (&guardian, "racing@example.kz"), &[]).await;
    let sub = accepts_mail_with_tips(&demo, &ward).await;
    for _ in 0..4 {
        let page = guardian.get(&party.request(&[("prompt", "consent")])).await;
        let choices = page.attributes("button[name=whom]", "value");
        let page = guardian.submit(&page, "/whom", &[("whom", &choices[1])]).await;
        let accepting = [("choice", "accept"), ("purpose", "tips")];
        futures::join!(guardian.submit(&page, "/accept", &accepting), end(&demo, &ward));
        assert!(!has_guardian(&demo, &ward).await);
        assert_eq!(reads(&demo, &sub).await, (403, 403), "whichever came first");
        agreed(&demo, &ward, (&guardian, "racing@example.kz"), &[]).await;
        assert_eq!(reads(&demo, &sub).await.0, 200);
    }
}

#[tokio::test]
async fn what_a_ward_ends_stays_ended_whatever_is_accepted_beside_it_on_sqlite() {
    what_is_ended_stays_ended(On::Sqlite).await;
}

#[tokio::test]
async fn what_a_ward_ends_stays_ended_whatever_is_accepted_beside_it_on_postgres() {
    what_is_ended_stays_ended(On::Postgres).await;
}

/// Killed between the notes of agreeing and of ending: whatever Mail may read, the ward sees by whose consent.
#[tokio::test]
async fn a_crash_leaves_nobody_a_mandate_that_the_ward_does_not_see() {
    let mut demo = demo(On::Sqlite).await;
    let (ward, guardian) = (aged(&demo, "crash@example.kz", 16).await, person(&demo, "crashed@example.kz").await);
    let url = agreed(&demo, &ward, (&guardian, "crashed@example.kz"), &[]).await;
    let sub = accepts_mail_with_tips(&demo, &ward).await;

    let page = own_guardians(&demo, &ward).await;
    let who = page.attributes("button[name=who]", "value").remove(0);
    let form_token = page.attributes("input[name=form_token]", "value").remove(0);
    let form = [("form_token", form_token), ("who", who)];
    let request = ward.client().post(format!("{}/me/guardians/end", demo.issuer)).form(&form);
    cut(&mut demo, "habits", request).await;
    whatever_opens_is_seen(&demo, (&ward, &guardian), &sub, &url).await;
    assert!(has_guardian(&demo, &ward).await, "what takes comes last where the ward sees it");
    end(&demo, &ward).await;
    assert_eq!(reads(&demo, &sub).await, (403, 403), "and can be ended again");

    ask(&demo, &ward, "crashed@example.kz", &[]).await;
    let page = letter(&demo, &guardian, "crashed@example.kz").await;
    let form: Vec<_> =
        page.fields("/invited").into_iter().chain([("choice".to_owned(), "accept".to_owned())]).collect();
    let request = guardian.client().post(format!("{}/invited", demo.issuer)).form(&form);
    cut(&mut demo, "habits", request).await;
    whatever_opens_is_seen(&demo, (&ward, &guardian), &sub, &url).await;
    assert!(has_guardian(&demo, &ward).await, "what gives comes first there");
    end(&demo, &ward).await;
    agreed(&demo, &ward, (&guardian, "crashed@example.kz"), &[]).await;
    assert_eq!(reads(&demo, &sub).await, (200, 200), "and can be given anew");
}

/// The power goes while `request` waits for a compartment, which takes no change meanwhile; and comes back.
pub async fn cut(demo: &mut Demo, compartment: &str, request: reqwest::RequestBuilder) {
    let held = rusqlite::Connection::open(demo.folder.join(format!("store/people_{compartment}.db"))).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let sent = tokio::spawn(request.send());
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(!sent.is_finished(), "it waits");
    demo.kill();
    drop(sent.await.unwrap());
    drop(held);
    demo.restart();
    // Browsers notice that their connections are gone.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
}

pub async fn has_guardian(demo: &Demo, ward: &Visitor) -> bool {
    !own_guardians(demo, ward).await.attributes("button[name=who]", "value").is_empty()
}

async fn whatever_opens_is_seen(demo: &Demo, (ward, guardian): (&Visitor, &Visitor), sub: &str, url: &str) {
    let seen = has_guardian(demo, ward).await;
    let reads = reads(demo, sub).await;
    assert!(seen || reads == (403, 403), "{reads:?} without a guardian whom the ward sees");
    assert_eq!(guardian.get(url).await.status == 200, seen, "and the guardian acts as long as the ward sees it");
}
