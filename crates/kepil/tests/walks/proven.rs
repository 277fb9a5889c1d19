//! Clients that prove themselves by keys, and requests that nobody on the way can read or change. Clauses 3.1.3, 3.1.5,
//! 3.4e; RFC 7523, 9126, 9449.

use kepil_testing::{Demo, On};
use serde_json::json;

use crate::{
    demo,
    party::{BACK, Holder, Party, answer, part, person},
};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[tokio::test]
async fn a_pushed_request_is_good_once_for_its_client() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "mail", json!({ "require_pushed_authorization_requests": true }));
    let other = Party::new(&demo, "mail", json!({}));
    let visitor = person(&demo, "pushed@example.kz").await;

    let direct = visitor.get(&party.request(&[])).await;
    assert_eq!(direct.parameter("error").as_deref(), Some("invalid_request"), "{}", direct.url);

    let push = async |who: &Party, with: &[(&str, &str)]| {
        let asked = who.asked(with);
        let form: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        who.post("/par", &form).await
    };
    let (status, pushed) = push(&party, &[("state", "from-par")]).await;
    assert_eq!((status, &pushed["expires_in"]), (201, &json!(90)), "{pushed}");
    let uri = pushed["request_uri"].as_str().unwrap();
    let go = |id: &str| {
        let pairs =
            [("client_id", id), ("request_uri", uri), ("state", "changed"), ("redirect_uri", "https://evil.example/")];
        String::from(reqwest::Url::parse_with_params(&format!("{}/authorize", demo.issuer), pairs).unwrap())
    };
    // What stands beside in the address counts for nothing.
    let mut page = visitor.get(&go(&party.id)).await;
    if page.has_form("/accept") {
        page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    }
    assert_eq!(page.parameter("state").as_deref(), Some("from-par"), "{}", page.url);
    assert!(page.url.starts_with(BACK));
    let (status, tokens) = party.post("/token", &Party::exchanged(&page.parameter("code").unwrap())).await;
    assert_eq!(status, 200, "{tokens}");

    let again = visitor.get(&go(&party.id)).await;
    assert_eq!(again.status, 410, "used twice: {}", again.url);
    let (_, pushed) = push(&party, &[]).await;
    let stolen = pushed["request_uri"].as_str().unwrap();
    let foreign = format!("{}/authorize?client_id={}&request_uri={stolen}", demo.issuer, other.id);
    assert_eq!(visitor.get(&foreign).await.status, 410, "of another client");
    let (_, pushed) = push(&party, &[]).await;
    demo.advance("2m");
    let late = format!(
        "{}/authorize?client_id={}&request_uri={}",
        demo.issuer,
        party.id,
        pushed["request_uri"].as_str().unwrap()
    );
    assert_eq!(visitor.get(&late).await.status, 410, "past its end");

    for (with, error) in [
        (("redirect_uri", "https://evil.example/"), "invalid_request"),
        (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "request_uri_not_supported"),
        (("request", "x.y.z"), "request_not_supported"),
        (("code_challenge", ""), "invalid_request"),
        (("scope", "profile"), "invalid_scope"),
    ] {
        let (status, told) = push(&party, &[with]).await;
        assert_eq!((status, &told["error"]), (400, &json!(error)), "{with:?}");
    }
    let bare = reqwest::Client::new().post(format!("{}/par", demo.issuer)).form(&party.asked(&[]));
    assert_eq!(answer(bare).await.0, 401);
}

#[tokio::test]
async fn an_assertion_is_good_once_on_every_node() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    let party = Party::new(&demo, "mail", json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    assert!(party.secret.is_empty());
    let ask = async |address: &str, assertion: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", assertion),
        ];
        answer(reqwest::Client::new().post(format!("{address}/token")).form(&form)).await
    };
    let good = party.key.assertion(&party.id, &demo.issuer);
    let (status, tokens) = ask(&demo.issuer, &good).await;
    assert_eq!(status, 200, "{tokens}");
    for address in [&demo.issuer, &second.address] {
        assert_eq!(ask(address, &good).await.1["error"], "invalid_client", "replayed");
    }
    let stranger = Holder::new();
    for bad in [
        stranger.assertion(&party.id, &demo.issuer),
        party.key.assertion("mail-demo", &demo.issuer),
        party.key.assertion("nobody", &demo.issuer),
        party.key.assertion(&party.id, "https://other.example"),
        "x.y.z".to_owned(),
    ] {
        let (status, told) = ask(&demo.issuer, &bad).await;
        assert_eq!((status, &told["error"]), (401, &json!("invalid_client")), "{bad}");
    }
    // Neither its name alone nor any secret stands for it.
    assert_eq!(party.post("/token", &[("grant_type", "client_credentials")]).await.1["error"], "invalid_client");
    let secret = [("grant_type", "client_credentials"), ("client_secret", "")];
    assert_eq!(party.post("/token", &secret).await.1["error"], "invalid_client");
}

#[tokio::test]
async fn a_token_bound_to_a_key_is_worth_nothing_without_it() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    let party = Party::new(&demo, "mail", json!({ "dpop_bound_access_tokens": true }));
    let visitor = person(&demo, "bound@example.kz").await;
    let code = party.code(&visitor, &[]).await;
    let (status, told) = party.post("/token", &Party::exchanged(&code)).await;
    assert_eq!((status, &told["error"]), (400, &json!("invalid_dpop_proof")), "it always proves its key");
    let (status, tokens) = party.prove("/token", &Party::exchanged(&code)).await;
    assert_eq!((status, &tokens["token_type"]), (200, &json!("DPoP")), "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let (_, worth) = party.post("/introspect", &[("token", token)]).await;
    assert_eq!((&worth["token_type"], &worth["cnf"]), (&json!("DPoP"), &part(token, 1)["cnf"]), "{worth}");

    let uri = format!("{}/userinfo", demo.issuer);
    let ask = async |address: &str, scheme: &str, proof: Option<String>| {
        let request = reqwest::Client::new()
            .get(format!("{address}/userinfo"))
            .header("authorization", format!("{scheme} {token}"));
        let request = proof.into_iter().fold(request, |request, proof| request.header("dpop", proof));
        answer(request).await.0
    };
    let proof = party.key.proof("GET", &uri, Some(token));
    assert_eq!(ask(&demo.issuer, "DPoP", Some(proof.clone())).await, 200);
    assert_eq!(ask(&demo.issuer, "DPoP", Some(proof.clone())).await, 401, "replayed");
    assert_eq!(ask(&second.address, "DPoP", Some(proof)).await, 401, "replayed at another node");
    let thief = Holder::new();
    for (scheme, proof, why) in [
        ("Bearer", None, "as if it were not bound"),
        ("DPoP", None, "without a proof"),
        ("Bearer", Some(party.key.proof("GET", &uri, Some(token))), "in the way of other tokens"),
        ("DPoP", Some(thief.proof("GET", &uri, Some(token))), "with another key"),
        ("DPoP", Some(party.key.proof("POST", &uri, Some(token))), "for another method"),
        ("DPoP", Some(party.key.proof("GET", &format!("{}/token", demo.issuer), Some(token))), "for another address"),
        ("DPoP", Some(party.key.proof("GET", &uri, None)), "for no token"),
        ("DPoP", Some(party.key.proof("GET", &uri, Some("other"))), "for another token"),
    ] {
        assert_eq!(ask(&demo.issuer, scheme, proof).await, 401, "{why}");
    }
    let free = Party::new(&demo, "mail", json!({})).tokens(&visitor, &[]).await;
    let free = free["access_token"].as_str().unwrap();
    let unasked = reqwest::Client::new().get(&uri).header("authorization", format!("DPoP {free}"));
    let unasked = unasked.header("dpop", party.key.proof("GET", &uri, Some(free)));
    assert_eq!(answer(unasked).await.0, 401, "a token that is bound to nothing comes without a proof");

    service_calls_are_bound(&demo, &party).await;
}

/// The same for the service API.
async fn service_calls_are_bound(demo: &Demo, party: &Party) {
    let (status, own) = party.prove("/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!((status, &own["token_type"]), (200, &json!("DPoP")), "{own}");
    let token = own["access_token"].as_str().unwrap();
    let uri = format!("{}/v1/reads", demo.issuer);
    let read = async |scheme: &str, proof: Option<String>| {
        let body = json!({ "sub": "a".repeat(32), "purpose": "delivery" });
        let request =
            reqwest::Client::new().post(&uri).header("authorization", format!("{scheme} {token}")).json(&body);
        answer(proof.into_iter().fold(request, |request, proof| request.header("dpop", proof))).await.0
    };
    assert_eq!(read("DPoP", Some(party.key.proof("POST", &uri, Some(token)))).await, 403, "known, and nothing granted");
    assert_eq!(read("Bearer", None).await, 401);
    assert_eq!(read("DPoP", Some(Holder::new().proof("POST", &uri, Some(token)))).await, 401);
}

#[tokio::test]
async fn a_code_and_the_refresh_token_of_an_open_client_are_bound_as_well() {
    let demo = demo(On::Sqlite).await;
    let mut party = Party::new(&demo, "mail", json!({ "token_endpoint_auth_method": "none" }));
    let visitor = person(&demo, "open@example.kz").await;
    let thief = Holder::new();

    let jkt = {
        let code = party.code(&visitor, &[]).await;
        let (_, tokens) = party.prove("/token", &Party::exchanged(&code)).await;
        part(tokens["access_token"].as_str().unwrap(), 1)["cnf"]["jkt"].as_str().unwrap().to_owned()
    };
    let code = party.code(&visitor, &[("dpop_jkt", &jkt)]).await;
    let own = std::mem::replace(&mut party.key, thief);
    assert_eq!(party.prove("/token", &Party::exchanged(&code)).await.1["error"], "invalid_grant", "a stolen code");
    let thief = std::mem::replace(&mut party.key, own);
    let code = party.code(&visitor, &[("dpop_jkt", &jkt)]).await;
    let (status, tokens) = party.prove("/token", &Party::exchanged(&code)).await;
    assert_eq!(status, 200, "{tokens}");

    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (status, renewed) = party.prove("/token", &form).await;
    assert_eq!(status, 200, "{renewed}");
    let form = [("grant_type", "refresh_token"), ("refresh_token", renewed["refresh_token"].as_str().unwrap())];
    party.key = thief;
    assert_eq!(party.prove("/token", &form).await.1["error"], "invalid_grant", "a stolen refresh token");
    assert_eq!(party.post("/token", &form).await.1["error"], "invalid_grant", "and without any key");
}
