//! Editions on the running program: a bundle changes, no line of Rust does. Clauses 1.3a, 1.3b, 2.1¶C4, 8.1a.
use std::{
    fs,
    path::{Path, PathBuf},
};

use kepil_testing::{On, Visitor};
use tempfile::TempDir;

use crate::demo;

const LANGUAGES: [&str; 3] = ["ru", "kk", "en"];

/// A copy of the first bundle, to be changed as an officer would: by editing its files.
pub struct Draft {
    _home: TempDir,
    pub folder: PathBuf,
}

impl Draft {
    pub fn new() -> Self {
        let home = TempDir::new().unwrap();
        let folder = home.path().join("next");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/citicom"), &folder);
        let draft = Self { _home: home, folder };
        draft.edit("policy.toml", "edition   = \"2021-07-15\"", "edition   = \"2022-01-10\"");
        draft
    }

    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn append(&self, file: &str, more: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text + more).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn names(lines: &[String]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.split(' ').next()).collect()
}

#[tokio::test]
async fn a_field_taken_out_of_a_purpose_is_gone_after_midnight() {
    let demo = demo(On::Sqlite).await;
    let (visitor, email) = (Visitor::new(), "leaver@example.kz");
    visitor.register(&demo, email).await;
    let page = visitor.visit(&demo, "mail", email).await;
    assert_eq!(names(&page.claims()), ["assurance", "email", "email_verified", "given_name"]);
    let sub = page.sub();

    let draft = Draft::new();
    draft.edit("services/mail.toml", "[\"email\", \"given_name\"]", "[\"email\"]");
    for language in LANGUAGES {
        draft.edit(&format!("texts/mail_policy.{language}.md"), "{{field:given_name}}", "…");
    }
    demo.publish(&draft.folder);
    let (status, before) = demo.read("mail", &sub, "delivery", &["given_name"]).await;
    assert_eq!((status, &before["fields"]["given_name"]["value"]), (200, &"Айгүл".into()), "{before}");

    demo.advance("1d");
    let (status, after) = demo.read("mail", &sub, "delivery", &["email", "given_name"]).await;
    assert_eq!(status, 200, "{after}");
    assert!(after["fields"].get("given_name").is_none(), "{after}");
    assert_eq!(after["withheld"][0]["code"], "outside_purpose", "{after}");
    assert_eq!(after["withheld"][0]["clause"], "2.1¶C4", "{after}");
    let (status, refused) = demo.read("mail", &sub, "delivery", &["given_name"]).await;
    assert_eq!((status, &refused["withheld"][0]["clause"]), (403, &"2.1¶C4".into()), "{refused}");

    // The narrowing binds at once: nobody is asked again, and the next token lacks the field.
    let page = visitor.visit(&demo, "mail", email).await;
    assert_eq!(names(&page.claims()), ["assurance", "email", "email_verified"]);
    assert!(visitor.seen().iter().filter(|url| url.contains("/accept?")).count() <= 1, "{:?}", visitor.seen());
}

/// A new field with its labels, for the account and for one purpose of Market.
pub fn with_a_new_field() -> Draft {
    let draft = Draft::new();
    draft.append(
        "fields.toml",
        r#"
[field.nickname]
category    = "name"
kind        = "name"
compartment = "account"
form        = "registration"
label = { ru = "Прозвище", kk = "Лақап аты", en = "Nickname" }
why   = { ru = "Чтобы звать вас так, как вам нравится.", kk = "Сізді қалауыңызша атау үшін.", en = "To call you as you like." }
"#,
    );
    let of_account = "fields = [\"email\", \"given_name\", \"family_name\", \"birth_date\", \"residence\"]\nrequired";
    draft.edit("purposes.toml", of_account, &of_account.replace("\"]\nrequired", "\", \"nickname\"]\nrequired"));
    draft.edit("services/market.toml", "fields  = [\"phone\"]", "fields  = [\"phone\", \"nickname\"]");
    draft.edit(
        "policy.toml",
        "\"birth_date\", \"residence\", \"email\"]",
        "\"birth_date\", \"residence\", \"email\", \"nickname\"]",
    );
    for language in LANGUAGES {
        draft.append(&format!("texts/market_policy.{language}.md"), "\n{{field:nickname}}\n");
    }
    draft
}

#[tokio::test]
async fn a_new_field_is_known_everywhere_and_given_after_acceptance() {
    let demo = demo(On::Sqlite).await;
    let (visitor, email) = (Visitor::new(), "stayer@example.kz");
    visitor.register(&demo, email).await;

    let draft = with_a_new_field();
    let folder = draft.folder.to_str().unwrap();
    let (is_fit, said) = demo.command(&["policy", "check", folder]);
    assert!(is_fit, "{said}");
    demo.publish(&draft.folder);
    demo.advance("1d");

    // The form of a new person has it.
    let newcomer = Visitor::new();
    newcomer.register_with(&demo, "newcomer@example.kz", &[("nickname", "Сұңқар")]).await;
    let own = newcomer.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("Nickname Сұңқар"), "{}", own.words());

    // Someone who accepted the edition before sees it, and can give it only after accepting.
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", kepil_testing::visitor::PASSWORD)]).await;
    let own = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(own.words().contains("Nickname"), "{}", own.words());
    assert!(!own.text.contains("/me/fields/nickname/edit"), "it could be given before acceptance");
    let form = visitor.get(&format!("{}/me/fields/nickname/edit", demo.issuer)).await;
    let refused = visitor.submit(&form, "/me/fields/nickname/edit", &[("nickname", "Бүркіт")]).await;
    assert_eq!(refused.status, 403, "{}", refused.words());
    assert!(refused.words().contains("1.3a"), "the refusal names no clause: {}", refused.words());

    let terms = visitor.get(&format!("{}/me/services/account/accept", demo.issuer)).await;
    assert!(terms.words().contains("Nickname"), "{}", terms.words());
    visitor.submit(&terms, "/me/services/account/accept", &[("choice", "accept")]).await;
    let form = visitor.get(&format!("{}/me/fields/nickname/edit", demo.issuer)).await;
    let saved = visitor.submit(&form, "/me/fields/nickname/edit", &[("nickname", "Бүркіт")]).await;
    assert!(saved.words().contains("Nickname Бүркіт"), "{}", saved.words());

    // The service that the bundle names gets it, as its claim and by its read, with the consent of its own purpose.
    let page = visitor.visit(&demo, "market", email).await;
    let sub = page.sub();
    let (status, _) = demo.read("market", &sub, "call", &["nickname"]).await;
    assert_eq!(status, 403);
    let consents = visitor.get(&format!("{}/me/consents", demo.issuer)).await;
    assert!(consents.has_form("/me/consents/set"));
    give(&visitor, &consents, "market", "call").await;
    let (status, read) = demo.read("market", &sub, "call", &["nickname"]).await;
    assert_eq!((status, &read["fields"]["nickname"]["value"]), (200, &"Бүркіт".into()), "{read}");
    let discovery = visitor.get(&format!("{}/.well-known/openid-configuration", demo.issuer)).await;
    assert!(discovery.text.contains("\"nickname\""), "{}", discovery.text);

    // A label in one language less is found.
    draft.edit("fields.toml", ", en = \"Nickname\" }", " }");
    let (is_fit, said) = demo.command(&["policy", "check", folder]);
    assert!(!is_fit && said.contains("missing-translation") && said.contains("1.2c"), "{said}");
}

/// Presses "give" for one purpose on the page of consents.
async fn give(visitor: &Visitor, page: &kepil_testing::Page, service: &str, purpose: &str) {
    let with = [("service", service), ("purpose", purpose), ("on", "yes")];
    let after = visitor.submit(page, "/me/consents/set", &with).await;
    assert_eq!(after.status, 200, "{}", after.words());
}
