//! Checking a receipt in Chromium, with the server gone. Clauses 5.1, 6.1.

use std::fs;

use fantoccini::Locator;
use kepil_testing::Visitor;

use crate::{DESKTOP, PHONE_WITHOUT_SCRIPT, chromium::Browser, demo};

const FILE: &str = "#verify input[type=file]";

/// What the page says of a file.
async fn verdict(browser: &Browser, text: &str) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("receipt.json");
    fs::write(&path, text).unwrap();
    let clear = "const found = document.getElementById('found'); found.hidden = true; found.replaceChildren();
                 document.querySelector('#verify input[type=file]').value = '';";
    browser.client.execute(clear, Vec::new()).await.unwrap();
    browser.client.find(Locator::Css(FILE)).await.unwrap().send_keys(path.to_str().unwrap()).await.unwrap();
    browser.wait_for("#found:not([hidden]) p").await;
    browser.texts("#found p").await.first().cloned().unwrap_or_default()
}

/// What it says of a file that is dropped on it.
async fn dropped(browser: &Browser, text: &str) -> String {
    let drop = "document.getElementById('found').hidden = true;
                const carried = new DataTransfer();
                carried.items.add(new File([arguments[0]], 'receipt.json'));
                document.getElementById('verify').dispatchEvent(new DragEvent('drop', { dataTransfer: carried, cancelable: true }));";
    browser.client.execute(drop, vec![text.into()]).await.unwrap();
    browser.wait_for("#found:not([hidden]) p").await;
    browser.texts("#found p").await.first().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_receipt_is_checked_in_the_browser_when_the_server_is_gone() {
    let (mut demo, browser) = (demo().await, Browser::start(DESKTOP).await);
    let visitor = Visitor::new();
    visitor.register(&demo, "verify@example.kz").await;
    visitor.visit(&demo, "mail", "verify@example.kz").await;
    let get = async |path: &str| visitor.get(&format!("{}{path}", demo.issuer)).await;
    let paths = get("/me/activity").await.attributes("a.receipt", "href");
    let receipt = get(paths.iter().find(|path| path.contains("/account/")).unwrap()).await.text;
    let session = get("/me/security/sign-ins").await.attributes("a[href*='/sign-ins/']", "href");
    let session = get(session.first().unwrap()).await.text;
    let other_key = get("/ledger/habits/key").await.text;
    let own_key = get("/ledger/account/key").await.text;
    browser.open(&format!("{}/verify", demo.issuer)).await;
    browser.wait_for(FILE).await;
    browser.picture("verify").await;
    demo.kill();

    assert!(verdict(&browser, &receipt).await.starts_with("It holds"));
    assert!(browser.texts("#found pre").await.concat().contains("\"at_ms\""), "and says what it says");
    assert!(dropped(&browser, &receipt).await.starts_with("It holds"));
    let said = verdict(&browser, &session).await;
    assert!(said.starts_with("It holds"), "{said}");

    let payload = receipt.find("\\\"actor\\\":\\\"").unwrap() + 14;
    let mut other = receipt.clone();
    other.replace_range(payload..=payload, "x");
    for (bent, says) in [
        (other, "the text is not the one"),
        (receipt.replacen("index ", "index 1", 1), "no such entry"),
        (receipt.replacen("kepil/", "kepil/f", 1), "of another ledger"),
        (receipt.replacen("kepil-receipt-1", "kepil-receipt-2", 1), "this is no receipt"),
        (session.replacen("\"mark\":\"", "\"mark\":\"x", 1), "of another session"),
        ("{".to_owned(), "this is no receipt"),
        (String::new(), "this is no receipt"),
    ] {
        let said = verdict(&browser, &bent).await;
        assert!(said.contains(says), "{says}: {said}");
    }
    // A signature that is not the log's own.
    let at = receipt.rfind("account ").unwrap() + 8;
    let mut unsigned = receipt.clone();
    let to = if receipt.as_bytes()[at + 20] == b'A' { "B" } else { "A" };
    unsigned.replace_range(at + 20..=at + 20, to);
    let said = verdict(&browser, &unsigned).await;
    assert!(said.contains("signature of the ledger is wrong"), "{said}");

    // With the key that the reader kept, the page's own are not asked.
    browser.write("#f-own", own_key.trim()).await;
    assert!(verdict(&browser, &receipt).await.starts_with("It holds"));
    browser.client.execute("document.getElementById('f-own').value = ''", Vec::new()).await.unwrap();
    browser.write("#f-own", other_key.trim()).await;
    assert!(verdict(&browser, &receipt).await.contains("of another ledger"));
    browser.close().await;
}

#[tokio::test]
async fn without_scripts_the_page_says_how_to_check_by_command() {
    let (demo, browser) = (demo().await, Browser::start(PHONE_WITHOUT_SCRIPT).await);
    browser.open(&format!("{}/verify", demo.issuer)).await;
    let words = browser.texts("main").await.concat();
    assert!(words.contains("kepil ledger prove --check") && words.contains("Use the command below"), "{words}");
    assert!(browser.texts("#verify p").await.concat().is_empty(), "what does not work is not shown");
    browser.close().await;
}

#[tokio::test]
async fn the_page_that_checks_receipts_may_connect_to_nothing() {
    let demo = demo().await;
    let page = Visitor::new().get(&format!("{}/verify", demo.issuer)).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("connect-src 'none'") && policy.contains("default-src 'none'"), "{policy}");
}

#[tokio::test]
async fn the_certificate_of_a_destruction_is_checked_in_the_browser_and_by_command() {
    let (demo, browser) = (demo().await, Browser::start(DESKTOP).await);
    let (visitor, email) = (Visitor::new(), "gone@example.kz");
    visitor.register(&demo, email).await;
    let page = visitor.get(&format!("{}/me/close", demo.issuer)).await;
    let with = [("word", "close"), ("now", kepil_testing::visitor::PASSWORD)];
    let gone = visitor.submit(&page, "/me/close", &with).await;
    let (ok, said) = demo.command(&["destroy", "--now", "--demo", demo.folder.to_str().unwrap()]);
    assert!(ok, "{said}");
    let certificate = visitor.get(&format!("{}/certificate", gone.url)).await.text;
    assert!(certificate.starts_with("kepil-destruction-1\n"), "{certificate}");
    browser.open(&format!("{}/verify", demo.issuer)).await;
    browser.wait_for(FILE).await;
    let said = verdict(&browser, &certificate).await;
    assert!(said.contains("certificate of destruction is signed"), "{said}");
    let bent = certificate.replacen("epoch ", "epoch 1", 1);
    assert!(verdict(&browser, &bent).await.contains("signature of the ledger is wrong"));

    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("certificate.txt");
    let log = certificate.lines().last().and_then(|line| line.split(' ').nth(1)).unwrap().to_owned();
    let key = visitor.get(&format!("{}/ledger/{}/key", demo.issuer, log.rsplit('/').next().unwrap())).await.text;
    let check = |text: &str| {
        fs::write(&path, text).unwrap();
        demo.command(&["ledger", "prove", "--check", path.to_str().unwrap(), "--key", key.trim()])
    };
    let (holds, said) = check(&certificate);
    assert!(holds && said.contains("the certificate is signed"), "{said}");
    assert!(!check(&bent).0);
    browser.close().await;
}
