//! The values of `docs/vectors/ledger.json`: made here, and compared with the file, so that it does not go stale. Without the
//! file the test writes it. Clause 5.1.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{collections::HashMap, path::Path};

use common::{Counting, NOW};
use kepil_domain::{
    EventId, Hour, Locator, hex,
    ledger::{
        Act, AddCheckpoint, Entry, Hash, Leaf, LedgerKey, NewEntry, Notice, Nth, Payload, ProofFile, TilePlace,
        TileSource, TlogProof, Tree, WitnessKey, compartment_tag, consistency, hash_leaf, inclusion, open_payload,
        root_at,
    },
    vault::Ring,
};
use kepil_policy::Verb;
use serde_json::{Value, json};

struct Tiles(HashMap<(u32, u64), Vec<Hash>>);

impl TileSource for Tiles {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        self.0.get(&(level, n)).cloned()
    }
}

/// A ring with one part and no keep class: no bundle changes it.
fn ring() -> Ring {
    let mut bytes = vec![2, 1];
    bytes.extend(compartment_tag("account").0.to_be_bytes());
    bytes.extend([8; 16]);
    bytes.extend([[3; 32], [4; 32]].concat());
    bytes.extend([0; 2]);
    Ring::from_bytes(Locator([9; 16]), &bytes).unwrap()
}

/// Three hundred leaves: entry 13 has a text, the others are numbers.
fn leaves() -> (Vec<Leaf>, Entry, Ring) {
    let ring = ring();
    let part = ring.part(compartment_tag("account")).unwrap();
    let payload = Payload {
        v: 1,
        at_ms: NOW.unix_ms,
        act: "extract".into(),
        actor: "service".into(),
        service: Some("mail".into()),
        purpose: Some("delivery".into()),
        fields: vec!["given_name".into()],
        edition: 1,
        policy: "00".into(),
        ..Payload::default()
    };
    let event = EventId::random(&mut Counting(3 << 20)).unwrap();
    let new = NewEntry { event, act: Act::Did(Verb::Extract), hour: NOW.hour(), nth: Nth::Change(1) };
    let own = Entry::seal(part, new, &payload, &mut Counting(2 << 20)).unwrap();
    let leaf = |number: u8| Leaf {
        event: EventId([number; 16]),
        hour: NOW.hour(),
        act: Act::Accept.code(),
        commitment: [number; 32],
    };
    let all = (0..300u16).map(|number| {
        let mut leaf = leaf(u8::try_from(number % 256).unwrap());
        leaf.event.0[..2].copy_from_slice(&number.to_be_bytes());
        if number == 13 { own.leaf } else { leaf }
    });
    (all.collect(), own.clone(), ring)
}

fn hours_of(hours: &[(u32, Option<Notice>)]) -> Vec<String> {
    let leaf = |(at, (hour, notice)): (usize, &(u32, Option<Notice>))| {
        let event = EventId([u8::try_from(at).unwrap(); 16]);
        let plain = Leaf { event, hour: Hour(*hour), act: Act::Accept.code(), commitment: [0; 32] };
        hex(&notice.map_or(plain, |notice| notice.leaf(event, Hour(*hour))).to_bytes())
    };
    hours.iter().enumerate().map(leaf).collect()
}

fn vectors() -> Value {
    let (leaves, own, ring) = leaves();
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    leaves.iter().for_each(|leaf| tree.append(hash_leaf(&leaf.to_bytes()), &mut full));
    let tiles = full.into_iter().chain(tree.edge_tiles()).map(|tile| ((tile.level, tile.n), tile.hashes));
    let tiles = Tiles(tiles.collect());
    let key = LedgerKey::from_seed("kepil/0000000000000000/account".to_owned(), &[1; 32]).unwrap();
    let witness = WitnessKey::from_seed("witness.example".to_owned(), &[2; 32]).unwrap();
    let note = key.sign(tree.size(), &tree.root());
    let cosigned_s = u64::try_from(NOW.unix_ms / 1000).unwrap();
    let line = witness.sign(&note, cosigned_s).unwrap();
    let hexes = |hashes: &[Hash]| hashes.iter().map(|hash| hex(hash)).collect::<Vec<_>>();
    let proofs = [(1, 300), (2, 3), (128, 256), (255, 300), (256, 300), (257, 299), (300, 300)];
    let proofs = proofs
        .map(|(old, new)| json!({ "old": old, "new": new, "path": hexes(&consistency(&tiles, old, new).unwrap()) }));
    let sizes = [0, 1, 2, 3, 13, 128, 255, 256, 257, 300];
    let roots = sizes.map(|size: u64| (size.to_string(), Value::from(hex(&root_at(&tiles, size).unwrap()))));
    let part = ring.part(compartment_tag("account")).unwrap();
    let (text, commit) = open_payload(part, &own.leaf, &own.payload).unwrap();
    let path = inclusion(&tiles, 13, 300).unwrap();
    let extra = Some(leaves[299].to_bytes().to_vec());
    let proof = TlogProof { extra, index: 299, path: inclusion(&tiles, 299, 300).unwrap(), note: note.clone() };
    let places = [(Some(0), 0, 256), (Some(1), 5, 7), (None, 1_234_067, 256), (None, 1000, 44)];
    let places = places.map(|(level, n, width)| {
        let path = TilePlace { level, n, width }.path();
        json!({ "level": level, "n": n, "width": width, "path": path })
    });
    let acts = Act::own().chain(Verb::ALL.iter().map(|verb| Act::Did(*verb)));
    let acts: serde_json::Map<String, Value> = acts.map(|act| (act.word().to_owned(), act.code().into())).collect();
    let add = AddCheckpoint { old: 257, path: consistency(&tiles, 257, 300).unwrap(), note: note.clone() };
    let notice = Notice::Late { entries: 2, oldest: Hour(90) };
    let restored = Notice::Restored { generation: 2, kept: 300, held: 312 }.leaf(EventId([9; 16]), Hour(100));
    json!({
        "acts": acts,
        "leaves": leaves.iter().map(|leaf| hex(&leaf.to_bytes())).collect::<Vec<_>>(),
        "leaf_hashes": hexes(&[hash_leaf(&leaves[0].to_bytes()), hash_leaf(&leaves[1].to_bytes())]),
        "roots": roots.into_iter().collect::<serde_json::Map<_, _>>(),
        "consistency": proofs,
        "paths": places,
        "log_seed": hex(&[1; 32]),
        "log_key": key.verify_key().to_string(),
        "checkpoint": note.clone(),
        "witness_seed": hex(&[2; 32]),
        "witness_key": witness.verify_key().to_string(),
        "cosigned": format!("{note}{line}"),
        "cosigned_s": cosigned_s,
        "add_checkpoint": add.to_text(),
        "receipt": ProofFile::new(text, &commit, &own.leaf, 13, &path, &note),
        "tlog_proof": proof.to_text(),
        "late": hours_of(&[(100, None), (98, None), (100, Some(notice)), (90, None), (95, None), (100, None)]),
        "restored": hex(&restored.to_bytes()),
        "dated_back": hours_of(&[(100, None), (97, None)]),
    })
}

#[test]
fn the_vectors_in_the_documents_are_those_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors/ledger.json");
    let made = format!("{:#}\n", vectors());
    if !path.exists() {
        std::fs::write(&path, &made).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == made,
        "remove `docs/vectors/ledger.json` and run this test again"
    );
}

#[test]
fn the_witness_of_the_vectors_verifies_and_no_bent_note_does() {
    let all = vectors();
    let text = |name: &str| all[name].as_str().unwrap().to_owned();
    let witness = kepil_domain::ledger::WitnessVerifyKey::parse(&text("witness_key")).unwrap();
    let note = text("cosigned");
    assert_eq!(witness.verify(&note).unwrap().checkpoint.size, 300);
    for bit in 0..note.len() * 8 {
        let mut bent = note.clone().into_bytes();
        bent[bit / 8] ^= 1 << (bit % 8);
        let Ok(bent) = String::from_utf8(bent) else { continue };
        let log = kepil_domain::ledger::VerifyKey::parse(&text("log_key")).unwrap();
        assert!(witness.verify(&bent).is_err() || log.verify(&bent).is_err(), "bit {bit}");
    }
    assert!(witness.verify(&text("checkpoint")).is_err(), "not signed by it");
    assert!(kepil_domain::ledger::WitnessVerifyKey::parse(&text("log_key")).is_err(), "a log is no witness");
}
