//! Requests of clients, and what a person has still to do, with the bundle of the demo.

use std::{path::Path, sync::Arc};

use kepil_domain::{Day, Moment, standing::Standing, vault::Provenance};
use kepil_policy::{Bundle, CompartmentId, EditionNo, Effective, Service, compile};

use super::*;
use crate::actions::authorize::{Step, step};

const URI: &str = "https://shop.example/cb";

pub(crate) fn effective() -> Arc<Effective> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/citicom");
    let mut bundle = Bundle::default();
    for folder in ["", "services", "texts"] {
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                bundle.files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    Arc::new(Effective::first(Arc::new(compile(&bundle).unwrap())))
}

fn client_of(service: &str) -> Client {
    Client::from_row(NewClient::of(service, vec![URI.into()]).make(&mut Counting(0)).unwrap().0).unwrap()
}

fn params(with: &[(&str, &str)]) -> Params {
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let usual = [
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.iter().filter(|(name, _)| !with.iter().any(|(other, _)| other == name));
    Params(kept.chain(with).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn parse(with: &[(&str, &str)]) -> Result<AuthRequest, Fault> {
    AuthRequest::parse(&params(with), &client_of("mail"), URI, &effective().policy, 1000)
}

#[test]
fn a_plain_request_is_read() {
    let request = parse(&[("state", "s"), ("nonce", "n"), ("scope", "openid unknown profile"), ("odd", "1")]).unwrap();
    assert!(matches!(&request.answer, Answer::Back { state: Some(state), .. } if state == "s"));
    assert_eq!(request.scope, "openid profile");
    assert!(request.is_fresh(0) && !request.is_silent);
    let back = request.back(&[("code", "c")], ISSUER).unwrap();
    assert_eq!(back, "https://shop.example/cb?code=c&state=s&iss=https%3A%2F%2Fid.example.kz");
}

#[test]
fn each_request_that_is_not_served_has_its_own_fault() {
    let fault = |with: &[(&str, &str)]| parse(with).unwrap_err().word();
    assert_eq!(fault(&[("request", "x")]), "request_not_supported");
    assert_eq!(fault(&[("request_uri", "x")]), "request_uri_not_supported");
    assert_eq!(fault(&[("response_type", "id_token")]), "unsupported_response_type");
    assert_eq!(fault(&[("response_type", "")]), "invalid_request");
    assert_eq!(fault(&[("response_mode", "fragment")]), "invalid_request");
    assert_eq!(fault(&[("scope", "profile")]), "invalid_scope");
    assert_eq!(fault(&[("prompt", "none login")]), "invalid_request");
    assert_eq!(fault(&[("max_age", "-1")]), "invalid_request");
    assert_eq!(fault(&[("code_challenge", "")]), "invalid_request");
    assert_eq!(fault(&[("code_challenge_method", "plain")]), "invalid_request");
    assert_eq!(fault(&[("code_challenge_method", "")]), "invalid_request");
    assert_eq!(fault(&[("code_challenge", "short")]), "invalid_request");
}

#[test]
fn an_age_or_a_prompt_asks_for_a_fresh_sign_in() {
    let within = parse(&[("max_age", "60")]).unwrap();
    assert!(within.is_fresh(940) && !within.is_fresh(939));
    let anew = parse(&[("prompt", "login"), ("max_age", "60")]).unwrap();
    assert!(anew.is_fresh(1000) && !anew.is_fresh(999));
}

const MOMENT: Moment = Moment { unix_ms: 0, day: Day(20_000) };

fn standings(effective: &Effective, service: &Service, standing: &Standing) -> Vec<(CompartmentId, Standing)> {
    let mut ids: Vec<CompartmentId> = effective.policy.uses_of(service).map(|each| each.compartment).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| (id, standing.clone())).collect()
}

fn accepted(effective: &Effective, service: &Service) -> Standing {
    let mut standing = Standing { age_at_least: Some(21), ..Standing::default() };
    standing.accept(service.tag, EditionNo(1), MOMENT.day);
    for each in effective.policy.uses_of(service).filter(|each| !each.optional && !each.per_claim) {
        standing.consent(each.tag, EditionNo(1), MOMENT.day, Vec::new());
    }
    standing
}

fn next(name: &str, change: impl FnOnce(&Effective, &Service, &mut Standing, &mut AuthRequest)) -> Step {
    let effective = effective();
    let service = effective.policy.find_service(name).unwrap();
    let mut request = AuthRequest::parse(&params(&[]), &client_of(name), URI, &effective.policy, 1000).unwrap();
    let mut standing = accepted(&effective, service);
    change(&effective, service, &mut standing, &mut request);
    step(
        &effective,
        (service, kepil_policy::Subject::Person),
        &request,
        &standings(&effective, service, &standing),
        MOMENT,
    )
}

#[test]
fn whoever_accepted_everything_goes_through() {
    assert_eq!(next("mail", |_, _, _, _| {}), Step::Issue { edition: 1 });
}

#[test]
fn without_a_running_agreement_the_person_is_asked() {
    assert_eq!(next("mail", |_, _, standing, _| *standing = Standing::default()), Step::Accept);
    assert_eq!(
        next("mail", |_, service, standing, _| assert!(standing.end_agreement(service.tag, MOMENT.day))),
        Step::Accept
    );
    assert_eq!(next("mail", |_, _, _, request| request.shows_terms = true), Step::Accept);
}

#[test]
fn a_block_ends_the_way_at_once() {
    assert_eq!(next("mail", |_, _, standing, _| standing.is_blocked = true), Step::Deny);
    assert_eq!(next("mail", |_, _, standing, _| standing.is_destroying = true), Step::Deny);
}

#[test]
fn a_least_age_that_is_not_confirmed_is_asked_for() {
    let effective = effective();
    let limited = effective
        .policy
        .services()
        .iter()
        .find(|service| service.min_age > 0 && service.kind == kepil_policy::ServiceKind::Own);
    let name = limited.map(|service| service.name.clone()).unwrap();
    assert_eq!(next(&name, |_, _, standing, _| standing.age_at_least = None), Step::Accept);
    assert_eq!(
        next(&name, |_, service, standing, _| standing.age_at_least = u8::try_from(service.min_age - 1).ok()),
        Step::Accept
    );
}

#[test]
fn a_necessary_consent_that_was_withdrawn_is_asked_for_again() {
    let step = next("mail", |effective, service, standing, _| {
        let necessary =
            effective.policy.uses_of(service).find(|each| !each.optional && each.basis == kepil_policy::Basis::Consent);
        standing.withdraw(necessary.unwrap().tag, MOMENT.day);
    });
    assert_eq!(step, Step::Accept);
}

#[test]
fn a_third_party_is_answered_claim_by_claim() {
    let release = |effective: &Effective, service: &Service, standing: &mut Standing| {
        for each in effective.policy.uses_of(service) {
            standing.consent(each.tag, EditionNo(1), MOMENT.day, Vec::new());
        }
    };
    assert!(matches!(next("partner", |_, _, standing, _| *standing = Standing::default()), Step::Consent(_)));
    assert!(matches!(next("partner", |_, _, _, _| {}), Step::Consent(_)));
    assert_eq!(
        next("partner", |effective, service, standing, _| release(effective, service, standing)),
        Step::Issue { edition: 1 }
    );
    let withdrawn = next("partner", |effective, service, standing, _| {
        release(effective, service, standing);
        effective.policy.uses_of(service).for_each(|each| assert!(standing.withdraw(each.tag, MOMENT.day)));
    });
    assert!(matches!(withdrawn, Step::Consent(_)));
}

#[test]
fn the_provider_tells_what_it_serves() {
    let mut document = discovery::document(ISSUER, &effective().policy);
    let claims = document.as_object_mut().unwrap().remove("claims_supported").unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    for name in ["sub", "email", "email_verified", "birthdate", "assurance"] {
        assert!(claims.as_array().unwrap().iter().any(|claim| claim == name), "{name}");
    }
}

#[test]
fn a_claim_is_named_and_rated_by_what_it_is() {
    let effective = effective();
    let confirmed =
        effective.policy.fields().iter().filter(|field| assurance(field, Provenance::Form) == "channel_confirmed");
    let names: Vec<_> = confirmed.map(|field| claims::claim_name(field).unwrap()).collect();
    assert_eq!(names, ["email"]);
    let mut brought = effective.policy.fields().iter().map(|field| (field.kind, assurance(field, Provenance::Import)));
    let rating = |kind| if kind == kepil_policy::Kind::Bin { "checksum_valid" } else { "self_asserted" };
    assert!(brought.all(|(kind, rated)| rated == rating(kind)), "nobody confirmed it here");
    assert!(effective.policy.fields().iter().any(|field| claims::shape(field) == claims::Shape::Boolean));
}

/// Names of the claims that a request of Mail asks to be told.
fn told(with: &[(&str, &str)]) -> Vec<String> {
    let (wanted, effective) = (parse(with).unwrap().wanted, effective());
    let fields = effective.policy.fields().iter().filter(|field| wanted.has(field));
    fields.filter_map(claims::claim_name).map(str::to_owned).collect()
}

#[test]
fn asking_for_nothing_in_particular_asks_for_all_and_asking_narrows() {
    let all = told(&[]);
    assert!(["email", "birthdate", "address"].iter().all(|name| all.iter().any(|one| one == name)), "{all:?}");
    assert_eq!(told(&[("scope", "openid email")]), ["email"]);
    assert_eq!(told(&[("scope", "openid address")]), ["address", "region"], "and what is derived from it");
    assert_eq!(told(&[("scope", "openid phone")]), [] as [&str; 0], "never by a word of the scope");
    assert_eq!(told(&[("claims", r#"{"userinfo":{"birthdate":{"essential":true}}}"#)]), ["birthdate"]);
    assert_eq!(told(&[("claims", r#"{"userinfo":{"given_name":null}}"#), ("scope", "openid email")]).len(), 2);
    assert_eq!(told(&[("claims", r#"{"userinfo":{}}"#)]), [] as [&str; 0]);
    assert_eq!(told(&[("claims", r#"{"id_token":{"acr":null}}"#)]), all);
    for odd in ["[]", "x", r#"{"userinfo":[]}"#, r#"{"userinfo":{"email":1}}"#, r#"{"id_token":3}"#] {
        assert_eq!(parse(&[("claims", odd)]).unwrap_err().word(), "invalid_request", "{odd}");
    }
}

#[test]
fn a_request_says_whom_it_means_in_which_language_and_whether_it_wants_the_moment() {
    let request = parse(&[
        ("claims", r#"{"id_token":{"sub":{"value":"abc"},"auth_time":{"essential":true}}}"#),
        ("ui_locales", "fr-CA kk-Cyrl ru"),
        ("login_hint", "a@b.kz"),
        ("acr_values", "1"),
        ("display", "popup"),
    ])
    .unwrap();
    assert_eq!((request.sub.as_deref(), request.tells_auth_time), (Some("abc"), true));
    assert_eq!(request.language(), Some(kepil_policy::Language::Kk));
    assert!(!format!("{request:?}").contains("a@b.kz"), "a hint is not printed");
    let acr = r#"{"id_token":{"acr":{"essential":true,"values":["2","3"]}}}"#;
    assert_eq!(parse(&[("claims", acr)]).unwrap().acr, ["2", "3"]);
    assert!(parse(&[("claims", r#"{"id_token":{"acr":{"values":["2"]}}}"#)]).unwrap().acr.is_empty(), "only a wish");
    assert!(!parse(&[]).unwrap().tells_auth_time && parse(&[("max_age", "5")]).unwrap().tells_auth_time);
    assert_eq!(parse(&[("dpop_jkt", "short")]).unwrap_err().word(), "invalid_request");
}
