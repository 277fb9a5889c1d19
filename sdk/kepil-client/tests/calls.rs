//! What the client makes of each answer that the provider may give, by the vectors that the provider is tested by as well.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod provider;

use std::time::{Duration, Instant};

use kepil_client::{Answer, Assurance, Client, Error, NewContent, Reading, Source, Sub, Withheld};
use provider::{Provider, vector};
use serde_json::{Value, json};

const SUB: &str = "Abcdefghijklmnopqrstuvwxyz01234_";
const READS: &str = "/v1/reads";
const TOKEN: &str = "/token";

/// Sends the read of a vector.
async fn read(client: &Client, name: &str) -> Result<Reading, Error> {
    let body = &vector(name)["request"]["body"];
    let fields: Vec<&str> = body["fields"].as_array().into_iter().flatten().map(|one| one.as_str().unwrap()).collect();
    client.read(&Sub::parse(SUB).unwrap(), body["purpose"].as_str().unwrap(), &fields).await
}

/// The error of a read; a reading itself cannot be printed.
fn refused(read: Result<Reading, Error>) -> Error {
    match read {
        Err(error) => error,
        Ok(_) => panic!("the read was granted"),
    }
}

fn pairs(withheld: &[Withheld]) -> Vec<(&str, &str, Option<&str>)> {
    withheld.iter().map(|one| (one.field.as_str(), one.code.as_str(), one.clause.as_deref())).collect()
}

#[tokio::test]
async fn a_read_brings_values_with_their_source_and_assurance() {
    let provider = Provider::playing(&["discovery", "token", "read"]).await;
    let reading = read(&provider.client(), "read").await.ok().unwrap();
    let email = &reading.fields["email"];
    assert_eq!(email.value.reveal(), "guest@example.kz");
    assert_eq!((&email.source, &email.assurance), (&Source::Form, &Assurance::ChannelConfirmed));
    let name = &reading.fields["given_name"];
    assert_eq!(name.value.reveal(), "Әйгерім");
    assert_eq!((name.source.to_string(), name.assurance.to_string()), ("edit".to_owned(), "self_asserted".to_owned()));
    assert!(reading.withheld.is_empty());
    assert_eq!(reading.receipt.as_deref(), Some("000102030405060708090a0b0c0d0e0f"));

    let asked = &provider.asked(READS)[0];
    assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), vector("read")["request"]["body"]);
    assert!(asked.head.contains("authorization: bearer header.claims.signature"), "{}", asked.head);
    let asked = &provider.asked(TOKEN)[0];
    assert_eq!(asked.body, vector("token")["request"]["form"].as_str().unwrap());
    // `mail-1:a+secret`: id and secret are form-encoded before they are put together.
    assert!(asked.head.contains(&"authorization: basic bWFpbC0xOmErc2VjcmV0".to_lowercase()), "{}", asked.head);
}

#[tokio::test]
async fn what_is_withheld_comes_with_code_and_clause() {
    let provider = Provider::playing(&["discovery", "token", "read_partly"]).await;
    let reading = read(&provider.client(), "read_partly").await.ok().unwrap();
    assert_eq!(reading.fields.keys().collect::<Vec<_>>(), ["email"]);
    let told = [("given_name", "withheld", None), ("phone", "outside_purpose", Some("2.1¶C4"))];
    assert_eq!(pairs(&reading.withheld), told);
}

#[tokio::test]
async fn a_read_of_which_nothing_is_granted_is_an_error_that_says_what() {
    let provider = Provider::playing(&["discovery", "token", "read_nothing", "read_purpose"]).await;
    let client = provider.client();
    let Error::Refused { problem, withheld } = refused(read(&client, "read_nothing").await) else { panic!() };
    assert_eq!((problem.code.as_str(), problem.status, problem.clause), ("withheld", 403, None));
    assert_eq!(pairs(&withheld), [("email", "withheld", None), ("given_name", "withheld", None)]);
    let Error::Refused { problem, withheld } = refused(read(&client, "read_purpose").await) else { panic!() };
    assert_eq!((problem.code.as_str(), problem.clause.as_deref()), ("unknown_purpose", Some("3.1.3")));
    assert!(withheld.is_empty());
}

#[tokio::test]
async fn a_batch_brings_one_reading_a_person_in_the_order_of_the_request() {
    let provider = Provider::playing(&["discovery", "token", "read_batch"]).await;
    let body = &vector("read_batch")["request"]["body"];
    let subs = body["subs"].as_array().unwrap().iter().map(|sub| Sub::parse(sub.as_str().unwrap()).unwrap());
    let subs: Vec<Sub> = subs.collect();
    let people = provider.client().read_batch(&subs, "delivery", &["email"]).await.ok().unwrap();
    assert_eq!(people.iter().map(|person| person.granted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(people[0].reading.fields["email"].value.reveal(), "guest@example.kz");
    assert_eq!(pairs(&people[1].reading.withheld), [("email", "withheld", None)]);
    let asked = &provider.asked("/v1/reads/batch")[0];
    assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), *body);
}

#[tokio::test]
async fn beyond_the_budget_the_client_says_when_to_ask_again() {
    let provider = Provider::playing(&["discovery", "token", "over_budget"]).await;
    let Error::Later { retry_after, problem } = refused(read(&provider.client(), "over_budget").await) else {
        panic!()
    };
    assert_eq!(retry_after, Some(Duration::from_hours(1)));
    assert_eq!(problem.unwrap().code, "over_budget");
}

#[tokio::test]
async fn a_problem_document_is_an_error() {
    let provider = Provider::playing(&["discovery", "token", "bad_input"]).await;
    let error = refused(read(&provider.client(), "bad_input").await);
    let Error::Problem(problem) = &error else { panic!("{error}") };
    assert_eq!((problem.code.as_str(), problem.status), ("bad_input", 400));
    assert_eq!(problem.detail.as_deref(), Some("mend `fields`: GET /v1/openapi.json tells its form"));
    assert!(!error.may_pass());
}

#[tokio::test]
async fn callers_at_the_same_time_and_clones_share_one_token() {
    let provider = Provider::playing(&["discovery", "token", "read"]).await;
    let client = provider.client();
    let reads: Vec<_> = (0..16)
        .map(|_| client.clone())
        .map(|one| tokio::spawn(async move { read(&one, "read").await.is_ok() }))
        .collect();
    for one in reads {
        assert!(one.await.unwrap());
    }
    assert!(read(&client, "read").await.is_ok());
    assert_eq!(provider.asked(READS).len(), 17);
    assert_eq!(provider.asked(TOKEN).len(), 1);
    assert_eq!(provider.asked("/.well-known/openid-configuration").len(), 1);
}

#[tokio::test]
async fn a_wrong_secret_is_asked_once_for_all_that_wait_and_again_by_the_next() {
    let provider = Provider::playing(&["discovery", "token_refused"]).await;
    let client = provider.client();
    let reads: Vec<_> = (0..8)
        .map(|_| client.clone())
        .map(|one| tokio::spawn(async move { refused(read(&one, "read").await) }))
        .collect();
    for one in reads {
        let error = one.await.unwrap();
        assert!(matches!(&error, Error::Client { code } if code == "invalid_client"), "{error}");
    }
    assert_eq!(provider.asked(TOKEN).len(), 1);
    assert!(read(&client, "read").await.is_err());
    assert_eq!(provider.asked(TOKEN).len(), 2, "a refusal is not kept");
    assert!(provider.asked(READS).is_empty());
}

#[tokio::test]
async fn a_token_that_ended_is_fetched_again() {
    let mut short = vector("token");
    short["answer"]["body"]["expires_in"] = json!(1);
    let provider = Provider::of(vec![vector("discovery"), short, vector("read")]).await;
    let client = provider.client();
    assert!(read(&client, "read").await.is_ok());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(read(&client, "read").await.is_ok());
    assert_eq!(provider.asked(TOKEN).len(), 2);
}

#[tokio::test]
async fn a_token_that_the_provider_no_longer_takes_is_fetched_again_once() {
    let provider = Provider::playing(&["discovery", "token", "unauthorised", "read", "unauthorised"]).await;
    let client = provider.client();
    assert!(read(&client, "read").await.is_ok());
    assert_eq!((provider.asked(TOKEN).len(), provider.asked(READS).len()), (2, 2));
    let error = refused(read(&client, "read").await);
    assert!(matches!(&error, Error::Problem(problem) if problem.code == "unauthorised"), "{error}");
    assert_eq!((provider.asked(TOKEN).len(), provider.asked(READS).len()), (3, 4));
}

#[tokio::test]
async fn later_is_asked_once_more_after_the_time_that_is_named() {
    for name in ["busy", "unavailable"] {
        let provider = Provider::playing(&["discovery", "token", name, "read"]).await;
        let begun = Instant::now();
        assert!(read(&provider.client(), "read").await.is_ok(), "{name}");
        assert!(begun.elapsed() >= Duration::from_secs(1), "{name}");
        assert_eq!(provider.asked(READS).len(), 2);
    }
}

#[tokio::test]
async fn later_twice_is_an_error_that_says_when() {
    let provider = Provider::playing(&["discovery", "token", "unavailable"]).await;
    let error = refused(read(&provider.client(), "read").await);
    let Error::Later { retry_after, problem } = &error else { panic!("{error}") };
    assert_eq!(*retry_after, Some(Duration::from_secs(1)));
    assert_eq!(problem.as_ref().map(|problem| problem.code.as_str()), Some("unavailable"));
    assert!(error.may_pass());
    assert_eq!(provider.asked(READS).len(), 2, "once more, not for ever");
}

#[tokio::test]
async fn much_later_is_left_to_the_caller() {
    let mut busy = vector("busy");
    busy["answer"]["retry_after"] = json!("3600");
    let provider = Provider::of(vec![vector("discovery"), vector("token"), busy]).await;
    let client = Client::new(provider.config().with_wait_max(Duration::from_secs(10))).unwrap();
    let error = refused(read(&client, "read").await);
    assert!(matches!(error, Error::Later { retry_after: Some(after), .. } if after == Duration::from_hours(1)));
    assert_eq!(provider.asked(READS).len(), 1);
}

#[tokio::test]
async fn an_agreement_is_ended() {
    let provider = Provider::playing(&["discovery", "token", "ended"]).await;
    provider.client().end_agreement(&Sub::parse(SUB).unwrap()).await.unwrap();
    let asked = &provider.asked("/v1/agreements/end")[0];
    assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), vector("ended")["request"]["body"]);
}

#[tokio::test]
async fn a_person_is_asked_and_the_answer_is_told() {
    let provider = Provider::playing(&["discovery", "token", "inquired", "inquiry_state"]).await;
    let (client, sub) = (provider.client(), Sub::parse(SUB).unwrap());
    let kept = client.inquire(&sub, "call", &["phone"], "N 117").await.unwrap();
    assert_eq!((kept.answer, kept.answer_url.as_str()), (Answer::Pending, "https://id.example.kz/me/inquiries/00"));
    assert_eq!(client.inquiry_answer(&kept.inquiry).await.unwrap(), Answer::Given);
    for (path, name) in [("/v1/inquiries", "inquired"), ("/v1/inquiries/state", "inquiry_state")] {
        let asked = &provider.asked(path)[0];
        assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), vector(name)["request"]["body"]);
    }
}

#[tokio::test]
async fn what_people_show_is_told_for_one_viewer() {
    let provider = Provider::playing(&["discovery", "token", "profiles", "profile_addresses"]).await;
    let client = provider.client();
    let [viewer, nobody] =
        ["C", "D"].map(|first| Sub::parse(&format!("{first}bcdefghijklmnopqrstuvwxyz01234_")).unwrap());
    let wanted = vector("profiles")["request"]["body"]["profiles"].clone();
    let wanted: Vec<&str> = wanted.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let shown = client.profiles(&wanted, Some(&viewer)).await.unwrap();
    assert_eq!((shown.len(), shown[0].profile.as_str()), (1, wanted[0]));
    assert_eq!(shown[0].fields["given_name"].reveal(), "Әйгерім");
    let addresses = client.profile_addresses(&[&viewer, &nobody]).await.unwrap();
    assert_eq!(addresses.into_values().collect::<Vec<_>>(), wanted[..1]);
    for (path, name) in [("/v1/profiles", "profiles"), ("/v1/profiles/addresses", "profile_addresses")] {
        let asked = &provider.asked(path)[0];
        assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), vector(name)["request"]["body"]);
    }
}

#[tokio::test]
async fn what_a_person_places_is_kept_shown_and_taken_away() {
    let provider = Provider::playing(&["discovery", "token", "content_placed", "contents", "content_removed"]).await;
    let client = provider.client();
    let author = Sub::parse(SUB).unwrap();
    let text = vector("content_placed")["request"]["body"]["text"].as_str().unwrap().to_owned();
    let new = NewContent { author: &author, about: None, kind: "post", text: &text, withheld: false };
    let kept = client.place(&new).await.unwrap();
    let viewer = Sub::parse("Cbcdefghijklmnopqrstuvwxyz01234_").unwrap();
    let shown = client.contents(&[&kept.content, "000102030405060708090a0b0c0d0e10"], Some(&viewer)).await.unwrap();
    assert_eq!((shown.len(), &shown[0].content, shown[0].kind.as_str()), (1, &kept.content, "post"));
    assert_eq!((shown[0].text.reveal(), shown[0].placed_on.as_str()), (&text, "2026-11-27"));
    client.remove_content(&kept.content).await.unwrap();
    for (path, name) in [
        ("/v1/contents", "content_placed"),
        ("/v1/contents/reads", "contents"),
        ("/v1/contents/remove", "content_removed"),
    ] {
        let asked = &provider.asked(path)[0];
        assert_eq!(serde_json::from_str::<Value>(&asked.body).unwrap(), vector(name)["request"]["body"]);
    }
}

#[tokio::test]
async fn a_text_that_nobody_may_place_is_refused_in_the_words_of_the_reader() {
    let provider = Provider::playing(&["discovery", "token", "content_banned"]).await;
    let author = Sub::parse(SUB).unwrap();
    let new =
        NewContent { author: &author, about: None, kind: "post", text: "у него диабет", withheld: false };
    let Err(Error::Problem(problem)) = provider.client().place(&new).await else { panic!("it was taken") };
    assert_eq!((problem.code.as_str(), problem.label["kk"].as_str()), ("banned_content", "денсаулық"));
}

#[tokio::test]
async fn a_provider_that_is_another_or_leads_elsewhere_gets_no_secret() {
    for (name, value) in [
        ("issuer", "https://other.example.kz"),
        ("token_endpoint", "https://other.example.kz/token"),
        ("token_endpoint", "http://127.0.0.1:1/token"),
        ("token_endpoint", "no address"),
    ] {
        let mut discovery = vector("discovery");
        discovery["answer"]["body"][name] = json!(value);
        let provider = Provider::of(vec![discovery, vector("token")]).await;
        let error = refused(read(&provider.client(), "read").await);
        assert!(matches!(error, Error::Answer { status: 200, .. }), "{error}");
        assert!(provider.asked(TOKEN).is_empty());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = json!({
        "request": { "path": READS },
        "answer": { "status": 307, "location": "/elsewhere", "body": {} },
    });
    let provider = Provider::of(vec![vector("discovery"), vector("token"), moved]).await;
    let error = refused(read(&provider.client(), "read").await);
    assert!(matches!(error, Error::Answer { status: 307, .. }), "{error}");
}

#[tokio::test]
async fn an_error_repeats_no_value_of_a_person() {
    let mut wrong = vector("read");
    wrong["answer"]["body"]["fields"]["email"] = json!("guest@example.kz");
    let provider = Provider::of(vec![vector("discovery"), vector("token"), wrong]).await;
    let error = refused(read(&provider.client(), "read").await);
    assert!(matches!(error, Error::Answer { status: 200, .. }));
    assert!(!format!("{error} {error:?}").contains("guest"), "{error:?}");
}

#[tokio::test]
async fn a_provider_that_is_away_is_an_error_that_may_pass_and_names_no_address() {
    let config = kepil_client::Config::new("http://127.0.0.1:1", "id", "secret".to_owned()).unwrap();
    let error = refused(read(&Client::new(config).unwrap(), "read").await);
    assert!(matches!(error, Error::Unreachable(_)) && error.may_pass());
    assert!(!format!("{error:?}").contains("well-known"), "{error:?}");
}

#[tokio::test]
async fn words_of_a_newer_provider_are_kept_as_they_are() {
    let mut newer = vector("read");
    let email = &mut newer["answer"]["body"]["fields"]["email"];
    (email["source"], email["assurance"], email["since"]) = (json!("letter"), json!("seen"), json!("2030-01-01"));
    let provider = Provider::of(vec![vector("discovery"), vector("token"), newer]).await;
    let reading = read(&provider.client(), "read").await.ok().unwrap();
    let email = &reading.fields["email"];
    assert_eq!((&email.source, &email.assurance), (&Source::Other("letter".into()), &Assurance::Other("seen".into())));
}
