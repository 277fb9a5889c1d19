//! What a person places in a service: private until they open it, kept from everybody when they withhold it, seen by whom it
//! is about, refused when it speaks of what nobody may place. Clauses 2.1.2d, 2.2a to 2.2d.

use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{
    demo,
    profiles::{SETTINGS, newcomer},
};

const TEXT: &str = "Кто едет на Чарын?\nЕсть два места. <b>Пишите!</b>";
const ABOUT: &str = "Әйгерім көктемде бақша екті, рақмет!";

/// Somebody who uses the forum, and what the forum calls them.
struct Poster {
    visitor: Visitor,
    sub: String,
}

impl Poster {
    async fn new(demo: &Demo, email: &str) -> Self {
        let visitor = newcomer(demo, email).await;
        let sub = visitor.visit(demo, "forum", email).await.sub();
        Self { visitor, sub }
    }

    /// Lets `audience` see all posts, through the warning.
    async fn show_posts(&self, demo: &Demo, audience: &str) {
        let page = self.visitor.get(&format!("{}{SETTINGS}", demo.issuer)).await;
        let page = self.visitor.submit(&page, SETTINGS, &[("audience-post", audience)]).await;
        if page.words().contains("Let more people see this?") {
            let done = self.visitor.submit(&page, SETTINGS, &[("choice", "show")]).await;
            assert!(done.url.contains("done=saved"), "{}", done.words());
        }
    }

    async fn list(&self, demo: &Demo, path: &str) -> Page {
        self.visitor.get(&format!("{}{path}", demo.issuer)).await
    }

    /// Does `choice` with one piece on the person's own page.
    async fn choose(&self, demo: &Demo, page: &str, id: &str, choice: &str) -> Page {
        let page = self.list(demo, page).await;
        self.visitor.submit(&page, &format!("/me/contents/{id}"), &[("choice", choice)]).await
    }
}

async fn call(demo: &Demo, service: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", demo.issuer));
    let answer = request.bearer_auth(demo.token(service).await).json(body).send().await.unwrap();
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    (answer.status().as_u16(), answer.json().await.unwrap())
}

pub async fn place(demo: &Demo, author: &str, about: Option<&str>, text: &str) -> String {
    let body = json!({ "author": author, "about": about, "kind": "post", "text": text });
    let (status, kept) = call(demo, "forum", "/v1/contents", &body).await;
    assert_eq!(status, 201, "{kept}");
    kept["content"].as_str().unwrap().to_owned()
}

/// The texts that the forum gets for one viewer.
async fn texts(demo: &Demo, ids: &[&str], viewer: Option<&str>) -> Vec<String> {
    let (status, read) = call(demo, "forum", "/v1/contents/reads", &json!({ "contents": ids, "viewer": viewer })).await;
    assert_eq!(status, 200, "{read}");
    read["contents"].as_array().unwrap().iter().map(|piece| piece["text"].as_str().unwrap().to_owned()).collect()
}

/// A text as it is read from a page: in one line.
fn line(text: &str) -> String {
    text.replace('\n', " ")
}

/// What a browser gets of one piece; `None` for no page.
async fn seen(visitor: &Visitor, demo: &Demo, id: &str) -> Option<String> {
    let page = visitor.get(&format!("{}/contents/{id}", demo.issuer)).await;
    assert_eq!(page.headers.get("cache-control").unwrap(), "no-store");
    match page.status {
        200 => Some(page.texts("p.placed").concat()),
        404 => None,
        status => panic!("{status}: {}", page.words()),
    }
}

async fn everybody_sees_what_is_set(on: On) {
    let demo = demo(on).await;
    let author = Poster::new(&demo, "author@example.kz").await;
    let member = Poster::new(&demo, "reader@example.kz").await;
    let (stranger, other) = (Visitor::new(), newcomer(&demo, "passer@example.kz").await);
    let id = place(&demo, &author.sub, None, TEXT).await;

    assert_eq!(seen(&stranger, &demo, &id).await, None, "private at first");
    assert_eq!(seen(&member.visitor, &demo, &id).await, None);
    assert_eq!(seen(&author.visitor, &demo, &id).await, Some(line(TEXT)), "its author sees it");
    // The service does not read what is private by naming its author.
    assert!(texts(&demo, &[&id], Some(&author.sub)).await.is_empty());
    assert!(texts(&demo, &[&id], None).await.is_empty() && texts(&demo, &[&id], Some(&member.sub)).await.is_empty());

    author.show_posts(&demo, "members").await;
    assert_eq!(seen(&stranger, &demo, &id).await, None);
    assert_eq!(seen(&other, &demo, &id).await, None, "does not use the forum");
    assert_eq!(seen(&member.visitor, &demo, &id).await, Some(line(TEXT)));
    assert_eq!(texts(&demo, &[&id], Some(&member.sub)).await, [TEXT]);

    author.show_posts(&demo, "public").await;
    assert_eq!(seen(&stranger, &demo, &id).await, Some(line(TEXT)), "and it is text, not markup");
    let done = author.choose(&demo, "/me/contents", &id, "withhold").await;
    assert!(done.words().contains("You keep this one to yourself."), "{}", done.words());
    for viewer in [&stranger, &member.visitor, &other] {
        assert_eq!(seen(viewer, &demo, &id).await, None, "withheld");
    }
    assert!(texts(&demo, &[&id], Some(&member.sub)).await.is_empty());
    assert_eq!(seen(&author.visitor, &demo, &id).await, Some(line(TEXT)));
    let asked = author.choose(&demo, "/me/contents", &id, "show").await;
    assert!(asked.words().contains("Let more people see this?"), "{}", asked.words());
    assert_eq!(seen(&stranger, &demo, &id).await, None, "asked first");
    author.visitor.submit(&asked, &format!("/me/contents/{id}"), &[("choice", "show")]).await;
    assert_eq!(seen(&stranger, &demo, &id).await, Some(line(TEXT)));

    // Each look is in the author's ledger, with the setting by which it was shown.
    let page = author.list(&demo, "/me/activity?service=forum").await;
    assert!(page.words().contains("A post in the forum"), "{}", page.words());
    assert!(page.words().contains("everybody on the internet"), "{}", page.words());

    author.show_posts(&demo, "private").await;
    assert_eq!(seen(&stranger, &demo, &id).await, None);
    author.show_posts(&demo, "public").await;
    let gone = author.choose(&demo, "/me/contents", &id, "remove").await;
    assert!(gone.words().contains("You have placed nothing yet."), "{}", gone.words());
    for viewer in [&stranger, &author.visitor] {
        assert_eq!(seen(viewer, &demo, &id).await, None, "gone");
    }
}

#[tokio::test]
async fn everybody_sees_of_a_post_what_its_author_set_on_sqlite() {
    everybody_sees_what_is_set(On::Sqlite).await;
}

#[tokio::test]
async fn everybody_sees_of_a_post_what_its_author_set_on_postgres() {
    everybody_sees_what_is_set(On::Postgres).await;
}

async fn what_is_about_somebody(on: On) {
    let demo = demo(on).await;
    let author = Poster::new(&demo, "writer@example.kz").await;
    let described = Poster::new(&demo, "described@example.kz").await;
    let other = Poster::new(&demo, "other@example.kz").await;
    let id = place(&demo, &author.sub, Some(&described.sub), ABOUT).await;
    let plain = place(&demo, &author.sub, None, TEXT).await;
    let another = place(&demo, &other.sub, Some(&described.sub), "Көмегіңізге рақмет").await;

    let page = described.list(&demo, "/me/contents/about").await;
    assert!(page.words().contains(ABOUT) && !page.words().contains("Чарын"), "{}", page.words());
    assert!(!page.has_form(&format!("/me/contents/{id}")), "it is its author's to take away");
    assert_eq!(seen(&described.visitor, &demo, &id).await.as_deref(), Some(ABOUT));
    assert_eq!(seen(&other.visitor, &demo, &id).await, None);
    assert!(texts(&demo, &[&id, &plain], Some(&described.sub)).await.is_empty(), "by their right, not by the service");
    let told = described.list(&demo, "/me/activity?service=forum").await;
    assert!(told.words().contains("A post in the forum"), "it is in their ledger too: {}", told.words());
    let denied = described.visitor.get(&format!("{}/me", demo.issuer)).await;
    let token = denied.fields("/language").into_iter().find(|(name, _)| name == "form_token").unwrap().1;
    for choice in ["remove", "withhold", "show"] {
        let form = [("form_token", token.as_str()), ("choice", choice)];
        let url = format!("{}/me/contents/{id}", demo.issuer);
        let answer = described.visitor.client().post(url).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 410, "{choice}");
    }

    // Whom it is about blocks everything: it is shown to nobody but the two.
    author.show_posts(&demo, "public").await;
    let page = described.list(&demo, "/me/block").await;
    described.visitor.submit(&page, "/me/block", &[("action", "block")]).await;
    assert_eq!(seen(&Visitor::new(), &demo, &id).await, None, "blocked by whom it is about");
    assert_eq!(seen(&Visitor::new(), &demo, &plain).await, Some(line(TEXT)));
    assert_eq!(seen(&described.visitor, &demo, &id).await.as_deref(), Some(ABOUT));
    let page = described.list(&demo, "/me/block").await;
    described.visitor.submit(&page, "/me/block", &[("action", "lift")]).await;
    // And leaves the forum: a right needs no agreement.
    let page = described.list(&demo, "/me/services").await;
    described.visitor.submit(&page, "/me/services/forum/leave", &[]).await;
    assert_eq!(seen(&described.visitor, &demo, &id).await.as_deref(), Some(ABOUT));
    described.visitor.visit(&demo, "forum", "described@example.kz").await;

    // The author leaves for good: what is about nobody else goes with them, and of the rest only whom it is about sees it.
    assert_eq!(seen(&Visitor::new(), &demo, &id).await.as_deref(), Some(ABOUT));
    let page = author.list(&demo, "/me/close").await;
    author.visitor.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    assert_eq!(seen(&Visitor::new(), &demo, &id).await, None);
    assert_eq!(seen(&other.visitor, &demo, &id).await, None);
    assert_eq!(seen(&described.visitor, &demo, &id).await.as_deref(), Some(ABOUT));
    assert!(texts(&demo, &[&id, &plain], None).await.is_empty());
    let page = described.list(&demo, "/me/contents/about").await;
    assert!(page.words().contains("Its author closed the account."), "{}", page.words());
    let page = described.choose(&demo, "/me/contents/about", &id, "remove").await;
    assert!(!page.words().contains(ABOUT), "{}", page.words());
    assert_eq!(seen(&described.visitor, &demo, &id).await, None);

    // Whom it was about leaves: it stays with its author, and leads to nobody any more.
    let page = described.list(&demo, "/me/close").await;
    described.visitor.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    assert_eq!(seen(&other.visitor, &demo, &another).await.as_deref(), Some("Көмегіңізге рақмет"));
    let page = other.choose(&demo, "/me/contents", &another, "remove").await;
    assert!(page.words().contains("You have placed nothing yet."), "{}", page.words());
}

#[tokio::test]
async fn whom_a_post_is_about_sees_it_also_after_its_author_left_on_sqlite() {
    what_is_about_somebody(On::Sqlite).await;
}

#[tokio::test]
async fn whom_a_post_is_about_sees_it_also_after_its_author_left_on_postgres() {
    what_is_about_somebody(On::Postgres).await;
}

#[tokio::test]
async fn what_nobody_may_place_is_refused_with_its_name_and_leaves_no_trace() {
    let demo = demo(On::Sqlite).await;
    let author = Poster::new(&demo, "careless@example.kz").await;
    for (text, banned, label) in [
        ("У соседки Меруерт диабет", "health", "здоровье"),
        ("его судимость погашена", "convictions", "судимость"),
        ("ЖСН 900101300017", "documents", "документы личности"),
        ("data:image/png;base64,iVBORw0KGgo=", "pictures", "картинки и файлы в тексте"),
        ("вот его отпечатки пальцев", "biometrics", "биометрические данные"),
    ] {
        let body = json!({ "author": author.sub, "kind": "post", "text": text });
        let (status, said) = call(&demo, "forum", "/v1/contents", &body).await;
        assert_eq!((status, said["banned"].as_str()), (422, Some(banned)), "{said}");
        assert_eq!((said["label"]["ru"].as_str(), said["clause"].as_str()), (Some(label), Some("2.2c")), "{said}");
        assert!(!said.to_string().contains("Меруерт"), "{said}");
    }
    let kept = author.list(&demo, "/me/contents").await;
    assert!(kept.words().contains("You have placed nothing yet."), "{}", kept.words());
    // Nothing but how often: not in a database, not in the log.
    let mut places = demo.database_files().await;
    places.push(("log".to_owned(), demo.log().into_bytes()));
    let holds = |bytes: &[u8], what: &str| bytes.windows(what.len()).any(|window| window == what.as_bytes());
    for (name, bytes) in &places {
        assert!(!holds(bytes, "Меруерт") && !holds(bytes, "900101300017"), "{name}");
    }
    assert_eq!(times_refused(&demo, "health"), 1);
}

/// How often a text was refused for speaking of `banned`.
fn times_refused(demo: &Demo, banned: &str) -> i64 {
    let contents = rusqlite::Connection::open(demo.folder.join("store/contents.db")).unwrap();
    contents.query_row("SELECT times FROM refused_content WHERE banned = ?1", [banned], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_piece_that_somebody_else_wrote_into_the_database_is_not_shown_and_the_log_says_so() {
    let mut demo = demo(On::Sqlite).await;
    let author = Poster::new(&demo, "bent@example.kz").await;
    let bent = place(&demo, &author.sub, None, TEXT).await;
    let contents = rusqlite::Connection::open(demo.folder.join("store/contents.db")).unwrap();
    let first: Vec<u8> = contents.query_row("SELECT id FROM content", [], |row| row.get(0)).unwrap();
    let whole = place(&demo, &author.sub, None, "Рахмет!").await;
    author.show_posts(&demo, "public").await;
    demo.kill();
    let body: Vec<u8> =
        contents.query_row("SELECT body FROM content WHERE id = ?1", [&first], |row| row.get(0)).unwrap();
    let mut changed = body.clone();
    changed[20] ^= 1;
    contents.execute("UPDATE content SET body = ?1 WHERE id = ?2", rusqlite::params![changed, first]).unwrap();
    drop(contents);
    demo.restart();
    assert_eq!(seen(&Visitor::new(), &demo, &bent).await, None);
    assert_eq!(seen(&Visitor::new(), &demo, &whole).await.as_deref(), Some("Рахмет!"));
    let page = author.list(&demo, "/me/contents").await;
    assert!(page.words().contains("Рахмет!") && page.words().contains("cannot be shown any more"), "{}", page.words());
    assert!(demo.log().contains("pieces of content do not open"), "{}", demo.log());
}

#[tokio::test]
async fn a_service_places_for_those_who_use_it_and_touches_only_what_was_placed_with_it() {
    let mut demo = demo(On::Sqlite).await;
    let author = Poster::new(&demo, "regular@example.kz").await;
    let id = place(&demo, &author.sub, None, TEXT).await;
    let nobody = "A".repeat(32);
    let at_mail = author.visitor.visit(&demo, "mail", "regular@example.kz").await.sub();
    let post =
        |author: &str, about: Option<&str>| json!({ "author": author, "about": about, "kind": "post", "text": "Иә" });
    for (body, status) in [
        (post(&nobody, None), 403),
        (post(&at_mail, None), 403),
        (post(&author.sub, Some(&nobody)), 403),
        (json!({ "author": author.sub, "kind": "given_name", "text": "Иә" }), 403),
        (json!({ "author": author.sub, "kind": "letter", "text": "Иә" }), 403),
        (json!({ "author": "somebody", "kind": "post", "text": "Иә" }), 400),
        (json!({ "author": author.sub, "kind": "post", "text": " \n " }), 400),
        (json!({ "author": author.sub, "kind": "post", "text": "а\u{0}б" }), 400),
        (json!({ "author": author.sub, "kind": "post", "text": "а\u{202e}б" }), 400),
        (json!({ "author": author.sub, "kind": "post", "text": "\u{200b}\u{2060}" }), 400),
        (json!({ "author": author.sub, "kind": "post", "text": "я ".repeat(10_001) }), 400),
        (json!({ "author": author.sub, "kind": "post", "text": "Иә", "audience": "public" }), 400),
    ] {
        let (answered, said) = call(&demo, "forum", "/v1/contents", &body).await;
        assert_eq!(answered, status, "{said}");
    }
    // Another service has no part in it, and no purpose reads it.
    assert_eq!(call(&demo, "mail", "/v1/contents/reads", &json!({ "contents": [id] })).await.0, 403);
    assert_eq!(call(&demo, "mail", "/v1/contents/remove", &json!({ "content": id })).await.0, 403);
    assert_eq!(demo.read("forum", &author.sub, "agreement", &["post"]).await.0, 403);
    assert_eq!(seen(&author.visitor, &demo, &id).await, Some(line(TEXT)));
    for wrong in [json!({ "contents": vec![&id; 51] }), json!({ "contents": [], "viewer": "x" })] {
        assert_eq!(call(&demo, "forum", "/v1/contents/reads", &wrong).await.0, 400, "{wrong}");
    }

    // Blocked: nothing is placed, shown or taken away; the person sees it.
    author.show_posts(&demo, "public").await;
    let page = author.list(&demo, "/me/block").await;
    author.visitor.submit(&page, "/me/block", &[("action", "block")]).await;
    assert_eq!(seen(&Visitor::new(), &demo, &id).await, None, "blocked");
    assert_eq!(call(&demo, "forum", "/v1/contents", &post(&author.sub, None)).await.0, 403);
    assert_eq!(call(&demo, "forum", "/v1/contents/remove", &json!({ "content": id })).await.0, 403);
    assert!(author.list(&demo, "/me/contents").await.words().contains("Чарын"));
    let page = author.list(&demo, "/me/block").await;
    author.visitor.submit(&page, "/me/block", &[("action", "lift")]).await;

    // After a power cut it is there; the service takes it away, as often as it likes.
    demo.kill();
    demo.restart();
    assert_eq!(seen(&Visitor::new(), &demo, &id).await, Some(line(TEXT)));
    for _ in 0..2 {
        let (status, gone) = call(&demo, "forum", "/v1/contents/remove", &json!({ "content": id })).await;
        assert_eq!((status, gone), (200, json!({ "removed": true })));
    }
    assert_eq!(seen(&author.visitor, &demo, &id).await, None);
}
