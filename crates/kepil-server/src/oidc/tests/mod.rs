//! Tokens, proof keys, clients and addresses; what clients sign is in `proofs`, requests and the way of a person in `way`.

mod proofs;
pub(crate) mod way;

use super::grant::*;
use super::*;
use aws_lc_rs::digest::{SHA256, digest};
use kepil_domain::{Entropy, NoEntropy};
use serde::{Deserialize, Serialize};

struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

const ISSUER: &str = "https://id.example.kz";

/// The key of RFC 7515, appendix A.3.
fn signing_key() -> keys::SigningKey {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let point = [vec![4], unbase64(x), unbase64(y)].concat();
    keys::SigningKey::from_scalar(&unbase64("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), &point)
}

fn key() -> SigningKeys {
    SigningKeys::of(vec![signing_key()])
}

/// Signs at the moment at which the tokens here begin.
fn sign(typ: Typ, claims: &impl Serialize) -> String {
    key().sign(Alg::Es256, typ, claims, 100).unwrap()
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn grant() -> Grant {
    Grant {
        act: None,
        client_id: "shop-1".into(),
        service: "shop".into(),
        sub: "a".repeat(32),
        scope: "openid".into(),
        wanted: Wanted::default(),
        auth_time_s: Some(90),
        sid: "i".into(),
        acr: "1".into(),
        nonce: Some("n".into()),
        edition: 3,
        jkt: None,
    }
}

fn access_token() -> String {
    sign(Typ::Access, &PersonClaims::of(&grant(), ISSUER, 100, "j".into()))
}

#[test]
fn the_public_key_is_that_of_rfc_7515() {
    let jwk = &key().jwks()["keys"][0];
    assert_eq!(jwk["x"], "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    assert_eq!(jwk["y"], "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    assert_eq!(jwk["kid"], "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    assert!(jwk.get("d").is_none());
}

#[test]
fn the_signature_of_rfc_7515_verifies_and_an_altered_one_does_not() {
    let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let mut signature =
        unbase64("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    assert!(signing_key().public().is_signed(message, &signature));
    signature[3] ^= 1;
    assert!(!signing_key().public().is_signed(message, &signature));
}

#[test]
fn a_token_opens_for_its_audience_until_its_end() {
    let token = access_token();
    assert_eq!(PersonClaims::verify(&key(), &token, ISSUER, 100).unwrap().sub, grant().sub);
    assert!(PersonClaims::verify(&key(), &token, ISSUER, 100 + TOKEN_S).is_none());
    assert!(PersonClaims::verify(&key(), &token, "https://other.example", 100).is_none());
    assert!(ServiceToken::verify(&key(), &token, ISSUER, 100).is_none());
}

#[test]
fn an_altered_token_is_no_token() {
    let token = access_token();
    for at in [2, token.find('.').unwrap() + 5, token.len() - 20] {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(PersonClaims::verify(&key(), std::str::from_utf8(&bytes).unwrap(), ISSUER, 100).is_none());
    }
}

#[test]
fn neither_another_algorithm_nor_none_nor_another_key_nor_an_unknown_header_is_taken() {
    let token = access_token();
    let claims = token.split('.').nth(1).unwrap();
    let kid = signing_key().kid().to_owned();
    for header in [
        format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#),
        r#"{"alg":"ES256","typ":"at+jwt","kid":"other"}"#.to_owned(),
        format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}","crit":["exp"]}}"#),
    ] {
        let message = format!("{}.{claims}", base64(header.as_bytes()));
        let signed = format!("{message}.{}", base64(&signing_key().sign_bytes(message.as_bytes()).unwrap()));
        assert!(PersonClaims::verify(&key(), &signed, ISSUER, 100).is_none(), "{header}");
        assert!(PersonClaims::verify(&key(), &format!("{message}."), ISSUER, 100).is_none(), "{header}");
    }
    assert!(PersonClaims::verify(&SigningKeys::of(Vec::new()), &token, ISSUER, 100).is_none());
}

#[test]
fn an_id_token_is_no_access_token_nor_the_other_way_round() {
    let access = access_token();
    let id = sign(Typ::Id, &IdClaims::of(&grant(), ISSUER, 100, &access));
    assert!(IdClaims::from_hint(&key(), &access, ISSUER).is_none());
    assert!(PersonClaims::verify(&key(), &id, ISSUER, 100).is_none());
    let hint = IdClaims::from_hint(&key(), &id, ISSUER).unwrap();
    assert_eq!((hint.aud.as_str(), hint.sub.clone()), ("shop-1", grant().sub));
}

#[test]
fn an_id_token_says_nothing_about_the_person_but_an_id() {
    let id = sign(Typ::Id, &IdClaims::of(&grant(), ISSUER, 100, "token"));
    let claims: serde_json::Value = serde_json::from_slice(&unbase64(id.split('.').nth(1).unwrap())).unwrap();
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["acr", "at_hash", "aud", "auth_time", "edition", "exp", "iat", "iss", "nonce", "sid", "sub"]);
}

#[test]
fn a_token_in_use_is_verified_once_and_still_ends_and_still_is_for_one_audience() {
    let key = key();
    let token = ServiceToken::sign(&key, ("shop-1", "shop"), ISSUER, 100, ("j".into(), None)).unwrap();
    let hash = digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap();
    assert!(key.remembered(&hash).is_none());
    for now_s in [100, 101, 99 + TOKEN_S] {
        assert_eq!(ServiceToken::verify(&key, &token, ISSUER, now_s).unwrap().service, "shop");
        assert!(key.remembered(&hash).is_some());
    }
    assert!(ServiceToken::verify(&key, &token, ISSUER, 100 + TOKEN_S).is_none());
    assert!(ServiceToken::verify(&key, &token, "https://other.example", 100).is_none());
    assert!(PersonClaims::verify(&key, &token, ISSUER, 100).is_none());
    let (rest, _) = token.rsplit_once('.').unwrap();
    assert!(ServiceToken::verify(&key, &format!("{rest}.{}", base64(&[1; 64])), ISSUER, 100).is_none());
}

#[test]
fn a_remembered_token_is_worth_nothing_once_its_key_is_gone() {
    let mut key = key();
    let token = ServiceToken::sign(&key, ("shop-1", "shop"), ISSUER, 100, ("j".into(), None)).unwrap();
    assert!(ServiceToken::verify(&key, &token, ISSUER, 100).is_some());
    assert!(key.remembered(&digest(&SHA256, token.as_bytes()).as_ref().try_into().unwrap()).is_some());
    key.forget_keys();
    assert!(ServiceToken::verify(&key, &token, ISSUER, 100).is_none());
}

#[test]
fn a_token_with_the_right_signature_but_the_wrong_shape_is_no_token() {
    #[derive(Deserialize, Serialize)]
    struct Odd {
        iss: String,
        aud: Vec<String>,
        exp: i64,
    }
    let odd = Odd { iss: ISSUER.into(), aud: vec![userinfo_uri(ISSUER)], exp: 1000 };
    let token = sign(Typ::Access, &odd);
    assert!(PersonClaims::verify(&key(), &token, ISSUER, 100).is_none());
    for text in ["", ".", "..", "a.b.c", "....", &"a".repeat(10_000)] {
        assert!(PersonClaims::verify(&key(), text, ISSUER, 100).is_none());
    }
}

#[test]
fn the_proof_key_of_rfc_7636_fits_and_no_other_does() {
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(proves(verifier, challenge));
    assert!(!proves("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", challenge));
    assert!(!proves(challenge, challenge));
    assert!(!proves("short", challenge));
}

fn client(auth: AuthMethod, allow_no_pkce: bool) -> Client {
    let mut new = NewClient::of("shop", vec!["https://shop.example/cb?x=1".into()]);
    new.metadata.token_endpoint_auth_method = auth;
    new.metadata.allow_no_pkce = allow_no_pkce;
    Client::from_row(new.make(&mut Counting(0)).unwrap().0).unwrap()
}

#[test]
fn an_address_to_come_back_to_is_the_same_letter_by_letter() {
    let client = client(AuthMethod::ClientSecretBasic, false);
    assert!(client.returns_to("https://shop.example/cb?x=1"));
    for other in [
        "https://shop.example/cb",
        "https://shop.example/cb?x=1&y=2",
        "https://shop.example/cb?x=1/",
        "https://SHOP.example/cb?x=1",
        "http://shop.example/cb?x=1",
        "https://shop.example:443/cb?x=1",
        "https://shop.example/a/../cb?x=1",
        "",
    ] {
        assert!(!client.returns_to(other), "{other}");
    }
}

#[test]
fn a_client_cannot_be_made_with_an_address_that_leaks_codes() {
    for bad in [
        "http://shop.example/cb",
        "https://shop.example/cb#f",
        "https://user@shop.example/",
        "javascript:alert(1)",
        "//shop.example",
        "https:///cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1@evil.example/",
        "https://shop.example/ cb",
    ] {
        assert!(NewClient::of("shop", vec![bad.into()]).make(&mut Counting(0)).is_err(), "{bad}");
    }
    for good in ["https://shop.example/cb", "http://127.0.0.1:8080/cb", "http://localhost/cb", "http://[::1]:9/cb"] {
        assert!(NewClient::of("shop", vec![good.into()]).make(&mut Counting(0)).is_ok(), "{good}");
    }
}

#[test]
fn a_secret_is_stored_as_its_hash_and_only_it_fits() {
    let (row, secret) = NewClient::of("shop", vec!["https://shop.example/cb".into()]).make(&mut Counting(0)).unwrap();
    assert_eq!(secret.len(), 43);
    assert!(!row.settings.contains(secret.as_str()));
    let known = Client::from_row(row).unwrap();
    assert!(known.has_secret(&secret));
    assert!(!known.has_secret("") && !known.has_secret("x"));
    assert!(!client(AuthMethod::None, false).has_secret(""));
}

#[test]
fn a_client_without_a_secret_must_use_proof_keys() {
    let mut new = NewClient::of("shop", vec!["https://shop.example/cb".into()]);
    new.metadata.token_endpoint_auth_method = AuthMethod::None;
    new.metadata.allow_no_pkce = true;
    assert!(new.make(&mut Counting(0)).is_err());
    assert!(client(AuthMethod::None, false).needs_challenge());
    assert!(!client(AuthMethod::ClientSecretBasic, true).needs_challenge());
}

#[test]
fn state_and_issuer_go_back_encoded_and_the_query_stays() {
    let to = with_query("https://shop.example/cb?x=1", &[("code", "a-b"), ("state", "a b&c=д"), ("iss", ISSUER)]);
    assert_eq!(to, "https://shop.example/cb?x=1&code=a-b&state=a%20b%26c%3D%D0%B4&iss=https%3A%2F%2Fid.example.kz");
}

#[test]
fn a_parameter_that_is_sent_twice_is_a_fault() {
    let params = Params(vec![("a".into(), "1".into()), ("a".into(), "2".into()), ("b".into(), String::new())]);
    assert!(params.find("a").is_err());
    assert_eq!(params.find("b"), Ok(None));
}
