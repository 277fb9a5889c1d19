//! A bundle as large as an operator with many services has: it compiles, and every part of it is found by name and tag.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]
mod common;

use std::fmt::Write as _;

use kepil_policy::{Bundle, Category, Policy, Tag, Verb, compile, diff};

/// As many in a debug run as it bears; nothing in the compiler grows with the square of it.
const SERVICES: usize = 100;
const FIELDS: usize = 30;
const PURPOSES: usize = 20;

/// The base bundle with that many services more, each with its own policy, fields and purposes.
fn large(services: usize) -> Bundle {
    let mut bundle = common::base();
    let label = "{ ru = \"Ещё\", kk = \"Тағы\", en = \"More\" }";
    let names: Vec<String> = (0..FIELDS).map(|number| format!("extra_{number}")).collect();
    let mut fields = String::new();
    for name in &names {
        write!(fields, "[field.{name}]\ncategory = \"preference\"\nkind = \"text\"\ncompartment = \"account\"\n")
            .unwrap();
        writeln!(fields, "form = \"request\"\nlabel = {label}\nwhy = {label}").unwrap();
    }
    bundle.files.insert("more.toml".to_owned(), fields);
    let list = format!("[\"{}\"]", names.join("\", \""));
    for service in 0..services {
        let mut text = format!(
            "[service.extra_{service}]\nkind = \"own\"\npolicy = \"own\"\nlabel = {label}\nabout = {label}\n\
             documents = [\"extra_{service}\"]\n"
        );
        let mut body = String::new();
        for purpose in 0..PURPOSES {
            write!(
                text,
                "[service.extra_{service}.purpose.use_{purpose}]\nconsent = \"own\"\nbasis = \"consent\"\n\
                 verbs = [\"collect\", \"store\", \"use\", \"destroy\"]\nfields = {list}\nkeep = \"consent\"\n\
                 compartment = \"account\"\nlabel = {label}\n"
            )
            .unwrap();
            writeln!(body, "{{{{purpose:extra_{service}/use_{purpose}}}}}").unwrap();
        }
        write!(
            text,
            "# The document of the service.\n[service.extra_{service}.purpose.last]\nnarrows = \"agreement\"\n\
             basis = \"consent\"\nverbs = [\"use\"]\nfields = [\"email\"]\nkeep = \"agreement\"\n\
             compartment = \"account\"\nlabel = {label}\n"
        )
        .unwrap();
        writeln!(body, "{{{{purpose:extra_{service}/last}}}}").unwrap();
        bundle.files.insert(format!("services/extra_{service}.toml"), text);
        let document = format!(
            "[document.extra_{service}]\nkind = \"policy\"\nversion = \"1\"\ntitle = {label}\ntext = \"extra_{service}\"\n"
        );
        bundle.files.insert(format!("document_{service}.toml"), document);
        for language in ["ru", "kk", "en"] {
            bundle.files.insert(format!("texts/extra_{service}.{language}.md"), body.clone());
        }
    }
    bundle
}

fn compiled(services: usize) -> Policy {
    compile(&large(services)).unwrap_or_else(|faults| panic!("{}", common::report(&faults[..faults.len().min(5)])))
}

#[test]
fn a_large_bundle_compiles_and_every_part_of_it_is_found() {
    let policy = compiled(SERVICES);
    assert_eq!(policy.services().len(), 4 + SERVICES);
    assert_eq!(policy.uses().len(), compile(&common::base()).unwrap().uses().len() + SERVICES * (PURPOSES + 1));
    for field in policy.fields() {
        assert_eq!(policy.find_field(&field.name).unwrap().id, field.id);
        assert_eq!(policy.field_tagged(field.tag).unwrap().id, field.id);
    }
    for service in policy.services() {
        assert_eq!(policy.find_service(&service.name).unwrap().id, service.id);
        assert_eq!(policy.service_tagged(service.tag).unwrap().id, service.id);
        for each in policy.uses_of(service) {
            assert_eq!(policy.use_tagged(each.tag).unwrap().id, each.id);
            assert_eq!(policy.find_use(service, &each.purpose).unwrap().id, each.id);
        }
    }
    let none = Tag::of("field", "nobody");
    assert!(policy.field_tagged(none).is_none() && policy.use_tagged(none).is_none());
    assert!(policy.service_tagged(none).is_none() && policy.find_service("nobody").is_none());
    assert_eq!(policy.account().unwrap().name, "account");
    assert_eq!(policy.account_use(Verb::Collect, Category::Email).unwrap().purpose, "sign_in");
}

#[test]
fn one_service_more_is_one_new_service_in_the_diff() {
    let changes = diff(&compiled(2), &compiled(3));
    let widened: Vec<_> = changes.iter().filter(|change| change.is_widening()).collect();
    assert_eq!(widened.len(), 1 + PURPOSES + 1, "{widened:#?}");
    assert!(widened.iter().all(|change| change.about.starts_with("extra_2")), "{widened:#?}");
}
