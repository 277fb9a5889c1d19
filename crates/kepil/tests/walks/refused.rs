//! What the provider refuses: used, altered, foreign and late things. Clauses 3.1.3, 3.4e, 3.4g, 6.1b.

use kepil_testing::{Demo, On, Page, Visitor};
use serde_json::{Value, json};

use crate::{
    client::{VERIFIER, another_code, exchange, refresh, request, token, userinfo},
    demo,
};

const OTHER: &str = "another-verifier-of-fortythree-characters-x";

/// A person who is signed in, and an address of the service to which they come back with a code.
async fn code(demo: &Demo, service: &str, email: &str) -> (Visitor, String) {
    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service(service)));
    visitor.register(demo, email).await;
    let code = another_code(demo, &visitor, service).await;
    (visitor, code)
}

fn is_invalid_grant((status, body): &(u16, Value)) -> bool {
    *status == 400 && body["error"] == "invalid_grant" && body.get("access_token").is_none()
}

#[tokio::test]
async fn a_code_works_once_and_its_second_use_ends_what_came_of_it() {
    let demo = demo(On::Sqlite).await;
    let (_, code) = code(&demo, "mail", "once@example.kz").await;
    let (status, tokens) = exchange(&demo, "mail", &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(is_invalid_grant(&exchange(&demo, "mail", &code, VERIFIER).await));
    assert!(is_invalid_grant(&refresh(&demo, "mail", &tokens).await), "the first tokens live on");
}

#[tokio::test]
async fn of_many_exchanges_at_once_one_is_the_first() {
    let demo = demo(On::Postgres).await;
    let (_, code) = code(&demo, "mail", "race@example.kz").await;
    let tries = (0..8).map(|_| exchange(&demo, "mail", &code, VERIFIER));
    let mut won: Vec<_> =
        futures::future::join_all(tries).await.into_iter().filter(|(status, _)| *status == 200).collect();
    assert_eq!(won.len(), 1);
    let (_, tokens) = won.remove(0);
    assert!(is_invalid_grant(&refresh(&demo, "mail", &tokens).await), "the code was stolen, and its tokens live on");
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_family() {
    let demo = demo(On::Sqlite).await;
    let (_, code) = code(&demo, "mail", "twice@example.kz").await;
    let (_, first) = exchange(&demo, "mail", &code, VERIFIER).await;
    let wide = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first["refresh_token"].as_str().unwrap()),
        ("scope", "openid everything"),
    ];
    assert_eq!(token(&demo, "mail", &wide).await.1["error"], "invalid_scope");
    let (status, second) = refresh(&demo, "mail", &first).await;
    assert_eq!(status, 200, "a mistake loses nothing: {second}");
    assert!(is_invalid_grant(&refresh(&demo, "mail", &first).await), "a used token works");
    assert!(is_invalid_grant(&refresh(&demo, "mail", &second).await), "the thief's or the owner's token lives on");
}

#[tokio::test]
async fn a_code_needs_its_own_verifier_client_address_and_time() {
    let demo = demo(On::Sqlite).await;
    let (visitor, first) = code(&demo, "mail", "bound@example.kz").await;
    assert!(is_invalid_grant(&exchange(&demo, "mail", &first, OTHER).await), "another verifier");

    let second = another_code(&demo, &visitor, "mail").await;
    let back = format!("{}/callback", demo.service("mail"));
    let form = [("grant_type", "authorization_code"), ("code", second.as_str()), ("redirect_uri", back.as_str())];
    let (status, body) = token(&demo, "mail", &form).await;
    assert!(status == 400 && body.get("access_token").is_none(), "no verifier: {body}");

    let third = another_code(&demo, &visitor, "mail").await;
    let form = [form[0], ("code", third.as_str()), form[2], ("code_verifier", VERIFIER)];
    let (status, body) = token(&demo, "forum", &form).await;
    assert!(is_invalid_grant(&(status, body)), "a code of another client");

    let fourth = another_code(&demo, &visitor, "mail").await;
    let form = [form[0], ("code", fourth.as_str()), ("redirect_uri", "http://127.0.0.1:1/"), form[3]];
    assert!(is_invalid_grant(&token(&demo, "mail", &form).await), "another address");

    let fifth = another_code(&demo, &visitor, "mail").await;
    demo.advance("10m");
    assert!(is_invalid_grant(&exchange(&demo, "mail", &fifth, VERIFIER).await), "a late code");
}

#[tokio::test]
async fn a_request_that_cannot_be_trusted_gets_no_code() {
    let demo = demo(On::Sqlite).await;
    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service("mail")));
    visitor.register(&demo, "asked@example.kz").await;
    let good = request(&demo, "mail", "");

    // To an address that the client did not register, nobody is sent, whatever else is wrong.
    for foreign in ["http://evil.example/callback", "http://127.0.0.1:1/callback", "javascript:alert(1)"] {
        let url = good.replace(&format!("{}/callback", demo.service("mail")), foreign);
        let page = visitor.get(&url).await;
        assert_eq!(page.status, 400, "{foreign}");
        assert!(page.url.starts_with(&demo.issuer), "sent to {}", page.url);
    }
    assert!(visitor.get(&good.replace("mail-demo", "nobody")).await.status == 400);

    let refused = async |url: String| -> String {
        let page = visitor.get(&url).await;
        assert!(page.parameter("code").is_none(), "{url} gave a code");
        assert_eq!(page.parameter("iss").as_deref(), Some(demo.issuer.as_str()), "{} {}", page.url, page.words());
        page.parameter("error").unwrap_or_default()
    };
    let without = |name: &str| -> String {
        let parts: Vec<&str> = good.split('&').filter(|part| !part.starts_with(&format!("{name}="))).collect();
        parts.join("&")
    };
    assert_eq!(refused(without("code_challenge")).await, "invalid_request");
    assert_eq!(refused(good.replace("method=S256", "method=plain")).await, "invalid_request");
    assert_eq!(refused(good.replace("response_type=code", "response_type=token")).await, "unsupported_response_type");
    assert_eq!(refused(good.replace("scope=openid", "scope=profile")).await, "invalid_scope");
    assert_eq!(refused(format!("{good}&request=e30.e30.")).await, "request_not_supported");
    assert_eq!(refused(format!("{good}&nonce=m")).await, "invalid_request");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_by_the_service() {
    let demo = demo(On::Sqlite).await;
    let own = demo.service("mail");
    let visitor = Visitor::stopping_at(&format!("{own}/callback"));
    visitor.register(&demo, "mixed@example.kz").await;
    let page = visitor.get(&format!("{own}/login")).await;
    let back = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    let issuer = back.parameter("iss").unwrap();
    let encoded = issuer.replace(':', "%3A").replace('/', "%2F");
    assert!(back.url.contains(&encoded), "{}", back.url);
    let answer = visitor.get(&back.url.replace(&encoded, "http%3A%2F%2F127.0.0.1%3A1")).await;
    assert!(answer.status == 400 && answer.text.contains("another issuer"), "{}", answer.text);
}

/// One character of a part of a token changed.
fn altered(token: &str, part: usize) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let old = parts[part].remove(5);
    parts[part].insert(5, if old == 'A' { 'B' } else { 'A' });
    parts.join(".")
}

#[tokio::test]
async fn an_access_token_opens_only_unaltered_in_time_and_in_its_place() {
    let demo = demo(On::Sqlite).await;
    let (_, code) = code(&demo, "mail", "token@example.kz").await;
    let (_, tokens) = exchange(&demo, "mail", &code, VERIFIER).await;
    let of = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let access = of("access_token");
    assert_eq!(userinfo(&demo, &access).await.0, 200);
    for part in 0..3 {
        let (status, body) = userinfo(&demo, &altered(&access, part)).await;
        assert_eq!((status, &body["error"]), (401, &json!("invalid_token")), "part {part}: {body}");
    }
    assert_eq!(userinfo(&demo, &of("id_token")).await.0, 401, "an ID token is no access token");
    assert_eq!(userinfo(&demo, &of("refresh_token")).await.0, 401);
    assert_eq!(userinfo(&demo, &demo.token("mail").await).await.0, 401, "a service's own token is no person's");
    let read = reqwest::Client::new().post(format!("{}/v1/reads", demo.issuer)).bearer_auth(&access);
    let answer = read.json(&json!({ "sub": "x", "purpose": "delivery" })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 401, "a person's token is no service's");
    demo.advance("1h");
    assert_eq!(userinfo(&demo, &access).await.0, 401, "a late token");
}

#[tokio::test]
async fn a_client_proves_itself() {
    let demo = demo(On::Sqlite).await;
    let ask = async |id: &str, secret: &str| {
        let request = reqwest::Client::new().post(format!("{}/token", demo.issuer)).basic_auth(id, Some(secret));
        let answer = request.form(&[("grant_type", "client_credentials")]).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["error"].clone())
    };
    let (id, secret) = demo.client("mail");
    assert_eq!(ask(&id, &secret).await.0, 200);
    assert_eq!(ask(&id, "wrong").await, (401, json!("invalid_client")));
    assert_eq!(ask("nobody", &secret).await, (401, json!("invalid_client")));
    assert_eq!(ask(&demo.client("forum").0, &secret).await, (401, json!("invalid_client")));
    let (status, body) =
        token(&demo, "mail", &[("grant_type", "password"), ("username", "a"), ("password", "b")]).await;
    assert_eq!((status, &body["error"]), (400, &json!("unsupported_grant_type")));
    let (status, body) = token(&demo, "mail", &[("grant_type", "client_credentials"), ("grant_type", "x")]).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
    let get = reqwest::get(format!("{}/token", demo.issuer)).await.unwrap();
    assert_eq!(get.status().as_u16(), 405);
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_the_password() {
    let demo = demo(On::Sqlite).await;
    let (visitor, email) = (Visitor::new(), "session@example.kz");
    let own = visitor.register(&demo, email).await;
    assert!(own.url.contains("/me"));
    let elsewhere = Visitor::new();
    let page = elsewhere.get(&format!("{}/reset", demo.issuer)).await;
    elsewhere.submit(&page, "/reset", &[("identifier", email)]).await;
    let page = elsewhere.get(&kepil_testing::visitor::link(&demo.letter_with(email, "/reset/form").await)).await;
    let next = "a wholly different password";
    elsewhere.submit(&page, "/reset/form", &[("password", next)]).await;
    let page = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.has_form("/sign-in"), "a session outlived the reset: {}", page.words());

    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", next)]).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
    demo.advance("1d");
    let page = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.has_form("/sign-in"), "an old session: {}", page.words());
    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service("mail")));
    let back = visitor.get(&request(&demo, "mail", "&prompt=none")).await;
    assert_eq!(back.parameter("error").as_deref(), Some("login_required"));
}

/// A refusal of `POST /v1/reads`, without what differs by design.
async fn refusal(demo: &Demo, service: &str, sub: &str, purpose: &str) -> (u16, String) {
    let (status, body) = demo.read(service, sub, purpose, &[]).await;
    (status, body.to_string())
}

#[tokio::test]
async fn unknown_blocked_left_and_withdrawn_look_the_same_to_a_service() {
    let demo = demo(On::Sqlite).await;
    let mut seen = Vec::new();
    let acts: [(_, _, &[(_, _)]); 3] = [
        ("/me/block", "/me/block", &[("action", "block")]),
        ("/me/services", "/me/services/mail/leave", &[]),
        ("/me/consents", "/me/consents/set", &[("service", "mail"), ("purpose", "delivery"), ("on", "no")]),
    ];
    for (at, (page, form, with)) in acts.into_iter().enumerate() {
        let (visitor, email) = (Visitor::new(), format!("alike{at}@example.kz"));
        visitor.register(&demo, &email).await;
        let sub = visitor.visit(&demo, "mail", &email).await.sub();
        assert_eq!(refusal(&demo, "mail", &sub, "delivery").await.0, 200);
        let page: Page = visitor.get(&format!("{}{page}", demo.issuer)).await;
        let done = visitor.submit(&page, form, with).await;
        assert_eq!(done.status, 200, "{form}: {}", done.words());
        seen.push(refusal(&demo, "mail", &sub, "delivery").await);
    }
    let unknown = "A".repeat(32);
    seen.push(refusal(&demo, "mail", &unknown, "delivery").await);
    assert!(seen.iter().all(|one| one.0 == 403 && *one == seen[0]), "{seen:#?}");
}

#[tokio::test]
async fn a_form_that_is_not_ours_and_a_body_that_is_too_large_do_nothing() {
    let demo = demo(On::Sqlite).await;
    let visitor = Visitor::new();
    visitor.register(&demo, "forged@example.kz").await;
    for path in ["/me/block", "/me/consents/set", "/me/close", "/me/email", "/me/services/mail/leave", "/sign-out"] {
        let form = [("action", "block"), ("form_token", "AAAA"), ("word", "close")];
        let answer = visitor.client().post(format!("{}{path}", demo.issuer)).form(&form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{path}");
    }
    let large = [("form_token", "x".repeat(100_000))];
    let answer = visitor.client().post(format!("{}/me/block", demo.issuer)).form(&large).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 413);
}

#[tokio::test]
async fn a_known_and_an_unknown_name_get_the_same_answers_and_only_so_many() {
    let demo = demo(On::Sqlite).await;
    let known = "known@example.kz";
    Visitor::new().register(&demo, known).await;
    let guess = async |email: &str| {
        let visitor = Visitor::new();
        let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
        let answer = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", "guess")]).await;
        (answer.status, answer.words().replace(email, "…"))
    };
    let unknown = "nobody@example.kz";
    assert_eq!(guess(known).await, guess(unknown).await);
    for email in [known, unknown] {
        for _ in 0..10 {
            guess(email).await;
        }
        assert_eq!(guess(email).await.0, 429, "guesses are not limited");
    }
    demo.advance("10m");
    assert_ne!(guess(known).await.0, 429, "nobody is locked out for long");
}

#[tokio::test]
async fn an_address_of_nothing_is_a_page_for_people_and_a_problem_for_services() {
    let demo = demo(On::Sqlite).await;
    let page = Visitor::new().get(&format!("{}/no-such-page", demo.issuer)).await;
    assert_eq!(page.status, 404);
    assert!(page.texts("h1").len() == 1 && page.text.contains("<html lang"), "{}", page.text);
    let answer = reqwest::get(format!("{}/v1/nothing", demo.issuer)).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "not_found");
}

#[tokio::test]
async fn a_host_or_address_that_a_caller_makes_up_leads_nobody_away() {
    let demo = demo(On::Sqlite).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let (visitor, _) = code(&demo, "mail", "host@example.kz").await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "https://evil.example/"),
    ] {
        for path in ["/.well-known/openid-configuration", "/sign-in", "/me", "/reset", "/authorize?client_id=mail-demo"]
        {
            let answer = client.get(format!("{}{path}", demo.issuer)).header(name, value).send().await.unwrap();
            let headers = format!("{:?}", answer.headers());
            let text = answer.text().await.unwrap();
            assert!(!headers.contains("evil.example") && !text.contains("evil.example"), "{name} {path}");
        }
    }
    // Letters have the configured address, whatever the request said.
    let page = visitor.get(&format!("{}/reset", demo.issuer)).await;
    let mut form = page.fields("/reset");
    form.retain(|(name, _)| name != "identifier");
    form.push(("identifier".to_owned(), "host@example.kz".to_owned()));
    let sent = visitor.client().post(format!("{}/reset", demo.issuer)).header("host", "evil.example").form(&form);
    sent.send().await.unwrap();
    let letter = demo.letter_with("host@example.kz", "/reset/form").await;
    assert!(letter.contains(&demo.issuer) && !letter.contains("evil"), "{letter}");
    for back in ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let stranger = Visitor::new();
        let url = reqwest::Url::parse_with_params(&format!("{}/sign-in", demo.issuer), [("back", back)]).unwrap();
        let page = stranger.get(url.as_str()).await;
        let form = [("identifier", "host@example.kz"), ("password", kepil_testing::visitor::PASSWORD)];
        let page = stranger.submit(&page, "/sign-in", &form).await;
        assert_eq!(page.url, format!("{}/me", demo.issuer), "{back}");
    }
}
