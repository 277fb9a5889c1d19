//! A client of a test's own: registered as the test wants it, with a key of its own, so that every request can be bent.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_store::{Clock, SystemClock};
use kepil_testing::{Demo, Visitor};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::client::VERIFIER;

/// Where the people of a party come back to: nobody listens there.
pub const BACK: &str = "https://party.example/callback";

/// SHA-256 in base64url.
pub fn hash(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// Now. Unit: Unix seconds.
pub fn now_s() -> i64 {
    SystemClock::new("UTC").unwrap().now().unix_s()
}

/// A key of a client.
pub struct Holder(EcdsaKeyPair);

impl Holder {
    pub fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// The public key as JSON.
    pub fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let text = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The proof that the key is held, for one request (RFC 9449).
    pub fn proof(&self, method: &str, uri: &str, token: Option<&str>) -> String {
        let mut claims = json!({ "jti": unique(), "htm": method, "htu": uri, "iat": now_s() });
        if let Some(token) = token {
            claims["ath"] = json!(hash(token));
        }
        self.sign(&json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": self.jwk() }), &claims)
    }

    /// An assertion of who the client is (RFC 7523).
    pub fn assertion(&self, client_id: &str, aud: &str) -> String {
        let claims = json!({ "iss": client_id, "sub": client_id, "aud": aud, "jti": unique(), "exp": now_s() + 60, "iat": now_s() });
        self.sign(&json!({ "alg": "ES256" }), &claims)
    }
}

/// A text that no other is like.
pub fn unique() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A client of a test's own.
pub struct Party {
    pub id: String,
    pub secret: String,
    pub key: Holder,
    pub issuer: String,
}

impl Party {
    /// Registers a client of `service` at the command line, as `metadata` says.
    pub fn new(demo: &Demo, service: &str, mut metadata: Value) -> Self {
        let key = Holder::new();
        if metadata["token_endpoint_auth_method"] == "private_key_jwt" {
            metadata["jwks"] = json!({ "keys": [key.jwk()] });
        }
        if metadata.get("redirect_uris").is_none() {
            metadata["redirect_uris"] = json!([BACK]);
        }
        let path = demo.folder.join(format!("{}.json", unique()));
        std::fs::write(&path, metadata.to_string()).unwrap();
        let folder = demo.folder.to_str().unwrap();
        let (ok, said) =
            demo.command(&["service", "add", service, "--demo", folder, "--metadata", path.to_str().unwrap()]);
        assert!(ok, "{said}");
        let find = |name: &str| {
            said.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix("= ").map(str::to_owned))
        };
        let (id, secret) = (find("client_id").unwrap(), find("client_secret").unwrap_or_default());
        Self { id, secret, key, issuer: demo.issuer.clone() }
    }

    /// A form that proves who the party is, if it can, to `path` of the server at `address`.
    pub fn form(&self, address: &str, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let mut form: Vec<(String, String)> =
            form.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let request = reqwest::Client::new().post(format!("{address}{path}"));
        let request = if self.secret.is_empty() {
            form.push(("client_id".to_owned(), self.id.clone()));
            request
        } else {
            request.basic_auth(&self.id, Some(&self.secret))
        };
        request.form(&form)
    }

    /// Posts a form: status and body.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        answer(self.form(&self.issuer, path, form)).await
    }

    /// Posts a form with the proof that the party's key is held.
    pub async fn prove(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let proof = self.key.proof("POST", &format!("{}{path}", self.issuer), None);
        answer(self.form(&self.issuer, path, form).header("dpop", proof)).await
    }

    /// What a request for a code says.
    pub fn asked<'a>(&'a self, with: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
        let challenge = hash(VERIFIER);
        let usual = [
            ("response_type", "code"),
            ("client_id", self.id.as_str()),
            ("redirect_uri", BACK),
            ("scope", "openid offline_access"),
            ("state", "s"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| !with.iter().any(|(other, _)| other == name));
        kept.chain(with).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The address of a request for a code.
    pub fn request(&self, with: &[(&str, &str)]) -> String {
        let url = format!("{}/authorize", self.issuer);
        reqwest::Url::parse_with_params(&url, self.asked(with)).unwrap().into()
    }

    /// A code for a person who is signed in, and accepts or allows what is asked.
    pub async fn code(&self, visitor: &Visitor, with: &[(&str, &str)]) -> String {
        let mut page = visitor.get(&self.request(with)).await;
        if page.has_form("/accept") {
            page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
        }
        page.parameter("code").unwrap_or_else(|| panic!("no code: {} {}", page.url, page.words()))
    }

    /// What a code comes to.
    pub fn exchanged(code: &str) -> [(&str, &str); 4] {
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)]
    }

    /// Tokens for a person who is signed in.
    pub async fn tokens(&self, visitor: &Visitor, with: &[(&str, &str)]) -> Value {
        let code = self.code(visitor, with).await;
        let (status, tokens) = self.post("/token", &Self::exchanged(&code)).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }
}

/// Status and body of an answer.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// Claims or header of a token, not verified.
pub fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A person who is registered and signed in; redirects to parties are not followed.
pub async fn person(demo: &Demo, email: &str) -> Visitor {
    let visitor = Visitor::stopping_at(BACK);
    visitor.register(demo, email).await;
    visitor
}
