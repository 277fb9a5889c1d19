//! Nobody without keys finds out which rows of two databases are about one person. Clause 3.1.5; issue: must show 3.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::sync::Arc;

use common::act;
use futures::{StreamExt as _, stream};
use kepil_domain::{
    EventId, Locator, Personal,
    gate::{Actor, Ask, Ground},
    joins::{Draw, Finding, Linker},
    ledger::{Act, compartment_tag},
    standing::Standing,
    vault::{IndexTerm, Provenance, Record, Ring, Value},
};
use kepil_policy::{Tag, Verb};
use kepil_store::{
    Amendment, Clock, Engine, JoinsAsk, Lane, NewPerson, NewRow, NewTicket, OsEntropy, PersonRow, Question, Store,
    StoreConfig, TicketKind,
};
use kepil_testing::{On, World};
use zeroize::Zeroizing;

/// How many do something at once.
const AT_ONCE: usize = 32;

/// How much somebody does, here and elsewhere alike: most people little, a few very much.
fn habit(number: u32) -> usize {
    match Draw::new(u64::from(number)).below(1000) {
        0..=1 => 40,
        2..=20 => 12,
        21..=150 => 4,
        _ => 1,
    }
}

async fn add(world: &World, number: u32) -> Locator {
    let policy = &world.policy.policy;
    let today = world.clock.now().day;
    let ring = Ring::random(world.store.keys(), policy, &mut OsEntropy).unwrap();
    let locator = ring.locator();
    let habit = habit(number);
    let mut rows = Vec::new();
    for (compartment, names) in [("people", &["address", "nickname"][..]), ("tastes", &["likes"][..])] {
        let tag = compartment_tag(compartment);
        let mut records: Vec<(Tag, Record)> = Vec::new();
        for name in names {
            let Some(field) = policy.find_field(name) else { continue };
            let class = policy.class(field.class).unwrap().tag;
            // Many share a domain; whoever does much has much to say.
            let text = format!("{}{number}@domain-{}.example", "x".repeat(habit * 4), number % 7);
            let value = Value { text: Personal::new(text), provenance: Provenance::Form, written: today };
            if !records.iter().any(|(tag, _)| *tag == class) {
                records.push((class, Record::default()));
            }
            records.iter_mut().find(|(tag, _)| *tag == class).unwrap().1.set(field.tag, value);
        }
        let mut standing = Standing { age_at_least: Some(18), ..Standing::default() };
        for service in policy.services() {
            standing.accept(service.tag, world.policy.no, today);
            for each in policy.uses_of(service).take(habit) {
                standing.consent(each.tag, world.policy.no, today, Vec::new());
            }
        }
        let acts = (0..=habit.min(3)).map(|_| act(Act::Accept)).collect();
        rows.push(NewRow { compartment: tag, standing, records, acts });
    }
    let address = Personal::new(format!("{number}@domain-{}.example", number % 7));
    let term = IndexTerm::of(world.store.keys(), "address", &address).unwrap();
    world.store.add_person(NewPerson { ring, terms: vec![term], rows }, world.clock.now()).await.unwrap();
    locator
}

/// Signs in, has something read of themselves in both compartments, and changes something in both; so often.
async fn live(world: &World, lane: &Lane, locator: Locator, times: usize) {
    let policy = &world.policy;
    for time in 0..times {
        let content = Zeroizing::new(vec![7; 40]);
        let until_s = world.clock.now().unix_s() + 30 * 86_400;
        let ticket = NewTicket { kind: TicketKind::Session, owner: Some(locator), family: None, until_s, content };
        world.store.add_ticket(ticket).await.unwrap();
        for compartment in ["people", "tastes"] {
            let shop = policy.policy.find_service("shop").unwrap();
            let ask = Ask {
                event: EventId::random(&mut OsEntropy).unwrap(),
                actor: Actor::Service(shop.id),
                ground: Ground::Use(policy.policy.find_use(shop, "orders").unwrap().id),
                verb: Verb::Extract,
                fields: [policy.policy.find_field("nickname").unwrap().id].into_iter().collect(),
                moment: world.clock.now(),
            };
            let tag = compartment_tag(compartment);
            lane.audited(Question::new(policy, ask, Some(locator), tag)).await.unwrap();
            if time % 3 == 0 {
                let change = |row: &PersonRow| -> Result<Amendment, kepil_store::StoreError> {
                    let records = (time % 2 == 0).then(|| row.danger_open_records()).transpose()?;
                    Ok(Amendment { standing: row.standing.clone(), records, acts: vec![act(Act::Consent)] })
                };
                world.store.amend(locator, tag, world.clock.now(), change).await.unwrap();
            }
        }
    }
}

/// An installation in which `people` live for most of a day of universal time: the crowd in which somebody is lost is a day's.
async fn lived_in(on: On, people: u32) -> World {
    let world = World::waiting(on, "minimal", 24).await;
    let lane = Lane::start(Arc::clone(&world.store));
    let morning = 86_400 - world.clock.now().unix_s().rem_euclid(86_400) + 600;
    world.clock.set_offset_s(morning);
    let (mut all, mut of_hour) = (Vec::new(), 0);
    for some in (0..people).collect::<Vec<_>>().chunks(usize::try_from(people / 16).unwrap()) {
        let added = stream::iter(some).map(|number| add(&world, *number)).buffered(AT_ONCE);
        all.extend(added.collect::<Vec<_>>().await);
        of_hour += 1;
        world.clock.set_offset_s(morning + of_hour * 4800);
        // Whoever does much is about often: some of those who are there by now live.
        let about = (0..).zip(&all).filter(|(number, _)| (*number + of_hour) % 6 == 0);
        let lives = about.map(|(number, locator)| (u32::try_from(number).unwrap(), *locator)).collect::<Vec<_>>();
        let lives = stream::iter(lives).map(|(number, at)| live(&world, &lane, at, habit(number).div_ceil(4)));
        lives.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
        world.store.sequence_all().await.unwrap();
    }
    world
}

async fn findings(world: &World, seed: u64) -> Vec<Finding> {
    let ask = JoinsAsk { seed, guesses_max: 10_000, days: None };
    world.store.joins(&world.policy.policy, ask, &|_, _, _| ()).await.unwrap()
}

fn table(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let of = &finding.measured;
        let verdict = if finding.is_leak() { "LEAK" } else { "ok" };
        format!(
            "{:14} {:14} {:16} {:34} {:6} {:6} {:5} {:6.1} {:4} {verdict}",
            of.pair.0,
            of.pair.1,
            of.linker.word(),
            of.way,
            of.guesses,
            of.candidates,
            of.matches,
            of.chance,
            finding.bound
        )
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn on_sqlite(people: u32) {
    let world = lived_in(On::Sqlite, people).await;
    let found = findings(&world, 1).await;
    assert!(found.iter().all(|finding| !finding.is_leak()), "{}", table(&found));
}

#[tokio::test]
async fn no_linker_does_better_than_chance_on_sqlite() {
    on_sqlite(2_000).await;
}

#[tokio::test]
async fn long_no_linker_does_better_than_chance_among_ten_thousand_on_sqlite() {
    on_sqlite(10_000).await;
}

/// After the night, as much as before it, nobody is found; before it the order of rows tells who was added when.
async fn on_postgresql(people: u32) {
    let world = lived_in(On::Postgres, people).await;
    let is_order = |finding: &Finding| matches!(finding.measured.linker, Linker::Rank | Linker::KeyOrder);
    let found = findings(&world, 1).await;
    assert!(found.iter().any(|finding| finding.is_leak() && is_order(finding)), "the test can fail: {}", table(&found));
    assert!(found.iter().all(|finding| !finding.is_leak() || is_order(finding)), "{}", table(&found));
    let mixed = world.store.mix_rows(&|_| ()).await.unwrap();
    assert!(mixed > u64::from(3 * people), "{mixed}");
    world.clock.set_offset_s(3 * 86_400);
    world.store.sequence_all().await.unwrap();
    let found = findings(&world, 1).await;
    assert!(found.iter().all(|finding| !finding.is_leak()), "{}", table(&found));
}

#[tokio::test]
async fn no_linker_does_better_than_chance_on_postgresql() {
    on_postgresql(1_000).await;
}

#[tokio::test]
async fn long_no_linker_does_better_than_chance_among_ten_thousand_on_postgresql() {
    on_postgresql(10_000).await;
}

/// Writes something into both databases of people that tells who is who, as a careless change of the program might.
type Plant = fn(&rusqlite::Connection, &str, &Handles);
/// People's ids in a database, and their numbers.
type Handles = Vec<(Vec<u8>, i64)>;

fn with_column(
    database: &rusqlite::Connection,
    kind: &str,
    people: &Handles,
    of: impl Fn(i64) -> rusqlite::types::Value,
) {
    database.execute_batch(&format!("ALTER TABLE person ADD COLUMN planted {kind}")).unwrap();
    let mut set = database.prepare("UPDATE person SET planted = ?1 WHERE handle = ?2").unwrap();
    for (handle, number) in people {
        set.execute((of(*number), handle)).unwrap();
    }
}

const PLANTS: [(Linker, Plant); 6] = [
    (Linker::Equality, |database, _, people| {
        with_column(database, "INTEGER", people, |number| (1_000_000_007 * (number + 1)).into());
    }),
    // The same rows in the order in which they came.
    (Linker::Rank, |database, _, people| {
        database.execute_batch("CREATE TABLE other AS SELECT * FROM person LIMIT 0; DELETE FROM other;").unwrap();
        let mut add = database.prepare("INSERT INTO other SELECT * FROM person WHERE handle = ?1").unwrap();
        for (handle, _) in people {
            add.execute((handle,)).unwrap();
        }
        database.execute_batch("DROP TABLE person; ALTER TABLE other RENAME TO person;").unwrap();
    }),
    (Linker::NearestTime, |database, name, people| {
        let late = if name == "people" { 0 } else { 3 };
        with_column(database, "INTEGER", people, |number| (1_790_000_000 + 60 * number + late).into());
    }),
    (Linker::Length, |database, _, people| {
        let mut set = database
            .prepare("UPDATE person SET records = CAST(records || zeroblob(?1) AS BLOB) WHERE handle = ?2")
            .unwrap();
        for (handle, number) in people {
            set.execute((number * 3, handle)).unwrap();
        }
    }),
    // How often somebody signed in: in both, though not about the same.
    (Linker::Count, |database, _, people| {
        with_column(database, "INTEGER", people, |number| (number * number % 50_021).into());
    }),
    // A part of a longer value: a hash of the address, after something random.
    (Linker::SharedHash, |database, _, people| {
        with_column(database, "BLOB", people, |number| {
            let mut lots = Draw::new(u64::try_from(number).unwrap());
            let hash = [lots.next_lot().to_be_bytes(), lots.next_lot().to_be_bytes()].concat();
            let mut random = [0; 13];
            kepil_domain::Entropy::fill(&mut OsEntropy, &mut random).unwrap();
            [random.as_slice(), &hash].concat().into()
        });
    }),
];

#[tokio::test]
async fn each_planted_leak_is_named_by_its_linker() {
    let world = World::waiting(On::Sqlite, "minimal", 24).await;
    let numbers: Vec<u32> = (0..1_000).collect();
    let people: Vec<Locator> =
        stream::iter(&numbers).map(|number| add(&world, *number)).buffered(AT_ONCE).collect().await;
    let mut handles = vec![("people", Handles::new()), ("tastes", Handles::new())];
    for (number, locator) in (0..).zip(&people) {
        let ring = world.store.find_ring(*locator).await.unwrap().unwrap();
        for (name, all) in &mut handles {
            all.push((ring.part(compartment_tag(name)).unwrap().handle().0.to_vec(), number));
        }
    }
    let stopped = world.stopped();
    let folder = stopped.store_folder();
    let clean = |name: &str| std::fs::read(folder.join(format!("people_{name}.db"))).unwrap();
    for (name, _) in &handles {
        let database = rusqlite::Connection::open(folder.join(format!("people_{name}.db"))).unwrap();
        database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    }
    let before: Vec<Vec<u8>> = handles.iter().map(|(name, _)| clean(name)).collect();
    let mut stopped = stopped;
    for (linker, plant) in PLANTS {
        for ((name, people), clean) in handles.iter().zip(&before) {
            let path = folder.join(format!("people_{name}.db"));
            for end in ["-wal", "-shm"] {
                drop(std::fs::remove_file(folder.join(format!("people_{name}.db{end}"))));
            }
            std::fs::write(&path, clean).unwrap();
            let mut database = rusqlite::Connection::open(&path).unwrap();
            let all = database.transaction().unwrap();
            plant(&all, name, people);
            all.commit().unwrap();
        }
        let world = stopped.started().await;
        let found = findings(&world, 3).await;
        let both =
            |finding: &&Finding| finding.measured.pair == ("people_people".to_owned(), "people_tastes".to_owned());
        let leaks: Vec<Linker> =
            found.iter().filter(both).filter(|it| it.is_leak()).map(|it| it.measured.linker).collect();
        assert!(leaks.contains(&linker), "{}: {}", linker.word(), table(&found));
        stopped = world.stopped();
    }
}

#[tokio::test]
async fn the_role_of_one_compartment_cannot_read_another() {
    let world = World::new(On::Postgres, "minimal").await;
    let Engine::Postgres { url } = &world.config.engine else { panic!("another engine") };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT nspname::text, nspowner::regrole::text FROM pg_namespace WHERE nspowner::regrole::text LIKE 'kepil\\_%' ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    let schemas: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let names: Vec<&str> = schemas.iter().map(|(schema, _)| schema.as_str()).collect();
    assert_eq!(
        names,
        ["contents", "keys", "ledger_people", "ledger_tastes", "people_people", "people_tastes", "system"]
    );
    let table = |schema: &str| match schema {
        "contents" => "content",
        "keys" => "ring",
        "system" => "ticket",
        name if name.starts_with("people_") => "person",
        _ => "leaf",
    };
    for (own, role) in &schemas {
        client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        for (other, _) in &schemas {
            let read = client.query(&format!("SELECT count(*) FROM {other}.{}", table(other)), &[]).await;
            let code = read.err().map(|error| error.code().unwrap().code().to_owned());
            assert_eq!(code.as_deref(), (own != other).then_some("42501"), "{own} reads {other}");
        }
        client.batch_execute("RESET ROLE").await.unwrap();
    }
}

#[tokio::test]
async fn whoever_may_not_make_roles_is_told_what_to_run() {
    let world = World::new(On::Postgres, "minimal").await;
    let Engine::Postgres { url } = &world.config.engine else { panic!("another engine") };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut random = [0; 6];
    kepil_domain::Entropy::fill(&mut OsEntropy, &mut random).unwrap();
    let (login, base) = (format!("login_{}", kepil_domain::hex(&random)), format!("d{}", kepil_domain::hex(&random)));
    client.batch_execute(&format!("CREATE ROLE {login} LOGIN")).await.unwrap();
    client.batch_execute(&format!("CREATE DATABASE {base} OWNER {login}")).await.unwrap();
    let url = url.split(' ').filter(|part| !part.starts_with("user=") && !part.starts_with("dbname="));
    let url = url.chain([format!("user={login}").as_str(), &format!("dbname={base}")]).collect::<Vec<_>>().join(" ");
    let config = StoreConfig { engine: Engine::Postgres { url }, ..world.config.clone() };
    let sealers = ["third", "fourth"].map(|name| world.folder.path().join(name)).to_vec();
    let config = StoreConfig { sealers, ..config };
    let said = Store::install(&config).await.unwrap_err().to_string();
    assert!(
        said.contains("CREATE ROLE kepil_keys_") && said.contains(&format!("ALTER ROLE \"{login}\" CREATEROLE")),
        "{said}"
    );
    // Told so once, it makes them all, and is no superuser.
    client.batch_execute(&format!("ALTER ROLE {login} CREATEROLE")).await.unwrap();
    Store::install(&config).await.unwrap();
    let store = Store::open(&config, Arc::clone(&world.clock) as Arc<dyn Clock>).await.unwrap();
    store.prepare(&world.policy.policy).await.unwrap();
    assert_eq!(store.sequence_all().await.unwrap(), 0);
}
