//! What may be placed and what may not: a fixed set of forbidden texts, and as many ordinary ones beside them. Clause 2.2c.

#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod common;

use kepil_policy::{Policy, compile};

fn policy() -> Policy {
    compile(&common::base()).unwrap()
}

const FORBIDDEN: [(&str, &[&str]); 9] = [
    (
        "health",
        &[
            "Мне поставили диагноз, теперь на диете",
            "У соседа диабет второго типа",
            "Она уже на пятом месяце беременности",
            "он инвалид второй группы",
            "у него ВИЧ",
            "Выложил свою медицинскую карту",
            "Анам қант диабетімен ауырады",
            "Ол мүгедек, көмек керек",
            "Оның денсаулық жағдайы нашар",
            "My doctor's diagnosis came today",
            "she is pregnant again",
            "У неё рак, четвёртая стадия",
            "Әйелім жүкті",
            "у соседа дuабет",
            "He has cancer",
            "My blood type is B positive",
        ],
    ),
    (
        "religion",
        &[
            "Каково ваше вероисповедание?",
            "я мусульманин и не пью",
            "Мы мусульмане",
            "я православный",
            "Айгуль приняла ислам в прошлом году",
            "Менің діни сенімім осындай",
            "Мен мұсылманмын",
            "I am a Muslim from Almaty",
            "he is a Catholic",
        ],
    ),
    (
        "politics",
        &[
            "Мой начальник состоит в партии",
            "мои политические взгляды никого не касаются",
            "Көршім партия мүшесі",
            "Оның саяси көзқарасы басқа",
            "Our neighbour is a party member",
            "her political views are known",
        ],
    ),
    (
        "origin",
        &[
            "какой он национальности?",
            "его этническое происхождение",
            "он еврей",
            "мен қазақпын",
            "Оның ұлты кім?",
            "What is her ethnicity?",
            "he writes about his nationality",
        ],
    ),
    (
        "intimacy",
        &[
            "обсуждали его интимную жизнь",
            "её сексуальная ориентация",
            "оның жыныстық бағдары",
            "he is homosexual",
            "their sex life",
        ],
    ),
    (
        "convictions",
        &[
            "у директора судимость",
            "Он был судим за кражу",
            "он был осуждён за кражу",
            "Ол сотталды",
            "Ол бұрын сотталған",
            "the director has a criminal record",
            "was convicted of theft",
        ],
    ),
    (
        "biometrics",
        &[
            "вот отпечатки пальцев Ивана",
            "скан сетчатки глаза",
            "оның саусақ ізі",
            "here are his fingerprints",
            "my DNA test",
        ],
    ),
    (
        "documents",
        &[
            "мой ИИН 900101300017",
            "ЖСН: 9001 0130 0017",
            "IIN 900101-300017, please check",
            "IDKAZ0123456784900101300017<<<<<<\n9001018M3001019KAZ<<<<<<<<<<<<<<<8\nNURLANKYZY<<AIGERIM<<<<<<<<<<<",
        ],
    ),
    ("pictures", &["<img src=\"data:image/jpeg;base64,/9j/4AAQSkZJRg==\">"]),
];

const ORDINARY: &[&str] = &[
    "Где в Алматы вкусный бешбармак?",
    "Болею за Кайрат с детства!",
    "Подскажите хорошую раковину на кухню",
    "Гонка прошла отлично, трасса сухая",
    "Национальный парк открыт до шести",
    "Праздник Наурыз отмечаем всем двором",
    "Политика цен у магазина странная",
    "Партия товара придёт в среду, 250 штук",
    "Дина, привет! Как дела?",
    "Заказ № 90010130001712 не пришёл",
    "БИН компании 170240014901, счёт прилагаю",
    "Звоните: +7 (701) 123-45-67",
    "Кто выиграл в третьем туре?",
    "Расписание автобусов меняется с первого декабря",
    "Судите сами: три матча, три победы",
    "Осудили новый дизайн, верните старый",
    "Рассада помидоров, отдам даром",
    "Лекарственный сад при университете",
    "Ауа райы бүгін жақсы",
    "Жүкті ертең жеткіземіз",
    "Дінмұхамед, сәлем! Қалайсың?",
    "Ұлттық ойындар сенбіде басталады",
    "Кітап оқып жатырмын, ұсынамын",
    "Автобус қай жерден жүреді?",
    "Астанада жаңа кітапхана ашылды",
    "Бес килограмм алма сатылады",
    "Қайраттың ойынын көрдің бе?",
    "Сабақ ертең сағат тоғызда",
    "The race starts at noon, bring water",
    "Which hearing aids work with this phone?",
    "Christian wrote a great post about tents",
    "The national park is open until six",
    "Our party of five needs a table",
    "I like the politics of small teams: none",
    "My new bike is a dream",
    "Meet me at the state library",
    "See https://forum.example/topics/2026/11/27/how-to-cook-beshbarmak?page=2",
    "2026-11-27 10:15:00, ticket 4417",
    "Convince me that winter tyres are needed",
    "The cat is ill-tempered but kind",
    "Продам: раковина, кровать, шкаф",
    "Ракетка лёгкая, почти новая",
    "Ракета легко вышла на орбиту",
    "Поделки: ракушки, жёлуди, шишки",
    "Группа кровельщиков ищет работу",
    "слушали «Группу крови» Цоя",
    "Результаты анализа рынка за год",
    "его отчество на -вич",
    "Пандус для инвалидов сделали",
    "Йога для беременных по средам",
    "Шоколад для диабетиков",
    "Қанша топ қатысады?",
    "Қанаттың тобы жеңді",
    "Денсаулығымыз мықты болсын!",
    "Run the diagnostics on the router",
    "Non-alcoholic beer",
    "Ұлтымыздың мақтанышы",
    "Абай — қазақ ұлты үшін",
    "Сөмке: нағыз тері, түсі қара",
    "Цвет: кожаный коричневый",
    "у нас живут люди 130 национальностей",
    "Моя веранда готова",
    "Моя Вера пошла в первый класс",
    "Католический собор в Караганде",
    "Дініміз бен тіліміз",
    "Muslim Magomayev concert",
    "Завтра судим матч",
    "She plays with great conviction",
    "условный срок доставки три дня",
    "Смартфон с датчиком отпечатков пальцев",
    "It is in our DNA",
    "Each party member gets a map",
];

#[test]
fn every_forbidden_text_is_refused_for_what_it_is() {
    let policy = policy();
    for (name, texts) in FORBIDDEN {
        for text in texts {
            assert_eq!(policy.screen(text).map(|banned| banned.name.as_str()), Some(name), "{text}");
        }
    }
}

#[test]
fn ordinary_texts_pass() {
    let policy = policy();
    for text in ORDINARY {
        assert!(policy.screen(text).is_none(), "{text}: {:?}", policy.screen(text).map(|banned| &banned.name));
    }
}

#[test]
fn what_a_bundle_does_not_forbid_may_be_placed() {
    let mut bundle = common::base();
    let head = bundle.files.get_mut("policy.toml").unwrap();
    *head = head.replace("forbid    = [\"biometric\", \"special\"]", "forbid    = [\"biometric\"]");
    let policy = compile(&bundle).unwrap();
    assert!(policy.screen("у соседа диабет").is_none());
    assert!(policy.screen("мой ИИН 900101300017").is_some());
}
