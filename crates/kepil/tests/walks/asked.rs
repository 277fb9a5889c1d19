//! What a client asks, and what it is told: claims, hints, moments, languages. Clauses 2.1¶C, 2.4a, 3.1.4, 3.4e; OpenID
//! Connect Core 3.1.2.1, 5.4, 5.5.

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{BACK, Party, answer, part, person},
};

async fn userinfo(demo: &Demo, tokens: &Value) -> Value {
    let request = reqwest::Client::new().get(format!("{}/userinfo", demo.issuer));
    answer(request.bearer_auth(tokens["access_token"].as_str().unwrap())).await.1
}

fn names(told: &Value) -> Vec<&String> {
    told.as_object().unwrap().keys().filter(|name| !["assurance", "sub"].contains(&name.as_str())).collect()
}

#[tokio::test]
async fn a_client_is_told_what_it_asks_for_and_no_more_than_it_may_be() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "mail", json!({}));
    let visitor = person(&demo, "asked@example.kz").await;
    for (asked, told) in [
        (vec![], vec!["email", "email_verified", "given_name"]),
        (vec![("scope", "openid email")], vec!["email", "email_verified"]),
        (vec![("scope", "openid profile")], vec!["given_name"]),
        (vec![("scope", "openid phone")], vec![]),
        (vec![("claims", r#"{"userinfo":{"given_name":{"essential":true},"birthdate":null}}"#)], vec!["given_name"]),
    ] {
        let tokens = party.tokens(&visitor, &asked).await;
        assert_eq!(names(&userinfo(&demo, &tokens).await), told, "{asked:?}");
        if let Some(next) = tokens["refresh_token"].as_str() {
            let (_, renewed) = party.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", next)]).await;
            assert_eq!(names(&userinfo(&demo, &renewed).await), told, "after refreshing: {asked:?}");
        }
    }
    let market = Party::new(&demo, "market", json!({}));
    let page = visitor.get(&format!("{}/me/fields/residence/edit", demo.issuer)).await;
    visitor.submit(&page, "/me/fields/residence/edit", &[("residence", "Алматы, Абая 1")]).await;
    let told = userinfo(&demo, &market.tokens(&visitor, &[("scope", "openid address")]).await).await;
    assert_eq!(names(&told), ["address", "region"]);
    assert!(told["address"]["formatted"].is_string() && told["assurance"]["address"] == "self_asserted", "{told}");
}

#[tokio::test]
async fn userinfo_takes_the_token_in_one_way_at_a_time() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "mail", json!({}));
    let visitor = person(&demo, "ways@example.kz").await;
    let tokens = party.tokens(&visitor, &[]).await;
    let token = tokens["access_token"].as_str().unwrap();
    let post = || reqwest::Client::new().post(format!("{}/userinfo", demo.issuer));
    assert_eq!(answer(post().bearer_auth(token)).await.0, 200);
    let (status, told) = answer(post().form(&[("access_token", token)])).await;
    assert_eq!((status, &told["email"]), (200, &json!("ways@example.kz")));
    assert_eq!(answer(post().bearer_auth(token).form(&[("access_token", token)])).await.0, 401);
    assert_eq!(answer(post().form(&[("other", token)])).await.0, 401);
    let in_address = reqwest::Client::new().get(format!("{}/userinfo?access_token={token}", demo.issuer));
    assert_eq!(answer(in_address).await.0, 401, "never in an address");
}

#[tokio::test]
async fn the_moment_of_signing_in_is_told_when_asked_and_no_finer_than_needed() {
    let demo = demo(On::Sqlite).await;
    let visitor = person(&demo, "moment@example.kz").await;
    let plain = Party::new(&demo, "mail", json!({}));
    let id = |tokens: &Value| part(tokens["id_token"].as_str().unwrap(), 1);
    assert!(id(&plain.tokens(&visitor, &[]).await).get("auth_time").is_none());
    let asked = id(&plain.tokens(&visitor, &[("max_age", "600")]).await);
    let always = Party::new(&demo, "forum", json!({ "require_auth_time": true }));
    let always = id(&always.tokens(&visitor, &[]).await);
    let early = |id: &Value| id["iat"].as_i64().unwrap() - id["auth_time"].as_i64().unwrap();
    assert_eq!(always["auth_time"].as_i64().unwrap() % 86_400, 0, "the day, no finer");
    assert!((595..=600).contains(&early(&asked)) || asked["auth_time"] == always["auth_time"], "{asked}");
    assert_ne!(asked["sid"], always["sid"]);

    demo.advance("5m");
    let page = visitor.get(&plain.request(&[("max_age", "60"), ("prompt", "none")])).await;
    assert_eq!(page.parameter("error").as_deref(), Some("login_required"));
    let page = visitor.get(&plain.request(&[("max_age", "60")])).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", "moment@example.kz"), ("password", PASSWORD)]).await;
    let (_, tokens) = plain.post("/token", &Party::exchanged(&page.parameter("code").unwrap())).await;
    assert!(early(&id(&tokens)) <= 61, "never so early that the client must send the person back");
}

#[tokio::test]
async fn a_client_says_whom_it_means_and_in_which_language() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "mail", json!({}));
    let (one, other) = (person(&demo, "meant@example.kz").await, person(&demo, "other@example.kz").await);
    let tokens = party.tokens(&one, &[]).await;
    let hint = tokens["id_token"].as_str().unwrap();
    party.tokens(&other, &[]).await;
    let sub = part(hint, 1)["sub"].as_str().unwrap().to_owned();
    let claims = json!({ "id_token": { "sub": { "value": sub } } }).to_string();
    for meant in [("id_token_hint", hint), ("claims", claims.as_str())] {
        assert!(one.get(&party.request(&[meant, ("prompt", "none")])).await.parameter("code").is_some());
        let silent = other.get(&party.request(&[meant, ("prompt", "none")])).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("login_required"), "{meant:?}");
        // Asked to sign in, the other one signs in as themselves again: the client is told, nobody goes in circles.
        let page = other.get(&party.request(&[meant])).await;
        let page = other.submit(&page, "/sign-in", &[("identifier", "other@example.kz"), ("password", PASSWORD)]).await;
        assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{}", page.words());
    }
    let forum = Party::new(&demo, "forum", json!({}));
    let foreign = one.get(&forum.request(&[("id_token_hint", hint)])).await;
    assert_eq!(foreign.parameter("error").as_deref(), Some("invalid_request"), "the hint of another client");

    let stranger = Visitor::stopping_at(BACK);
    let page = stranger.get(&party.request(&[("login_hint", "meant@example.kz"), ("ui_locales", "fr kk")])).await;
    assert!(page.fields("/sign-in").contains(&("identifier".to_owned(), "meant@example.kz".to_owned())));
    assert!(page.text.contains("<html lang=\"kk\""), "{}", page.text.lines().take(3).collect::<String>());
    assert!(page.words().contains("Пошта"), "the service is named: {}", page.words());
    assert!(!page.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().contains("language")));
}
