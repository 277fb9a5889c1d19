//! Doors that are shut: nothing is used before the account is accepted, and nothing is made twice. Words that say what is.
//! Clauses 1.2c, 2.4c, 7.3, 8.2a, 8.2b.

use kepil_testing::{Demo, On, Page, Visitor};
use serde_json::json;

use crate::{
    children::with_mail_for_children,
    demo,
    guardians::born,
    imported::{file, import, sign_in},
    party::{BACK, Party, person},
};

/// Posts what no form has; where the answer leads.
async fn posts(demo: &Demo, visitor: &Visitor, token: &str, (path, with): (&str, &[(&str, &str)])) -> (u16, String) {
    let form = [&[("form_token", token)], with].concat();
    let sent = visitor.client().post(format!("{}{path}", demo.issuer)).form(&form).send().await.unwrap();
    let to = sent.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (sent.status().as_u16(), to.unwrap_or_default())
}

fn token(page: &Page) -> String {
    page.attributes("input[name=form_token]", "value").remove(0)
}

/// Somebody who was brought along, signed in, and stands before `/welcome` with a form token.
async fn before_the_account(demo: &mut Demo) -> (Visitor, Page) {
    let path = file(demo, 6);
    demo.kill();
    let (ok, said) = import(demo, &path);
    assert!(ok, "{said}");
    demo.restart();
    let (visitor, page) = sign_in(demo, 3).await;
    assert!(page.has_form("/welcome") && page.words().contains("no service opens for you"), "{}", page.words());
    assert!(!page.words().contains("other services work as before"), "none does: {}", page.words());
    (visitor, page)
}

const ACCEPT: &[(&str, &str)] = &[("choice", "accept")];

async fn nothing_is_used(demo: &Demo, visitor: &Visitor, token: &str) {
    let welcome = format!("{}/welcome", demo.issuer);
    for path in [
        "/me/services/forum/accept",
        "/me/services/mail/accept",
        "/me/profile/forum",
        "/me/representing",
        "/me/representing/make",
        "/me/guardians",
        "/me/guardians/ask",
        "/me/inquiries/ab",
        "/invited?token=ab",
        "/staff",
    ] {
        assert_eq!(visitor.get(&format!("{}{path}", demo.issuer)).await.url, welcome, "{path}");
    }
    let firm: &[_] = &[("firm_name", "Tulpar"), ("firm_bin", "170240014901"), ("once", "1"), ("of_age", "yes")];
    for form in [
        ("/me/services/forum/accept", ACCEPT),
        ("/me/services/mail/accept", ACCEPT),
        ("/me/profile/forum", &[("given_name", "public"), ("sure", "yes")]),
        ("/me/consents/set", &[("service", "account"), ("purpose", "view"), ("on", "yes")]),
        ("/me/representing/make", firm),
        ("/me/guardians/ask", &[("email", "a@example.kz"), ("whole", "yes")]),
        ("/invited", ACCEPT),
    ] {
        assert_eq!(posts(demo, visitor, token, form).await, (303, "/welcome".to_owned()), "{}", form.0);
    }
    let used = visitor.get(&format!("{}/me/services", demo.issuer)).await;
    assert!(!used.words().contains("Forum") && !used.words().contains("Mail"), "{}", used.words());
}

/// The rights of clause 4, the sessions, and the way out.
async fn every_right_is_there(demo: &Demo, visitor: &Visitor, token: &str) {
    for path in [
        "/me",
        "/me/activity",
        "/me/told",
        "/me/contents",
        "/me/services",
        "/me/consents",
        "/me/block",
        "/me/close",
        "/me/email",
        "/me/fields/given_name/edit",
        "/me/security",
        "/me/security/sign-ins",
        "/me/security/app",
        "/sign-out",
    ] {
        let url = format!("{}{path}", demo.issuer);
        let page = visitor.get(&url).await;
        assert_eq!((page.status, page.url.as_str()), (200, url.as_str()), "{path}");
    }
    let corrected = posts(demo, visitor, token, ("/me/fields/given_name/edit", &[("given_name", "Айжан")])).await;
    assert_eq!(corrected.1, "/me?done=saved");
    let added = posts(demo, visitor, token, ("/me/fields/family_name/edit", &[("family_name", "Айжан")])).await;
    assert_eq!(added.0, 403, "nothing is added");
    for (action, to) in [("block", "blocked"), ("lift", "lifted")] {
        let done = posts(demo, visitor, token, ("/me/block", &[("action", action)])).await;
        assert_eq!(done.1, format!("/me/block?done={to}"));
    }
    let deleted = posts(demo, visitor, token, ("/me/fields/birth_date/remove", &[])).await;
    assert_eq!(deleted.1, "/me?done=removed");
}

async fn who_never_accepted_the_account_uses_nothing_and_keeps_every_right(on: On) {
    let mut demo = demo(on).await;
    let (visitor, page) = before_the_account(&mut demo).await;
    let token = token(&page);
    nothing_is_used(&demo, &visitor, &token).await;
    every_right_is_there(&demo, &visitor, &token).await;
    // A refusal says what it comes to, and shuts nothing more; after a start of the server it is the same.
    let at = |path: &str| format!("{}{path}", demo.issuer);
    let page = visitor.get(&at("/welcome")).await;
    let refused = visitor.submit(&page, "/welcome", &[("choice", "refuse")]).await;
    assert!(refused.words().contains("No service is opened"), "{}", refused.words());
    demo.kill();
    demo.restart();
    // Browsers notice that their connections are gone.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    nothing_is_used(&demo, &visitor, &token).await;

    // Whoever accepts after all uses what they like, in the same session.
    let at = |path: &str| format!("{}{path}", demo.issuer);
    let (other, page) = sign_in(&demo, 4).await;
    assert_eq!(other.get(&at("/me/representing")).await.url, at("/welcome"));
    other.submit(&page, "/welcome", ACCEPT).await;
    assert_eq!(other.get(&at("/me/representing")).await.url, at("/me/representing"));
    assert!(other.get(&at("/me/services/forum/accept")).await.has_form("/me/services/forum/accept"));

    // So does whoever has no date of birth there, as they would have registered without one; a form that is sent several times
    // at once is one acceptance.
    let (undated, page) = sign_in(&demo, 5).await;
    let sent = futures::future::join_all((0..4).map(|_| undated.submit(&page, "/welcome", ACCEPT))).await;
    assert!(sent.iter().all(|page| page.status == 200), "{}", sent[3].words());
    let accepted = async |visitor: &Visitor| {
        let page = visitor.get(&at("/me/activity")).await.words();
        page.matches("accepted").count()
    };
    assert_eq!(accepted(&undated).await, accepted(&other).await);
}

#[tokio::test]
async fn who_never_accepted_the_account_uses_nothing_and_keeps_every_right_on_sqlite() {
    who_never_accepted_the_account_uses_nothing_and_keeps_every_right(On::Sqlite).await;
}

#[tokio::test]
async fn who_never_accepted_the_account_uses_nothing_and_keeps_every_right_on_postgres() {
    who_never_accepted_the_account_uses_nothing_and_keeps_every_right(On::Postgres).await;
}

#[tokio::test]
async fn what_the_account_needs_is_withdrawn_by_closing_it_and_not_apart() {
    let demo = demo(On::Sqlite).await;
    let visitor = person(&demo, "keeper@example.kz").await;
    let page = visitor.get(&format!("{}/me/consents", demo.issuer)).await;
    let row = "[data-purpose='account/account']";
    assert_eq!(page.attributes(&format!("{row} a"), "href"), ["/me/close"], "it says how: {}", page.words());
    assert!(page.texts(row)[0].contains("it ends when you close the account"), "{}", page.words());
    assert!(page.attributes(&format!("{row} button"), "name").is_empty(), "no button that changes nothing");
    let form = [("service", "account"), ("purpose", "account"), ("on", "no")];
    let token = token(&page);
    assert_eq!(posts(&demo, &visitor, &token, ("/me/consents/set", &form)).await.0, 400);
    let page = visitor.get(&format!("{}/me/consents", demo.issuer)).await;
    assert!(page.texts(row)[0].contains("it ends when"), "it goes on: {}", page.words());
}

#[tokio::test]
async fn a_form_makes_one_child_and_tells_all_its_faults_at_once() {
    const MAKE: &str = "/me/representing/make/ward";
    for on in [On::Sqlite, On::Postgres] {
        let (demo, _bundle) = with_mail_for_children(on).await;
        let parent = person(&demo, "maker@example.kz").await;
        let page = parent.get(&format!("{}{MAKE}", demo.issuer)).await;
        let empty = [("given_name", ""), ("birth_date", ""), ("guardian", "")];
        let page = parent.submit(&page, MAKE, &empty).await;
        let faults = page.texts(".notice.bad li");
        assert_eq!(faults.len(), 3, "name, date and the word of a guardian: {faults:?}");

        let born = born(8, 30);
        let child = [("given_name", "Айгүл"), ("birth_date", born.as_str()), ("guardian", "yes")];
        let answers = futures::future::join_all((0..4).map(|_| parent.submit(&page, MAKE, &child))).await;
        assert_eq!(answers.iter().filter(|page| page.url.contains("done=guarded")).count(), 1);
        let again = answers.iter().find(|page| page.url.contains("done=again")).unwrap();
        assert!(again.words().contains("This form was sent before"), "{}", again.words());
        let list = parent.get(&format!("{}/me/representing", demo.issuer)).await;
        assert_eq!(list.texts(".rows li").len(), 1, "{}", list.words());
    }
}

#[tokio::test]
async fn a_way_that_is_over_begins_again_at_the_service_and_terms_in_force_did_not_change() {
    let demo = demo(On::Sqlite).await;
    let visitor = person(&demo, "walker@example.kz").await;
    let page = visitor.get(&Party::new(&demo, "forum", json!({})).request(&[])).await;
    let way = page.url.clone();
    let there = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert!(there.url.starts_with(BACK), "{}", there.url);
    let over = visitor.get(&way).await;
    assert_eq!(over.status, 410);
    assert!(over.words().contains("begin again at the service"), "{}", over.words());

    let terms = visitor.get(&format!("{}/me/services/forum/accept", demo.issuer)).await;
    assert!(!terms.words().contains("earlier edition"), "{}", terms.words());
    assert!(terms.words().contains("If you refuse, nothing changes"), "{}", terms.words());
    let security = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    assert!(security.words().contains("Unknown browser") && !security.words().contains("?,"), "{}", security.words());
    let nowhere = visitor.get(&format!("{}/me/nowhere", demo.issuer)).await;
    assert_eq!(nowhere.texts(".actions a"), ["To the front page"], "{}", nowhere.words());
}
