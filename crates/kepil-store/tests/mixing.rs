//! Rows are mixed while others write: nothing that is removed meanwhile stays, and nobody else loses a row. Clauses 3.1.5, 3.7.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use common::{all_there, destroy, make_many, rename};
use kepil_store::{Clock, NewTicket, TicketKind};
use kepil_testing::{On, World};
use zeroize::Zeroizing;

const LEAVING: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_while_rows_are_mixed_is_gone() {
    let world = World::new(On::Postgres, "minimal").await;
    let mut people = make_many(&world, LEAVING + 40).await;
    let stay = people.split_off(LEAVING);
    let ticket = |owner| NewTicket {
        kind: TicketKind::Session,
        owner: Some(owner),
        family: None,
        until_s: world.clock.now().unix_s() + 3600,
        content: Zeroizing::new(vec![7]),
    };
    let mut sessions = Vec::new();
    for made in &people {
        sessions.push(world.store.add_ticket(ticket(made.locator)).await.unwrap());
    }
    let (mixer, is_over) = (world.another_node().await, Arc::new(AtomicBool::new(false)));
    let over = Arc::clone(&is_over);
    let mixing = tokio::spawn(async move {
        let mut rounds = 0;
        while !over.load(Ordering::Relaxed) {
            mixer.store.mix_rows(&|_| ()).await.unwrap();
            rounds += 1;
        }
        rounds
    });
    for (at, made) in people.iter().enumerate() {
        world.store.remove_tickets_of(made.locator).await.unwrap();
        destroy(&world, made, u8::try_from(at).unwrap()).await;
        rename(&world, &stay[at % stay.len()], "Айгүл").await;
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(mixing.await.unwrap() > 2, "rows were mixed all the while");
    let now_s = world.clock.now().unix_s();
    let (mut rings, mut tickets) = (0, 0);
    for (made, session) in people.iter().zip(&sessions) {
        rings += usize::from(world.store.find_ring(made.locator).await.unwrap().is_some());
        let found = world.store.find_ticket(TicketKind::Session, session, now_s).await.unwrap();
        tickets += usize::from(found.is_some());
    }
    assert_eq!((rings, tickets), (0, 0), "rings and sessions that came through");
    all_there(&world, &stay).await;
}
