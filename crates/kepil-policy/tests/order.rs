//! The parts of a policy stand in the order in which the bundle writes them, so the bundle's author orders forms and pages.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod common;

use kepil_policy::compile;

#[test]
fn fields_stand_in_the_order_of_the_bundle() {
    let policy = compile(&common::base()).unwrap();
    let names: Vec<&str> = policy.fields().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(
        names,
        ["given_name", "birth_date", "residence", "email", "phone", "language", "browser", "age_at_least_18", "region"]
    );
}

#[test]
fn uses_stand_in_the_order_of_the_bundle() {
    let policy = compile(&common::base()).unwrap();
    let of = |name: &str| -> Vec<String> {
        policy.uses_of(policy.find_service(name).unwrap()).map(|each| each.purpose.clone()).collect()
    };
    assert_eq!(of("mail"), ["delivery", "courier"]);
    assert_eq!(of("account"), ["sign_in", "measure", "accounting"]);
}

#[test]
fn a_general_service_gets_what_it_needs_and_no_more() {
    let policy = compile(&common::base()).unwrap();
    let forum = policy.find_service("forum").unwrap();
    let row = policy.find_use(forum, "agreement").unwrap();
    let names: Vec<&str> = row.fields.iter().map(|id| policy.field(id).unwrap().name.as_str()).collect();
    assert_eq!(names, ["given_name", "email"]);
}

#[test]
fn a_general_service_may_need_a_derived_field_instead_of_its_source() {
    let mut bundle = common::base();
    let text = bundle.files.get_mut("services/forum.toml").unwrap();
    *text = text.replace("[\"given_name\", \"email\"]", "[\"age_at_least_18\"]");
    let policy = compile(&bundle).unwrap();
    let row = policy.find_use(policy.find_service("forum").unwrap(), "agreement").unwrap();
    let names: Vec<&str> = row.fields.iter().map(|id| policy.field(id).unwrap().name.as_str()).collect();
    assert_eq!(names, ["age_at_least_18"]);
}
