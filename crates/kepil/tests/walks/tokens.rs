//! What a token is worth, to whom, and until when. Clauses 3.1.3, 4.2; RFC 7662, 7009.

use kepil_testing::{Demo, On, Visitor};
use serde_json::{Value, json};

use crate::{
    client::{VERIFIER, another_code, exchange, post, refresh, userinfo, worth},
    demo,
};

/// Somebody who signed in to a service, and what the service got.
async fn signed_in(demo: &Demo, service: &str, email: &str) -> (Visitor, Value) {
    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service(service)));
    visitor.register(demo, email).await;
    let code = another_code(demo, &visitor, service).await;
    let (status, tokens) = exchange(demo, service, &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    (visitor, tokens)
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

/// Neither token is worth anything to its service.
async fn assert_worthless(demo: &Demo, service: &str, tokens: &Value, why: &str) {
    for name in ["access_token", "refresh_token"] {
        assert_eq!(worth(demo, service, text(tokens, name)).await, json!({ "active": false }), "{name} after {why}");
    }
    assert_eq!(userinfo(demo, text(tokens, "access_token")).await.0, 401, "userinfo after {why}");
}

#[tokio::test]
async fn a_service_is_told_what_its_own_tokens_are_worth_and_nothing_of_others() {
    let demo = demo(On::Sqlite).await;
    let (_, tokens) = signed_in(&demo, "mail", "worth@example.kz").await;
    let access = worth(&demo, "mail", text(&tokens, "access_token")).await;
    assert_eq!((&access["active"], &access["token_type"]), (&json!(true), &json!("Bearer")), "{access}");
    assert_eq!((&access["client_id"], &access["scope"]), (&json!("mail-demo"), &json!("offline_access openid")));
    let (_, told) = userinfo(&demo, text(&tokens, "access_token")).await;
    assert_eq!(access["sub"], told["sub"]);
    let later = worth(&demo, "mail", text(&tokens, "refresh_token")).await;
    assert!(later["active"] == true && later["exp"].as_i64() > access["exp"].as_i64(), "{later}");
    assert!(later.get("aud").is_none(), "a refresh token is used nowhere but here: {later}");

    for token in
        [text(&tokens, "access_token"), text(&tokens, "refresh_token"), text(&tokens, "id_token"), "x", "a.b.c"]
    {
        assert_eq!(worth(&demo, "forum", token).await, json!({ "active": false }), "{token}");
    }
    let (_, own) = post(&demo, "mail", "/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(worth(&demo, "mail", text(&own, "access_token")).await["sub"], "mail-demo");
    assert_eq!(worth(&demo, "forum", text(&own, "access_token")).await["active"], false);

    let form = [("token", text(&tokens, "access_token"))];
    for path in ["/introspect", "/revoke"] {
        let bare = reqwest::Client::new().post(format!("{}{path}", demo.issuer)).form(&form).send().await.unwrap();
        assert_eq!(bare.status().as_u16(), 401, "{path} without a client");
        assert_eq!(post(&demo, "mail", path, &[]).await.1["error"], "invalid_request");
    }
    demo.advance("11m");
    assert_eq!(worth(&demo, "mail", text(&tokens, "access_token")).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_revoked_token_is_worth_nothing_at_once() {
    let demo = demo(On::Postgres).await;
    let (_, first) = signed_in(&demo, "mail", "revoked@example.kz").await;
    let foreign = post(&demo, "forum", "/revoke", &[("token", text(&first, "refresh_token"))]).await;
    assert_eq!((foreign.0, &foreign.1["error"]), (400, &json!("invalid_grant")));

    // An access token ends alone.
    let ended = post(&demo, "mail", "/revoke", &[("token", text(&first, "access_token"))]).await;
    assert_eq!(ended.0, 200);
    assert_eq!(userinfo(&demo, text(&first, "access_token")).await.0, 401);
    let (status, second) = refresh(&demo, "mail", &first).await;
    assert_eq!(status, 200, "{second}");

    // A refresh token ends with all that came of its sign-in; ending it again is no fault.
    for _ in 0..2 {
        let form = [("token", text(&second, "refresh_token")), ("token_type_hint", "refresh_token")];
        assert_eq!(post(&demo, "mail", "/revoke", &form).await.0, 200);
        assert_worthless(&demo, "mail", &second, "revocation").await;
    }
    assert_eq!(refresh(&demo, "mail", &second).await.1["error"], "invalid_grant");
    let (_, own) = post(&demo, "mail", "/token", &[("grant_type", "client_credentials")]).await;
    let refused = post(&demo, "mail", "/revoke", &[("token", text(&own, "access_token"))]).await;
    assert_eq!((refused.0, &refused.1["error"]), (400, &json!("unsupported_token_type")));
}

#[tokio::test]
async fn tokens_end_with_the_session_the_theft_the_block_and_the_withdrawal() {
    let demo = demo(On::Sqlite).await;
    let (visitor, tokens) = signed_in(&demo, "mail", "ends@example.kz").await;
    let page = visitor.get(&format!("{}/sign-out", demo.issuer)).await;
    visitor.submit(&page, "/sign-out", &[]).await;
    assert_worthless(&demo, "mail", &tokens, "sign-out").await;

    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service("mail")));
    visitor.register(&demo, "stolen@example.kz").await;
    let code = another_code(&demo, &visitor, "mail").await;
    let (_, tokens) = exchange(&demo, "mail", &code, VERIFIER).await;
    exchange(&demo, "mail", &code, VERIFIER).await;
    assert_worthless(&demo, "mail", &tokens, "the second use of the code").await;

    let (visitor, tokens) = signed_in(&demo, "mail", "blocked@example.kz").await;
    let page = visitor.get(&format!("{}/me/block", demo.issuer)).await;
    visitor.submit(&page, "/me/block", &[("action", "block")]).await;
    assert_worthless(&demo, "mail", &tokens, "a block").await;

    let (visitor, tokens) = signed_in(&demo, "mail", "left@example.kz").await;
    let page = visitor.get(&format!("{}/me/services", demo.issuer)).await;
    visitor.submit(&page, "/me/services/mail/leave", &[]).await;
    assert_worthless(&demo, "mail", &tokens, "the end of the agreement").await;
}
