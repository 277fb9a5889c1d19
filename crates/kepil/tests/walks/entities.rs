//! Legal entities: made, represented, gone. Clauses 1.1b, 2.1¶C3, 7.1.

use kepil_testing::{Demo, On, Page, Visitor, visitor::link};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{BACK, Party, answer, part, person},
};

const BIN: &str = "170240014901";

/// A firm of `visitor`: the address of its page.
async fn firm(demo: &Demo, visitor: &Visitor) -> String {
    let page = visitor.get(&format!("{}/me/representing/make", demo.issuer)).await;
    let page = visitor.submit(&page, "/me/representing/make", &[("firm_name", "Tulpar"), ("firm_bin", BIN)]).await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert!(page.words().contains("Tulpar"), "{}", page.words());
    page.url.split('?').next().unwrap().to_owned()
}

pub fn path_of(url: &str) -> String {
    reqwest::Url::parse(url).unwrap().path().to_owned()
}

/// Invites `email` and answers as `invited`.
async fn invite(demo: &Demo, head: &Visitor, firm: &str, invited: (&Visitor, &str), with: &[(&str, &str)]) -> Page {
    let page = head.get(&format!("{firm}/invite")).await;
    let fields = [&[("email", invited.1)], with].concat();
    let page = head.submit(&page, &format!("{}/invite", path_of(firm)), &fields).await;
    assert!(page.url.contains("done=invited"), "{} {}", page.url, page.words());
    let letter = demo.letter_with(invited.1, "/invited?token=").await;
    assert!(!letter.contains("Tulpar"), "a letter names nobody: {letter}");
    invited.0.get(&link(&letter)).await
}

async fn join(demo: &Demo, head: &Visitor, firm: &str, invited: (&Visitor, &str), with: &[(&str, &str)]) -> String {
    let page = invite(demo, head, firm, invited, with).await;
    assert!(page.words().contains("Act for Tulpar?"), "{}", page.words());
    let page = invited.0.submit(&page, "/invited", &[("choice", "accept")]).await;
    assert!(page.url.contains("done=mandated"), "{} {}", page.url, page.words());
    page.url.split('?').next().unwrap().to_owned()
}

/// Tokens for the firm: the person is asked for whom they go, and accepts for the firm.
async fn tokens_for_firm(party: &Party, visitor: &Visitor) -> Value {
    let page = visitor.get(&party.request(&[])).await;
    assert!(page.has_form("/whom"), "{} {}", page.url, page.words());
    let choices = page.attributes("button[name=whom]", "value");
    let mut page = visitor.submit(&page, "/whom", &[("whom", &choices[1])]).await;
    if page.has_form("/accept") {
        assert!(page.words().contains("You accept for Tulpar"), "{}", page.words());
        page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    }
    exchanged(party, &page).await
}

async fn tokens_for_self(party: &Party, visitor: &Visitor) -> Value {
    let page = visitor.get(&party.request(&[])).await;
    let choices = page.attributes("button[name=whom]", "value");
    let mut page = visitor.submit(&page, "/whom", &[("whom", &choices[0])]).await;
    if page.has_form("/accept") {
        page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    }
    exchanged(party, &page).await
}

async fn exchanged(party: &Party, page: &Page) -> Value {
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code: {} {}", page.url, page.words()));
    let (status, tokens) = party.post("/token", &Party::exchanged(&code)).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

pub async fn told(address: &str, tokens: &Value) -> (u16, Value) {
    let token = tokens["access_token"].as_str().unwrap();
    answer(reqwest::Client::new().get(format!("{address}/userinfo")).bearer_auth(token)).await
}

pub async fn refreshed(party: &Party, tokens: &Value) -> (u16, Value) {
    let token = tokens["refresh_token"].as_str().unwrap();
    party.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

#[tokio::test]
async fn a_token_says_for_whom_and_ends_with_the_mandate_on_both_servers() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    let party = Party::new(&demo, "market", json!({}));
    let head = person(&demo, "head@example.kz").await;
    let clerk = person(&demo, "clerk@example.kz").await;
    let url = firm(&demo, &head).await;
    join(&demo, &head, &url, (&clerk, "clerk@example.kz"), &[("service", "market")]).await;

    let own = tokens_for_self(&party, &clerk).await;
    let tokens = tokens_for_firm(&party, &clerk).await;
    let id = part(tokens["id_token"].as_str().unwrap(), 1);
    let own_id = part(own["id_token"].as_str().unwrap(), 1);
    assert!(own_id.get("act").is_none() && id["sub"] != own_id["sub"]);
    assert_eq!(id["act"], json!({ "sub": own_id["sub"] }), "the service knows who acts, by its own id");
    assert_eq!(part(tokens["access_token"].as_str().unwrap(), 1)["act"], id["act"]);
    let (_, worth) = party.post("/introspect", &[("token", tokens["access_token"].as_str().unwrap())]).await;
    assert_eq!((&worth["active"], &worth["sub"], &worth["act"]), (&json!(true), &id["sub"], &id["act"]));
    let (status, claims) = told(&demo.issuer, &tokens).await;
    assert_eq!((status, &claims["act"], &claims["firm_name"]), (200, &id["act"], &json!("Tulpar")), "{claims}");
    assert!(claims.get("firm_bin").is_none(), "the ceiling: {claims}");
    let list = claims["representatives"].as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert!(list.iter().all(|one| one.get("name").is_none()), "no name without consent: {claims}");
    let (status, next) = refreshed(&party, &tokens).await;
    assert_eq!(status, 200, "{next}");
    let tokens = next;
    assert_eq!(part(tokens["id_token"].as_str().unwrap(), 1)["act"], id["act"]);

    let page = head.get(&url).await;
    let who = page.attributes("form[action$=revoke] button[name=who]", "value").remove(0);
    let page = head.submit(&page, &format!("{}/revoke", path_of(&url)), &[("who", &who)]).await;
    assert!(page.url.contains("done=revoked"), "{} {}", page.url, page.words());
    for address in [&demo.issuer, &second.address] {
        assert_eq!(told(address, &tokens).await.0, 401);
        let (_, worth) =
            answer(party.form(address, "/introspect", &[("token", tokens["access_token"].as_str().unwrap())])).await;
        assert_eq!(worth["active"], false);
    }
    assert_eq!(refreshed(&party, &tokens).await.0, 400);
    // The person's own session and tokens live on, on both servers.
    for address in [&demo.issuer, &second.address] {
        assert_eq!(clerk.get(&format!("{address}/me")).await.status, 200);
        assert_eq!(told(address, &own).await.0, 200);
    }
    let page = clerk.get(&party.request(&[])).await;
    assert!(!page.has_form("/whom") && page.url.starts_with(BACK), "there is nobody to choose: {}", page.url);
    let ended = clerk.get(&format!("{}/me/representing", demo.issuer)).await;
    assert!(ended.words().contains("A mandate of yours has ended") && !ended.words().contains("Tulpar"));
}

#[tokio::test]
async fn a_name_is_told_only_of_whoever_agreed() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "market", json!({}));
    let head = person(&demo, "named@example.kz").await;
    let url = firm(&demo, &head).await;
    let tokens = tokens_for_firm(&party, &head).await;
    let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    let names = |claims: &Value| claims["representatives"][0].get("name").cloned();
    assert_eq!(names(&told(&demo.issuer, &tokens).await.1), None);
    let page = head.get(&url).await;
    let page = head.submit(&page, &format!("{}/name", path_of(&url)), &[("show", "yes")]).await;
    assert_eq!(names(&told(&demo.issuer, &tokens).await.1), Some(json!("Айгүл")));
    let (status, read) = demo.read("market", &sub, "firm_orders", &["representatives"]).await;
    assert_eq!(status, 200, "{read}");
    assert!(read["fields"]["representatives"]["value"].as_str().unwrap().contains("Айгүл"), "{read}");
    let journal = head.get(&format!("{}/me/activity", demo.issuer)).await;
    assert!(journal.words().contains("Market"), "the reading of the name is in the person's journal");
    head.submit(&page, &format!("{}/name", path_of(&url)), &[("show", "no")]).await;
    assert_eq!(names(&told(&demo.issuer, &tokens).await.1), None);
    let (_, own) = demo.read("market", &sub, "orders", &[]).await;
    assert_eq!(own["code"], "withheld", "a purpose for people opens nothing of a firm: {own}");
}

#[tokio::test]
async fn a_legal_entity_freezes_when_its_last_representative_is_gone() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "market", json!({}));
    let head = person(&demo, "last@example.kz").await;
    let url = firm(&demo, &head).await;
    let tokens = tokens_for_firm(&party, &head).await;
    let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    assert_eq!(demo.read("market", &sub, "firm_orders", &["firm_name"]).await.0, 200);
    let page = head.get(&url).await;
    assert!(page.words().contains("If you leave, it freezes"), "{}", page.words());
    let told_nothing = head.submit(&page, &format!("{}/leave", path_of(&url)), &[]).await;
    assert_eq!(told_nothing.status, 400, "not without being told");
    let page = head.submit(&page, &format!("{}/leave", path_of(&url)), &[("sure", "yes")]).await;
    assert!(page.url.contains("done=revoked"), "{}", page.url);
    assert_eq!(demo.read("market", &sub, "firm_orders", &["firm_name"]).await.0, 403);
    assert_eq!(told(&demo.issuer, &tokens).await.0, 401);
    assert_eq!(head.get(&url).await.status, 403, "nor does its page open any more");
    assert_eq!(head.get(&format!("{}/me", demo.issuer)).await.status, 200);
}

#[tokio::test]
async fn a_wrong_number_and_a_foreign_invitation_are_refused() {
    let demo = demo(On::Sqlite).await;
    let head = person(&demo, "chief@example.kz").await;
    let page = head.get(&format!("{}/me/representing/make", demo.issuer)).await;
    let wrong = [("firm_name", "Tulpar"), ("firm_bin", "170240014902")];
    let page = head.submit(&page, "/me/representing/make", &wrong).await;
    assert!(page.has_form("/me/representing/make") && !page.texts(".error").is_empty(), "{}", page.words());
    let url = firm(&demo, &head).await;
    let (clerk, thief) = (person(&demo, "clerk2@example.kz").await, person(&demo, "thief@example.kz").await);
    invite(&demo, &head, &url, (&clerk, "clerk2@example.kz"), &[]).await;
    let stolen = link(&demo.letter_with("clerk2@example.kz", "/invited?token=").await);
    assert_eq!(thief.get(&stolen).await.status, 403, "the letter opens nothing for anybody else");
    assert_eq!(thief.get(&url).await.status, 403, "nor does the address of another's page");
    let page = clerk.get(&stolen).await;
    let page = clerk.submit(&page, "/invited", &[("choice", "accept")]).await;
    assert!(page.url.contains("done=mandated"), "{}", page.words());
    assert_eq!(clerk.get(&stolen).await.status, 410, "a letter works once");
    let own = page.url.split('?').next().unwrap();
    assert_ne!(own, url, "each has an id of their own for the firm");
    assert!(!page.has_form(&format!("{}/revoke", path_of(own))), "only heads revoke");
    let invite = clerk.get(&format!("{own}/invite")).await;
    let sent = clerk.submit(&invite, &format!("{}/invite", path_of(own)), &[("email", "thief@example.kz")]).await;
    assert_eq!(sent.status, 403, "only heads invite: {}", sent.words());
}

#[tokio::test]
async fn of_two_heads_who_revoke_each_other_one_stays() {
    let demo = demo(On::Sqlite).await;
    let (one, two) = (person(&demo, "one@example.kz").await, person(&demo, "two@example.kz").await);
    let first = firm(&demo, &one).await;
    let second = join(&demo, &one, &first, (&two, "two@example.kz"), &[("head", "yes")]).await;
    let revoke = async |visitor: &Visitor, url: &str| {
        let page = visitor.get(url).await;
        let who = page.attributes("form[action$=revoke] button[name=who]", "value").remove(0);
        (page, who)
    };
    let ((page, who), (other_page, other)) = (revoke(&one, &first).await, revoke(&two, &second).await);
    let (path, other_path) = (format!("{}/revoke", path_of(&first)), format!("{}/revoke", path_of(&second)));
    let (fields, other_fields) = ([("who", who.as_str())], [("who", other.as_str())]);
    let (a, b) = futures::join!(one.submit(&page, &path, &fields), two.submit(&other_page, &other_path, &other_fields));
    let stayed = [one.get(&first).await.status, two.get(&second).await.status];
    assert!(stayed == [200, 403] || stayed == [403, 200], "{stayed:?}: {} {}", a.words(), b.words());
}

#[tokio::test]
async fn closing_the_account_of_the_last_representative_freezes_the_entity() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "market", json!({}));
    let head = person(&demo, "closing@example.kz").await;
    firm(&demo, &head).await;
    let tokens = tokens_for_firm(&party, &head).await;
    let sub = part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    let page = head.get(&format!("{}/me/close", demo.issuer)).await;
    let closing = [("word", "close"), ("now", kepil_testing::visitor::PASSWORD)];
    head.submit(&page, "/me/close", &closing).await;
    assert_eq!(demo.read("market", &sub, "firm_orders", &["firm_name"]).await.0, 403);
    assert_eq!(told(&demo.issuer, &tokens).await.0, 401);
}

#[tokio::test]
async fn a_firm_is_not_asked_for_what_only_a_person_has() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "market", json!({}));
    let head = person(&demo, "asked@example.kz").await;
    firm(&demo, &head).await;
    let sub = |tokens: &Value| part(tokens["id_token"].as_str().unwrap(), 1)["sub"].as_str().unwrap().to_owned();
    let (own, firms) = (sub(&tokens_for_self(&party, &head).await), sub(&tokens_for_firm(&party, &head).await));
    let ask = async |sub: &str| {
        let body = json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": "N 1" });
        let token = demo.token("market").await;
        let request = reqwest::Client::new().post(format!("{}/v1/inquiries", demo.issuer));
        answer(request.bearer_auth(token).json(&body)).await
    };
    assert_eq!(ask(&own).await.0, 202);
    let (status, refused) = ask(&firms).await;
    assert_eq!((status, &refused["code"]), (403, &json!("outside_purpose")), "{refused}");
    // Of a firm that left the service is told no more than of nobody.
    let page = head.get(&format!("{}/me/representing", demo.issuer)).await;
    let path = page.attributes(".rows a", "href").remove(0);
    let page = head.get(&format!("{}{path}", demo.issuer)).await;
    head.submit(&page, &format!("{path}/services/market/leave"), &[("sure", "yes")]).await;
    assert_eq!(ask(&firms).await.0, 202);
}

/// Which firms `visitor` acts for.
async fn firms(demo: &Demo, visitor: &Visitor) -> Vec<String> {
    visitor.get(&format!("{}/me/representing", demo.issuer)).await.attributes(".rows a", "href")
}

#[tokio::test]
async fn a_form_makes_one_firm_and_a_number_is_one_firm_of_a_person() {
    for on in [On::Sqlite, On::Postgres] {
        let demo = demo(on).await;
        let (head, make) = (person(&demo, "maker@example.kz").await, "/me/representing/make");
        let form = async || head.get(&format!("{}{make}", demo.issuer)).await;
        let filled = [("firm_name", "Tulpar"), ("firm_bin", BIN)];
        let page = form().await;
        let answers = futures::future::join_all((0..4).map(|_| head.submit(&page, make, &filled))).await;
        assert_eq!(answers.iter().filter(|page| page.url.contains("done=saved")).count(), 1, "one form, one firm");
        assert_eq!(answers.iter().filter(|page| page.url.contains("done=again")).count(), 3);
        assert_eq!(firms(&demo, &head).await.len(), 1);
        let again = head.submit(&form().await, make, &filled).await;
        assert!(again.words().contains("You act for a firm with this number already"), "{}", again.words());

        // The number is free again when the firm is gone; then of four forms at once one makes it.
        let path = firms(&demo, &head).await.remove(0);
        let page = head.get(&format!("{}{path}", demo.issuer)).await;
        head.submit(&page, &format!("{path}/close"), &[("sure", "yes")]).await;
        assert!(firms(&demo, &head).await.is_empty());
        let pages = [form().await, form().await, form().await, form().await];
        futures::future::join_all(pages.iter().map(|page| head.submit(page, make, &filled))).await;
        assert_eq!(firms(&demo, &head).await.len(), 1);
        // What was not sent from a form of ours makes nothing.
        let token = form().await.attributes("input[name=form_token]", "value").remove(0);
        let bare = [("form_token", token.as_str()), ("firm_name", "Tulpar"), ("firm_bin", "050840000012")];
        let sent = head.client().post(format!("{}{make}", demo.issuer)).form(&bare).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 403);
    }
}

#[tokio::test]
async fn nobody_gives_or_does_more_than_their_mandate_says() {
    let demo = demo(On::Sqlite).await;
    let (head, clerk) = (person(&demo, "giver@example.kz").await, person(&demo, "limited@example.kz").await);
    let url = firm(&demo, &head).await;
    let limits = [("service", "market"), ("head", "yes")];
    let own = join(&demo, &head, &url, (&clerk, "limited@example.kz"), &limits).await;
    // A head at one service makes nobody, and least of all themselves, a head everywhere.
    let page = clerk.get(&format!("{own}/invite")).await;
    let path = format!("{}/invite", path_of(&own));
    for with in [vec![], vec![("head", "yes")], vec![("service", "mail")]] {
        let fields = [vec![("email", "friend@example.kz")], with.clone()].concat();
        assert_eq!(clerk.submit(&page, &path, &fields).await.status, 403, "{with:?}");
    }
    // What concerns all services, and other services, is not theirs to decide.
    for page in ["activity", "fields/firm_name/edit"] {
        assert_eq!(clerk.get(&format!("{own}/{page}")).await.status, 403, "{page}");
    }
    let page = clerk.get(&own).await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    for (path, field) in [("services/mail/leave", ("sure", "yes")), ("close", ("sure", "yes"))] {
        let form = [("form_token", token.as_str()), field];
        let sent = clerk.client().post(format!("{own}/{path}")).form(&form).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 403, "{path}");
    }
    assert!(head.get(&url).await.words().contains("Tulpar"));
}

#[tokio::test]
async fn a_second_letter_undoes_no_revocation_and_a_page_decides_for_whom_it_spoke_of() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "market", json!({}));
    let (head, clerk) = (person(&demo, "chief@example.kz").await, person(&demo, "gone@example.kz").await);
    let url = firm(&demo, &head).await;
    let first = invite(&demo, &head, &url, (&clerk, "gone@example.kz"), &[]).await;
    let second = invite(&demo, &head, &url, (&clerk, "gone@example.kz"), &[]).await;
    clerk.submit(&first, "/invited", &[("choice", "accept")]).await;
    // The page of acceptance speaks of the firm; the mandate ends before it is answered.
    let page = clerk.get(&party.request(&[])).await;
    let choices = page.attributes("button[name=whom]", "value");
    let page = clerk.submit(&page, "/whom", &[("whom", &choices[1])]).await;
    assert!(page.words().contains("You accept for Tulpar"), "{}", page.words());
    let own = head.get(&url).await;
    let who = own.attributes("form[action$=revoke] button[name=who]", "value").remove(0);
    head.submit(&own, &format!("{}/revoke", path_of(&url)), &[("who", &who)]).await;
    let after = clerk.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert!(after.parameter("code").is_none(), "{}", after.url);
    let services = clerk.get(&format!("{}/me/services", demo.issuer)).await;
    assert!(!services.words().contains("Market"), "nothing was accepted for the person: {}", services.words());
    let again = clerk.submit(&second, "/invited", &[("choice", "accept")]).await;
    assert!(!again.url.contains("done=mandated"), "{}", again.url);
    assert!(!clerk.get(&format!("{}/me/representing", demo.issuer)).await.words().contains("Tulpar"));
}
