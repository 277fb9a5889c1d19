//! Dates of birth: who moves them, in which direction, and what a lower age closes. Clause 2.4c.

use kepil_testing::{Demo, On, Page, Visitor};
use serde_json::json;

use crate::{
    demo,
    entities::{path_of, refreshed, told},
    guardians::{accepts_mail_with_tips, aged, agreed, ask, born, cut, end, has_guardian, letter, reads},
    party::{Party, answer, part, person},
};

const DATE: &str = "/fields/birth_date/edit";

/// Writes `date` on the page of somebody, their own or that of a ward.
async fn dated(visitor: &Visitor, base: &str, date: &str) -> Page {
    let page = visitor.get(&format!("{base}{DATE}")).await;
    visitor.submit(&page, &format!("{}{DATE}", path_of(base)), &[("birth_date", date)]).await
}

/// The form that a page would post, as a request of its own.
async fn posted(visitor: &Visitor, from: &str, to: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let page = visitor.get(from).await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    let form = [&[("form_token", token.as_str())], fields].concat();
    visitor.client().post(to).header("accept-language", "en").form(&form)
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// Somebody without a date of birth.
async fn undated(demo: &Demo, email: &str) -> Visitor {
    let visitor = Visitor::new();
    visitor.register_with(demo, email, &[("birth_date", "")]).await;
    visitor
}

/// What Market reads of somebody.
async fn market(demo: &Demo, sub: &str) -> u16 {
    demo.read("market", sub, "orders", &["given_name"]).await.0
}

async fn nobody_makes_themselves_older(on: On) {
    let demo = demo(on).await;
    let own = format!("{}/me", demo.issuer);
    let young = aged(&demo, "young@example.kz", 15).await;
    let page = young.get(&Party::new(&demo, "market", json!({})).request(&[])).await;
    assert!(page.words().contains("open from the age of 18 years on"), "said at once: {}", page.words());
    assert!(page.words().contains("privacy@citicom.example"), "and who can do something: {}", page.words());
    assert_eq!(page.attributes("button[name=choice]", "value"), ["refuse"]);

    let page = dated(&young, &own, "1990-01-01").await;
    let error = page.texts(".error").join(" ");
    assert!(error.contains("Your word is not enough") && error.contains("privacy@citicom.example"), "{}", page.words());
    let page = young.get(&own).await;
    assert!(!page.text.contains("birth_date/remove") && page.text.contains(DATE), "{}", page.words());
    let removed = posted(&young, &own, &format!("{own}/fields/birth_date/remove"), &[]).await;
    assert_eq!(status(removed).await, 403, "nor is it taken away");
    // Younger they may make themselves, and come back no more.
    let (later, before) = (born(15, 5), born(15, 6));
    assert!(dated(&young, &own, &later).await.url.contains("done=saved"));
    assert!(!dated(&young, &own, &before).await.texts(".error").is_empty(), "not by a day");
    assert!(dated(&young, &own, &later).await.url.contains("done=saved"), "the same is no move");
    assert!(!dated(&young, &own, "").await.url.contains("done=saved"), "an empty field is no date either");

    // Whoever is of age moves it as they like, and takes it away: what it proved stays.
    let adult = person(&demo, "adult@example.kz").await;
    assert!(dated(&adult, &own, "1985-03-03").await.url.contains("done=saved"));
    let sub = adult.visit(&demo, "market", "adult@example.kz").await.sub();
    let page = adult.get(&own).await;
    assert!(page.words().contains("What was confirmed by it stays"), "{}", page.words());
    let page = adult.submit(&page, "/me/fields/birth_date/remove", &[]).await;
    assert!(page.url.contains("done=removed"), "{} {}", page.url, page.words());
    assert_eq!(market(&demo, &sub).await, 200);
}

#[tokio::test]
async fn nobody_who_is_young_by_their_date_makes_themselves_older_on_sqlite() {
    nobody_makes_themselves_older(On::Sqlite).await;
}

#[tokio::test]
async fn nobody_who_is_young_by_their_date_makes_themselves_older_on_postgres() {
    nobody_makes_themselves_older(On::Postgres).await;
}

#[tokio::test]
async fn a_ward_frees_themselves_by_no_date_and_the_guardian_moves_it_one_way() {
    let demo = demo(On::Sqlite).await;
    let own = format!("{}/me", demo.issuer);
    let (ward, guardian) = (aged(&demo, "ward@example.kz", 15).await, person(&demo, "parent@example.kz").await);
    let url = agreed(&demo, &ward, (&guardian, "parent@example.kz"), &[("whole", "yes")]).await;
    let page = dated(&ward, &own, "1990-01-01").await;
    assert!(page.texts(".error").join(" ").contains("only they can enter a date"), "{}", page.words());
    assert!(has_guardian(&demo, &ward).await, "the mandate goes on");
    // Nor does somebody of seventeen become a guardian so.
    let other = aged(&demo, "other@example.kz", 17).await;
    ask(&demo, &ward, "other@example.kz", &[]).await;
    let page = letter(&demo, &other, "other@example.kz").await;
    assert!(page.words().contains("open from the age of 18 years on"), "{}", page.words());
    assert_eq!(page.attributes("button[name=choice]", "value"), ["refuse"]);
    dated(&other, &own, "1990-01-01").await;
    let page = letter(&demo, &other, "other@example.kz").await;
    assert_eq!(other.submit(&page, "/invited", &[("choice", "accept")]).await.status, 403);

    let page = dated(&guardian, &url, &born(14, 30)).await;
    assert!(page.texts(".error").join(" ").contains("an earlier date, not a later one"), "{}", page.words());
    let page = guardian.get(&url).await;
    assert!(!page.text.contains("birth_date/remove"), "{}", page.words());
    let removed = posted(&guardian, &url, &format!("{url}/fields/birth_date/remove"), &[]).await;
    assert_eq!(status(removed).await, 403);
    let page = dated(&guardian, &url, &born(17, 30)).await;
    assert!(page.url.contains("done=saved") && page.words().contains("Changed since"), "{} {}", page.url, page.words());
    assert!(!page.words().contains("Changed by you"), "whoever it was: {}", page.words());
    for (visitor, words) in [(&ward, "Your representative changed your data"), (&guardian, "for somebody else")] {
        let acts = visitor.get(&format!("{own}/activity")).await;
        assert!(acts.words().contains(words), "{}", acts.words());
    }
    let page = dated(&guardian, &url, &born(18, 30)).await;
    assert!(page.url.contains("/me/representing?done=revoked"), "of age: {} {}", page.url, page.words());
    assert!(!has_guardian(&demo, &ward).await);
}

#[tokio::test]
async fn neither_a_word_nor_a_first_date_outgrows_a_guardian() {
    let demo = demo(On::Sqlite).await;
    let own = format!("{}/me", demo.issuer);
    let (ward, guardian) = (undated(&demo, "undated@example.kz").await, person(&demo, "parent@example.kz").await);
    let url = agreed(&demo, &ward, (&guardian, "parent@example.kz"), &[("whole", "yes")]).await;
    let login = format!("{}/login", demo.service("mail"));
    let page = ward.get(&login).await;
    assert!(page.attributes("input[name=of_age]", "name").is_empty(), "it is not asked: {}", page.words());
    let page = ward.submit(&page, "/accept", &[("choice", "accept"), ("of_age", "yes")]).await;
    assert!(page.url.starts_with(&demo.service("mail")), "they accept as a ward: {} {}", page.url, page.words());
    assert!(has_guardian(&demo, &ward).await, "and stay one");
    let page = ward.get(&format!("{own}/representing/make")).await;
    let firm = [("firm_name", "Tulpar"), ("firm_bin", "170240014901"), ("of_age", "yes")];
    assert_eq!(ward.submit(&page, "/me/representing/make", &firm).await.status, 403, "nor for a firm");
    let page = dated(&ward, &own, &born(18, 30)).await;
    assert!(page.texts(".error").join(" ").contains("only they can enter a date"), "{}", page.words());
    // By a date that makes them no older than a ward they say the truth, as far as anybody knows.
    assert!(dated(&ward, &own, &born(17, 30)).await.url.contains("done=saved"));
    assert!(!dated(&ward, &own, &born(17, 31)).await.texts(".error").is_empty());

    let second = undated(&demo, "second@example.kz").await;
    let theirs = agreed(&demo, &second, (&guardian, "parent@example.kz"), &[("whole", "yes")]).await;
    assert!(dated(&guardian, &theirs, &born(16, 30)).await.url.contains("done=saved"), "the guardian enters it");
    assert!(!dated(&second, &own, "1990-01-01").await.texts(".error").is_empty());
    assert!(guardian.get(&url).await.status == 200 && has_guardian(&demo, &second).await);
}

async fn a_lower_age_closes_everything_at_once(on: On) {
    let demo = demo(on).await;
    let second = matches!(on, On::Postgres).then(|| demo.second());
    let own = format!("{}/me", demo.issuer);
    let (adult, party) = (person(&demo, "closing@example.kz").await, Party::new(&demo, "market", json!({})));
    let mail = accepts_mail_with_tips(&demo, &adult).await;
    let tokens = party.tokens(&adult, &[]).await;
    let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    assert_eq!((market(&demo, &sub).await, told(&demo.issuer, &tokens).await.0), (200, 200));
    assert_eq!(reads(&demo, &mail).await, (200, 200));

    assert!(dated(&adult, &own, &born(15, 30)).await.url.contains("done=saved"));
    assert_eq!(market(&demo, &sub).await, 403);
    assert_eq!(reads(&demo, &mail).await, (403, 403), "in every compartment: nobody agreed");
    for address in std::iter::once(&demo.issuer).chain(second.as_ref().map(|second| &second.address)) {
        assert_eq!(told(address, &tokens).await.0, 401);
        let token = [("token", tokens["access_token"].as_str().unwrap())];
        assert_eq!(answer(party.form(address, "/introspect", &token)).await.1["active"], false);
    }
    assert_eq!(refreshed(&party, &tokens).await.0, 400);
    let page = adult.get(&party.request(&[])).await;
    assert!(page.words().contains("open from the age of 18 years on"), "asked again: {}", page.words());
    let page = adult.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!(page.status, 403, "{}", page.words());
    let acts = adult.get(&format!("{own}/activity")).await;
    assert!(acts.words().contains("below_age") || acts.words().contains("The age is below"), "{}", acts.words());

    // With a guardian Mail goes on, and Market does not.
    let guardian = person(&demo, "parent@example.kz").await;
    agreed(&demo, &adult, (&guardian, "parent@example.kz"), &[]).await;
    assert_eq!((reads(&demo, &mail).await, market(&demo, &sub).await), ((200, 200), 403));
    end(&demo, &adult).await;
    assert_eq!(reads(&demo, &mail).await, (403, 403));
}

#[tokio::test]
async fn a_lower_age_closes_everything_at_once_on_sqlite() {
    a_lower_age_closes_everything_at_once(On::Sqlite).await;
}

#[tokio::test]
async fn a_lower_age_closes_everything_at_once_on_postgres() {
    a_lower_age_closes_everything_at_once(On::Postgres).await;
}

/// Whatever came first, a date of somebody young is the last word.
async fn of_moves_at_once_that_of_the_young_stays(on: On) {
    let demo = demo(on).await;
    let own = format!("{}/me", demo.issuer);
    let party = Party::new(&demo, "market", json!({}));
    for round in 0..4 {
        let email = format!("racing{round}@example.kz");
        let adult = person(&demo, &email).await;
        let tokens = party.tokens(&adult, &[]).await;
        let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
        let (young, old) = (born(15, 30), "1985-03-03");
        let edit = async |date: &str| posted(&adult, &own, &format!("{own}{DATE}"), &[("birth_date", date)]).await;
        let accepting = adult.get(&party.request(&[("prompt", "consent")])).await;
        let (first, other, lower) = (edit(old).await, edit("1970-01-01").await, edit(&young).await);
        let removed = posted(&adult, &own, &format!("{own}/fields/birth_date/remove"), &[]).await;
        let accepted = adult.submit(&accepting, "/accept", &[("choice", "accept")]);
        futures::join!(status(first), status(lower), status(other), status(removed), accepted);
        let page = adult.get(&format!("{own}{DATE}")).await;
        assert_eq!(page.attributes("input[name=birth_date]", "value"), [young.as_str()], "round {round}");
        assert_eq!(market(&demo, &sub).await, 403, "round {round}: whatever was accepted beside it");
    }
    for round in 0..4 {
        let newcomer = undated(&demo, &format!("first{round}@example.kz")).await;
        let young = born(15, 30);
        let edit = async |date: &str| posted(&newcomer, &own, &format!("{own}{DATE}"), &[("birth_date", date)]).await;
        let (one, other) = (edit("1990-01-01").await, edit(&young).await);
        futures::join!(status(one), status(other));
        let page = newcomer.get(&format!("{own}{DATE}")).await;
        assert_eq!(page.attributes("input[name=birth_date]", "value"), [young.as_str()], "round {round}");
    }
}

#[tokio::test]
async fn of_moves_at_once_that_of_the_young_stays_on_sqlite() {
    of_moves_at_once_that_of_the_young_stays(On::Sqlite).await;
}

#[tokio::test]
async fn of_moves_at_once_that_of_the_young_stays_on_postgres() {
    of_moves_at_once_that_of_the_young_stays(On::Postgres).await;
}

/// Killed between the compartments: nothing that is younger than before opens by what was known where the date is, and whoever
/// repeats it completes it.
#[tokio::test]
async fn a_crash_while_an_age_is_lowered_opens_nothing_and_the_next_try_closes_the_rest() {
    let mut demo = demo(On::Sqlite).await;
    let own = format!("{}/me", demo.issuer);
    let adult = person(&demo, "cut@example.kz").await;
    let mail = accepts_mail_with_tips(&demo, &adult).await;
    let young = born(15, 30);
    let request = posted(&adult, &own, &format!("{own}{DATE}"), &[("birth_date", &young)]).await;
    cut(&mut demo, "habits", request).await;
    assert_eq!(reads(&demo, &mail).await.0, 403, "what takes comes first");
    let page = adult.get(&format!("{own}{DATE}")).await;
    assert_eq!(page.attributes("input[name=birth_date]", "value"), ["1990-05-17"], "the date comes last");
    assert!(dated(&adult, &own, &young).await.url.contains("done=saved"));
    assert_eq!(reads(&demo, &mail).await, (403, 403));
    demo.kill();
    demo.restart();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(reads(&demo, &mail).await, (403, 403));
    assert!(!dated(&adult, &own, "1990-05-17").await.texts(".error").is_empty());
}
