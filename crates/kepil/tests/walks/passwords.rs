//! New passwords that are guessed too soon: refused at registration, after a forgotten one, and at a change. Clause 6.1b.

use kepil_testing::{
    Demo, On, Visitor,
    visitor::{PASSWORD, link},
};

use crate::party::person;

/// SHA-1 of `correct horse battery stolen`, and one before and after it.
const STOLEN: &str =
    "0000000A0E3B9F25FF41DE4B5AC238C2D545C7A8:15\r\n{}:2\r\nFFFFFFFEE791CBAC0F6305CAF0CEE06BBE131160:1\r\n";

async fn with_list() -> (Demo, tempfile::TempDir) {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, b"correct horse battery stolen");
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stolen.txt");
    std::fs::write(&path, STOLEN.replace("{}", &hash)).unwrap();
    let arguments = ["--clock", "--stolen", path.to_str().unwrap()];
    (Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &arguments).await, folder)
}

const BAD: [(&str, &str); 5] = [
    ("short7!", "Too short"),
    ("йцукенгш", "first that anybody tries"),
    ("weak@example.kz", "your own data"),
    ("11.11.1991", "guessed quickly"),
    ("correct horse battery stolen", "stolen elsewhere"),
];

#[tokio::test]
async fn a_password_that_is_guessed_too_soon_is_refused_everywhere_and_says_why() {
    let (demo, _list) = with_list().await;
    let email = "weak@example.kz";
    let visitor = person(&demo, email).await;

    let page = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    for (bad, why) in BAD {
        let no = visitor.submit(&page, "/me/security/password", &[("now", PASSWORD), ("password", bad)]).await;
        assert!(no.words().contains(why), "{bad}: {}", no.words());
    }
    let reset = Visitor::new();
    let page = reset.get(&format!("{}/reset", demo.issuer)).await;
    reset.submit(&page, "/reset", &[("identifier", email)]).await;
    let page = reset.get(&link(&demo.letter_with(email, "/reset/form").await)).await;
    for (bad, why) in BAD {
        let no = reset.submit(&page, "/reset/form", &[("password", bad)]).await;
        assert!(no.words().contains(why), "{bad}: {}", no.words());
    }
    let done = reset.submit(&page, "/reset/form", &[("password", "a lamp over seven grey hills")]).await;
    assert!(done.url.contains("done=password"), "the link stayed good: {}", done.words());

    let new = Visitor::new();
    let page = new.get(&format!("{}/register", demo.issuer)).await;
    let letters = demo.letters().len();
    for (bad, why) in BAD {
        let with = [("email", email), ("given_name", "Дана"), ("birth_date", "1991-11-11"), ("password", bad)];
        let no = new.submit(&page, "/register", &with).await;
        assert!(no.words().contains(why), "{bad}: {}", no.words());
    }
    assert_eq!(demo.letters().len(), letters, "no letter goes out for a form that is refused");
}

#[tokio::test]
async fn a_file_that_is_no_list_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stolen.txt");
    std::fs::write(&path, "password\n123456\n").unwrap();
    let data = folder.path().join("demo");
    let bundle = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/citicom");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_kepil"))
        .args(["demo", "--people", "0", "--port", "9200", "--stolen"])
        .arg(&path)
        .arg("--data-dir")
        .arg(&data)
        .arg("--bundle")
        .arg(&bundle)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && said.contains("no list of stolen passwords"), "{said}");
}
