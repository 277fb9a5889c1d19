//! What a person shows at a service, seen by everybody who could look: exactly what is set, on two servers, at the next
//! look. Clauses 2.2d, 2.3a, 2.3b, 4.2, 6.1a.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kepil_testing::{
    Demo, On, Page, Visitor,
    visitor::{PASSWORD, link},
};
use serde_json::{Value, json};

use crate::{demo, editions::Draft};

const FIELDS: [&str; 2] = ["given_name", "family_name"];
pub const VALUES: [&str; 2] = ["Айгүл", "Сәрсенбаева"];
pub const SETTINGS: &str = "/me/profile/forum";

/// The person whose profile it is, where it is, and what the forum knows of them.
pub struct Owner {
    pub visitor: Visitor,
    pub address: String,
    sub: String,
}

impl Owner {
    pub async fn new(demo: &Demo, email: &str) -> Self {
        let visitor = Visitor::new();
        visitor.register(demo, email).await;
        let form = visitor.get(&format!("{}/me/fields/family_name/edit", demo.issuer)).await;
        visitor.submit(&form, "/me/fields/family_name/edit", &[("family_name", VALUES[1])]).await;
        let sub = visitor.visit(demo, "forum", email).await.sub();
        let page = visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
        let own = page.attributes("#main a", "href").into_iter().find(|path| path.starts_with("/profiles/"));
        let address = own.unwrap_or_else(|| panic!("no address: {}", page.words()));
        Self { visitor, address, sub }
    }

    /// Sets who sees the two fields, through the server at `node`; goes through the warning when there is one.
    pub async fn set(&self, node: &str, audiences: [&str; 2]) -> Page {
        let page = self.choose(node, audiences).await;
        if page.words().contains("Let more people see this?") {
            let done = self.visitor.submit(&page, SETTINGS, &[("choice", "show")]).await;
            assert!(done.url.contains("done=saved"), "{} {}", done.url, done.words());
            return done;
        }
        page
    }

    /// Chooses; the page afterwards asks when more people would see something.
    async fn choose(&self, node: &str, audiences: [&str; 2]) -> Page {
        let page = self.visitor.get(&format!("{node}{SETTINGS}")).await;
        let with = [("audience-given_name", audiences[0]), ("audience-family_name", audiences[1])];
        let page = self.visitor.submit(&page, SETTINGS, &with).await;
        assert_eq!(page.status, 200, "{}", page.words());
        page
    }

    /// The id in the address.
    pub fn id(&self) -> &str {
        self.address.rsplit('/').next().unwrap()
    }
}

/// What somebody sees of the profile; `None` when there is no page.
pub async fn seen(visitor: &Visitor, node: &str, address: &str) -> Option<Vec<String>> {
    let page = visitor.get(&format!("{node}{address}")).await;
    assert_eq!(page.headers.get("cache-control").unwrap(), "no-store", "{}", page.url);
    match page.status {
        200 => Some(page.texts("dl.profile dd")),
        404 => None,
        status => panic!("{status}: {}", page.words()),
    }
}

/// `POST /v1/profiles` by a service: status and body.
async fn shown(demo: &Demo, service: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/v1/profiles", demo.issuer));
    let answer = request.bearer_auth(demo.token(service).await).json(body).send().await.unwrap();
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The invitations that came to `email`, oldest first.
pub fn invitations(demo: &Demo, email: &str) -> Vec<String> {
    let to = format!("To: {email}\n");
    let is_one = |letter: &String| letter.starts_with(&to) && letter.contains("/named?token=");
    demo.letters().into_iter().filter(is_one).collect()
}

/// Asks `email` to be named; the letter.
pub async fn invite(demo: &Demo, owner: &Owner, typed: &str, email: &str) -> String {
    let page = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
    let before = invitations(demo, email).len();
    let asked = owner.visitor.submit(&page, "/me/profile/forum/named", &[("who", typed)]).await;
    assert!(asked.url.ends_with("done=invited"), "{}", asked.words());
    for _ in 0..100 {
        if invitations(demo, email).len() > before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    invitations(demo, email).pop().unwrap()
}

/// Asks `email` to be named, and lets them accept.
pub async fn name(demo: &Demo, owner: &Owner, typed: &str, email: &str) {
    let letter = invite(demo, owner, typed, email).await;
    let guest = Visitor::new();
    let page = guest.get(&link(&letter)).await;
    let accepted = guest.submit(&page, "/named", &[("choice", "accept")]).await;
    assert!(accepted.words().contains("Accepted."), "{}", accepted.words());
}

/// Whether somebody sees what is set to `audience`: anonymous, other, member, named.
fn sees(who: usize, audience: &str) -> bool {
    match audience {
        "private" => false,
        "named" => who == 3,
        "members" => who >= 2,
        "public" => true,
        other => panic!("no audience {other}"),
    }
}

pub async fn newcomer(demo: &Demo, email: &str) -> Visitor {
    let visitor = Visitor::new();
    visitor.register(demo, email).await;
    visitor
}

/// Changes the settings, and looks with everybody's eyes through every server right after each answer.
async fn everybody_sees_what_is_set(demo: &Demo, nodes: &[String]) {
    let owner = Owner::new(demo, "owner@example.kz").await;
    let (other, member) = (newcomer(demo, "other@example.kz").await, newcomer(demo, "member@example.kz").await);
    let member_sub = member.visit(demo, "forum", "member@example.kz").await.sub();
    let named = newcomer(demo, "named@example.kz").await;
    name(demo, &owner, "named@example.kz", "named@example.kz").await;
    let viewers = [&Visitor::new(), &other, &member, &named];
    assert_ne!(owner.id(), owner.sub, "the address is no id of the service");
    let steps = [
        ["private", "private"],
        ["public", "members"],
        ["named", "private"],
        ["members", "public"],
        ["private", "named"],
        ["public", "public"],
        ["private", "private"],
    ];
    for (step, audiences) in steps.into_iter().enumerate() {
        owner.set(&nodes[step % nodes.len()], audiences).await;
        for node in nodes {
            for (who, viewer) in viewers.iter().enumerate() {
                let set = VALUES.iter().zip(audiences).filter(|(_, audience)| sees(who, audience));
                let expected: Vec<String> = set.map(|(value, _)| (*value).to_owned()).collect();
                let expected = (!expected.is_empty()).then_some(expected);
                assert_eq!(seen(viewer, node, &owner.address).await, expected, "{audiences:?}, viewer {who}, {node}");
            }
        }
        for (who, viewer) in [(0, Value::Null), (2, json!(member_sub))] {
            let (status, body) = shown(demo, "forum", &json!({ "profiles": [owner.id()], "viewer": viewer })).await;
            let set = FIELDS.iter().zip(VALUES).zip(audiences).filter(|(_, audience)| sees(who, audience));
            let expected: serde_json::Map<String, Value> =
                set.map(|((name, value), _)| ((*name).to_owned(), json!(value))).collect();
            let told = body["profiles"][0]["fields"].as_object().cloned().unwrap_or_default();
            assert_eq!((status, told), (200, expected), "{audiences:?}, viewer {who}: {body}");
        }
    }
    assert!(owner.visitor.seen().iter().all(|url| !url.contains(&owner.sub)), "an id of the service in an address");
}

#[tokio::test]
async fn everybody_sees_exactly_what_is_set_on_either_server() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    everybody_sees_what_is_set(&demo, &[demo.issuer.clone(), second.address.clone()]).await;
}

#[tokio::test]
async fn everybody_sees_exactly_what_is_set_on_the_embedded_engine() {
    let demo = demo(On::Sqlite).await;
    everybody_sees_what_is_set(&demo, std::slice::from_ref(&demo.issuer)).await;
}

#[tokio::test]
async fn nothing_is_shown_before_a_warning_and_the_warning_is_good_for_what_it_named() {
    let demo = demo(On::Sqlite).await;
    let owner = Owner::new(&demo, "careful@example.kz").await;
    let stranger = Visitor::new();
    // A stranger learns nothing from a profile that shows nothing: it is as no profile.
    let nobody = format!("/profiles/forum/{}", "A".repeat(32));
    let private = stranger.get(&format!("{}{}", demo.issuer, owner.address)).await;
    let unknown = stranger.get(&format!("{}{nobody}", demo.issuer)).await;
    assert_eq!((private.status, private.words()), (404, unknown.words()));

    let warning = owner.choose(&demo.issuer, ["public", "private"]).await;
    assert!(warning.words().contains("An unlimited circle of people sees it"), "{}", warning.words());
    assert!(warning.words().contains("Search engines"), "{}", warning.words());
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None, "choosing alone shows nothing");
    let kept = owner.visitor.submit(&warning, SETTINGS, &[("choice", "keep")]).await;
    assert!(!kept.url.contains("done="), "{}", kept.url);
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None, "leaving it is as easy");

    // In another tab something else is set meanwhile: the first warning said something else than would happen.
    let other = owner.set(&demo.issuer, ["named", "private"]).await;
    assert!(other.url.contains("done=saved"), "{}", other.url);
    let again = owner.visitor.submit(&warning, SETTINGS, &[("choice", "show")]).await;
    assert!(again.words().contains("now: people whom you named; then: everybody"), "{}", again.words());
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None);
    let done = owner.visitor.submit(&again, SETTINGS, &[("choice", "show")]).await;
    assert!(done.url.contains("done=saved"), "{}", done.words());
    let page = stranger.get(&format!("{}{}", demo.issuer, owner.address)).await;
    assert_eq!((page.status, page.texts("dl.profile dd")), (200, vec![VALUES[0].to_owned()]));
    assert_eq!(page.headers.get("x-robots-tag").unwrap(), "noarchive");

    // The person sees on their own pages what is seen, and by whom.
    let own = owner.visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("Forum: visible to everybody on the internet."), "{}", own.words());
    assert!(own.words().contains("Forum: visible to only you."), "{}", own.words());
    for (way, expected) in [("public", 1), ("members", 1), ("named", 1)] {
        let page = owner.visitor.get(&format!("{}{SETTINGS}?as={way}", demo.issuer)).await;
        assert_eq!(page.texts("dl.seen dd").len(), expected, "as {way}");
    }
    // The ledger shows the setting in force and who set it, what was shown before it, and each look.
    let activity = owner.visitor.get(&format!("{}/me/activity", demo.issuer)).await.words();
    assert!(activity.contains("Somebody saw what you show: Given name"), "{activity}");
    assert!(activity.contains("Given name: visible to everybody on the internet, set by you on"), "{activity}");
    assert!(activity.contains("You let more people see data: Given name"), "{activity}");

    // A block closes everything at once, and the person still sees their settings; what is hidden is hidden.
    let page = owner.visitor.get(&format!("{}/me/block", demo.issuer)).await;
    owner.visitor.submit(&page, "/me/block", &[("action", "block")]).await;
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None, "blocked");
    let refused = owner.choose_status(&demo, ["public", "public"]).await;
    assert_eq!(refused, 403, "nothing is widened while everything is blocked");
    owner.visitor.submit(&page, "/me/block", &[("action", "lift")]).await;
    assert!(seen(&stranger, &demo.issuer, &owner.address).await.is_some());
    owner.set(&demo.issuer, ["private", "private"]).await;
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None);
    let activity = owner.visitor.get(&format!("{}/me/activity", demo.issuer)).await.words();
    assert!(activity.contains("You let fewer people see data: Given name"), "{activity}");
}

impl Owner {
    /// The status of a widening that was confirmed.
    async fn choose_status(&self, demo: &Demo, audiences: [&str; 2]) -> u16 {
        let page = self.choose(&demo.issuer, audiences).await;
        self.visitor.submit(&page, SETTINGS, &[("choice", "show")]).await.status
    }
}

#[tokio::test]
async fn who_is_named_accepted_it_and_whoever_asks_learns_nothing_before() {
    let demo = demo(On::Sqlite).await;
    let owner = Owner::new(&demo, "host@example.kz").await;
    let guest = Owner::new(&demo, "invited@example.kz").await;
    owner.set(&demo.issuer, ["named", "private"]).await;
    let ask = async |typed: &str| {
        let page = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
        owner.visitor.submit(&page, "/me/profile/forum/named", &[("who", typed)]).await
    };
    // The same answer for somebody and for nobody; nobody is named by being asked.
    let (somebody, nobody) = (ask("invited@example.kz").await, ask("nobody@example.kz").await);
    assert_eq!((somebody.status, somebody.url.clone(), somebody.words()), (200, nobody.url.clone(), nobody.words()));
    assert!(somebody.words().contains("Nobody yet."), "{}", somebody.words());
    let letter = demo.letter_with("invited@example.kz", "/named?token=").await;
    assert!(!letter.contains("host@example.kz") && !letter.contains(VALUES[0]), "{letter}");
    assert_eq!(seen(&guest.visitor, &demo.issuer, &owner.address).await, None, "asked is not named");
    assert!(demo.letters().iter().all(|letter| !letter.starts_with("To: nobody@")), "a letter to nobody");

    // Refused: nothing happens, and the letter is used up.
    let page = Visitor::new();
    let invitation = page.get(&link(&letter)).await;
    assert!(invitation.words().contains("Somebody who uses “Forum”"), "{}", invitation.words());
    page.submit(&invitation, "/named", &[("choice", "refuse")]).await;
    let again = page.submit(&invitation, "/named", &[("choice", "accept")]).await;
    assert_eq!(again.status, 410, "{}", again.words());
    assert_eq!(seen(&guest.visitor, &demo.issuer, &owner.address).await, None);

    // Asked by the address of their profile, accepted, and taken back.
    name(&demo, &owner, &format!("{}{}", demo.issuer, guest.address), "invited@example.kz").await;
    assert_eq!(seen(&guest.visitor, &demo.issuer, &owner.address).await, Some(vec![VALUES[0].to_owned()]));
    let page = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
    assert!(page.words().contains(&guest.address), "{}", page.words());
    assert!(!page.text.contains(&guest.sub), "an id of the service on the page of somebody else");
    let taken = owner.visitor.submit(&page, "/me/profile/forum/named/remove", &[]).await;
    assert!(taken.words().contains("Nobody yet."), "{}", taken.words());
    assert_eq!(seen(&guest.visitor, &demo.issuer, &owner.address).await, None, "one look after the answer");
}

#[tokio::test]
async fn a_change_of_functions_never_widens_what_a_person_showed() {
    let demo = demo(On::Sqlite).await;
    let owner = Owner::new(&demo, "steady@example.kz").await;
    let stranger = Visitor::new();
    owner.set(&demo.issuer, ["public", "members"]).await;
    assert!(seen(&stranger, &demo.issuer, &owner.address).await.is_some());

    // The forum shows things to its own users only, and then to everybody again.
    let draft = Draft::new();
    draft.edit("services/forum.toml", "widest = \"public\"", "widest = \"members\"");
    demo.publish(&draft.folder);
    demo.advance("1d");
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None, "narrower at once");
    draft.edit("policy.toml", "2022-01-10", "2022-02-10");
    draft.edit("services/forum.toml", "widest = \"members\"", "widest = \"public\"");
    demo.publish(&draft.folder);
    demo.advance("1d");
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None, "wider again is a new act of the person");

    // The setting is as it was seen last: members. The old choice, sent again, is a widening, and asks.
    let page = owner.visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let with = [("identifier", "steady@example.kz"), ("password", PASSWORD)];
    owner.visitor.submit(&page, "/sign-in", &with).await;
    let terms = owner.visitor.get(&format!("{}/me/services/forum/accept", demo.issuer)).await;
    owner.visitor.submit(&terms, "/me/services/forum/accept", &[("choice", "accept")]).await;
    let page = owner.choose(&demo.issuer, ["public", "members"]).await;
    assert!(page.words().contains("now: those who use this service; then: everybody"), "{}", page.words());
    owner.visitor.submit(&page, SETTINGS, &[("choice", "show")]).await;
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, Some(vec![VALUES[0].to_owned()]));

    // Who leaves the service and comes back begins with everything private.
    let page = owner.visitor.get(&format!("{}/me/services", demo.issuer)).await;
    owner.visitor.submit(&page, "/me/services/forum/leave", &[]).await;
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None);
    owner.visitor.visit(&demo, "forum", "steady@example.kz").await;
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, None, "private at first");
}

#[tokio::test]
async fn a_service_gets_what_people_show_there_and_nothing_of_other_services() {
    let mut demo = demo(On::Sqlite).await;
    let owner = Owner::new(&demo, "poster@example.kz").await;
    owner.set(&demo.issuer, ["public", "private"]).await;
    let token = demo.token("forum").await;
    let asked = reqwest::Client::new().post(format!("{}/v1/profiles/addresses", demo.issuer));
    let nobody = "A".repeat(32);
    let asked = asked.bearer_auth(token).json(&json!({ "subs": [owner.sub, nobody] })).send().await.unwrap();
    let addresses: Value = asked.json().await.unwrap();
    assert_eq!(addresses, json!({ "addresses": { (owner.sub.clone()): owner.id() } }));

    // Order is kept, what is nothing is left out; fifty at once and not one more.
    let ask = json!({ "profiles": [nobody, owner.id(), "no address", owner.id()] });
    let (status, body) = shown(&demo, "forum", &ask).await;
    assert_eq!((status, body["profiles"].as_array().unwrap().len()), (200, 2), "{body}");
    assert_eq!(body["profiles"][0]["fields"], json!({ "given_name": VALUES[0] }), "{body}");
    let (status, _) = shown(&demo, "forum", &json!({ "profiles": vec![owner.id(); 50] })).await;
    assert_eq!(status, 200);
    for wrong in [
        json!({ "profiles": vec![owner.id(); 51] }),
        json!({ "profiles": [], "viewer": "somebody" }),
        json!({ "profiles": [], "more": 1 }),
        json!([]),
    ] {
        assert_eq!(shown(&demo, "forum", &wrong).await.0, 400, "{wrong}");
    }
    // A service without profiles has none; the address of one service means nobody at another.
    assert_eq!(shown(&demo, "mail", &json!({ "profiles": [owner.id()] })).await.0, 403);
    let stranger = Visitor::new();
    assert_eq!(seen(&stranger, &demo.issuer, &owner.address.replace("forum", "mail")).await, None);
    let (status, read) = demo.read("forum", owner.id(), "agreement", &["given_name"]).await;
    assert_eq!(status, 403, "an address is no id: {read}");

    // What was set is there after a power cut.
    demo.restart();
    assert_eq!(seen(&Visitor::new(), &demo.issuer, &owner.address).await, Some(vec![VALUES[0].to_owned()]));
}

/// Somebody looks through one server until it is over, and counts a page that began and ended while it was narrowed.
async fn keep_looking(visitor: Arc<Visitor>, url: String, watch: Arc<Watch>) {
    while !watch.is_over.load(Ordering::SeqCst) {
        let before = watch.phase.load(Ordering::SeqCst);
        let page = visitor.get(&url).await;
        let is_narrowed = before % 2 == 1 && watch.phase.load(Ordering::SeqCst) == before;
        assert!(matches!(page.status, 200 | 404), "{}", page.status);
        let count = if page.status == 200 { &watch.shown } else { &watch.hidden };
        count.fetch_add(1, Ordering::Relaxed);
        watch.wrong.fetch_add(usize::from(page.status == 200 && is_narrowed), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An odd phase: a narrowing act was answered, and no widening one is begun.
#[derive(Default)]
struct Watch {
    phase: AtomicU32,
    is_over: AtomicBool,
    shown: AtomicUsize,
    hidden: AtomicUsize,
    wrong: AtomicUsize,
}

/// The person hides and shows, and whoever looks stops and begins to use the service: both ends of what a member sees.
#[tokio::test]
async fn after_a_narrowing_answer_no_look_begins_on_either_server() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    let nodes = [demo.issuer.clone(), second.address.clone()];
    let owner = Owner::new(&demo, "hider@example.kz").await;
    let member = Arc::new(newcomer(&demo, "looker@example.kz").await);
    member.visit(&demo, "forum", "looker@example.kz").await;
    owner.set(&demo.issuer, ["members", "private"]).await;
    let watch = Arc::new(Watch::default());
    let looks = (0..8).map(|at| {
        let url = format!("{}{}", nodes[at % 2], owner.address);
        tokio::spawn(keep_looking(Arc::clone(&member), url, Arc::clone(&watch)))
    });
    let looks: Vec<_> = looks.collect();
    for round in 0..6 {
        let node = &nodes[round % 2];
        if round % 3 == 2 {
            let page = member.get(&format!("{node}/me/services")).await;
            let left = member.submit(&page, "/me/services/forum/leave", &[]).await;
            assert!(left.url.contains("done=left"), "{}", left.words());
        } else {
            owner.set(node, ["private", "private"]).await;
        }
        watch.phase.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(500)).await;
        watch.phase.fetch_add(1, Ordering::SeqCst);
        if round % 3 == 2 {
            member.visit(&demo, "forum", "looker@example.kz").await;
        } else {
            owner.set(node, ["members", "private"]).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    watch.is_over.store(true, Ordering::SeqCst);
    for look in looks {
        look.await.unwrap();
    }
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    println!("{} looks shown, {} not", count(&watch.shown), count(&watch.hidden));
    assert_eq!(count(&watch.wrong), 0, "something was shown after a narrowing answer");
    assert!(count(&watch.shown) > 50 && count(&watch.hidden) > 50, "there was no load");
}
