//! Clients are told that somebody signed out. Clauses 3.1.5, 3.4a, 6.1b; OpenID Connect Back-Channel Logout.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Form, Router, extract::State, http::StatusCode, routing::post};
use kepil_testing::{Demo, On, Visitor};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::{
    demo,
    party::{Party, part, person},
};

/// Where a client is told: it refuses as often as is asked for, then takes what comes.
pub struct Ear {
    pub uri: String,
    heard: mpsc::UnboundedReceiver<String>,
}

type Deaf = Arc<Mutex<(u32, mpsc::UnboundedSender<String>)>>;

async fn hear(State(deaf): State<Deaf>, Form(form): Form<BTreeMap<String, String>>) -> StatusCode {
    let mut deaf = deaf.lock().await;
    if deaf.0 > 0 {
        deaf.0 -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    deaf.1.send(form["logout_token"].clone()).unwrap();
    StatusCode::OK
}

pub async fn ear(refusals: u32) -> Ear {
    let (say, heard) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/out", listener.local_addr().unwrap());
    let router = Router::new().route("/out", post(hear)).with_state(Arc::new(Mutex::new((refusals, say))));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ear { uri, heard }
}

impl Ear {
    /// The claims of the next message.
    async fn next(&mut self) -> Value {
        let token = self.next_token().await;
        assert_eq!(part(&token, 0)["typ"], "logout+jwt");
        part(&token, 1)
    }

    /// The next message.
    pub async fn next_token(&mut self) -> String {
        let token = tokio::time::timeout(std::time::Duration::from_secs(40), self.heard.recv()).await;
        token.expect("the client is told").unwrap()
    }
}

pub fn listening(ear: &Ear) -> Value {
    json!({ "backchannel_logout_uri": ear.uri, "backchannel_logout_session_required": true, "territory": "KZ" })
}

pub async fn sign_out(demo: &Demo, visitor: &Visitor) {
    let page = visitor.get(&format!("{}/sign-out", demo.issuer)).await;
    visitor.submit(&page, "/sign-out", &[]).await;
}

#[tokio::test]
async fn every_client_of_a_session_is_told_under_names_of_its_own() {
    let demo = demo(On::Sqlite).await;
    let (mut first, mut second, mut unvisited) = (ear(0).await, ear(0).await, ear(0).await);
    let mail = Party::new(&demo, "mail", listening(&first));
    let forum = Party::new(&demo, "forum", listening(&second));
    Party::new(&demo, "news", listening(&unvisited));
    let visitor = person(&demo, "told@example.kz").await;
    let ids: Vec<Value> = {
        let (one, other) = (mail.tokens(&visitor, &[]).await, forum.tokens(&visitor, &[]).await);
        [one, other].iter().map(|tokens| part(tokens["id_token"].as_str().unwrap(), 1)).collect()
    };
    sign_out(&demo, &visitor).await;
    let told = [first.next().await, second.next().await];
    for (at, (id, told)) in ids.iter().zip(&told).enumerate() {
        assert_eq!((&told["sub"], &told["sid"], &told["aud"]), (&id["sub"], &id["sid"], &id["aud"]), "{at}");
        assert_eq!(told["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        assert!(told.get("nonce").is_none() && told["iss"] == demo.issuer.as_str());
    }
    for name in ["sub", "sid", "jti", "aud"] {
        assert_ne!(told[0][name], told[1][name], "{name} is common to two services");
    }
    assert!(unvisited.heard.try_recv().is_err(), "a client where the session never was");
    assert!(first.heard.try_recv().is_err(), "told twice");
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_told_again_also_after_a_crash() {
    let mut demo = demo(On::Sqlite).await;
    let mut ear = ear(1).await;
    let party = Party::new(&demo, "mail", listening(&ear));
    let visitor = person(&demo, "again@example.kz").await;
    let tokens = party.tokens(&visitor, &[]).await;
    sign_out(&demo, &visitor).await;
    demo.restart();
    let told = ear.next().await;
    assert_eq!(told["sub"], part(tokens["id_token"].as_str().unwrap(), 1)["sub"]);
}

#[tokio::test]
async fn the_end_of_an_account_and_a_new_password_are_told_as_well() {
    let demo = demo(On::Postgres).await;
    let mut ear = ear(0).await;
    let party = Party::new(&demo, "mail", listening(&ear));
    let visitor = person(&demo, "leaves@example.kz").await;
    let own = party.tokens(&visitor, &[]).await;
    let page = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    let change = [("now", kepil_testing::visitor::PASSWORD), ("password", "another battery staple")];
    visitor.submit(&page, "/me/security/password", &change).await;
    let sub = part(own["id_token"].as_str().unwrap(), 1)["sub"].clone();
    assert_eq!(ear.next().await["sub"], sub);
    party.tokens(&visitor, &[]).await;
    let page = visitor.get(&format!("{}/me/close", demo.issuer)).await;
    visitor.submit(&page, "/me/close", &[("word", "close"), ("now", "another battery staple")]).await;
    assert_eq!(ear.next().await["sub"], sub);
}

#[test]
fn a_client_is_told_only_where_the_policy_allows() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let demo = runtime.block_on(demo(On::Sqlite));
    let path = demo.folder.join("abroad.json");
    let said = json!({ "redirect_uris": ["https://a.example/cb"], "backchannel_logout_uri": "https://a.example/out" });
    for (territory, why) in [(json!("US"), "3.5a"), (Value::Null, "territory")] {
        let mut said = said.clone();
        said["territory"] = territory;
        std::fs::write(&path, said.to_string()).unwrap();
        let (ok, text) = demo.command(&[
            "service",
            "add",
            "mail",
            "--demo",
            demo.folder.to_str().unwrap(),
            "--metadata",
            path.to_str().unwrap(),
        ]);
        assert!(!ok && text.contains(why), "{text}");
    }
}
