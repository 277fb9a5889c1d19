//! A client registers itself; keys that sign are changed; how a client wants its answers. Clauses 1.1a, 3.4a; RFC 7591.

use kepil_testing::{Demo, On};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{BACK, Holder, Party, answer, part, person},
};

async fn enrol(demo: &Demo, token: &str, said: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/connect/register", demo.issuer)).bearer_auth(token);
    answer(request.json(&said)).await
}

fn token(demo: &Demo, service: &str, more: &[&str]) -> (bool, String) {
    let usual = ["service", "enrol", service, "--demo", demo.folder.to_str().unwrap()];
    let (ok, said) = demo.command(&[&usual, more].concat());
    (ok, said.trim().to_owned())
}

async fn jwks(demo: &Demo) -> Vec<Value> {
    let keys: Value = reqwest::get(format!("{}/jwks", demo.issuer)).await.unwrap().json().await.unwrap();
    keys["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_client_registers_itself_for_the_service_of_its_token_alone() {
    let demo = demo(On::Sqlite).await;
    let (ok, told) = token(&demo, "nothing", &[]);
    assert!(!ok && told.contains("mail"), "{told}");
    assert!(token(&demo, "mail", &["--territory", "US"]).1.contains("3.5a"));
    let (_, good) = token(&demo, "mail", &[]);
    let uris = json!([BACK]);
    let (status, made) = enrol(
        &demo,
        &good,
        json!({ "redirect_uris": uris, "client_name": "Mine", "id_token_signed_response_alg": "RS256" }),
    )
    .await;
    assert_eq!(status, 201, "{made}");
    assert_eq!((&made["subject_type"], &made["id_token_signed_response_alg"]), (&json!("pairwise"), &json!("RS256")));
    assert!(made["client_id"].as_str().unwrap().starts_with("mail-"), "{made}");

    let (id, secret) =
        (made["client_id"].as_str().unwrap().to_owned(), made["client_secret"].as_str().unwrap().to_owned());
    let party = Party { id, secret, key: Holder::new(), issuer: demo.issuer.clone() };
    let visitor = person(&demo, "enrolled@example.kz").await;
    let tokens = party.tokens(&visitor, &[]).await;
    assert_eq!(part(tokens["id_token"].as_str().unwrap(), 0)["alg"], "RS256");

    for bad in ["", "x", &"A".repeat(43), tokens["access_token"].as_str().unwrap()] {
        assert_eq!(enrol(&demo, bad, json!({ "redirect_uris": uris })).await.0, 401, "{bad}");
    }
    let (status, told) = enrol(&demo, &good, json!({ "redirect_uris": ["http://party.example/"] })).await;
    assert_eq!((status, &told["error"]), (400, &json!("invalid_redirect_uri")));
    let (status, told) =
        enrol(&demo, &good, json!({ "redirect_uris": uris, "jwks_uri": "https://party.example/k" })).await;
    assert_eq!((status, &told["error"]), (400, &json!("invalid_client_metadata")));
    assert!(told["error_description"].as_str().unwrap().contains("jwks"), "{told}");
    demo.advance("1d");
    assert_eq!(enrol(&demo, &good, json!({ "redirect_uris": uris })).await.0, 401, "past its end");
}

#[tokio::test]
async fn a_client_gets_its_answers_signed_as_it_wants_them() {
    let demo = demo(On::Sqlite).await;
    let visitor = person(&demo, "signed@example.kz").await;
    for alg in ["ES256", "EdDSA", "RS256"] {
        let party = Party::new(
            &demo,
            "mail",
            json!({ "id_token_signed_response_alg": alg, "userinfo_signed_response_alg": alg }),
        );
        let tokens = party.tokens(&visitor, &[]).await;
        let token = tokens["access_token"].as_str().unwrap();
        let told =
            reqwest::Client::new().get(format!("{}/userinfo", demo.issuer)).bearer_auth(token).send().await.unwrap();
        assert_eq!(told.headers()["content-type"], "application/jwt");
        let told = told.text().await.unwrap();
        let kids: Vec<Value> =
            jwks(&demo).await.iter().filter(|key| key["alg"] == alg).map(|key| key["kid"].clone()).collect();
        for signed in [tokens["id_token"].as_str().unwrap(), &told] {
            let header = part(signed, 0);
            assert!(header["alg"] == alg && kids.contains(&header["kid"]), "{header}");
        }
        let told = part(&told, 1);
        assert_eq!((&told["aud"], &told["iss"]), (&json!(party.id), &json!(demo.issuer)));
        assert_eq!(told["email"], "signed@example.kz");
    }
}

#[tokio::test]
async fn keys_change_without_a_token_being_lost() {
    let demo = demo(On::Postgres).await;
    let party = Party::new(&demo, "mail", json!({}));
    let visitor = person(&demo, "rotated@example.kz").await;
    let tokens = party.tokens(&visitor, &[]).await;
    let kid = part(tokens["access_token"].as_str().unwrap(), 0)["kid"].clone();
    assert_eq!(jwks(&demo).await.len(), 3);
    let folder = demo.folder.to_str().unwrap();
    assert!(demo.command(&["keys", "rotate", "--demo", folder]).0);
    for _ in 0..90 {
        if jwks(&demo).await.len() == 6 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(jwks(&demo).await.len(), 6, "the next keys are published");
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (_, tokens) = party.post("/token", &form).await;
    assert_eq!(part(tokens["access_token"].as_str().unwrap(), 0)["kid"], kid, "a new key does not sign at once");
    demo.advance("2h");
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (status, renewed) = party.post("/token", &form).await;
    assert_eq!(status, 200, "{renewed}");
    assert_ne!(part(renewed["access_token"].as_str().unwrap(), 0)["kid"], kid);
    // What the old key signed still holds: as a hint, its end does not matter.
    let hint = format!("{}/logout?id_token_hint={}", demo.issuer, tokens["id_token"].as_str().unwrap());
    assert_eq!(visitor.get(&hint).await.status, 200);
    let (_, status) = demo.command(&["keys", "status", "--demo", folder]);
    let signing = ["ES256", "EdDSA", "RS256"];
    let listed = status.lines().filter(|line| signing.iter().any(|alg| line.starts_with(alg)));
    assert_eq!(listed.count(), 6, "{status}");
}
