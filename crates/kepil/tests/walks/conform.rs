//! What the OpenID conformance suite looks at and no other walk does: requests without a nonce or proof keys, prompts,
//! ages, late second uses, addresses with a query, and every way of signing out. Clauses 2.1¶C1, 3.4e. The table of all
//! modules is `docs/conformance.md`.

use kepil_testing::{On, Page, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{
    client::VERIFIER,
    demo,
    party::{BACK, Party, part, person},
};

fn id(tokens: &Value) -> Value {
    part(tokens["id_token"].as_str().unwrap(), 1)
}

async fn again(visitor: &Visitor, page: &Page, email: &str) -> Page {
    visitor.submit(page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn requests_that_the_standard_allows_get_a_code() {
    let demo = demo(On::Sqlite).await;
    let email = "allowed@example.kz";
    let visitor = person(&demo, email).await;
    let party = Party::new(
        &demo,
        "mail",
        json!({ "allow_no_pkce": true, "token_endpoint_auth_method": "client_secret_basic" }),
    );
    let first = id(&party.tokens(&visitor, &[]).await);
    assert!(first.get("nonce").is_none(), "no nonce was sent");
    for extra in [
        ("unknown", "parameter"),
        ("display", "page"),
        ("display", "popup"),
        ("claims_locales", "kk ru"),
        ("acr_values", "1 2"),
        ("scope", "openid profile email address phone"),
    ] {
        party.tokens(&visitor, &[extra]).await;
    }
    // A client that was marked so does without proof keys; no other does.
    let bare = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = party.code(&visitor, &bare).await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
    assert_eq!(party.post("/token", &form).await.0, 200);
    let code = party.code(&visitor, &bare).await;
    assert_eq!(
        party.post("/token", &Party::exchanged(&code)).await.1["error"],
        "invalid_grant",
        "a verifier of nothing"
    );
    let usual = Party::new(&demo, "mail", json!({}));
    assert_eq!(visitor.get(&usual.request(&bare)).await.parameter("error").as_deref(), Some("invalid_request"));
    // By POST the request goes on as by GET.
    let posted =
        visitor.client().post(format!("{}/authorize", demo.issuer)).form(&party.asked(&[])).send().await.unwrap();
    let to = posted.headers()["location"].to_str().unwrap().to_owned();
    let page = visitor.get(&format!("{}{to}", demo.issuer)).await;
    assert!(page.parameter("code").is_some(), "{}", page.url);
}

#[tokio::test]
async fn prompts_and_ages_ask_for_a_sign_in_when_they_should() {
    let demo = demo(On::Sqlite).await;
    let email = "prompt@example.kz";
    let visitor = person(&demo, email).await;
    let party = Party::new(&demo, "mail", json!({ "require_auth_time": true }));
    let stranger = Visitor::stopping_at(BACK);
    let silent = stranger.get(&party.request(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));

    let first = id(&party.tokens(&visitor, &[]).await);
    let silent = id(&party.tokens(&visitor, &[("prompt", "none")]).await);
    let named = id(&party.tokens(&visitor, &[("max_age", "10000")]).await);
    assert_eq!((&silent["sub"], &silent["auth_time"]), (&first["sub"], &first["auth_time"]));
    assert!(named["auth_time"].as_i64() >= first["auth_time"].as_i64());
    demo.advance("2m");
    for asked in [("prompt", "login"), ("max_age", "1"), ("prompt", "select_account")] {
        let page = visitor.get(&party.request(&[asked])).await;
        assert!(page.has_form("/sign-in"), "{asked:?}: {}", page.url);
        let page = again(&visitor, &page, email).await;
        let (_, tokens) = party.post("/token", &Party::exchanged(&page.parameter("code").expect("a code"))).await;
        let anew = id(&tokens);
        assert_eq!(anew["sub"], first["sub"]);
        assert!(anew["auth_time"].as_i64() > first["auth_time"].as_i64(), "{asked:?}: {anew}");
        demo.advance("2m");
    }
    let page = visitor.get(&party.request(&[("prompt", "consent")])).await;
    assert!(page.has_form("/accept"), "what was accepted is shown again: {}", page.words());
}

#[tokio::test]
async fn a_code_that_comes_again_late_still_ends_what_came_of_it() {
    let demo = demo(On::Sqlite).await;
    let visitor = person(&demo, "late@example.kz").await;
    let party = Party::new(&demo, "mail", json!({ "token_endpoint_auth_method": "client_secret_post" }));
    let code = party.code(&visitor, &[]).await;
    let mut form = Party::exchanged(&code).to_vec();
    form.extend([("client_id", party.id.as_str()), ("client_secret", party.secret.as_str())]);
    let post = async |form: &[(&str, &str)]| {
        crate::party::answer(reqwest::Client::new().post(format!("{}/token", demo.issuer)).form(form)).await
    };
    let (status, tokens) = post(&form).await;
    assert_eq!(status, 200, "{tokens}");
    demo.advance("1m");
    assert_eq!(post(&form).await.1["error"], "invalid_grant");
    let worth = [("token", tokens["access_token"].as_str().unwrap()), form[4], form[5]];
    let worth = reqwest::Client::new().post(format!("{}/introspect", demo.issuer)).form(&worth);
    let (status, worth) = crate::party::answer(worth).await;
    assert_eq!(
        (status, worth["active"].as_bool()),
        (200, Some(false)),
        "the code was stolen, and its tokens live on: {worth}"
    );
    assert!(VERIFIER.len() >= 43);
}

#[tokio::test]
async fn an_address_to_come_back_to_is_compared_with_its_query() {
    let demo = demo(On::Sqlite).await;
    let visitor = person(&demo, "query@example.kz").await;
    let own = format!("{BACK}?tenant=1");
    let party = Party::new(&demo, "mail", json!({ "redirect_uris": [own] }));
    let ask = async |uri: &str| {
        let page = visitor.get(&party.request(&[("redirect_uri", uri)])).await;
        if page.has_form("/accept") { visitor.submit(&page, "/accept", &[("choice", "accept")]).await } else { page }
    };
    let good = ask(&own).await;
    assert!(good.url.starts_with(&format!("{own}&")) && good.parameter("code").is_some(), "{}", good.url);
    for bad in [BACK, "", &format!("{BACK}?tenant=2"), &format!("{own}&more=1"), &format!("{own}#x")] {
        let page = ask(bad).await;
        assert!(page.status == 400 && page.url.starts_with(&demo.issuer), "{bad}: {}", page.url);
    }
}

#[tokio::test]
async fn a_client_signs_a_person_out_only_as_it_is_registered() {
    let demo = demo(On::Sqlite).await;
    let email = "leaving@example.kz";
    let out = "https://party.example/callback/out";
    let party = Party::new(&demo, "mail", json!({ "post_logout_redirect_uris": [out] }));
    let visitor = person(&demo, email).await;
    let tokens = party.tokens(&visitor, &[]).await;
    let hint = tokens["id_token"].as_str().unwrap();
    let leave = async |pairs: &[(&str, &str)]| {
        visitor.get(reqwest::Url::parse_with_params(&format!("{}/logout", demo.issuer), pairs).unwrap().as_str()).await
    };
    let modified = format!("{}x{}", &hint[..hint.len() - 9], &hint[hint.len() - 8..]);
    let me = format!("{}/me", demo.issuer);
    let is_in = async || visitor.get(&me).await.url == me;
    for bad in [
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example/")],
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", "https://party.example/callback/out?x=1")],
        vec![("id_token_hint", modified.as_str()), ("post_logout_redirect_uri", out)],
        vec![("id_token_hint", "no-token"), ("post_logout_redirect_uri", out)],
        vec![("post_logout_redirect_uri", out)],
    ] {
        let page = leave(&bad).await;
        assert!(page.status == 400 && page.url.starts_with(&demo.issuer), "{bad:?}: {} {}", page.status, page.url);
        assert!(is_in().await, "{bad:?} signed the person out");
    }
    // Without a hint the person is asked; nobody is signed out by a link alone.
    for asked in
        [vec![], vec![("state", "s")], vec![("client_id", party.id.as_str()), ("post_logout_redirect_uri", out)]]
    {
        let page = leave(&asked).await;
        assert!(page.has_form("/sign-out") && is_in().await, "{asked:?}");
    }
    let page = leave(&[("client_id", &party.id), ("post_logout_redirect_uri", out), ("state", "s")]).await;
    let page = visitor.submit(&page, "/sign-out", &[]).await;
    assert_eq!(page.url, format!("{out}?state=s"), "after the button");
    assert!(!is_in().await);

    let again = [vec![], vec![("state", "s")], vec![("post_logout_redirect_uri", out)]];
    for (more, at) in again.into_iter().zip(["", "", out]) {
        let page = visitor.get(&party.request(&[])).await;
        let page = self::again(&visitor, &page, email).await;
        let (_, tokens) = party.post("/token", &Party::exchanged(&page.parameter("code").expect("a code"))).await;
        let mut pairs = vec![("id_token_hint", tokens["id_token"].as_str().unwrap())];
        pairs.extend(more);
        let page = leave(&pairs).await;
        assert!(page.status < 400 && (at.is_empty() || page.url == at), "{pairs:?}: {}", page.url);
        assert!(!is_in().await);
    }
}
