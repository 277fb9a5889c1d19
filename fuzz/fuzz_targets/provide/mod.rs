//! Arbitrary bytes for everything that the server reads from strangers: signed tokens, keys, requests, what clients say about
//! themselves, cookies, codes, challenges, hashes. Whatever comes in, the answer is a value or a refusal, never a panic.
//!
//! The target `provider` and `never_panics.rs` of kepil-server share these bodies. Does not know: where bytes come from.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "each user takes a part; tests may stop at the first surprise"
)]

use std::sync::OnceLock;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{
    Installation,
    vault::{EpochKey, EpochNo, Keys, Secrets},
};
use kepil_policy::{Bundle, Policy, compile};
use kepil_server::{
    actions::device,
    challenge::{Challenge, For},
    factors,
    http::sender::Network,
    known::KnownBrowser,
    oidc::{
        Answer, AuthMethod, AuthRequest, Client, KeySet, Metadata, NewClient, Params, PublicKey, Wanted,
        proof::{Assertion, Proven, verify},
        with_query,
    },
    password::Scheme,
};
use serde_json::{Map, Value, json};

const ISSUER: &str = "https://id.example.kz";
const NOW_S: i64 = 1_800_000_000;

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A key of somebody who signs whatever they like.
fn holder() -> &'static EcdsaKeyPair {
    static ONCE: OnceLock<EcdsaKeyPair> = OnceLock::new();
    ONCE.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
}

fn jwk() -> Value {
    let (x, y) = holder().public_key().as_ref()[1..].split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
}

fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = holder().sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", encode(signature.as_ref()))
}

fn client() -> &'static Client {
    static ONCE: OnceLock<Client> = OnceLock::new();
    ONCE.get_or_init(|| {
        let mut new = NewClient::of("shop", vec!["https://shop.example/cb".to_owned()]);
        new.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        new.metadata.jwks = Some(KeySet { keys: vec![PublicKey::parse(&jwk()).unwrap()] });
        Client::from_row(new.make(&mut kepil_store::OsEntropy).unwrap().0).unwrap()
    })
}

fn policy() -> &'static Policy {
    static ONCE: OnceLock<Policy> = OnceLock::new();
    ONCE.get_or_init(|| {
        let files = [
            ("policy.toml", include_str!("../../../policies/minimal/policy.toml")),
            ("services/account.toml", include_str!("../../../policies/minimal/services/account.toml")),
            ("services/board.toml", include_str!("../../../policies/minimal/services/board.toml")),
            ("services/shop.toml", include_str!("../../../policies/minimal/services/shop.toml")),
            ("texts/general.ru.md", include_str!("../../../policies/minimal/texts/general.ru.md")),
            ("texts/general.kk.md", include_str!("../../../policies/minimal/texts/general.kk.md")),
            ("texts/general.en.md", include_str!("../../../policies/minimal/texts/general.en.md")),
            ("texts/staff_undertaking.ru.md", include_str!("../../../policies/minimal/texts/staff_undertaking.ru.md")),
            ("texts/staff_undertaking.kk.md", include_str!("../../../policies/minimal/texts/staff_undertaking.kk.md")),
            ("texts/staff_undertaking.en.md", include_str!("../../../policies/minimal/texts/staff_undertaking.en.md")),
            ("texts/staff_rules.ru.md", include_str!("../../../policies/minimal/texts/staff_rules.ru.md")),
            ("texts/staff_rules.kk.md", include_str!("../../../policies/minimal/texts/staff_rules.kk.md")),
            ("texts/staff_rules.en.md", include_str!("../../../policies/minimal/texts/staff_rules.en.md")),
        ];
        compile(&Bundle { files: files.map(|(name, text)| (name.to_owned(), text.to_owned())).into() }).unwrap()
    })
}

fn proven(token: Option<&str>) -> Proven<'_> {
    Proven { method: "POST", uri: "https://id.example.kz/token", token, now_s: NOW_S }
}

/// Tokens that nobody signed, or somebody signed over arbitrary header and claims.
pub fn jose(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert!(verify(&text, proven(None)).is_none(), "nobody signed it");
    assert!(Assertion::parse(&text).and_then(|read| read.verify(client(), ISSUER, NOW_S)).is_none());
    let own = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk() }).to_string();
    let (first, second) = data.split_at(data.len() / 2);
    for (header, claims) in [(own.as_bytes(), data), (data, own.as_bytes()), (first, second)] {
        let token = signed(header, claims);
        seen(verify(&token, proven(None)));
        seen(Assertion::parse(&token).and_then(|read| read.verify(client(), ISSUER, NOW_S)));
    }
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        seen(PublicKey::parse(&value).map(|key| key.thumbprint()));
    }
}

/// A proof and an assertion whose claims are right but for one, which has an arbitrary value.
pub fn claims(at: usize, value: &Value) {
    let hash = encode(digest(&SHA256, b"token").as_ref());
    let mut proof =
        json!({ "jti": "j", "htm": "POST", "htu": "https://id.example.kz/token", "iat": NOW_S, "ath": hash });
    let names = ["jti", "htm", "htu", "iat", "ath"];
    proof[names[at % names.len()]] = value.clone();
    let header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk() });
    let token = signed(header.to_string().as_bytes(), proof.to_string().as_bytes());
    if let Some((_, once)) = verify(&token, proven(Some("token"))) {
        assert!(once.until_s > NOW_S && once.until_s < NOW_S + 200, "kept for {}", once.until_s - NOW_S);
    }
    let id = &client().id;
    let mut assertion =
        json!({ "iss": id, "sub": id, "aud": ISSUER, "exp": NOW_S + 60, "iat": NOW_S, "nbf": NOW_S, "jti": "j" });
    let names = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"];
    assertion[names[at % names.len()]] = value.clone();
    let token = signed(br#"{"alg":"ES256"}"#, assertion.to_string().as_bytes());
    if let Some(once) = Assertion::parse(&token).and_then(|read| read.verify(client(), ISSUER, NOW_S)) {
        assert!(once.until_s > NOW_S && once.until_s < NOW_S + 1000);
    }
    let mut members = Map::new();
    let names = ["redirect_uris", "jwks", "grant_types", "token_endpoint_auth_method", "client_name", "scope"];
    members.insert("redirect_uris".to_owned(), json!(["https://shop.example/cb"]));
    members.insert(names[at % names.len()].to_owned(), value.clone());
    seen(Metadata::parse(members).map(|metadata| metadata.check()));
    let mut key = jwk();
    key[["kty", "crv", "x", "y", "n", "e", "kid", "alg"][at % 8]] = value.clone();
    seen(PublicKey::parse(&key).map(|key| key.thumbprint()));
}

/// A request of a client, with one parameter of arbitrary text.
pub fn request(at: usize, text: &str) {
    let good = [
        ("response_type", "code"),
        ("client_id", "shop"),
        ("redirect_uri", "https://shop.example/cb"),
        ("scope", "openid"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("max_age", "10"),
        ("claims", "{}"),
        ("prompt", "login"),
        ("ui_locales", "kk"),
        ("acr_values", "1"),
        ("login_hint", "x"),
    ];
    let bent = |(index, (name, value)): (usize, &(&str, &str))| {
        let value = if index == at % good.len() { text } else { value };
        ((*name).to_owned(), value.to_owned())
    };
    let params = Params(good.iter().enumerate().map(bent).collect());
    seen(Wanted::parse(&params, text).is_ok());
    if let Ok(request) = AuthRequest::plain(&params, client(), Answer::Device(String::new()), policy(), NOW_S) {
        for moment in [i64::MIN, 0, NOW_S, i64::MAX] {
            seen(request.is_fresh(moment));
        }
        seen((request.language(), request.back(&[("error", text)], ISSUER)));
    }
    let joined = with_query("https://shop.example/cb?x=1", &[("state", text)]);
    assert!(joined.starts_with("https://shop.example/cb?x=1&state=") && !joined.contains(['\n', '\r', ' ']));
}

/// Cookies, codes, challenges, hashes and networks: texts that stand for something.
pub fn texts(text: &str) {
    let keys = Keys::new(
        Installation([1; 16]),
        Secrets::random(0, &mut kepil_store::OsEntropy).unwrap(),
        EpochKey::from_bytes(EpochNo(1), [1; 32]),
    );
    let of = For { form: "sign-in", browser: [1; 16] };
    assert!(Challenge::read(&keys, of, text).is_none(), "nobody else makes challenges");
    if let Some(known) = KnownBrowser::parse(text) {
        assert_eq!(KnownBrowser::parse(&known.to_text()).unwrap().to_text(), known.to_text());
        assert!(!known.is_of(&keys, kepil_domain::Locator([1; 16])), "nobody else makes browsers known");
    }
    seen((device::read_code(text), factors::read_code(text), Scheme::parse(text).is_some(), text.parse::<Network>()));
    seen(factors::Factors::parse(text).is_ok());
}

/// What came out does not matter, only that it did.
fn seen<T>(_: T) {}
