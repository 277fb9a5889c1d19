//! A guardian makes the account of a child too young for one, and the child takes it over when they are old enough. Clause 2.4c.

use kepil_testing::{
    Demo, On, Page, Visitor,
    visitor::{PASSWORD, link},
};
use serde_json::json;

use crate::{
    demo,
    editions::{Draft, with_a_new_field},
    entities::path_of,
    guardians::{again, aged, ask, born, cut, letter, tokens_for_ward},
    party::{BACK, Party, part, person},
};

pub const MAKE: &str = "/me/representing/make/ward";

/// Mail takes people of six years and more, the account of fourteen.
pub async fn with_mail_for_children(on: On) -> (Demo, Draft) {
    let draft = Draft::new();
    draft.edit("services/mail.toml", "min_age = 14", "min_age = 6");
    let bundle = draft.folder.to_str().unwrap();
    (Demo::start(env!("CARGO_BIN_EXE_kepil"), on, &["--clock", "--bundle", bundle]).await, draft)
}

/// Adds a child who was born on `date`.
pub async fn add(demo: &Demo, parent: &Visitor, date: &str, with: &[(&str, &str)]) -> Page {
    let page = parent.get(&format!("{}{MAKE}", demo.issuer)).await;
    let child = [("given_name", "Айгүл"), ("birth_date", date), ("guardian", "yes")];
    let kept = child.iter().filter(|(name, _)| with.iter().all(|(other, _)| other != name)).copied();
    parent.submit(&page, MAKE, &kept.chain(with.iter().copied()).collect::<Vec<_>>()).await
}

/// The address of the page of a child who was added.
pub async fn added(demo: &Demo, parent: &Visitor, date: &str) -> String {
    let page = add(demo, parent, date, &[]).await;
    assert!(page.url.contains("done=guarded"), "{} {}", page.url, page.words());
    page.url.split('?').next().unwrap().to_owned()
}

/// Mail accepted for the child, and Mail's id of them.
async fn accepted(demo: &Demo, parent: &Visitor) -> String {
    let tokens = tokens_for_ward(&Party::new(demo, "mail", json!({})), parent).await;
    part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned()
}

async fn reads(demo: &Demo, sub: &str) -> u16 {
    demo.read("mail", sub, "delivery", &["given_name"]).await.0
}

async fn a_guardian_makes_the_account_of_a_child_and_uses_all_its_rights(on: On) {
    let (demo, _bundle) = with_mail_for_children(on).await;
    let parent = person(&demo, "parent@example.kz").await;
    let list = parent.get(&format!("{}/me/representing", demo.issuer)).await;
    assert!(list.attributes("#main a", "href").contains(&MAKE.to_owned()), "{}", list.words());
    let form = parent.get(&format!("{}{MAKE}", demo.issuer)).await;
    assert!(form.attributes("input[name=email], input[type=password]", "name").is_empty(), "nobody signs in to it");
    let url = added(&demo, &parent, &born(8, 30)).await;
    let page = parent.get(&url).await;
    assert!(
        page.words().contains("Айгүл") && page.words().contains("They do not sign in themselves yet"),
        "{}",
        page.words()
    );
    assert!(!page.has_form(&format!("{}/leave", path_of(&url))), "a child is not left alone");
    let sub = accepted(&demo, &parent).await;
    let (status, read) = demo.read("mail", &sub, "delivery", &["given_name"]).await;
    assert_eq!((status, &read["fields"]["given_name"]["value"]), (200, &json!("Айгүл")), "{read}");
    let own = parent.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(own.words().contains("You took on to act for somebody"), "{}", own.words());
    assert!(own.words().contains("You accepted the terms, for somebody else"), "{}", own.words());
    let theirs = parent.get(&format!("{url}/activity")).await;
    assert!(theirs.words().contains("Your representative wrote your data"), "{}", theirs.words());

    let post = async |page: &str, path: &str, with: &[(&str, &str)]| {
        let page = parent.get(&format!("{url}{page}")).await;
        parent.submit(&page, &format!("{}{path}", path_of(&url)), with).await
    };
    let leaving = parent.get(&format!("{}/me/close", demo.issuer)).await;
    assert!(leaving.words().contains("A child whom you added cannot sign in"), "{}", leaving.words());
    post("/block", "/block", &[("action", "block")]).await;
    assert_eq!(reads(&demo, &sub).await, 403);
    post("/block", "/block", &[("action", "lift")]).await;
    assert_eq!(reads(&demo, &sub).await, 200);
    let done = post("/fields/residence/edit", "/fields/residence/edit", &[("residence", "Шымкент")]).await;
    assert!(done.words().contains("Шымкент"), "{}", done.words());
    let done = post("/close", "/close", &[("word", "close"), ("now", PASSWORD)]).await;
    assert!(done.url.contains("/destroyed/"), "{} {}", done.url, done.words());
    assert_eq!(reads(&demo, &sub).await, 403);
    assert_eq!(parent.get(&url).await.status, 403);
}

#[tokio::test]
async fn a_guardian_makes_the_account_of_a_child_and_uses_all_its_rights_on_sqlite() {
    a_guardian_makes_the_account_of_a_child_and_uses_all_its_rights(On::Sqlite).await;
}

#[tokio::test]
async fn a_guardian_makes_the_account_of_a_child_and_uses_all_its_rights_on_postgres() {
    a_guardian_makes_the_account_of_a_child_and_uses_all_its_rights(On::Postgres).await;
}

#[tokio::test]
async fn the_account_of_a_child_is_made_by_a_guardian_of_age_for_a_child_of_the_age() {
    let plain = demo(On::Sqlite).await;
    let adult = person(&plain, "adult@example.kz").await;
    assert_eq!(adult.get(&format!("{}{MAKE}", plain.issuer)).await.status, 404, "no service takes anybody younger");
    let list = adult.get(&format!("{}/me/representing", plain.issuer)).await;
    assert!(!list.text.contains(MAKE), "{}", list.words());

    let (demo, _bundle) = with_mail_for_children(On::Postgres).await;
    let second = demo.second();
    let (parent, child) = (person(&demo, "of-age@example.kz").await, born(8, 30));
    for (date, with, words) in [
        (born(15, 30), ("guardian", "yes"), "From the age of 14 years on people make an account of their own"),
        (String::new(), ("guardian", "yes"), "Fill this in"),
        (child.clone(), ("guardian", ""), "Say that you are a parent or guardian"),
        (child.clone(), ("given_name", ""), "Fill this in"),
    ] {
        let page = add(&demo, &parent, &date, &[with]).await;
        assert_eq!(page.status, 200);
        assert!(page.has_form(MAKE) && (page.words().contains(words) || words == "Fill this in"), "{}", page.words());
        assert!(!page.texts(".error").is_empty() || words.starts_with("Say"), "{}", page.words());
    }
    assert_eq!(add(&demo, &parent, &born(5, 30), &[]).await.status, 403, "too young for every service");
    // Of age by their own date of birth, and by no word.
    let young = aged(&demo, "young@example.kz", 17).await;
    let undated = Visitor::new();
    undated.register_with(&demo, "undated@example.kz", &[("birth_date", "")]).await;
    for (visitor, words) in [(&young, "open from the age of 18 years on"), (&undated, "Enter the date of birth")] {
        let page = visitor.get(&format!("{}{MAKE}", demo.issuer)).await;
        assert!(page.words().contains(words) && !page.has_form(MAKE), "said at once: {}", page.words());
        let token = page.attributes("input[name=form_token]", "value").remove(0);
        let form =
            [("form_token", token.as_str()), ("given_name", "Айгүл"), ("birth_date", &child), ("guardian", "yes")];
        let sent = visitor.client().post(format!("{}{MAKE}", demo.issuer)).form(&form).send().await.unwrap();
        assert_eq!(sent.status(), 403);
        let list = visitor.get(&format!("{}/me/representing", demo.issuer)).await;
        assert!(list.words().contains("You act for nobody"), "{}", list.words());
    }
    // Nobody else's, on either server.
    let url = added(&demo, &parent, &child).await;
    for node in [&demo.issuer, &second.address] {
        let url = url.replace(&demo.issuer, node);
        assert_eq!(parent.get(&url).await.status, 200);
        for path in ["", "/consents", "/in", "/close"] {
            let page = undated.get(&format!("{url}{path}")).await;
            assert_eq!(page.status, 403, "{path}: {}", page.words());
        }
        assert_eq!(parent.get(&format!("{url}/in")).await.status, 404, "it is too early for a way in");
    }
    let page = parent.get(&url).await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    for (path, field) in [("in", ("email", "early@example.kz")), ("leave", ("sure", "yes"))] {
        let form = [("form_token", token.as_str()), field];
        let sent = parent.client().post(format!("{url}/{path}")).form(&form).send().await.unwrap();
        assert!([400, 403].contains(&sent.status().as_u16()), "{path}: {}", sent.status());
    }
    assert_eq!(parent.get(&url).await.status, 200, "the guardian is one still");
}

/// Time goes by, and the parent signs in anew.
async fn later(demo: &Demo, by: &str, parent: &str) -> Visitor {
    demo.advance(by);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    again(demo, parent).await
}

/// The parent sends the letter to `email`; its link.
async fn let_in(demo: &Demo, parent: &Visitor, url: &str, email: &str) -> String {
    let page = parent.get(&format!("{url}/in")).await;
    let sent = parent.submit(&page, &format!("{}/in", path_of(url)), &[("email", email)]).await;
    assert!(
        sent.url.contains("/in?done=way-in") && sent.words().contains("is on its way"),
        "{} {}",
        sent.url,
        sent.words()
    );
    link(&demo.letter_with(email, "/me/email/confirm?token=").await)
}

/// Goes through the letter's page and sets a password.
async fn come_in(demo: &Demo, letter: &str, email: &str) -> Visitor {
    let visitor = Visitor::stopping_at(BACK);
    let page = visitor.get(letter).await;
    assert!(page.words().contains("Take over your account"), "{}", page.words());
    let page = visitor.submit(&page, "/me/email/confirm", &[]).await;
    let page = visitor.submit(&page, "/reset/form", &[("password", PASSWORD)]).await;
    assert!(page.has_form("/sign-in"), "{} {}", page.url, page.words());
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    assert!(page.url.starts_with(&format!("{}/me", demo.issuer)), "{} {}", page.url, page.words());
    visitor
}

async fn a_child_who_grew_up_takes_the_account_over(on: On) {
    let (demo, _bundle) = with_mail_for_children(on).await;
    let parent = person(&demo, "patient@example.kz").await;
    let url = added(&demo, &parent, &born(14, -5)).await;
    let sub = accepted(&demo, &parent).await;
    let parent = later(&demo, "10d", "patient@example.kz").await;
    assert!(parent.get(&url).await.words().contains("They are old enough to sign in themselves"));
    let page = parent.get(&format!("{url}/in")).await;
    assert!(page.words().contains("and so do you as their guardian"), "{}", page.words());
    assert!(page.attributes(".actions a", "href").contains(&path_of(&url)), "back to the ward");
    let page = parent.submit(&page, &format!("{}/in", path_of(&url)), &[("email", "no address")]).await;
    assert!(!page.texts(".error").is_empty(), "{}", page.words());
    let letter = let_in(&demo, &parent, &url, "grown@example.kz").await;
    let ward = come_in(&demo, &letter, "grown@example.kz").await;
    assert_eq!(ward.get(&letter).await.status, 410, "it is good once");

    let own = ward.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("Айгүл") && own.words().contains("grown@example.kz"), "{}", own.words());
    let acts = ward.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(acts.words().contains("Your representative accepted the terms"), "{}", acts.words());
    assert_eq!(reads(&demo, &sub).await, 200, "what the guardian accepted goes on");
    let page = ward.get(&format!("{}/me/guardians", demo.issuer)).await;
    assert!(page.words().contains("Айгүл"), "who it is: {}", page.words());
    // From now on the ward alone closes it, and ends the mandate.
    assert!(parent.get(&format!("{url}/close")).await.words().contains("they close their account themselves"));
    assert_eq!(parent.get(&format!("{url}/in")).await.status, 404);
    let who = page.attributes("button[name=who]", "value").remove(0);
    ward.submit(&page, "/me/guardians/end", &[("who", &who)]).await;
    assert_eq!(parent.get(&url).await.status, 403);
    assert_eq!(reads(&demo, &sub).await, 403, "below eighteen Mail needs a guardian");
}

#[tokio::test]
async fn a_child_who_grew_up_takes_the_account_over_on_sqlite() {
    a_child_who_grew_up_takes_the_account_over(On::Sqlite).await;
}

#[tokio::test]
async fn a_child_who_grew_up_takes_the_account_over_on_postgres() {
    a_child_who_grew_up_takes_the_account_over(On::Postgres).await;
}

#[tokio::test]
async fn no_letter_to_a_ward_changes_an_address_that_they_have_by_then() {
    let (demo, _bundle) = with_mail_for_children(On::Sqlite).await;
    let parent = person(&demo, "two@example.kz").await;
    let url = added(&demo, &parent, &born(14, -5)).await;
    let parent = later(&demo, "10d", "two@example.kz").await;
    // Somebody has that address; nothing comes of the letter.
    let visitor = Visitor::new();
    let taken = let_in(&demo, &parent, &url, "two@example.kz").await;
    let page = visitor.get(&taken).await;
    assert_eq!(visitor.submit(&page, "/me/email/confirm", &[]).await.status, 410);
    // What went to a wrong address is good no more when another letter goes out, though its page was open.
    let wrong = let_in(&demo, &parent, &url, "mine@example.kz").await;
    let open = visitor.get(&wrong).await;
    let called = let_in(&demo, &parent, &url, "theirs@example.kz").await;
    assert_eq!(visitor.get(&wrong).await.status, 410);
    assert_eq!(visitor.submit(&open, "/me/email/confirm", &[]).await.status, 410);
    // The guardian calls one back, and sends another.
    let open = visitor.get(&called).await;
    let page = parent.get(&format!("{url}/in")).await;
    let page = parent.submit(&page, &format!("{}/in", path_of(&url)), &[("act", "call_back")]).await;
    assert!(page.words().contains("No letter that was sent works any more"), "{}", page.words());
    assert_eq!(visitor.get(&called).await.status, 410);
    assert_eq!(visitor.submit(&open, "/me/email/confirm", &[]).await.status, 410);
    let letter = let_in(&demo, &parent, &url, "theirs@example.kz").await;
    let ward = come_in(&demo, &letter, "theirs@example.kz").await;
    let act =
        [("form_token", page.attributes("input[name=form_token]", "value").remove(0)), ("act", "call_back".into())];
    let late = parent.client().post(format!("{url}/in")).form(&act).send().await.unwrap();
    assert_eq!(late.status().as_u16(), 403, "what the ward asks for is theirs");
    let own = ward.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("theirs@example.kz"), "{}", own.words());
}

/// Two letters to one address, answered at once: one opens, and the name by which the ward signs in stays.
#[tokio::test]
async fn of_two_letters_to_one_address_one_lets_the_ward_in() {
    let (demo, _bundle) = with_mail_for_children(On::Sqlite).await;
    let parent = person(&demo, "twice@example.kz").await;
    let url = added(&demo, &parent, &born(14, -5)).await;
    let parent = later(&demo, "10d", "twice@example.kz").await;
    let path = format!("{}/in", path_of(&url));
    let page = parent.get(&format!("{url}/in")).await;
    let email = [("email", "one@example.kz")];
    futures::join!(parent.submit(&page, &path, &email), parent.submit(&page, &path, &email));
    let is_one = |letter: &String| letter.contains("To: one@example.kz") && letter.contains("/me/email/confirm?token=");
    let letters: Vec<String> = demo.letters().into_iter().filter(is_one).collect();
    assert_eq!(letters.len(), 2);
    // Sent in the same moment both may be good, the last one is; each is answered twice at once.
    let mut open = Vec::new();
    for letter in letters.iter().chain(&letters) {
        let visitor = Visitor::new();
        let page = visitor.get(&link(letter)).await;
        if page.has_form("/me/email/confirm") {
            open.push((visitor, page));
        }
    }
    let answers = open.iter().map(|(visitor, page)| visitor.submit(page, "/me/email/confirm", &[]));
    let answers = futures::future::join_all(answers).await;
    let ways = open.iter().zip(answers).filter(|(_, answer)| answer.status == 200).collect::<Vec<_>>();
    let [((visitor, _), page)] = ways.as_slice() else { panic!("{} come in", ways.len()) };
    visitor.submit(page, "/reset/form", &[("password", PASSWORD)]).await;
    again(&demo, "one@example.kz").await;
}

#[tokio::test]
async fn who_grew_up_without_a_way_in_is_blocked_until_they_come() {
    let (demo, _bundle) = with_mail_for_children(On::Sqlite).await;
    let parent = person(&demo, "slow@example.kz").await;
    let url = added(&demo, &parent, &born(14, -5)).await;
    let sub = accepted(&demo, &parent).await;
    let parent = later(&demo, "1470d", "slow@example.kz").await;
    assert_eq!(parent.get(&format!("{url}/consents")).await.status, 403, "nothing of a grown person is seen");
    let page = parent.get(&url).await;
    assert!(page.url.ends_with("/in"), "nothing else is left to do: {} {}", page.url, page.words());
    assert!(page.words().contains("nobody is their guardian any more"), "{}", page.words());
    assert!(page.attributes(".actions a", "href").contains(&"/me/representing".to_owned()), "{}", page.words());
    assert_eq!(reads(&demo, &sub).await, 403, "nobody uses their rights, so nothing is opened");
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    for (path, field) in [("block", ("action", "lift")), ("close", ("word", "close"))] {
        let form = [("form_token", token.as_str()), ("now", PASSWORD), field];
        let sent = parent.client().post(format!("{url}/{path}")).form(&form).send().await.unwrap();
        assert_eq!(sent.status(), 403, "{path}");
    }
    let letter = let_in(&demo, &parent, &url, "late@example.kz").await;
    let ward = come_in(&demo, &letter, "late@example.kz").await;
    let page = ward.get(&format!("{}/me/block", demo.issuer)).await;
    ward.submit(&page, "/me/block", &[("action", "lift")]).await;
    assert_eq!(reads(&demo, &sub).await, 200);
    let party = Party::new(&demo, "mail", json!({}));
    let page = parent.get(&party.request(&[])).await;
    assert!(!page.has_form("/whom"), "the mandate is over, whether anybody looked or not: {}", page.words());
    assert_eq!(parent.get(&url).await.status, 403);
    let page = ward.get(&format!("{}/me/guardians", demo.issuer)).await;
    assert!(page.words().contains("You are old enough to decide alone"), "{}", page.words());
}

#[tokio::test]
async fn a_guardian_goes_to_no_service_for_somebody_who_grew_up_since() {
    let (demo, _bundle) = with_mail_for_children(On::Sqlite).await;
    let parent = person(&demo, "away@example.kz").await;
    added(&demo, &parent, &born(14, -5)).await;
    accepted(&demo, &parent).await;
    // Nobody looked at any of their pages since.
    let parent = later(&demo, "1470d", "away@example.kz").await;
    let party = Party::new(&demo, "mail", json!({}));
    let page = parent.get(&party.request(&[])).await;
    let choices = page.attributes("button[name=whom]", "value");
    let page = parent.submit(&page, "/whom", &[("whom", &choices[1])]).await;
    assert!(page.parameter("code").is_none() && !page.has_form("/accept"), "{} {}", page.url, page.words());
}

#[tokio::test]
async fn a_guardian_accepts_a_later_edition_of_a_childs_account() {
    let (demo, _bundle) = with_mail_for_children(On::Sqlite).await;
    let parent = person(&demo, "edition@example.kz").await;
    let url = added(&demo, &parent, &born(8, 30)).await;
    let draft = with_a_new_field();
    draft.edit("services/mail.toml", "min_age = 14", "min_age = 6");
    draft.edit("policy.toml", "edition   = \"2022-01-10\"", "edition   = \"2022-02-10\"");
    demo.publish(&draft.folder);
    let parent = later(&demo, "1d", "edition@example.kz").await;
    let path = format!("{}/services/account/accept", path_of(&url));
    let page = parent.get(&format!("{url}/services/account/accept")).await;
    let done = parent.submit(&page, &path, &[("choice", "accept")]).await;
    assert!(done.status == 200 && done.url.contains("done="), "{} {}", done.url, done.words());
    assert!(done.words().contains("Accepted: edition of 10 February 2022"), "{}", done.words());
}

#[tokio::test]
async fn a_crash_while_a_child_is_added_leaves_nothing() {
    let (mut demo, _bundle) = with_mail_for_children(On::Sqlite).await;
    let parent = person(&demo, "cut@example.kz").await;
    let page = parent.get(&format!("{}{MAKE}", demo.issuer)).await;
    let date = born(8, 30);
    let child = [("given_name", "Айгүл"), ("birth_date", date.as_str()), ("guardian", "yes")];
    let own = page.fields(MAKE).into_iter().filter(|(name, _)| child.iter().all(|(other, _)| other != name));
    let filled = child.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form: Vec<_> = own.chain(filled).collect();
    let request = parent.client().post(format!("{}{MAKE}", demo.issuer)).form(&form);
    cut(&mut demo, "habits", request).await;
    let list = parent.get(&format!("{}/me/representing", demo.issuer)).await;
    assert!(list.words().contains("You act for nobody"), "{}", list.words());
    added(&demo, &parent, &date).await;
    let list = parent.get(&format!("{}/me/representing", demo.issuer)).await;
    assert!(list.words().contains("Айгүл"), "{}", list.words());
}

/// How many the parent is the guardian of.
async fn wards(demo: &Demo, parent: &Visitor) -> usize {
    let page = parent.get(&format!("{}/me/representing", demo.issuer)).await;
    assert_eq!(page.status, 200, "{}", page.words());
    page.texts(".row .state").len()
}

async fn nobody_is_the_guardian_of_more_than_twenty(on: On) {
    let (demo, _bundle) = with_mail_for_children(on).await;
    let parent = person(&demo, "many@example.kz").await;
    let url = added(&demo, &parent, &born(8, 30)).await;
    for _ in 1..18 {
        added(&demo, &parent, &born(8, 30)).await;
    }
    let date = born(8, 30);
    let form = async || parent.get(&format!("{}{MAKE}", demo.issuer)).await;
    let late = form().await;
    let child = |name: &'static str| [("given_name", name), ("birth_date", date.as_str()), ("guardian", "yes")];
    let forms = futures::future::join_all((0..4).map(|_| form())).await;
    futures::future::join_all(forms.iter().map(async |form| parent.submit(form, MAKE, &child("Айгүл")).await)).await;
    assert!(wards(&demo, &parent).await <= 20, "whoever came at once");
    while wards(&demo, &parent).await < 20 {
        added(&demo, &parent, &date).await;
    }
    let said = "You are the guardian of 20 people here";
    let page = form().await;
    assert!(page.words().contains(said) && !page.has_form(MAKE), "{}", page.words());
    let sent = parent.submit(&late, MAKE, &child("Дана")).await;
    assert!(sent.words().contains(said), "{}", sent.words());
    let list = parent.get(&format!("{}/me/representing", demo.issuer)).await;
    assert!(!list.words().contains("Дана"), "nothing was made: {}", list.words());

    // Nor by a letter; and one who goes makes room.
    let ward = aged(&demo, "asking@example.kz", 16).await;
    ask(&demo, &ward, "many@example.kz", &[]).await;
    let page = letter(&demo, &parent, "many@example.kz").await;
    assert!(page.words().contains(said), "{}", page.words());
    let page = parent.submit(&page, "/invited", &[("choice", "accept")]).await;
    assert!(page.words().contains(said) && wards(&demo, &parent).await == 20, "{}", page.words());
    let close = parent.get(&format!("{url}/close")).await;
    parent.submit(&close, &format!("{}/close", path_of(&url)), &[("word", "close"), ("now", PASSWORD)]).await;
    let page = letter(&demo, &parent, "many@example.kz").await;
    let page = parent.submit(&page, "/invited", &[("choice", "accept")]).await;
    assert!(page.url.contains("done=guarded") && wards(&demo, &parent).await == 20, "{}", page.words());
}

#[tokio::test]
async fn nobody_is_the_guardian_of_more_than_twenty_on_sqlite() {
    nobody_is_the_guardian_of_more_than_twenty(On::Sqlite).await;
}

#[tokio::test]
async fn nobody_is_the_guardian_of_more_than_twenty_on_postgres() {
    nobody_is_the_guardian_of_more_than_twenty(On::Postgres).await;
}
