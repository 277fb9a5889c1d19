//! Least ages: by date of birth, by one's own word, and without an account. Clause 2.4c.

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{BACK, Party, answer, part},
};

/// `POST /v1/age` by a service: status and body.
async fn passes(demo: &Demo, service: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/v1/age", demo.issuer));
    answer(request.bearer_auth(demo.token(service).await).json(body)).await
}

fn gate(demo: &Demo, party: &Party, service: &str, back: &str) -> String {
    let query = [("client_id", party.id.as_str()), ("redirect_uri", back), ("state", "s"), ("nonce", "visit")];
    reqwest::Url::parse_with_params(&format!("{}/age/{service}", demo.issuer), query).unwrap().into()
}

#[tokio::test]
async fn a_visit_without_an_account_passes_only_with_a_statement_of_age() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "market", json!({}));
    let (status, refused) = passes(&demo, "market", &json!({})).await;
    assert_eq!((status, &refused["code"]), (403, &json!("age_unconfirmed")), "{refused}");
    assert_eq!(passes(&demo, "news", &json!({})).await, (200, json!({ "age_at_least": 0 })), "no least age there");

    let visitor = Visitor::stopping_at(BACK);
    let page = visitor.get(&gate(&demo, &party, "market", BACK)).await;
    assert!(page.words().contains("Are you 18 years old or older?"), "{}", page.words());
    let no = visitor.submit(&page, "/age/market", &[("choice", "no")]).await;
    assert_eq!(
        (no.parameter("error").as_deref(), no.parameter("state").as_deref()),
        (Some("access_denied"), Some("s"))
    );
    let yes = visitor.submit(&page, "/age/market", &[("choice", "yes")]).await;
    let statement = yes.parameter("age_statement").unwrap();
    let claims = part(&statement, 1);
    let mut names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["age_at_least", "aud", "exp", "iat", "iss", "nonce", "service"], "nobody is named");
    assert_eq!((&claims["age_at_least"], claims["iat"].as_i64().unwrap() % 3600), (&json!(18), 0), "{claims}");

    let sent = json!({ "statement": statement, "nonce": "visit" });
    assert_eq!(passes(&demo, "market", &sent).await, (200, json!({ "age_at_least": 18 })));
    assert_eq!(passes(&demo, "mail", &sent).await.0, 403, "of another service");
    assert_eq!(passes(&demo, "market", &json!({ "statement": statement })).await.0, 403, "of another visit");
    assert_eq!(
        passes(&demo, "market", &json!({ "statement": format!("{statement}x"), "nonce": "visit" })).await.0,
        403
    );
    demo.advance("3h");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(passes(&demo, "market", &sent).await.0, 403, "past its end");
    // Nobody is sent to an address that is not the client's, nor asked where no age is set.
    assert_eq!(visitor.get(&gate(&demo, &party, "market", "https://evil.example/")).await.status, 404);
    assert_eq!(visitor.get(&gate(&demo, &party, "news", BACK)).await.status, 404);
}

#[tokio::test]
async fn whoever_is_too_young_for_an_account_is_told_at_the_form_and_nothing_is_kept() {
    let demo = demo(On::Sqlite).await;
    let (visitor, before) = (Visitor::new(), demo.letters().len());
    let page = visitor.get(&format!("{}/register", demo.issuer)).await;
    let child =
        [("email", "child@example.kz"), ("given_name", "Дана"), ("birth_date", "2015-05-17"), ("password", PASSWORD)];
    let refused = visitor.submit(&page, "/register", &child).await;
    assert_eq!((refused.status, demo.letters().len()), (403, before), "{}", refused.words());
    assert!(!refused.words().contains("Дана"));
}

#[tokio::test]
async fn an_under_age_date_of_birth_is_refused_and_a_word_does_where_no_date_is_needed() {
    let demo = demo(On::Sqlite).await;
    let young = Visitor::new();
    young.register_with(&demo, "young@example.kz", &[("birth_date", "2010-05-17")]).await;
    let page = young.visit(&demo, "forum", "young@example.kz").await;
    assert_eq!(page.status, 200, "no age is asked there: {}", page.words());
    let page = young.get(&format!("{}/login", demo.service("market"))).await;
    let page = young.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!(page.status, 403, "{}", page.words());
    assert!(page.words().contains("2.4c") || !page.url.starts_with(&demo.service("market")), "{}", page.words());
    // Nor do they act for a firm.
    let page = young.get(&format!("{}/me/representing/make", demo.issuer)).await;
    let fields = [("firm_name", "Tulpar"), ("firm_bin", "170240014901"), ("of_age", "yes")];
    assert_eq!(young.submit(&page, "/me/representing/make", &fields).await.status, 403);

    let undated = Visitor::new();
    undated.register_with(&demo, "undated@example.kz", &[("birth_date", "")]).await;
    let page = undated.get(&format!("{}/login", demo.service("mail"))).await;
    let silent = undated.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!(silent.status, 403, "accepting says that one is 14, and no more: {}", silent.words());
    let page = undated.submit(&page, "/accept", &[("choice", "accept"), ("of_age", "yes")]).await;
    assert!(page.url.starts_with(&demo.service("mail")), "{} {}", page.url, page.words());
    let page = undated.get(&format!("{}/login", demo.service("market"))).await;
    let page = undated.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!(page.status, 403, "a service that works with the date needs it: {}", page.words());
    // Their word is enough to act for a firm, and does not become a date by that.
    let page = undated.get(&format!("{}/me/representing/make", demo.issuer)).await;
    assert_eq!(undated.submit(&page, "/me/representing/make", &fields).await.status, 200);
    let page = undated.get(&format!("{}/login", demo.service("market"))).await;
    let own = page.attributes("button[name=whom]", "value").remove(0);
    let page = undated.submit(&page, "/whom", &[("whom", &own)]).await;
    let page = undated.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert_eq!(page.status, 403, "{}", page.words());
}
