# Беттердің қазақша сөздері. Саясаттың айтқаны (өрістердің, мақсаттардың, мерзімдердің атаулары) осыдан емес, оның файлдарынан келеді.

## Беттің айналасы
skip = Мазмұнға өту
languages = Тіл
language-ru = Русский
language-kk = Қазақша
language-en = English
menu = Менің бөлімім
menu-data = Деректерім
menu-activity = Әрекеттер тарихы
menu-services = Сервистер
menu-consents = Келісімдер
menu-security = Қауіпсіздік
footer-edition = Саясат редакциясы: { $day }
to-front = Басты бетке
since = · басталуы:
optional = міндетті емес
choose = Таңдаңыз
show = Көрсету
hide = Жасыру
save-button = Сақтау
cancel-button = Болдырмау
accept-button = Қабылдау
refuse-button = Бас тарту
allow-button = Рұқсат беру
back-to = Қайту: { $where }
clause = саясаттың { $clause } тармағы
kept = Сақталуы: { $keep }.
documents = Құжаттар
documents-others = Осы редакцияның басқа құжаттары
short-policy = Саясат қысқаша
operator = Оператор
bin = БСН
address = Мекенжай
contact = Деректер туралы сұрақтар
asker-owner = { $owner }, БСН { $bin }
age-years = { $years } жастан бастап

## Күндер
when-day = { $year } жылғы { $day } { $month }
when-moment = { $day }, { $time }
month-1 = қаңтар
month-2 = ақпан
month-3 = наурыз
month-4 = сәуір
month-5 = мамыр
month-6 = маусым
month-7 = шілде
month-8 = тамыз
month-9 = қыркүйек
month-10 = қазан
month-11 = қараша
month-12 = желтоқсан

## Жаңа ғана не істелді
done-saved = Сақталды.
done-removed = Мән өшірілді.
done-left = Сіз сервистен шықтыңыз. Ол енді деректеріңізді алмайды.
done-given = Келісім берілді.
done-withdrawn = Келісім кері қайтарып алынды. Деректер бұл мақсатқа енді пайдаланылмайды.
done-ended = Сеанс аяқталды.
done-password = Құпиясөз өзгертілді.
done-email = E-mail өзгертілді.
done-blocked = Деректер бұғатталды. Сервистер оларды алмайды.
done-lifted = Бұғаттау алып тасталды.
done-registered = Есептік жазба жасалды.
done-accepted = Қабылданды.
done-refused = Сіз бас тарттыңыз. Ештеңе өзгерген жоқ.

## Басты бет
front-title = Сіздің деректеріңіз
front-heading = { $operator } сақтайтын деректеріңіз
front-lead = Барлық сервиске бір есептік жазба. Өзіңіз туралы қандай деректер бар екенін, оларды кім және не үшін пайдаланғанын осы жерден көресіз, әрі қарай не болатынын өзіңіз шешесіз.
front-who = Деректерге кім жауап береді
editions-all = Саясаттың барлық редакциялары
sign-in-button = Кіру
register-button = Тіркелу

## Тіркелу
register-title = Тіркелу
register-lead = Сервистердің жұмысына керегін ғана сұраймыз.
register-next = Әрі қарай сілтемесі бар хат келеді. Сол жерде шарттарды оқып, қабылдайсыз немесе бас тартасыз. Оған дейін есептік жазба болмайды.
register-have = Есептік жазбаңыз бар ма?
age-notice = Тіркелу арқылы сіз мына сервистерге рұқсат етілген жасқа толғаныңызды растайсыз:
errors-prefix = Түзету керек:
errors-heading = Нысан жіберілмеді. Белгіленген жерлерді түзетіңіз:
sent-title = Поштаңызды тексеріңіз
sent-registration = Көрсетілген мекенжайға хат жібердік. Тіркелуді аяқтау үшін ондағы сілтемені ашыңыз.
sent-reset = Егер мұндай есептік жазба болса, оның мекенжайына жаңа құпиясөзге арналған сілтеме жіберілді.
sent-email = Жаңа мекенжайға хат жібердік. Ондағы сілтемені ашсаңыз, мекенжай өзгереді. Оған дейін бұрынғысы қалады.
sent-nothing = Хат келмеді ме? «Спам» қалтасын қарап, бірнеше минут күтіңіз.
confirm-title = Енді шешім сізде
confirm-lead = Мекенжай расталды. Шарттарды оқыңыз. Оларды қабылдасаңыз ғана есептік жазба жасалады.
confirm-refusing = Бас тартсаңыз, есептік жазба болмайды, ал енгізілген деректерді өшіреміз.
confirm-other-browser = Сіз басқа браузерде тіркелдіңіз. Сонда таңдаған құпиясөзді енгізіңіз: осылай ешкім сіздің атыңыздан есептік жазба ашпайды. Бұл сіз болмасаңыз, бас тартыңыз.
chosen-password = Сіз таңдаған құпиясөз
chosen-password-failed = Құпиясөз сәйкес емес. Тіркелгенде орнатқаныңызды енгізіңіз.
purposes-necessary = Онсыз жұмыс істемейді
purposes-optional = Қалауыңыз бойынша
purposes-optional-hint = Келіссеңіз, белгілеңіз. Белгісіз де қалғанының бәрі жұмыс істейді. Шешімді кез келген уақытта өзгертуге болады.
purpose-fields = Деректер: { $fields }.
purpose-recipients = Сондай-ақ алады: { $who }.
purpose-law = Негізі: { $law }.

## Кіру және шығу
sign-in-title = Кіру
sign-in-for = «{ $service }» сервисінде жалғастыру үшін.
sign-in-failed = Кіру мүмкін болмады: бұл ат пен құпиясөз бір-біріне сәйкес емес. Екеуін де тексеріп, қайталап көріңіз.
sign-in-new = Алғаш рет келдіңіз бе?
password = Құпиясөз
forgot = Құпиясөзді ұмыттыңыз ба?
reset-title = Жаңа құпиясөз
reset-lead = Немен кіретініңізді көрсетіңіз. Есептік жазбаның e-mail мекенжайына сілтеме келеді.
reset-button = Сілтеме жіберу
back-to-sign-in = Кіру бетіне қайту
reset-form-title = Жаңа құпиясөз қойыңыз
reset-form-lead = Содан кейін барлық сеанс аяқталады, қайта кіру керек болады.
new-password = Жаңа құпиясөз
now-password = Қазіргі құпиясөз
now-password-failed = Құпиясөз сәйкес емес. Қазір кіріп жүргеніңізді енгізіңіз.
password-hint = Кемінде { $letters } таңба. Қатар тұрған бірнеше сөз жақсы.
password-button = Құпиясөзді өзгерту
sign-out-title = Шығасыз ба?
sign-out-lead = Осы браузердегі сеанс аяқталады.
sign-out-for = «{ $service }» сервисі осы браузердегі сеансты аяқтауды сұрайды.
sign-out-button = Шығу
stay-button = Қалу
signed-out-title = Сіз шықтыңыз
signed-out-lead = Осы браузердегі сеанс аяқталды.

## Қабылдау және келісім
acceptance-title = «{ $service }» сервисінің шарттары
acceptance-changed = Сіз үшін не өзгерді
acceptance-before = Бұрынғы редакцияны қабылдағансыз:
acceptance-age = Сервис { $years } жастан бастап рұқсат етіледі. Шарттарды қабылдау арқылы осы жасқа толғаныңызды растайсыз.
acceptance-refusing = Бас тартсаңыз, «{ $service }» сервисі ашылмайды және сіз туралы ештеңе алмайды. Қалған сервистер бұрынғыдай жұмыс істейді.
acceptance-refusing-newer = Бас тартсаңыз, бұрын қабылдаған редакцияңыз қалады. Сервис жаңа нәрсені істей алмайды.
consent-title = «{ $service }» деректеріңізді сұрайды
consent-purpose = Не үшін
consent-keep = Қандай мерзімге
consent-claims = Нені беру керек
consent-claims-hint = Белгіленгені ғана беріледі.
claim-required = жалғастыру үшін керек
claim-optional = қалауыңызша
claim-missing = Көрсетілмеген, онсыз жалғастыру мүмкін емес. Алдымен толтырыңыз:
value-none = Көрсетілмеген
consent-copy = Берілгеннен кейін көшірме { $owner } ұйымында болады, оған сол ұйым жауап береді. Біз деректердің толықтығын тексермейміз және берілгеннің сақталуына жауап бермейміз.
consent-refusing = Бас тартсаңыз, деректер берілмейді. Рұқсатты «Келісімдер» бөлімінде кез келген уақытта кері қайтарып алуға болады.

## Менің деректерім
data-lead = Есептік жазбада сіз туралы сақталғанның бәрі осында: қайдан алынды, кім көреді және қашанға дейін.
data-blocked = Барлық деректер бұғатталған: сервистер оларды алмайды.
data-more = Тағы
download-data = Менің деректерімді жүктеу
seen-by = Көретіндер: { $who }.
seen-by-none = Мұны бірде-бір сервис көрмейді.
from-form = Тіркеу нысанынан
from-edit = Сіз өзгерткенсіз
from-own = Сіз өзіңіз хабарлағансыз
from-request = Сервистің сұрауы бойынша сіз көрсеткенсіз
edit-button = Өзгерту
edit-title = Өзгерту: { $label }
add-button = Көрсету
delete-button = Өшіру
delete-ask = «{ $label }» мәні өшіріледі. Оны қайтару мүмкін емес, бірақ қайта көрсетуге болады.
delete-ask-seen = Кейбір мүмкіндіктер жұмыс істемей қалуы мүмкін: { $who }.
email-title = E-mail өзгерту
email-lead = Жаңа мекенжайға сілтемесі бар хат, бұрынғысына хабарлама келеді.
email-now = Қазір
email-new = Жаңа e-mail
email-button = Хат жіберу
email-confirm-title = Жаңа мекенжайды растаңыз
email-confirm-lead = Осыдан кейін жаңа мекенжаймен кіресіз. Ескісіне хабарлама келеді.
email-confirm-button = Мекенжайды растау

## Әрекеттер тарихы
activity-all = барлық сервис
activity-lead = Деректеріңізді кім, қашан және не үшін алды. Жазбаларды кейін өзгерту мүмкін емес, түбіртек соны дәлелдейді.
activity-filter = Сервис
filter-button = Көрсету
activity-none = Жазба жоқ.
activity-about = Сервис: { $service }
activity-purpose = Мақсаты: { $purpose }
activity-did = { $who } { $deed }
activity-refused = { $who } { $deed } рұқсат берілмеді
receipt-link = Түбіртек
older-button = Бұрынғылары
by-you = Сіз
by-representative = Өкіліңіз
by-service = «{ $label }» сервисі
by-staff = Оператордың қызметкері
by-recipient = «{ $label }» алушысы
by-system = Сервер
to-you = Сізге
to-representative = Өкіліңізге
to-service = «{ $label }» сервисіне
to-staff = Оператордың қызметкеріне
to-recipient = «{ $label }» алушысына
to-system = Серверге
you-collect = деректерді хабарладыңыз
act-collect = сізден деректер алды
you-record = деректерді жаздыңыз
act-record = деректерді жазды
you-systematise = деректерді реттедіңіз
act-systematise = деректерді реттеді
you-accumulate = деректерді жинақтадыңыз
act-accumulate = деректерді жинақтады
you-store = деректерді сақтадыңыз
act-store = деректерді сақтады
you-clarify = деректерді өзгерттіңіз
act-clarify = деректерді өзгертті
you-compare = деректерді салыстырдыңыз
act-compare = деректерді салыстырды
you-extract = деректерді қарадыңыз
act-extract = деректерді оқыды
you-use = деректерді пайдаландыңыз
act-use = деректерді пайдаланды
you-block = деректерді бұғаттадыңыз
act-block = деректерді бұғаттады
you-destroy = деректерді өшірдіңіз
act-destroy = деректерді жойды
you-disseminate = деректерді бәріне аштыңыз
act-disseminate = деректерді бәріне ашты
you-anonymise = деректерді иесіздендірдіңіз
act-anonymise = деректерді иесіздендірді
you-transfer = деректерді бердіңіз
act-transfer = деректерді басқаға берді
you-accept = шарттарды қабылдадыңыз
act-accept = шарттарды қабылдады
you-consent = келісім бердіңіз
act-consent = келісім берді
you-withdraw = келісімді кері қайтарып алдыңыз
act-withdraw = келісімді кері қайтарып алды
you-end_agreement = шартты тоқтаттыңыз
act-end_agreement = шартты тоқтатты
you-unblock = бұғаттауды алып тастадыңыз
act-unblock = бұғаттауды алып тастады
you-sign_in = кірдіңіз
act-sign_in = сізді кіргізді
deed-collect = деректерді жинауға
deed-record = деректерді жазуға
deed-systematise = деректерді реттеуге
deed-accumulate = деректерді жинақтауға
deed-store = деректерді сақтауға
deed-clarify = деректерді өзгертуге
deed-compare = деректерді салыстыруға
deed-extract = деректерді оқуға
deed-use = деректерді пайдалануға
deed-block = деректерді бұғаттауға
deed-destroy = деректерді жоюға
deed-disseminate = деректерді таратуға
deed-anonymise = деректерді иесіздендіруге
deed-transfer = деректерді басқаға беруге
deed-accept = шарттарды қабылдауға
deed-consent = келісім беруге
deed-withdraw = келісімді кері қайтарып алуға
deed-end_agreement = шартты тоқтатуға
deed-unblock = бұғаттауды алып тастауға
deed-sign_in = кіруге

## Неге рұқсат берілмеді
refusal-unknown_purpose = Саясатта мұндай мақсат аталмаған.
refusal-foreign_service = Бұл мақсат басқа сервиске тиесілі.
refusal-unknown_subject = Сервис мұндай адамды білмейді.
refusal-destroying = Деректер жойылып жатыр.
refusal-blocked = Деректер бұғатталған.
refusal-field_blocked = Бұл өріс бұғатталған.
refusal-held = Қазір жоюға болмайды: дау жүріп жатыр немесе заң талап етеді.
refusal-verb_outside_purpose = Мақсат мұндай әрекетке жол бермейді.
refusal-outside_purpose = Бұл мақсатқа өріс керек емес.
refusal-not_accepted = Сервистің шарттары қабылданбаған.
refusal-agreement_ended = Сервиспен жасалған шарт тоқтатылған.
refusal-newer_edition = Мұны әлі қабылданбаған жаңа редакция қосты.
refusal-no_consent = Бұл мақсатқа келісім жоқ.
refusal-withdrawn = Келісім кері қайтарып алынған.
refusal-claim_not_released = Бұл өрісті беруге рұқсат етілмеген.
refusal-keep_over = Сақтау мерзімі аяқталды.
refusal-age_unconfirmed = Жасы расталмаған.
refusal-below_age = Жасы сервис үшін рұқсат етілгеннен кіші.
refusal-no_mandate = Өкілдің өкілеттігі жоқ.
refusal-no_duty = Қызмет міндеттері мұны талап етпейді.
refusal-not_a_recipient = Саясатта мұндай алушы аталмаған.
refusal-not_the_person = Мұны адамның өзі ғана істей алады.

## Сервистер және келісімдер
services-lead = Қандай сервистерді пайдаланасыз және әрқайсысы не алады.
services-none = Сіз әзірге бірде-бір сервисті пайдаланбайсыз.
services-third-party = Бұл басқа ұйым.
services-since = Пайдалануыңыздың басталуы:
services-edition = Қабылданған редакция: { $day }
services-newer = Жаңа редакция бар, жауабыңыз күтіліп тұр.
services-activity-button = Деректермен не істеді
leave-button = Сервистен шығу
leave-ask = «{ $service }» сервисімен жасалған шарт тоқтатылады, ол деректеріңізді енді алмайды. Тек сол үшін сақталғаны саясатта көрсетілген мерзімде жойылады.
consents-lead = Неге келіскеніңіз. Кері қайтарып алу беру сияқты оңай.
consents-none = Қазір өзгертуге болатын келісім жоқ.
consent-fields = { $service }. Деректер: { $fields }.
consent-on = Келісім күшінде
consent-off = Келісім жоқ
consent-bar = Қазір кері қайтарып алуға болмайды: міндеттеме орындалмаған. { $duty }
withdraw-button = Келісімді қайтарып алу
give-button = Келісім беру

## Қауіпсіздік
sessions-title = Қай жерде кіргенсіз
sessions-lead = Таныс емес сеанс бар ма? Оны аяқтап, құпиясөзді өзгертіңіз.
session-this = осы сеанс
session-since = Басталды:
session-last = Соңғы әрекет:
session-end-button = Аяқтау
session-others-button = Осыдан басқасын аяқтау
password-title = Құпиясөзді өзгерту
block-title = Деректерді бұғаттау
block-link = Толығырақ
block-lead = Деректер дұрыс болмаса, ескірсе, заңсыз алынса немесе енді керек болмаса, мәселе шешілгенше оларды пайдалануды тоқтатуға болады.
block-stops = Сервистер деректеріңізді алмайды. Олардың бір бөлігі жұмыс істемейді.
block-keeps = Деректердің өзі орнында қалады: бұғаттау жоюды да тоқтатады.
block-still = Деректеріңізді бұрынғыдай көресіз және бұғаттауды кез келген уақытта алып тастай аласыз.
block-on = Деректер бұғатталған
block-button = Бәрін бұғаттау
block-lift-button = Бұғаттауды алып тастау

## Есептік жазбаны жабу
close-title = Есептік жазбаны жабу
close-lead = Бұдан кейін есептік жазбаны қайтару мүмкін емес.
close-gone = Не жоғалады
close-services = Жұмысын тоқтатады: { $services }.
close-stays = Заң бойынша не қалады
close-stays-none = Ештеңе.
close-word = ЖАБУ
close-type = Растау үшін { $word } сөзін теріңіз
close-type-failed = Сөз сәйкес келмеді. Теріңіз: { $word }
close-button = Есептік жазбаны жабу

## Құжаттар және редакциялар
document-version = Нұсқасы: { $version }.
document-hash = Мәтіннің бедері (SHA-256):
editions-lead = Әр редакция тұтас сақталады. Бедер мәтіннің өзгермегенін көрсетеді.
edition-of = Редакция: { $day }
edition-since = Күшіне енуі:
edition-coming = әлі күшінде емес
edition-in-force = күшінде
edition-past = ауыстырылған
edition-diff = Не өзгерді
diff-title = Не өзгерді
diff-lead = Салыстырылатын редакциялар: { $from } және { $to }.
diff-widened = Не кеңейді
diff-widened-hint = Бұған сіздің жауабыңыз керек. Оған дейін бұрын қабылдағаныңыз қолданылады.
diff-widened-none = Ештеңе: жаңа деректер, мақсаттар мен алушылар жоқ.
diff-other = Қалғаны
diff-added = Қосылды:
diff-gone = Алынды:

## Бірдеңе дұрыс болмағанда
problem-code = Коды: { $code }
trouble-not_found = Мұндай бет жоқ
trouble-not_found-means = Мекенжай қате жазылған немесе бет алынып тасталған.
trouble-not_found-do = Мекенжайды тексеріңіз немесе басты беттен бастаңыз.
trouble-bad_request = Сұрау түсініксіз
trouble-bad_request-means = Сұрауда керегі жетіспейді немесе артығы бар. Ештеңе өзгерген жоқ.
trouble-bad_request-do = Келген бетіңізге қайтып, қайталап көріңіз.
trouble-stale_form = Нысан ескірген
trouble-stale_form-means = Бет тым ұзақ ашық тұрды немесе содан бері қайта кірдіңіз. Ештеңе өзгерген жоқ.
trouble-stale_form-do = Бетті қайта ашып, қайталаңыз.
trouble-stale_link = Сілтеме енді жарамсыз
trouble-stale_link-means = Ол бұрын пайдаланылған немесе мерзімі өткен.
trouble-stale_link-do = Жаңа хат сұраңыз.
trouble-sign_in_needed = Кіру керек
trouble-sign_in_needed-means = Бұл бет жеке деректерді көрсетеді, сондықтан кіргеннен кейін ғана ашылады.
trouble-sign_in_needed-do = Кіріп, қайталаңыз.
trouble-too_many = Әрекет тым көп
trouble-too_many-means = Есептік жазбалар құпиясөзді іріктеп табудан осылай қорғалады. Деректеріңіз орнында.
trouble-too_many-do = Сәл күтіп, қайталап көріңіз.
trouble-too_large = Деректер тым көп
trouble-too_large-means = Жіберілгені қабылдауға болатыннан көп. Ештеңе өзгерген жоқ.
trouble-too_large-do = Қысқартып, қайта жіберіңіз.
trouble-unknown_service = Сервис танылмады
trouble-unknown_service-means = Ол тіркелгенінен басқаша жүгінді. Деректеріңіз оған берілген жоқ.
trouble-unknown_service-do = Сервиске қайтып, қайта бастаңыз. Көмектеспесе, оның иесіне хабарлаңыз.
trouble-unavailable = Қазір мүмкін болмай тұр
trouble-unavailable-means = Біздің жақта ақау болды. Аяқталмағаны сақталған жоқ.
trouble-unavailable-do = Бірнеше минуттан кейін қайталап көріңіз.
trouble-refused = Рұқсат берілмеді
trouble-refused-do = Бұл қате деп ойласаңыз, операторға жазып, төмендегі кодты айтыңыз.

## Өрістердегі қателер
fault-empty = Осы өрісті толтырыңыз.
fault-too-long = Тым ұзын. Қысқартыңыз.
fault-name = Мұнда әріптер, бос орын, сызықша, нүкте және апостроф бола алады.
fault-login = Мұнда латын әріптері, цифрлар, нүкте, сызықша және астын сызу бола алады.
fault-characters = Мұнда бола алмайтын таңбалар бар. Оларды алып тастаңыз.
fault-email = Бұл e-mail-ге ұқсамайды. Мысалы: name@example.kz
fault-phone = Нөмірді ел кодымен көрсетіңіз. Мысалы: +7 701 234 56 78
fault-date = Мұндай күн болуы мүмкін емес. Күнін, айын және жылын тексеріңіз.
fault-option = Тізімнен таңдаңыз.
fault-taken = Бұл ат бос емес. Басқасын таңдаңыз.
fault-age = Бұл үшін кемінде { $years } жаста болу керек.
fault-password-short = Тым қысқа: кемінде { $letters } таңба керек.
fault-password-long = Тым ұзын. Қысқартыңыз.
fault-password-common = Бұл құпиясөз жиі кездеседі, оны оңай табуға болады. Басқасын ойлап табыңыз.

## Сервис үлгісі
sample-mark = сервис үлгісі
sample-signed-in = Сіз кірдіңіз. Мұндағы белгіңіз:
sample-signed-out = Сіз кірген жоқсыз. Сервис сіз туралы ештеңе білмейді.
sample-sign-in-button = { $operator } арқылы кіру
sample-claims = Кіргенде сервис не білді
sample-claims-none = Сізге берген өз нөмірінен басқа ештеңе.
sample-claim = Өріс
sample-value = Мәні
sample-answer = Жауап
sample-read = Деректерді оқу
sample-read-hint = Сервис мақсатын айтып, өрістерді сұрайды. Сіз рұқсат бергенін ғана алады, әр жолы жазба қалады.
sample-read-button = Оқу
sample-account = Әрекеттер тарихында не жазылды

## Хаттар
letter-greeting = Сәлеметсіз бе!
letter-sign = { $operator }
letter-confirm-subject = Тіркелуді растаңыз
letter-confirm =
    Бұл мекенжай тіркелу кезінде көрсетілді. Жалғастыру үшін сілтемені ашыңыз:

    { $link }

    Сілтеме { $hours } сағат жарамды. Тіркелген сіз болмасаңыз, ештеңе істемеңіз: есептік жазба болмайды, ал енгізілгенін өшіреміз.
letter-already-subject = Сізде есептік жазба бар
letter-already =
    Біреу тіркелу кезінде осы мекенжайды көрсетті, бірақ онымен есептік жазба бар. Жаңасы жасалған жоқ.

    Кіру: { $link }
    Құпиясөзді ұмыттыңыз ба: { $reset }

    Бұл сіз болмасаңыз, ештеңе істемеңіз: деректеріңіз ешкімге көрсетілген жоқ.
letter-reset-subject = Жаңа құпиясөз
letter-reset =
    Біреу есептік жазбаңыздың құпиясөзін өзгертуді сұрады. Жаңасын қою үшін сілтемені ашыңыз:

    { $link }

    Сілтеме { $hours } сағат жарамды. Бұл сіз болмасаңыз, ештеңе істемеңіз: құпиясөз бұрынғыдай қалады.
letter-email-subject = Жаңа e-mail мекенжайын растаңыз
letter-email =
    Бұл мекенжай есептік жазбаның жаңа мекенжайы ретінде көрсетілді. Оны растау үшін сілтемені ашыңыз:

    { $link }

    Сілтеме { $hours } сағат жарамды. Бұл сіз болмасаңыз, ештеңе істемеңіз.
letter-email-changed-subject = Есептік жазбаның e-mail мекенжайы өзгертілді
letter-email-changed =
    Есептік жазбаңыздың e-mail мекенжайы өзгертілді. Бұл мекенжайға хаттар енді келмейді.

    Мұны сіз істемесеңіз, дереу жазыңыз: { $contact }
letter-password-changed-subject = Құпиясөз өзгертілді
letter-password-changed =
    Есептік жазбаңыздың құпиясөзі өзгертілді.

    Мұны сіз істемесеңіз, оны дереу ауыстырып, жазыңыз: { $contact }
letter-edition-subject = Саясаттың жаңа редакциясы
letter-edition =
    Саясаттың жаңа редакциясы жарияланды: { $edition }. Күшіне енетін күні: { $since }.

    Не өзгерді: { $link }

    Егер жаңа редакция деректеріңізбен істелетінді кеңейтсе, жауабыңыз керек. Оған дейін қабылдаған редакцияңыз қолданылады.
