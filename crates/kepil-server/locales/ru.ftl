# Слова страниц по-русски. Что говорит политика (названия полей, целей, сроков), приходит из её файлов, а не отсюда.

## Вокруг страницы
skip = К содержанию
languages = Язык
language-ru = Русский
language-kk = Қазақша
language-en = English
menu = Мой раздел
menu-data = Мои данные
menu-activity = История действий
menu-services = Сервисы
menu-consents = Согласия
menu-security = Безопасность
footer-edition = Политика в редакции от { $day }
to-front = На главную
since = с
optional = необязательно
choose = Выберите
show = Показать
hide = Скрыть
save-button = Сохранить
cancel-button = Отмена
accept-button = Принять
refuse-button = Отказаться
allow-button = Разрешить
back-to = Вернуться: { $where }
clause = пункт { $clause } политики
kept = Хранится: { $keep }.
documents = Документы
documents-others = Другие документы этой редакции
short-policy = Политика коротко
operator = Оператор
bin = БИН
address = Адрес
contact = Вопросы о данных
asker-owner = { $owner }, БИН { $bin }
age-years = { $years ->
    [one] с { $years } года
   *[other] с { $years } лет
}

## Даты
when-day = { $day } { $month } { $year } г.
when-moment = { $day }, { $time }
month-1 = января
month-2 = февраля
month-3 = марта
month-4 = апреля
month-5 = мая
month-6 = июня
month-7 = июля
month-8 = августа
month-9 = сентября
month-10 = октября
month-11 = ноября
month-12 = декабря

## Что только что сделано
done-saved = Сохранено.
done-removed = Значение удалено.
done-left = Вы вышли из сервиса. Он больше не получает ваши данные.
done-given = Согласие дано.
done-withdrawn = Согласие отозвано. Данные для этой цели больше не используются.
done-ended = Сеанс завершён.
done-password = Пароль изменён.
done-email = E-mail изменён.
done-blocked = Данные заблокированы. Сервисы их не получают.
done-lifted = Блокирование снято.
done-registered = Учётная запись создана.
done-accepted = Принято.
done-refused = Вы отказались. Ничего не изменилось.

## Главная
front-title = Ваши данные
front-heading = Ваши данные у { $operator }
front-lead = Одна учётная запись для всех сервисов. Здесь видно, какие данные о вас есть, кто и зачем их использовал, и здесь вы решаете, что дальше.
front-who = Кто отвечает за данные
editions-all = Все редакции политики
sign-in-button = Войти
register-button = Зарегистрироваться

## Регистрация
register-title = Регистрация
register-lead = Спрашиваем только то, что нужно для работы сервисов.
register-next = Дальше придёт письмо со ссылкой. По ней вы прочитаете условия и примете их или откажетесь. До этого учётной записи нет.
register-have = Уже есть учётная запись?
age-notice = Регистрируясь, вы подтверждаете, что достигли возраста, с которого разрешены эти сервисы:
errors-prefix = Нужно исправить:
errors-heading = Форма не отправлена. Исправьте отмеченное:
sent-title = Проверьте почту
sent-registration = Мы отправили письмо на указанный адрес. Откройте ссылку из него, чтобы закончить регистрацию.
sent-reset = Если такая учётная запись есть, на её адрес ушло письмо со ссылкой для нового пароля.
sent-email = Мы отправили письмо на новый адрес. Откройте ссылку из него, и адрес изменится. До этого действует прежний.
sent-nothing = Письма нет? Загляните в папку «Спам» и подождите несколько минут.
confirm-title = Осталось решить
confirm-lead = Адрес подтверждён. Прочитайте условия. Учётная запись появится, только если вы их примете.
confirm-refusing = Если откажетесь, учётной записи не будет, а введённые данные мы удалим.
confirm-other-browser = Вы регистрировались в другом браузере. Введите пароль, который выбрали там: так никто не откроет учётную запись от вашего имени. Если это были не вы, откажитесь.
chosen-password = Пароль, который вы выбрали
chosen-password-failed = Пароль не подходит. Введите тот, что задали при регистрации.
purposes-necessary = Без этого не работает
purposes-optional = По вашему желанию
purposes-optional-hint = Отметьте, если согласны. Без отметок всё остальное работает. Изменить решение можно в любое время.
purpose-fields = Данные: { $fields }.
purpose-recipients = Получает также: { $who }.
purpose-law = Основание: { $law }.

## Вход и выход
sign-in-title = Вход
sign-in-for = Чтобы продолжить в сервисе «{ $service }».
sign-in-failed = Войти не получилось: такое сочетание имени и пароля не подходит. Проверьте и то и другое и попробуйте снова.
sign-in-new = Впервые здесь?
password = Пароль
forgot = Забыли пароль?
reset-title = Новый пароль
reset-lead = Укажите, с чем вы входите. На e-mail учётной записи придёт ссылка.
reset-button = Отправить ссылку
back-to-sign-in = Вернуться ко входу
reset-form-title = Задайте новый пароль
reset-form-lead = После этого все сеансы завершатся, и нужно будет войти снова.
new-password = Новый пароль
now-password = Нынешний пароль
now-password-failed = Пароль не подходит. Введите тот, с которым вы входите сейчас.
password-hint = { $letters ->
    [one] Не короче { $letters } знака. Хорошо подходят несколько слов подряд.
   *[other] Не короче { $letters } знаков. Хорошо подходят несколько слов подряд.
}
password-button = Изменить пароль
sign-out-title = Выйти?
sign-out-lead = Сеанс в этом браузере завершится.
sign-out-for = Сервис «{ $service }» просит завершить сеанс в этом браузере.
sign-out-button = Выйти
stay-button = Остаться
signed-out-title = Вы вышли
signed-out-lead = Сеанс в этом браузере завершён.

## Принятие и согласие
acceptance-title = Условия сервиса «{ $service }»
acceptance-changed = Что изменилось для вас
acceptance-before = Вы приняли прежнюю редакцию:
acceptance-age = { $years ->
    [one] Сервис разрешён с { $years } года. Принимая условия, вы подтверждаете этот возраст.
   *[other] Сервис разрешён с { $years } лет. Принимая условия, вы подтверждаете этот возраст.
}
acceptance-refusing = Если откажетесь, сервис «{ $service }» не откроется и ничего о вас не получит. Остальные сервисы работают как раньше.
acceptance-refusing-newer = Если откажетесь, останется редакция, которую вы приняли раньше. Нового сервис делать не сможет.
consent-title = «{ $service }» просит ваши данные
consent-purpose = Для чего
consent-keep = На какой срок
consent-claims = Что передать
consent-claims-hint = Передаётся только отмеченное.
claim-required = нужно, чтобы продолжить
claim-optional = по желанию
claim-missing = Не указано, а без этого не продолжить. Сначала заполните:
value-none = Не указано
consent-copy = После передачи копия будет у организации { $owner }, и отвечать за неё будет она. Мы не проверяем, полны ли данные, и не отвечаем за сохранность переданного.
consent-refusing = Если откажетесь, данные не передаются. Разрешение можно отозвать в любое время в разделе «Согласия».
consent-changing = Со следующего запроса передаётся только отмеченное. Переданное раньше остаётся у получателя, и удалить его можно попросить там.
consent-choose-claims = Выбрать, что передавать

## Мои данные
data-lead = Здесь всё, что хранится о вас в учётной записи: откуда взято, кто видит и до каких пор.
data-blocked = Все данные заблокированы: сервисы их не получают.
data-more = Ещё
download-data = Скачать мои данные
seen-by = Видят: { $who }.
seen-by-none = Ни один сервис этого не видит.
from-form = Из формы регистрации
from-edit = Изменено вами
from-own = Сообщено вами
from-request = Указано вами по запросу сервиса
edit-button = Изменить
edit-title = Изменить: { $label }
add-button = Указать
delete-button = Удалить
delete-ask = Значение «{ $label }» будет удалено. Вернуть его нельзя, но можно указать заново.
delete-ask-seen = Некоторые возможности могут перестать работать: { $who }.
email-title = Изменить e-mail
email-lead = На новый адрес придёт письмо со ссылкой. На прежний придёт уведомление.
email-now = Сейчас
email-new = Новый e-mail
email-button = Отправить письмо
email-confirm-title = Подтвердите новый адрес
email-confirm-lead = После этого вы входите по новому адресу. На старый придёт уведомление.
email-confirm-button = Подтвердить адрес

## История действий
activity-all = все сервисы
activity-lead = Кто, когда и зачем обращался к вашим данным. Записи нельзя изменить задним числом, а квитанция это доказывает.
activity-filter = Сервис
filter-button = Показать
activity-none = Записей нет.
activity-about = Сервис: { $service }
activity-purpose = Цель: { $purpose }
activity-did = { $who } { $deed }
activity-refused = { $who } отказано { $deed }
receipt-link = Квитанция
older-button = Более ранние
by-you = Вы
by-representative = Ваш представитель
by-service = Сервис «{ $label }»
by-staff = Сотрудник оператора
by-recipient = Получатель «{ $label }»
by-system = Сервер
to-you = Вам
to-representative = Вашему представителю
to-service = Сервису «{ $label }»
to-staff = Сотруднику оператора
to-recipient = Получателю «{ $label }»
to-system = Серверу
you-collect = сообщили данные
act-collect = получил от вас данные
you-record = записали данные
act-record = записал данные
you-systematise = упорядочили данные
act-systematise = упорядочил данные
you-accumulate = накопили данные
act-accumulate = накопил данные
you-store = сохранили данные
act-store = сохранил данные
you-clarify = изменили данные
act-clarify = изменил данные
you-compare = сопоставили данные
act-compare = сопоставил данные
you-extract = посмотрели данные
act-extract = прочитал данные
you-use = использовали данные
act-use = использовал данные
you-block = заблокировали данные
act-block = заблокировал данные
you-destroy = удалили данные
act-destroy = уничтожил данные
you-disseminate = открыли данные для всех
act-disseminate = открыл данные для всех
you-anonymise = обезличили данные
act-anonymise = обезличил данные
you-transfer = передали данные
act-transfer = передал данные
you-accept = приняли условия
act-accept = принял условия
you-consent = дали согласие
act-consent = дал согласие
you-withdraw = отозвали согласие
act-withdraw = отозвал согласие
you-end_agreement = прекратили соглашение
act-end_agreement = прекратил соглашение
you-unblock = сняли блокирование
act-unblock = снял блокирование
you-sign_in = вошли
act-sign_in = открыл вход
deed-collect = в сборе данных
deed-record = в записи данных
deed-systematise = в упорядочении данных
deed-accumulate = в накоплении данных
deed-store = в хранении данных
deed-clarify = в изменении данных
deed-compare = в сопоставлении данных
deed-extract = в чтении данных
deed-use = в использовании данных
deed-block = в блокировании данных
deed-destroy = в уничтожении данных
deed-disseminate = в распространении данных
deed-anonymise = в обезличивании данных
deed-transfer = в передаче данных
deed-accept = в принятии условий
deed-consent = в записи согласия
deed-withdraw = в отзыве согласия
deed-end_agreement = в прекращении соглашения
deed-unblock = в снятии блокирования
deed-sign_in = во входе

## Почему отказано
refusal-unknown_purpose = Политика не называет такой цели.
refusal-foreign_service = Эта цель принадлежит другому сервису.
refusal-unknown_subject = Такого человека сервис не знает.
refusal-destroying = Данные уничтожаются.
refusal-blocked = Данные заблокированы.
refusal-field_blocked = Это поле заблокировано.
refusal-held = Уничтожать сейчас нельзя: идёт спор или этого требует закон.
refusal-verb_outside_purpose = Цель не разрешает такого действия.
refusal-outside_purpose = Для этой цели поле не нужно.
refusal-not_accepted = Условия сервиса не приняты.
refusal-agreement_ended = Соглашение с сервисом прекращено.
refusal-newer_edition = Это добавила новая редакция, которая ещё не принята.
refusal-no_consent = Согласия на эту цель нет.
refusal-withdrawn = Согласие отозвано.
refusal-claim_not_released = Передачу этого поля не разрешали.
refusal-keep_over = Срок хранения закончился.
refusal-age_unconfirmed = Возраст не подтверждён.
refusal-below_age = Возраст меньше разрешённого для сервиса.
refusal-no_mandate = Нет полномочий представителя.
refusal-no_duty = Служебные обязанности этого не требуют.
refusal-not_a_recipient = Политика не называет такого получателя.
refusal-not_the_person = Это может сделать только сам человек.

## Сервисы и согласия
services-lead = Какими сервисами вы пользуетесь и что каждый из них получает.
services-none = Вы пока не пользуетесь ни одним сервисом.
services-third-party = Это другая организация.
services-since = Пользуетесь с
services-edition = Принята редакция от { $day }
services-newer = Есть новая редакция, ваш ответ ещё не дан.
services-activity-button = Что он делал с данными
leave-button = Выйти из сервиса
leave-ask = Соглашение с сервисом «{ $service }» прекратится, и он перестанет получать ваши данные. То, что хранилось только для него, будет уничтожено в срок, указанный в политике.
consents-lead = На что вы согласились. Отозвать так же просто, как дать.
consents-none = Согласий, которые можно менять, сейчас нет.
consent-fields = { $service }. Данные: { $fields }.
consent-on = Согласие действует
consent-off = Согласия нет
consent-bar = Сейчас отозвать нельзя: не исполнено обязательство. { $duty }
withdraw-button = Отозвать согласие
give-button = Дать согласие

## Безопасность
sessions-title = Где вы вошли
sessions-lead = Не узнаёте сеанс? Завершите его и смените пароль.
session-this = этот сеанс
session-since = Начат:
session-last = Последнее действие:
session-end-button = Завершить
session-others-button = Завершить все, кроме этого
password-title = Сменить пароль
block-title = Заблокировать данные
block-link = Подробнее
block-lead = Если данные неверны, устарели, получены незаконно или больше не нужны, их использование можно остановить, пока вопрос решается.
block-stops = Сервисы перестают получать ваши данные. Часть из них не будет работать.
block-keeps = Сами данные остаются на месте: блокирование останавливает и уничтожение.
block-still = Вы по-прежнему видите свои данные и можете снять блокирование в любое время.
block-on = Данные заблокированы
block-button = Заблокировать всё
block-lift-button = Снять блокирование

## Закрытие учётной записи
close-title = Закрыть учётную запись
close-lead = Учётную запись после этого не вернуть.
close-gone = Что исчезнет
close-services = Перестанут работать: { $services }.
close-stays = Что останется по закону
close-stays-none = Ничего.
close-word = ЗАКРЫТЬ
close-type = Чтобы подтвердить, введите слово { $word }
close-type-failed = Слово не совпало. Введите: { $word }
close-button = Закрыть учётную запись

## Документы и редакции
document-version = Версия: { $version }.
document-hash = Отпечаток текста (SHA-256):
editions-lead = Каждая редакция хранится целиком. Отпечаток покажет, что текст не меняли.
edition-of = Редакция от { $day }
edition-since = Действует с
edition-coming = ещё не действует
edition-in-force = действует
edition-past = заменена
edition-diff = Что изменилось
diff-title = Что изменилось
diff-lead = Редакция от { $from } и редакция от { $to }.
diff-widened = Что стало шире
diff-widened-hint = На это нужен ваш ответ. Пока его нет, действует то, что вы приняли раньше.
diff-widened-none = Ничего: новых данных, целей и получателей нет.
diff-other = Остальное
diff-added = Добавлено:
diff-gone = Убрано:

## Когда что-то не так
problem-code = Код: { $code }
trouble-not_found = Такой страницы нет
trouble-not_found-means = Адрес введён с ошибкой, или страницу убрали.
trouble-not_found-do = Проверьте адрес или начните с главной.
trouble-bad_request = Запрос не понят
trouble-bad_request-means = В запросе не хватает нужного или есть лишнее. Ничего не изменилось.
trouble-bad_request-do = Вернитесь на страницу, с которой пришли, и попробуйте снова.
trouble-stale_form = Форма устарела
trouble-stale_form-means = Страница была открыта слишком долго, или с тех пор вы вошли заново. Ничего не изменилось.
trouble-stale_form-do = Откройте страницу снова и повторите.
trouble-stale_link = Ссылка больше не действует
trouble-stale_link-means = Её уже использовали, или её срок вышел.
trouble-stale_link-do = Запросите новое письмо.
trouble-sign_in_needed = Нужно войти
trouble-sign_in_needed-means = Эта страница показывает личные данные, поэтому открывается только после входа.
trouble-sign_in_needed-do = Войдите и повторите.
trouble-too_many = Слишком много попыток
trouble-too_many-means = Так учётные записи защищены от подбора пароля. Ваши данные на месте.
trouble-too_many-do = Подождите немного и попробуйте снова.
trouble-too_large = Слишком много данных
trouble-too_large-means = Отправленное больше, чем можно принять. Ничего не изменилось.
trouble-too_large-do = Сократите и отправьте снова.
trouble-unknown_service = Сервис не опознан
trouble-unknown_service-means = Он обратился не так, как зарегистрирован. Ваши данные ему не переданы.
trouble-unknown_service-do = Вернитесь в сервис и начните снова. Если не помогло, сообщите его владельцу.
trouble-unavailable = Сейчас не получается
trouble-unavailable-means = На нашей стороне сбой. Незаконченное не сохранено.
trouble-unavailable-do = Попробуйте через несколько минут.
trouble-refused = Отказано
trouble-refused-do = Если считаете, что это ошибка, напишите оператору и назовите код ниже.

## Ошибки в полях
fault-empty = Заполните это поле.
fault-too-long = Слишком длинно. Сократите.
fault-name = Здесь могут быть буквы, пробел, дефис, точка и апостроф.
fault-login = Здесь могут быть латинские буквы, цифры, точка, дефис и подчёркивание.
fault-characters = Есть знаки, которых здесь не может быть. Уберите их.
fault-email = Это не похоже на e-mail. Пример: имя@example.kz
fault-phone = Укажите номер с кодом страны. Пример: +7 701 234 56 78
fault-date = Такой даты быть не может. Проверьте день, месяц и год.
fault-option = Выберите из списка.
fault-taken = Это имя занято. Выберите другое.
fault-age = { $years ->
    [one] Для этого нужно быть не моложе { $years } года.
   *[other] Для этого нужно быть не моложе { $years } лет.
}
fault-password-short = { $letters ->
    [one] Слишком коротко: нужно не меньше { $letters } знака.
   *[other] Слишком коротко: нужно не меньше { $letters } знаков.
}
fault-password-long = Слишком длинно. Сократите.
fault-password-common = Этот пароль часто встречается, его легко подобрать. Придумайте другой.

## Пример сервиса
sample-mark = пример сервиса
sample-signed-in = Вы вошли. Здесь вас знают как
sample-signed-out = Вы не вошли. Сервис ничего о вас не знает.
sample-sign-in-button = Войти через { $operator }
sample-claims = Что сервис узнал при входе
sample-claims-none = Ничего, кроме своего номера для вас.
sample-claim = Поле
sample-value = Значение
sample-answer = Ответ
sample-read = Чтение данных
sample-read-hint = Сервис называет цель и просит поля. Получает только то, что вы разрешили, и каждый раз остаётся запись.
sample-read-button = Прочитать
sample-account = Что записано в истории действий

## Письма
letter-greeting = Здравствуйте!
letter-sign = { $operator }
letter-confirm-subject = Подтвердите регистрацию
letter-confirm =
    Этот адрес указали при регистрации. Чтобы продолжить, откройте ссылку:

    { $link }

    { $hours ->
        [one] Ссылка действует { $hours } час.
        [few] Ссылка действует { $hours } часа.
       *[other] Ссылка действует { $hours } часов.
    } Если регистрировались не вы, ничего не делайте: учётной записи не будет, а введённое мы удалим.
letter-already-subject = У вас уже есть учётная запись
letter-already =
    Кто-то указал этот адрес при регистрации, а учётная запись с ним уже есть. Новая не создана.

    Войти: { $link }
    Забыли пароль: { $reset }

    Если это были не вы, ничего не делайте: ваши данные никому не показаны.
letter-reset-subject = Новый пароль
letter-reset =
    Кто-то попросил сменить пароль вашей учётной записи. Чтобы задать новый, откройте ссылку:

    { $link }

    { $hours ->
        [one] Ссылка действует { $hours } час.
        [few] Ссылка действует { $hours } часа.
       *[other] Ссылка действует { $hours } часов.
    } Если это были не вы, ничего не делайте: пароль останется прежним.
letter-email-subject = Подтвердите новый e-mail
letter-email =
    Этот адрес указали как новый для учётной записи. Чтобы подтвердить его, откройте ссылку:

    { $link }

    { $hours ->
        [one] Ссылка действует { $hours } час.
        [few] Ссылка действует { $hours } часа.
       *[other] Ссылка действует { $hours } часов.
    } Если это были не вы, ничего не делайте.
letter-email-changed-subject = E-mail учётной записи изменён
letter-email-changed =
    E-mail вашей учётной записи изменён. На этот адрес письма больше не придут.

    Если это сделали не вы, сразу напишите: { $contact }
letter-password-changed-subject = Пароль изменён
letter-password-changed =
    Пароль вашей учётной записи изменён.

    Если это сделали не вы, сразу смените его и напишите: { $contact }
letter-edition-subject = Новая редакция политики
letter-edition =
    Опубликована редакция политики от { $edition }. Она действует с { $since }.

    Что изменилось: { $link }

    Если новая редакция расширяет то, что делается с вашими данными, нужен ваш ответ. Пока его нет, действует редакция, которую вы приняли.

## Устройство без браузера
device-title = Вход на другом устройстве
device-lead = Введите код, который показывает ваше устройство.
device-code = Код с устройства
device-go-on = Продолжить
device-failed = С таким кодом не ждёт ни одно устройство. Проверьте буквы: код действует десять минут и один раз.
device-found = «{ $service }» хочет войти на устройстве
device-same = На вашем устройстве показан код { $code }.
device-warning = Продолжайте, только если устройство у вас в руках и вы начали вход сами. Если код вам прислали, откажитесь: иначе в вашу учётную запись войдут другие.
device-mine = Это моё устройство
device-foreign = Не моё устройство
device-done = Готово, вернитесь к устройству
device-done-lead = Через несколько секунд устройство продолжит само. Его сеанс можно завершить в любое время в разделе «Безопасность».
device-refused = Устройству отказано
device-refused-lead = Оно ничего о вас не получит. Если вы не начинали вход сами, больше ничего делать не нужно.
