//! Budgets of people on both engines: no number of nodes and restarts yields more people than the budget. Clause 3.4g.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

use std::sync::Arc;

use kepil_store::{Purse, Store, Window};
use kepil_testing::{On, World};

/// Runs the same body on both engines.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite { $(#[tokio::test] async fn $name() { super::$name(super::World::new(super::On::Sqlite, "minimal").await).await; })+ }
        mod on_postgres { $(#[tokio::test] async fn $name() { super::$name(super::World::new(super::On::Postgres, "minimal").await).await; })+ }
    };
}

on_both!(
    a_person_costs_once_on_any_node_and_after_a_restart,
    many_nodes_at_once_yield_no_more_people_than_the_budget,
    a_restart_loses_what_was_taken_and_gives_nothing_back,
    another_window_and_another_budget_are_counted_apart,
);

/// A window that has not ended for a long time.
fn window(name: &str, people: u32) -> Window {
    Window { name: name.to_owned(), people, since_s: 0, until_s: i64::MAX / 2 }
}

fn person(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

async fn spend(store: &Store, window: &Window, purse: &mut Purse, people: &[u32]) -> bool {
    let people: Vec<Vec<u8>> = people.iter().copied().map(person).collect();
    store.spend_budget(window, purse, &people).await.unwrap()
}

async fn a_person_costs_once_on_any_node_and_after_a_restart(world: World) {
    let (store, window) = (&world.store, window("service mail", 4));
    let (mut one, mut other) = (Purse::default(), Purse::default());
    assert!(spend(store, &window, &mut one, &[1, 2]).await);
    store.settle_budget(&window, &mut one).await.unwrap();
    assert!(spend(store, &window, &mut other, &[1, 2, 3]).await, "whom another node counted costs nothing");
    assert!(!spend(store, &window, &mut other, &[4, 5]).await, "all or nobody");
    assert!(spend(store, &window, &mut other, &[4]).await);
    assert!(!spend(store, &window, &mut one, &[5]).await);
    store.settle_budget(&window, &mut other).await.unwrap();
    let mut new = Purse::default();
    assert!(spend(store, &window, &mut new, &[1, 2, 3, 4]).await, "a restart counts nobody twice");
    assert!(!spend(store, &window, &mut new, &[5]).await, "and grants nobody more");
}

async fn many_nodes_at_once_yield_no_more_people_than_the_budget(world: World) {
    let window = Arc::new(window("service mail", 100));
    let nodes: Vec<_> = (0..8)
        .map(|node| {
            let (store, window) = (Arc::clone(&world.store), Arc::clone(&window));
            tokio::spawn(async move {
                let mut purse = Purse::default();
                let mut granted = 0;
                for number in 0..40 {
                    granted += usize::from(spend(&store, &window, &mut purse, &[node * 1000 + number]).await);
                }
                granted
            })
        })
        .collect();
    let mut granted = 0;
    for node in nodes {
        granted += node.await.unwrap();
    }
    // What a node took and did not use is not granted by another.
    assert!((93..=100).contains(&granted), "{granted} of 320 were granted");
}

async fn a_restart_loses_what_was_taken_and_gives_nothing_back(world: World) {
    // Blocks of 10: nine of them are taken and not used when the node is killed.
    let window = window("service mail", 640);
    let mut granted = 0;
    for restart in 0..100 {
        let mut purse = Purse::default();
        granted += usize::from(spend(&world.store, &window, &mut purse, &[restart]).await);
    }
    assert_eq!(granted, 64, "a thief who lets the node restart gets less, not more");
}

async fn another_window_and_another_budget_are_counted_apart(world: World) {
    let store = &world.store;
    let later = Window { since_s: 1, ..window("service mail", 1) };
    for window in [window("service mail", 1), window("service forum", 1), later] {
        let mut purse = Purse::default();
        assert!(spend(store, &window, &mut purse, &[1]).await);
        assert!(!spend(store, &window, &mut purse, &[2]).await);
    }
}
