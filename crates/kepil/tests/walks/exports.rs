//! Data of many people leave by a permit of two officers and in no other way, and whoever asks about a planted person is
//! noticed. Clause 3.4g; issue 4, item 6.

use std::{collections::BTreeSet, fs, time::Duration};

use kepil_testing::{Demo, On, Visitor};
use serde_json::{Value, json};

use crate::{demo, staff::Staffer};

async fn take(demo: &Demo, service: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/v1/exports", demo.issuer));
    let answer = request.bearer_auth(demo.token(service).await).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Asks for a permit and returns what names it.
async fn ask(demo: &Demo, officer: &Staffer, people: &str) -> String {
    let before = names(demo, officer).await;
    let page = officer.get(demo, "/staff/exports").await;
    let with = [
        ("purpose", "mail/delivery"),
        ("field", "email"),
        ("recipient", ""),
        ("people", people),
        ("reason", "moving mailboxes"),
    ];
    let done = officer.visitor.submit(&page, "/staff/exports/ask", &with).await;
    assert!(done.url.contains("done=recorded"), "{} {}", done.url, done.words());
    names(demo, officer).await.difference(&before).next().unwrap().clone()
}

async fn names(demo: &Demo, officer: &Staffer) -> BTreeSet<String> {
    officer.get(demo, "/staff/exports").await.texts("th code").into_iter().collect()
}

/// Sends the form of a permit.
async fn act(demo: &Demo, officer: &Staffer, permit: &str, act: &str) -> u16 {
    let page = officer.get(demo, "/staff/exports").await;
    let done = officer.visitor.submit(&page, "/staff/exports/act", &[("permit", permit), ("act", act)]).await;
    if done.url.contains("done=recorded") { 200 } else { done.status }
}

/// Two officers.
async fn officers(demo: &Demo) -> (Staffer, Staffer) {
    let one = Staffer::first(demo, "officer1@example.kz").await;
    let other = one.bring(demo, "officer2@example.kz").await;
    let done = one.grant(demo, "officer2@example.kz", "privacy_officer", &[]).await;
    assert_eq!(done.status, 200, "{}", done.words());
    (one, other)
}

fn is_refused((status, body): &(u16, Value)) -> bool {
    *status == 403 && body["code"] == "not_in_bulk" && body["clause"] == "3.4g"
}

#[tokio::test]
async fn data_of_many_leave_by_a_permit_of_two_officers_and_in_no_other_way() {
    by_permit_only(On::Sqlite).await;
}

#[tokio::test]
async fn data_of_many_leave_by_a_permit_of_two_officers_on_postgres() {
    by_permit_only(On::Postgres).await;
}

async fn by_permit_only(on: On) {
    let demo = demo(on).await;
    let mut members = Vec::new();
    for number in 0..3 {
        let (visitor, email) = (Visitor::new(), format!("member{number}@example.kz"));
        visitor.register(&demo, &email).await;
        visitor.visit(&demo, "mail", &email).await;
        members.push(visitor);
    }
    let page = members[0].get(&format!("{}/me/block", demo.issuer)).await;
    members[0].submit(&page, "/me/block", &[("action", "block")]).await;
    let (one, other) = officers(&demo).await;
    assert!(is_refused(&take(&demo, "mail", json!({ "permit": "x" })).await), "without a permit");

    let permit = ask(&demo, &one, "3").await;
    assert!(is_refused(&take(&demo, "mail", json!({ "permit": permit })).await), "not confirmed");
    assert_eq!(act(&demo, &one, &permit, "confirm").await, 409, "nobody confirms their own");
    assert!(is_refused(&take(&demo, "mail", json!({ "permit": permit })).await), "confirmed by the same officer");
    assert_eq!(act(&demo, &other, &permit, "confirm").await, 200);
    assert_eq!(act(&demo, &other, &permit, "confirm").await, 409, "once");
    assert!(is_refused(&take(&demo, "forum", json!({ "permit": permit })).await), "of another service");

    let (mut given, mut next, mut left) = (BTreeSet::new(), None, 3);
    while left > 0 {
        let mut body = json!({ "permit": permit, "most": 1 });
        body.as_object_mut().unwrap().extend(next.map(|at: Value| ("after".to_owned(), at)));
        let (status, told) = take(&demo, "mail", body).await;
        assert_eq!(status, 200, "{told}");
        let people = told["people"].as_array().unwrap();
        assert_eq!(people.len(), 1, "{told}");
        given.extend(people[0]["fields"]["email"]["value"].as_str().map(str::to_owned));
        assert_eq!(people[0]["granted"].as_bool().unwrap(), people[0]["fields"]["email"].is_object());
        assert!(people[0]["fields"]["given_name"].is_null(), "more than the permit names");
        left -= 1;
        assert_eq!(told["left"], left);
        next = told.get("next").cloned();
    }
    let unblocked = ["member1@example.kz", "member2@example.kz"].map(str::to_owned);
    assert_eq!(given, BTreeSet::from(unblocked), "whoever blocked everything gives nothing");
    assert!(is_refused(&take(&demo, "mail", json!({ "permit": permit })).await), "used up");
    let activity = members[1].get(&format!("{}/me/activity", demo.issuer)).await.words();
    assert!(activity.contains("export"), "{activity}");
    let log = one.get(&demo, "/me/activity").await.words();
    assert!(log.contains("asked for a permit to take data of many people"), "{log}");
    let log = other.get(&demo, "/me/activity").await.words();
    assert!(log.contains("confirmed a permit to take data of many people"), "{log}");

    // Of many uses at once none goes beyond it.
    let permit = ask(&demo, &other, "2").await;
    assert_eq!(act(&demo, &one, &permit, "confirm").await, 200);
    let uses = (0..8).map(|_| take(&demo, "mail", json!({ "permit": permit, "most": 2 })));
    let told = futures::future::join_all(uses).await;
    let people: usize = told.iter().filter_map(|(_, body)| body["people"].as_array()).map(Vec::len).sum();
    assert_eq!(people, 2, "{told:?}");
    assert!(told.iter().all(|(status, _)| [200, 403, 429].contains(status)), "{told:?}");

    // Ended by an officer, and by its last day.
    let permit = ask(&demo, &one, "9").await;
    assert_eq!(act(&demo, &other, &permit, "confirm").await, 200);
    assert_eq!(take(&demo, "mail", json!({ "permit": permit, "most": 1 })).await.0, 200);
    assert_eq!(act(&demo, &one, &permit, "end").await, 200);
    assert!(is_refused(&take(&demo, "mail", json!({ "permit": permit })).await), "ended");
    let permit = ask(&demo, &one, "9").await;
    assert_eq!(act(&demo, &other, &permit, "confirm").await, 200);
    assert_eq!(take(&demo, "mail", json!({ "permit": permit, "after": "A".repeat(32) })).await.0, 400);
    demo.advance("8d");
    assert!(is_refused(&take(&demo, "mail", json!({ "permit": permit })).await), "past its last day");
}

#[tokio::test]
async fn a_permit_for_what_no_purpose_has_is_not_asked_for() {
    let demo = demo(On::Sqlite).await;
    let one = Staffer::first(&demo, "officer1@example.kz").await;
    for (purpose, field, recipient, people) in [
        ("mail/delivery", "birth_date", "", "5"),
        ("mail/nothing", "email", "", "5"),
        ("mail/delivery", "email", "courier", "5"),
        ("mail/delivery", "email", "", "0"),
    ] {
        let page = one.get(&demo, "/staff/exports").await;
        let with =
            [("purpose", purpose), ("field", field), ("recipient", recipient), ("people", people), ("reason", "x")];
        let done = one.visitor.submit(&page, "/staff/exports/ask", &with).await;
        assert_eq!(done.status, 409, "{purpose} {field} {recipient} {people}: {}", done.words());
    }
    assert!(names(&demo, &one).await.is_empty());
    let member = crate::party::person(&demo, "nobody@example.kz").await;
    assert_eq!(member.get(&format!("{}/staff/exports", demo.issuer)).await.status, 404);
}

#[tokio::test]
async fn whoever_asks_about_a_planted_person_is_noticed_and_nobody_sees_who_is_planted() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Postgres, &["--clock", "--people", "30"]).await;
    let before = demo.lengths_of_people("account").await;
    let file = demo.folder.with_file_name("planted.json");
    let person = json!({ "email": "planted@example.kz", "given_name": "Айгүл", "family_name": "Қасымова",
        "birth_date": "1990-12-16", "residence": "Алматы, Абай даңғылы 10" });
    fs::write(&file, format!("{person}\n")).unwrap();
    let (file, folder) = (file.to_str().unwrap(), demo.folder.to_str().unwrap());
    let (ok, said) = demo.command(&["decoy", "add", file, "--service", "nothing", "--demo", folder]);
    assert!(!ok && said.contains("no service `nothing`"), "{said}");
    let used = ["mail", "news", "forum", "market"].map(|service| ["--service", service]).concat();
    let (ok, said) = demo.command(&[vec!["decoy", "add", file, "--demo", folder], used].concat());
    assert!(ok, "{said}");
    let sub = said.lines().find_map(|line| line.strip_prefix("mail ")).unwrap().to_owned();
    let after = demo.lengths_of_people("account").await;
    assert_eq!(
        after.difference(&before).next(),
        None,
        "a planted row is longer or shorter than all others: {before:?}"
    );

    let email = "living@example.kz";
    let living = Visitor::new();
    living.register(&demo, email).await;
    let own = living.visit(&demo, "mail", email).await.sub();
    let strip = |(status, mut body): (u16, Value)| {
        body["receipt"].take();
        body["fields"].as_object_mut().unwrap().values_mut().for_each(|field| drop(field["value"].take()));
        body["fields"].as_object_mut().unwrap().values_mut().for_each(|field| drop(field["assurance"].take()));
        (status, body)
    };
    let of_living = strip(demo.read("mail", &own, "delivery", &[]).await);
    assert!(!demo.log().contains("a planted record was asked for"), "{}", demo.log());
    assert_eq!(strip(demo.read("mail", &sub, "delivery", &[]).await), of_living, "the thief is told nothing");
    assert!(demo.log().contains("a planted record was asked for"), "{}", demo.log());
    let letter = demo.letter_to("privacy@citicom.example").await;
    assert!(letter.contains("mail") && !letter.contains("planted@example.kz"), "{letter}");
    let metrics = reqwest::get(demo.service("metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("kepil_planted_reads_total{by=\"service\"} 1"), "{metrics}");

    // Of many looks there is one letter an hour; the count goes on. Staff are noticed as well.
    demo.read("mail", &sub, "delivery", &[]).await;
    let officer = Staffer::first(&demo, "officer1@example.kz").await;
    officer.look(&demo, "planted@example.kz", "privacy_officer", "request 19").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let letters = demo.letters().into_iter().filter(|letter| letter.starts_with("To: privacy@citicom.example"));
    assert_eq!(letters.count(), 2, "one about the service, one about staff");
    let metrics = reqwest::get(demo.service("metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("kepil_planted_reads_total{by=\"officer\"} 1"), "{metrics}");
}
