//! What services are told is what `sdk/vectors` says: the client in `sdk/` is tested by the same files. Clauses 2.1¶C,
//! 3.1.3.

use std::{collections::BTreeSet, fs, path::Path};

use kepil_domain::vault::Provenance;
use serde_json::{Value, json};

use super::*;

/// A recorded request and its answer.
fn vector(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../sdk/vectors/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn answer_of(name: &str) -> Value {
    vector(name)["answer"].take()
}

fn value(value: &str, source: Provenance, assurance: &'static str) -> FieldReply {
    FieldReply { value: value.to_owned(), source: source.word(), assurance }
}

fn not_granted(field: &str, reason: Option<Refusal>) -> WithheldReply {
    withheld(Withheld { field: field.to_owned(), reason })
}

fn told<const N: usize>(fields: [(&str, FieldReply); N], withheld: Vec<WithheldReply>) -> Value {
    let fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    let receipt = Some("000102030405060708090a0b0c0d0e0f".to_owned());
    json!({ "status": 200, "body": ReadReply { fields, withheld, receipt } })
}

fn problem(error: HttpError) -> Value {
    json!({ "status": error.kind().0.as_u16(), "body": error.problem() })
}

fn nothing(error: HttpError, withheld: Vec<WithheldReply>) -> Value {
    let status = error.kind().0.as_u16();
    json!({ "status": status, "body": NothingReply { problem: error.problem(), withheld } })
}

#[test]
fn a_service_is_told_what_its_client_is_tested_by() {
    let (email, name) = ("guest@example.kz", "Әйгерім");
    let both = [
        ("email", value(email, Provenance::Form, "channel_confirmed")),
        ("given_name", value(name, Provenance::Edit, "self_asserted")),
    ];
    assert_eq!(told(both, vec![]), answer_of("read"));
    let one = [("email", value(email, Provenance::Import, "self_asserted"))];
    let left = vec![not_granted("given_name", None), not_granted("phone", Some(Refusal::OutsidePurpose))];
    assert_eq!(told(one, left), answer_of("read_partly"));
    let left = vec![not_granted("email", None), not_granted("given_name", None)];
    assert_eq!(nothing(HttpError::Withheld, left), answer_of("read_nothing"));
    let refused = HttpError::from(ActionError::Refused(Refusal::UnknownPurpose));
    assert_eq!(nothing(refused, vec![]), answer_of("read_purpose"));
    assert_eq!(json!({ "status": 200, "body": EndedReply { ended: true } }), answer_of("ended"));
    assert_eq!(problem(ActionError::Input("fields").into()), answer_of("bad_input"));
    assert_eq!(problem(HttpError::Unauthorised), answer_of("unauthorised"));
    let over = HttpError::from(ActionError::OverBudget { wait_s: 3600 });
    let mut said = answer_of("over_budget");
    assert_eq!(problem(ActionError::OverBudget { wait_s: 1 }.into())["body"], said["body"]);
    assert_eq!(over.into_json().headers()["retry-after"], said["retry_after"].take().as_str().unwrap());
    for (name, error) in [("busy", ActionError::Busy), ("unavailable", ActionError::Broken("a disk".to_owned()))] {
        let mut said = answer_of(name);
        assert_eq!(said["retry_after"].take(), json!("1"), "as `http::hardened` sets it");
        assert_eq!(problem(error.into())["body"], said["body"]);
    }
}

#[test]
fn requests_of_the_client_are_read_and_each_vector_is_of_a_call_that_is_described() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/vectors");
    let stem = |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let names: BTreeSet<String> = fs::read_dir(folder).unwrap().map(|entry| stem(entry.unwrap().path())).collect();
    let described = serde_json::to_value(description()).unwrap();
    for name in names.iter().filter(|name| !["discovery", "token", "token_refused", "busy"].contains(&name.as_str())) {
        let vector = vector(name);
        let (path, status) = (vector["request"]["path"].as_str().unwrap(), vector["answer"]["status"].to_string());
        let body = vector["request"]["body"].clone();
        let is_read = match path {
            "/v1/reads" => serde_json::from_value::<ReadQuery>(body).is_ok(),
            "/v1/agreements/end" => serde_json::from_value::<EndQuery>(body).is_ok(),
            // Calls that others add to the API have their own tests; here they need only be described.
            _ => true,
        };
        assert!(is_read, "{name}");
        let answers = &described["paths"][path]["post"]["responses"];
        assert!(answers[&status].is_object(), "{name}: {path} {status} is not described");
    }
}
