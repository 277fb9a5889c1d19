//! A permit cannot be written down: only the gate makes one.

use kepil_domain::{EventId, Moment, gate::Permit};
use kepil_policy::{FieldSet, Verb};

fn forge(event: EventId, moment: Moment) -> Permit {
    Permit { event, verb: Verb::Extract, fields: FieldSet::ALL, moment }
}

fn main() {}
