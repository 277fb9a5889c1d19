//! Who looks at profiles, and who may: strangers are counted, invitations end, and nobody is named who is gone. Clauses 2.3a,
//! 4.5, 4.6, 6.1a.

use std::time::Duration;

use kepil_testing::{
    Demo, On, Visitor,
    visitor::{PASSWORD, link},
};

use crate::{
    demo,
    profiles::{Owner, SETTINGS, VALUES, invitations, invite, name, newcomer, seen},
};

/// What a person reads when the server was not let at their address.
const REFUSED: &str = "The server asked to read data and got a refusal";

/// What a letter is worth: the status of its page.
async fn worth(letter: &str) -> u16 {
    Visitor::new().get(&link(letter)).await.status
}

#[tokio::test]
async fn an_invitation_ends_with_the_acceptance_of_another_with_the_name_and_with_the_agreement() {
    let demo = demo(On::Sqlite).await;
    let owner = Owner::new(&demo, "inviting@example.kz").await;
    let email = "twice@example.kz";
    let guest = newcomer(&demo, email).await;
    owner.set(&demo.issuer, ["named", "private"]).await;
    let first = invite(&demo, &owner, email, email).await;
    name(&demo, &owner, email, email).await;
    assert_eq!(worth(&first).await, 410, "accepted by the other letter");
    let kept = invite(&demo, &owner, email, email).await;
    assert_eq!(worth(&kept).await, 200);
    let page = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
    owner.visitor.submit(&page, "/me/profile/forum/named/remove", &[]).await;
    assert_eq!(worth(&kept).await, 410, "the name was taken back, and the letter with it");
    assert_eq!(seen(&guest, &demo.issuer, &owner.address).await, None);

    // Who leaves and comes back on the same day is with strangers again.
    let before = invite(&demo, &owner, email, email).await;
    let page = owner.visitor.get(&format!("{}/me/services", demo.issuer)).await;
    owner.visitor.submit(&page, "/me/services/forum/leave", &[]).await;
    owner.visitor.visit(&demo, "forum", "inviting@example.kz").await;
    assert_eq!(worth(&before).await, 410);
}

#[tokio::test]
async fn who_blocked_everything_gets_no_invitation_and_who_is_gone_is_named_no_more() {
    let demo = demo(On::Sqlite).await;
    let owner = Owner::new(&demo, "asking@example.kz").await;
    let email = "closed@example.kz";
    let guest = newcomer(&demo, email).await;
    let page = guest.get(&format!("{}/me/block", demo.issuer)).await;
    guest.submit(&page, "/me/block", &[("action", "block")]).await;
    let settings = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
    owner.visitor.submit(&settings, "/me/profile/forum/named", &[("who", email)]).await;
    let activity = async || guest.get(&format!("{}/me/activity", demo.issuer)).await.words();
    for _ in 0..100 {
        if activity().await.contains(REFUSED) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(invitations(&demo, email).is_empty(), "a letter in spite of the block");
    guest.submit(&page, "/me/block", &[("action", "lift")]).await;
    name(&demo, &owner, email, email).await;
    assert_eq!(invitations(&demo, email).len(), 1);
    // The guest's ledger says who read the address: the server, once refused and once not.
    let activity = activity().await;
    assert!(activity.contains(REFUSED) && activity.contains("The server read your data"), "{activity}");

    let named = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
    assert!(!named.words().contains("Nobody yet."), "{}", named.words());
    let page = guest.get(&format!("{}/me/close", demo.issuer)).await;
    guest.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    let left = owner.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
    assert!(left.words().contains("Nobody yet."), "{}", left.words());
    let activity = owner.visitor.get(&format!("{}/me/activity", demo.issuer)).await.words();
    assert!(activity.contains("The server let fewer people see your data"), "{activity}");
}

/// How many entries the log of the account has.
async fn log_size(demo: &Demo, owner: &Owner) -> u64 {
    // Takes what waits into the log.
    owner.visitor.get(&format!("{}/me/activity", demo.issuer)).await;
    let checkpoint = Visitor::new().get(&format!("{}/ledger/account/checkpoint", demo.issuer)).await.text;
    checkpoint.lines().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn looks_of_strangers_are_counted_by_place_and_an_address_that_nobody_made_has_no_entry() {
    let arguments = ["--clock", "--proxy", "127.0.0.1/32"];
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &arguments).await;
    let owner = Owner::new(&demo, "watched@example.kz").await;
    owner.set(&demo.issuer, ["public", "private"]).await;
    let reader = Visitor::at("198.51.100.7");
    reader.register(&demo, "reader@example.kz").await;
    let shown = Some(vec![VALUES[0].to_owned()]);
    let before = log_size(&demo, &owner).await;
    let (stranger, neighbour) = (Visitor::at("198.51.100.7"), Visitor::at("198.51.100.8"));
    for at in ["A".repeat(32), owner.id().to_lowercase(), "x".to_owned()] {
        assert_eq!(seen(&stranger, &demo.issuer, &format!("/profiles/forum/{at}")).await, None);
    }
    assert_eq!(log_size(&demo, &owner).await, before, "an entry about nobody");
    for _ in 0..60 {
        assert_eq!(seen(&stranger, &demo.issuer, &owner.address).await, shown);
    }
    for _ in 0..3 {
        assert_eq!(stranger.get(&format!("{}{}", demo.issuer, owner.address)).await.status, 429);
    }
    assert_eq!(log_size(&demo, &owner).await, before + 60, "who is refused leaves no entry");
    assert_eq!(seen(&neighbour, &demo.issuer, &owner.address).await, shown);
    assert_eq!(seen(&reader, &demo.issuer, &owner.address).await, shown, "whoever is signed in");

    // Every look is on the owner's pages, once, whatever the moment.
    let (mut receipts, mut next) = (Vec::new(), Some("/me/activity".to_owned()));
    while let Some(path) = next {
        let page = owner.visitor.get(&format!("{}{path}", demo.issuer)).await;
        let links = page.attributes("#main a", "href");
        receipts.extend(links.iter().filter(|path| path.starts_with("/me/activity/")).cloned());
        next = links.into_iter().find(|path| path.contains("&after="));
        assert!(receipts.len() < 500, "the pages have no end");
    }
    let (all, looks) = (receipts.len(), count_looks(&owner, &demo, &receipts).await);
    receipts.sort();
    receipts.dedup();
    assert_eq!((receipts.len(), looks), (all, 62));
}

/// How many of the acts are looks.
async fn count_looks(owner: &Owner, demo: &Demo, receipts: &[String]) -> usize {
    let mut looks = 0;
    for path in receipts {
        let receipt = owner.visitor.get(&format!("{}{path}", demo.issuer)).await.text;
        looks += usize::from(receipt.contains("disseminate"));
    }
    looks
}
