//! The linkers of `kepil doctor joins`: quiet where two databases share nothing, and each finds what it is there for. Clause 3.1.5.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

use kepil_domain::joins::{Draw, Finding, Linker, Side, Trace, judge, measure};

const PEOPLE: u32 = 2_000;

/// A database in which nothing of a person is as in another one: everything is drawn.
fn side(name: &str, seed: u64) -> Side {
    let mut draw = Draw::new(seed);
    let mut order: Vec<u32> = (0..PEOPLE).collect();
    draw.shuffle(&mut order);
    let traces = (0..PEOPLE).zip(order).map(|(whose, order)| Trace {
        whose: Some(whose),
        order,
        kind: 0,
        values: vec![draw.next_lot(), 7],
        texts: vec![(0..4).flat_map(|_| draw.next_lot().to_be_bytes()).collect()],
        times: vec![3600 * i64::try_from(draw.below(5)).unwrap()],
        bytes: 512 << (2 * draw.below(3)),
        rows: 1 + i64::try_from(draw.below(2)).unwrap(),
        numbers: 0,
        edits: 0,
    });
    Side { name: name.to_owned(), traces: traces.collect(), is_keys: false }
}

fn found(left: &Side, right: &Side) -> Vec<Finding> {
    judge(measure(left, right, 10_000, &mut Draw::new(5)))
}

fn leaks(left: &Side, right: &Side) -> Vec<Linker> {
    found(left, right).iter().filter(|finding| finding.is_leak()).map(|finding| finding.measured.linker).collect()
}

#[test]
fn databases_that_share_nothing_are_not_accused() {
    for seed in 0..20 {
        let (left, right) = (side("one", seed), side("other", seed + 1000));
        assert_eq!(leaks(&left, &right), [], "seed {seed}");
    }
    let all = found(&side("one", 1), &side("other", 2));
    assert!(all.iter().all(|finding| (finding.measured.chance - 1.0).abs() < 1e-9 && finding.bound >= 5));
}

/// Something of a person that both databases have.
type Plant = fn(&mut Trace);

#[test]
fn each_planted_leak_is_found_by_its_linker() {
    let plants: [(Linker, Plant); 6] = [
        (Linker::Equality, |trace| trace.values.push(u64::from(trace.whose.unwrap()) << 20)),
        (Linker::SharedHash, |trace| {
            let hash = Draw::new(u64::from(trace.whose.unwrap())).next_lot().to_be_bytes();
            trace.texts.push([&[1, 2, 3][..], &hash, &hash].concat());
        }),
        (Linker::Rank, |trace| trace.order = trace.whose.unwrap()),
        (Linker::NearestTime, |trace| trace.times = vec![i64::from(trace.whose.unwrap()) * 60]),
        (Linker::Length, |trace| trace.bytes = 500 + i64::from(trace.whose.unwrap())),
        (Linker::Count, |trace| trace.rows = 1 + i64::from(trace.whose.unwrap() / 3)),
    ];
    for (linker, plant) in plants {
        let (mut left, mut right) = (side("one", 3), side("other", 4));
        left.traces.iter_mut().chain(&mut right.traces).for_each(plant);
        let leaks = leaks(&left, &right);
        assert!(leaks.contains(&linker), "{}: {leaks:?}", linker.word());
        let keyed = Side { is_keys: true, ..right };
        assert!(linker != Linker::Rank || self::leaks(&left, &keyed).contains(&Linker::KeyOrder));
    }
}

#[test]
fn an_order_is_found_though_one_side_lacks_some_and_hours_are_coarse() {
    let (mut left, mut right) = (side("one", 5), side("other", 6));
    left.traces.iter_mut().chain(&mut right.traces).for_each(|trace| trace.order = trace.whose.unwrap());
    right.traces.retain(|trace| trace.whose.unwrap() % 5 != 0);
    assert!(leaks(&left, &right).contains(&Linker::Rank));
    // Nobody's place is the same, but within each hour the order is.
    let hour = |trace: &mut Trace| trace.times = vec![i64::from(trace.whose.unwrap() / 100) * 3600];
    left.traces.iter_mut().chain(&mut right.traces).for_each(hour);
    left.traces.iter_mut().for_each(|trace| trace.order = 7919 * (trace.order / 100 % 20) + trace.order % 100);
    assert!(leaks(&left, &right).contains(&Linker::NearestTime));
}

#[test]
fn somebody_with_many_traces_is_expected_to_be_hit_more_often() {
    let (left, mut right) = (side("one", 8), side("other", 9));
    let more = right.traces.clone();
    right.traces.extend(more);
    let all = found(&left, &right);
    assert!(all.iter().all(|finding| (finding.measured.chance - 1.0).abs() < 1e-9));
    assert!(all.iter().all(|finding| finding.measured.candidates == 2 * PEOPLE));
}
