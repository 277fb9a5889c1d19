//! What clients sign, and what they say about themselves.

use serde_json::{Map, Value, json};

use super::*;
use crate::oidc::proof::{Assertion, Once, Proven, token_hash, verify};

/// A key of a client, and its public part as JSON.
fn client_key() -> (keys::SigningKey, Value) {
    let key = signing_key();
    let jwk = key.public().to_jwk();
    (key, jwk)
}

fn signed(header: Value, claims: Value) -> String {
    let encode = |value: Value| base64(value.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    format!("{message}.{}", base64(&client_key().0.sign_bytes(message.as_bytes()).unwrap()))
}

fn assertive() -> Client {
    let mut new = NewClient::of("shop", vec!["https://shop.example/cb".into()]);
    new.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    new.metadata.jwks = Some(KeySet { keys: vec![PublicKey::parse(&client_key().1).unwrap()] });
    let (row, secret) = new.make(&mut Counting(0)).unwrap();
    assert!(secret.is_empty() && !row.settings.contains("\"d\""));
    Client::from_row(row).unwrap()
}

fn assertion(change: impl FnOnce(&mut Value)) -> Option<Once> {
    let client = assertive();
    let mut claims = json!({ "iss": client.id, "sub": client.id, "aud": ISSUER, "exp": 160, "iat": 100, "jti": "j" });
    change(&mut claims);
    let token = signed(json!({ "alg": "ES256" }), claims);
    Assertion::parse(&token)?.verify(&client, ISSUER, 100)
}

#[test]
fn an_assertion_holds_for_this_provider_for_a_short_time() {
    let once = assertion(|_| {}).unwrap();
    assert!(once.name.ends_with(" j") && once.until_s == 160);
    for aud in [json!([ISSUER]), json!(format!("{ISSUER}/token")), json!(["x", ISSUER])] {
        assert!(assertion(|claims| claims["aud"] = aud.clone()).is_some(), "{aud}");
    }
    let faults: [(&str, Value); 9] = [
        ("aud", json!("https://other.example")),
        ("aud", json!([])),
        ("exp", json!(100)),
        ("exp", json!(1000)),
        ("iat", json!(200)),
        ("nbf", json!(200)),
        ("jti", json!("")),
        ("sub", json!("someone")),
        ("iss", json!("someone")),
    ];
    for (name, value) in faults {
        assert!(assertion(|claims| claims[name] = value.clone()).is_none(), "{name} {value}");
    }
    let client = assertive();
    let claims = json!({ "iss": client.id, "sub": client.id, "aud": ISSUER, "exp": 160, "jti": "j" });
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "EdDSA" }),
        json!({ "alg": "ES256", "jwk": client_key().1 }),
        json!({ "alg": "ES256", "crit": ["exp"] }),
        json!({ "alg": "ES256", "kid": "x", "x5u": "https://evil.example" }),
    ] {
        let held =
            Assertion::parse(&signed(header.clone(), claims.clone())).and_then(|it| it.verify(&client, ISSUER, 100));
        assert_eq!(held, None, "{header}");
    }
}

const URI: &str = "https://id.example.kz/token";

fn proof(change: impl FnOnce(&mut Value, &mut Value), token: Option<&str>) -> Option<(String, Once)> {
    let mut header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": client_key().1 });
    let mut claims = json!({ "jti": "j", "htm": "POST", "htu": URI, "iat": 100 });
    if let Some(token) = token {
        claims["ath"] = json!(token_hash(token));
    }
    change(&mut header, &mut claims);
    verify(&signed(header, claims), Proven { method: "POST", uri: URI, token, now_s: 110 })
}

#[test]
fn a_proof_holds_for_one_request_and_its_token() {
    let (jkt, once) = proof(|_, _| {}, None).unwrap();
    assert_eq!(jkt, client_key().0.kid());
    assert_eq!(once.until_s, 161);
    assert!(proof(|_, _| {}, Some("token")).is_some());
    assert!(proof(|_, claims| claims["htu"] = json!(format!("{URI}?a=1#b")), None).is_some());
    let claim_faults: [(&str, Value); 8] = [
        ("htm", json!("GET")),
        ("htu", json!("https://id.example.kz/userinfo")),
        ("htu", json!("https://evil.example/token")),
        ("iat", json!(49)),
        ("iat", json!(141)),
        ("jti", json!("")),
        ("jti", json!("j".repeat(300))),
        ("ath", json!(token_hash("other"))),
    ];
    for (name, value) in claim_faults {
        assert!(proof(|_, claims| claims[name] = value.clone(), None).is_none(), "{name} {value}");
    }
    assert!(proof(|_, claims| claims["ath"] = json!(token_hash("other")), Some("token")).is_none());
    assert!(proof(|_, claims| drop(claims.as_object_mut().unwrap().remove("ath")), Some("token")).is_none());
    let mut private = client_key().1;
    private["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    let mut other = client_key().1;
    other["x"] = json!("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let header_faults: [(&str, Value); 6] = [
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("alg", json!("EdDSA")),
        ("jwk", private),
        ("jwk", other),
        ("jwk", json!({ "kty": "oct", "k": "c2VjcmV0" })),
    ];
    for (name, value) in header_faults {
        assert!(proof(|header, _| header[name] = value.clone(), None).is_none(), "{name} {value}");
    }
}

fn metadata(said: Value) -> Result<Metadata, String> {
    let said: Map<String, Value> = said.as_object().unwrap().clone();
    let metadata = Metadata::parse(said).map_err(|error| error.to_string())?;
    metadata.check().map_err(|error| error.to_string())?;
    Ok(metadata)
}

#[test]
fn a_client_is_registered_as_it_describes_itself_or_told_why_not() {
    let uris = json!(["https://shop.example/cb"]);
    let said =
        metadata(json!({ "redirect_uris": uris, "client_name": "x", "logo_uri": "https://x", "allow_no_pkce": true,
        "territory": "US", "id_token_signed_response_alg": "RS256", "application_type": "web" }))
        .unwrap();
    assert_eq!(said.id_token_signed_response_alg, Alg::Rs256);
    assert!(!said.allow_no_pkce && said.territory.is_none(), "only whoever runs the server says so");
    let key = client_key().1;
    for good in [
        json!({ "redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key] } }),
        json!({ "grant_types": ["client_credentials"] }),
        json!({ "redirect_uris": uris, "backchannel_logout_session_required": true }),
        json!({ "redirect_uris": uris, "backchannel_logout_session_required": false }),
        json!({ "redirect_uris": uris, "response_types": ["code"], "subject_type": "pairwise" }),
    ] {
        assert_eq!(metadata(good.clone()).map(drop), Ok(()), "{good}");
    }
    for (bad, why) in [
        (json!({}), "redirect_uris"),
        (json!({ "redirect_uris": ["http://shop.example/cb"] }), "https"),
        (json!({ "redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt" }), "jwks"),
        (json!({ "redirect_uris": uris, "token_endpoint_auth_method": "tls_client_auth" }), "unknown variant"),
        (json!({ "redirect_uris": uris, "jwks_uri": "https://shop.example/jwks" }), "jwks"),
        (json!({ "redirect_uris": uris, "sector_identifier_uri": "https://shop.example/s" }), "sector"),
        (json!({ "redirect_uris": uris, "subject_type": "public" }), "pairwise"),
        (json!({ "redirect_uris": uris, "response_types": ["code id_token"] }), "code"),
        (json!({ "redirect_uris": uris, "id_token_signed_response_alg": "none" }), "unknown variant"),
        (json!({ "redirect_uris": uris, "backchannel_logout_uri": "https://shop.example/out" }), "territory"),
        (json!({ "redirect_uris": uris, "backchannel_logout_session_required": "no" }), "boolean"),
        (json!({ "redirect_uris": uris, "jwks": { "keys": [{ "kty": "oct", "k": "AA" }] } }), "public"),
    ] {
        let told = metadata(bad.clone()).unwrap_err();
        assert!(told.contains(why), "{bad}: {told}");
    }
}
