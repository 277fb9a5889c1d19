//! Canary: after a whole walk with marker values none of them is in data folders, databases, sealers, logs or metrics, in any
//! of the usual encodings. Clauses 3.1.5, 5.1.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use flate2::read::{GzDecoder, ZlibDecoder};
use kepil_testing::{Demo, On, Visitor, visitor::link};

use crate::client::{VERIFIER, another_code, exchange};

/// A compressed part is unpacked no further. Unit: bytes.
const UNPACKED_MAX: u64 = 1 << 20;

/// How a marker may be written.
fn encodings(marker: &str) -> Vec<Vec<u8>> {
    let bytes = marker.as_bytes();
    let wide: Vec<u16> = marker.encode_utf16().collect();
    let hex = |upper: bool| {
        let one = |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
        bytes.iter().map(one).collect::<String>().into_bytes()
    };
    let escaped = |upper: bool| {
        let one = |unit: &u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        wide.iter().map(one).collect::<String>().into_bytes()
    };
    let percent = |upper: bool| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let one = |byte: &u8| match (plain(*byte), upper) {
            (true, _) => char::from(*byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        };
        bytes.iter().map(one).collect::<String>().into_bytes()
    };
    // JSON escapes only what is not ASCII, too.
    let mixed: String = marker
        .encode_utf16()
        .map(|unit| match char::from_u32(u32::from(unit)) {
            Some(letter) if letter.is_ascii() => letter.to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let mut all = vec![
        bytes.to_vec(),
        wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        hex(true),
        hex(false),
        escaped(true),
        escaped(false),
        percent(true),
        percent(false),
        mixed.into_bytes(),
    ];
    // In a longer text a marker begins at any of three places of a group, and its outer letters depend on its neighbours.
    for (lead, skip) in [(0, 0), (1, 2), (2, 3)] {
        let text = [&vec![0; lead], bytes].concat();
        let cut = usize::from(!text.len().is_multiple_of(3));
        for encoded in [BASE64_STANDARD_NO_PAD.encode(&text), BASE64_URL_SAFE_NO_PAD.encode(&text)] {
            all.push(encoded.as_bytes()[skip..encoded.len() - cut].to_vec());
        }
    }
    all
}

/// Looks for markers.
struct Search {
    names: Vec<String>,
    patterns: AhoCorasick,
}

impl Search {
    fn of(markers: &[Marker]) -> Self {
        let all = markers
            .iter()
            .flat_map(|(name, marker)| encodings(marker).into_iter().map(|one| ((*name).to_owned(), one)));
        let (names, patterns): (Vec<_>, Vec<_>) = all.unzip();
        Self { names, patterns: AhoCorasick::new(patterns).unwrap() }
    }

    /// The names of the markers in `bytes` and in the compressed parts of it.
    fn find(&self, bytes: &[u8]) -> Vec<String> {
        let mut found: Vec<String> = self.find_plain(bytes);
        for at in 0..bytes.len().saturating_sub(2) {
            let rest = &bytes[at..];
            let mut unpacked = Vec::new();
            // A part may be cut off: what could be unpacked is looked through all the same.
            match rest {
                [0x1f, 0x8b, 8, ..] => drop(GzDecoder::new(rest).take(UNPACKED_MAX).read_to_end(&mut unpacked)),
                [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
                    drop(ZlibDecoder::new(rest).take(UNPACKED_MAX).read_to_end(&mut unpacked));
                }
                _ => continue,
            }
            found.extend(self.find_plain(&unpacked));
        }
        found.sort();
        found.dedup();
        found
    }

    fn find_plain(&self, bytes: &[u8]) -> Vec<String> {
        self.patterns.find_iter(bytes).map(|found| self.names[found.pattern().as_usize()].clone()).collect()
    }
}

#[test]
fn the_search_finds_a_marker_however_it_is_written() {
    let marker = "Зәуреш-канарейка 7351";
    let search = Search::of(&[("name", marker.to_owned())]);
    let gzip = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut out, bytes).unwrap();
        out.finish().unwrap()
    };
    let zlib = |bytes: &[u8]| {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut out, bytes).unwrap();
        out.finish().unwrap()
    };
    let mut written = encodings(marker);
    for around in ["", "x", "xy"] {
        let text = format!("{around}{marker}…");
        written.extend([
            BASE64_STANDARD_NO_PAD.encode(&text).into_bytes(),
            BASE64_URL_SAFE_NO_PAD.encode(text).into_bytes(),
        ]);
    }
    written.extend([gzip(marker.as_bytes()), zlib(marker.as_bytes()), serde_json::to_vec(marker).unwrap()]);
    for each in written {
        let hidden = [&[7, 0, 255], each.as_slice(), &[0; 40]].concat();
        assert_eq!(search.find(&hidden), ["name"], "{}", String::from_utf8_lossy(&each));
    }
    assert!(search.find("Зәуреш-канарейка 7352".as_bytes()).is_empty());
}

/// Every file below `folder`, but for letters: they are outside, with the people they were sent to.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("letters") {
                found.extend(files(&path));
            }
        } else {
            found.push(path);
        }
    }
    found
}

/// What a person types on this walk, or the server gives them, by a name for the report.
type Marker = (&'static str, String);

async fn walk(demo: &Demo) -> Vec<Marker> {
    const EMAIL: &str = "kanareika-7351-first@example.kz";
    const NEXT: &str = "kanareika-7351-second@example.kz";
    const PASSWORD: &str = "canary-password-7351-first";
    const RESET: &str = "canary-password-7351-second";
    let text = |text: &str| text.to_owned();
    let mut markers = vec![
        ("email", text(EMAIL)),
        ("new email", text(NEXT)),
        ("password", text(PASSWORD)),
        ("new password", text(RESET)),
        ("given name", text("Зәурешканарейкина")),
        ("family name", text("Каншаимканарейкова")),
        ("birth date", text("1973-11-29")),
        ("residence", text("Алматы, Канареечная 7351")),
        ("topics", text("коллекция канареек 7351")),
        ("guess", text("canary-wrong-guess-7351")),
    ];
    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service("mail")));
    let own = [("given_name", "Зәурешканарейкина"), ("birth_date", "1973-11-29"), ("password", PASSWORD)];
    visitor.register_with(demo, EMAIL, &own).await;
    let submit = async |path: &str, action: &str, with: &[(&str, &str)]| {
        let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
        let done = visitor.submit(&page, action, with).await;
        assert_eq!(done.status, 200, "{action}: {}", done.words());
        done
    };
    // Mail by hand, so that code and tokens are at hand; the others by their own pages.
    let code = another_code(demo, &visitor, "mail").await;
    for (field, value) in [
        ("family_name", "Каншаимканарейкова"),
        ("residence", "Алматы, Канареечная 7351"),
        ("topics", "коллекция канареек 7351"),
    ] {
        let path = format!("/me/fields/{field}/edit");
        submit(&path, &path, &[(field, value)]).await;
    }
    let (status, tokens) = exchange(demo, "mail", &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    markers.push(("code", code));
    for name in ["access_token", "refresh_token", "id_token"] {
        markers.push((name, tokens[name].as_str().unwrap().to_owned()));
    }
    let browser = Visitor::new();
    let page = browser.get(&format!("{}/sign-in", demo.issuer)).await;
    browser.submit(&page, "/sign-in", &[("identifier", EMAIL), ("password", "canary-wrong-guess-7351")]).await;
    browser.submit(&page, "/sign-in", &[("identifier", EMAIL), ("password", PASSWORD)]).await;
    for service in ["market", "forum", "news"] {
        let page = browser.visit(demo, service, EMAIL).await;
        markers.push(("sub", page.sub()));
        browser.submit(&page, "/read", &[]).await;
    }
    let page = browser.get(&format!("{}/login", demo.service("partner"))).await;
    let page = browser.submit(&page, "/consent", &[("choice", "allow"), ("claim", "email")]).await;
    assert!(page.words().contains(EMAIL), "{}", page.words());

    submit("/me/consents", "/me/consents/set", &[("service", "mail"), ("purpose", "tips"), ("on", "yes")]).await;
    submit("/me/consents", "/me/consents/set", &[("service", "mail"), ("purpose", "tips"), ("on", "no")]).await;
    submit("/me/block", "/me/block", &[("action", "block")]).await;
    submit("/me/block", "/me/block", &[("action", "lift")]).await;
    submit("/me/email", "/me/email", &[("email", NEXT), ("now", PASSWORD)]).await;
    let page = visitor.get(&link(&demo.letter_to(NEXT).await)).await;
    visitor.submit(&page, "/me/email/confirm", &[]).await;
    let mut later = reset(demo, NEXT, RESET).await;
    markers.append(&mut later);
    markers
}

/// The password is forgotten, and set anew by a letter; returns the secrets that came of it.
async fn reset(demo: &Demo, email: &str, password: &str) -> Vec<Marker> {
    let mut markers = Vec::new();
    let stranger = Visitor::new();
    let page = stranger.get(&format!("{}/reset", demo.issuer)).await;
    stranger.submit(&page, "/reset", &[("identifier", email)]).await;
    let letter = link(&demo.letter_with(email, "/reset/form").await);
    markers.push(("letter", letter.split_once("token=").unwrap().1.to_owned()));
    let page = stranger.get(&letter).await;
    stranger.submit(&page, "/reset/form", &[("password", password)]).await;
    let page = stranger.get(&format!("{}/sign-in", demo.issuer)).await;
    let form = [
        page.fields("/sign-in"),
        vec![("identifier".to_owned(), email.to_owned()), ("password".to_owned(), password.to_owned())],
    ]
    .concat();
    let form: Vec<_> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let signed_in = stranger.client().post(format!("{}/sign-in", demo.issuer)).form(&form).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    markers.push(("session", cookie.split_once('=').unwrap().1.split_once(';').unwrap().0.to_owned()));
    for path in ["/me", "/me/activity", "/me/services", "/me/consents", "/me/security"] {
        assert_eq!(stranger.get(&format!("{}{path}", demo.issuer)).await.status, 200, "{path}");
    }
    markers
}

async fn no_marker_is_left(on: On) {
    let demo = Demo::start_logging(env!("CARGO_BIN_EXE_kepil"), on, &["--clock"], "trace").await;
    let search = Search::of(&walk(&demo).await);
    let mut places: Vec<(String, Vec<u8>)> = Vec::new();
    for path in files(&demo.folder) {
        places.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    places.extend(demo.database_files().await);
    places.push(("the log".to_owned(), demo.log().into_bytes()));
    assert!(
        places.iter().any(|(name, _)| name.contains("person") || name.contains("people_account")),
        "no data is looked at"
    );
    let metrics = Visitor::new().get(&demo.service("metrics")).await;
    assert!(metrics.text.contains("kepil_requests_total"), "{}", metrics.text);
    places.push(("metrics".to_owned(), metrics.text.into_bytes()));
    for (name, bytes) in &places {
        let found = search.find(bytes);
        assert!(found.is_empty(), "{name} has {found:?}");
    }
    // The letters do have them: what was looked for is what was written.
    let letters = demo.letters().concat();
    assert!(search.find(letters.as_bytes()).contains(&"email".to_owned()));
}

#[tokio::test]
async fn a_crash_leaves_no_memory_behind() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &[]).await;
    let limits = demo.limits();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<&str> = cores.split_whitespace().skip(4).take(2).collect();
    assert_eq!(words, ["0", "0"], "{cores}");
}

#[tokio::test]
async fn no_marker_is_left_on_sqlite() {
    no_marker_is_left(On::Sqlite).await;
}

#[tokio::test]
async fn no_marker_is_left_on_postgres() {
    no_marker_is_left(On::Postgres).await;
}
