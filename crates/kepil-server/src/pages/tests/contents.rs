//! The pages about what a made-up person placed.

use kepil_domain::Day;
use kepil_policy::Audience;

use super::samples::{FORUM, Sampler};
use crate::pages::*;

const KIND: (&str, &str, &str) = ("Сообщение на форуме", "Форумдағы хабарлама", "A post in the forum");
const LONG: &str = "Кто едет на Чарын?\nЕсть два места. <b>Пишите!</b>\n\nhttps://example.kz/charyn-canyon-and-a-very-long-address-without-any-blank-in-it";

impl Sampler {
    fn contents(&self, is_own: bool) -> Contents {
        let row = |id: &str, text: &str, audience, is_withheld, is_left| ContentRow {
            id: id.to_owned(),
            service: self.t(FORUM),
            kind: self.t(KIND),
            text: (!text.is_empty()).then(|| text.to_owned()),
            on: When::day(Day(20_784), self.0),
            audience: audience_in_words(Words::of(self.0), audience),
            setting_path: (!text.is_empty()).then(|| "/me/profile/forum".to_owned()),
            is_withheld,
            is_left,
        };
        let rows = vec![
            row("a1", LONG, Audience::Public, false, false),
            row("b2", "Рахмет!", Audience::Public, is_own, !is_own),
            row("c3", "", Audience::Private, false, false),
        ];
        Contents { is_own, rows, next_path: Some("/me/contents?page=1".to_owned()) }
    }

    pub fn content_pages(&self) -> Vec<(&'static str, String)> {
        let own = |here: &str| self.chrome(here, true);
        let none = Contents { rows: Vec::new(), next_path: None, ..self.contents(true) };
        vec![
            ("contents", self.contents(true).render(&own("/me/contents"))),
            ("contents_about", self.contents(false).render(&own("/me/contents/about"))),
            ("contents_none", none.render(&own("/me/contents"))),
            ("content_page", self.content_page().render(&own("/contents/x"))),
        ]
    }

    fn content_page(&self) -> ContentPage {
        ContentPage {
            service: self.t(FORUM),
            kind: self.t(KIND),
            text: LONG.to_owned(),
            on: When::day(Day(20_784), self.0),
            is_own: false,
        }
    }
}
