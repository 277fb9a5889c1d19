//! Somebody asked about a person who does not exist: a planted record. Clause 3.4g.
//!
//! Nobody has a reason to, so whoever did got the name from where it should not be. The administrator learns it by the log and a
//! count, the privacy officer by letter; whoever asked learns nothing, and waits for nothing.

use std::sync::Arc;

use kepil_domain::{
    EventId, Personal,
    gate::{Actor, Ask},
};
use kepil_policy::{Effective, Language};

use crate::{
    App,
    pages::{Letter, Words, Written},
    throttle::{self, Limit},
};

/// Letters about one who asks: the first one tells enough, and a mailbox is not filled.
const LETTERS: Limit = Limit { tries: 1, window_s: 3600 };

/// Who asked, and under which name the ledger has it.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    actor: Actor,
    event: EventId,
}

impl From<&Ask> for Asked {
    fn from(ask: &Ask) -> Self {
        Self { actor: ask.actor, event: ask.event }
    }
}

/// Tells the administrator and the officer.
pub(super) fn raise(app: &App, edition: &Arc<Effective>, asked: Asked) {
    let service = match asked.actor {
        Actor::Service(id) => edition.policy.service(id),
        _ => None,
    };
    let (by, name) = (asked.actor.word(), service.map_or("", |service| service.name.as_str()));
    app.metrics.planted_read(by);
    tracing::error!(code = by, service = name, event = %asked.event, "a planted record was asked for");
    let key = throttle::key(app.store.keys(), "planted", &Personal::new(format!("{by} {name}")));
    if !app.throttle.services.count_within(&[(key, LETTERS)], app.now().unix_s()) {
        return;
    }
    let letter = written(edition, if name.is_empty() { by } else { name }, &asked.event.to_string());
    let (app, to) = (app.clone(), Personal::new(edition.policy.operator().contact.clone()));
    tokio::spawn(async move {
        if let Err(error) = app.mailer.send(&to, &letter).await {
            tracing::error!(error = %error, "the officer could not be told of a planted record");
        }
    });
}

/// One letter in every language: whoever reads it may have any.
fn written(edition: &Effective, by: &str, event: &str) -> Written {
    let letter = Letter::Planted { by, event };
    let write = |language: &Language| letter.write(Words::of(*language), edition.policy.operator().name.get(*language));
    let all: Vec<Written> = Language::ALL.iter().map(write).collect();
    let (subjects, bodies): (Vec<String>, Vec<String>) =
        all.into_iter().map(|written| (written.subject, written.body)).unzip();
    Written { subject: subjects.join(" / "), body: bodies.join("\n") }
}
