# Words of the pages in English. What the policy says (names of fields, purposes, terms) comes from its files, not from here.

## Around the page
skip = To the content
languages = Language
language-ru = Русский
language-kk = Қазақша
language-en = English
menu = My section
menu-data = My data
menu-activity = Activity
menu-services = Services
menu-consents = Consents
menu-security = Security
footer-edition = Policy, edition of { $day }
to-front = To the front page
since = since
optional = optional
choose = Choose
show = Show
hide = Hide
save-button = Save
cancel-button = Cancel
accept-button = Accept
refuse-button = Refuse
allow-button = Allow
back-to = Back: { $where }
clause = clause { $clause } of the policy
kept = Kept: { $keep }.
documents = Documents
documents-others = Other documents of this edition
short-policy = The policy in short
operator = Operator
bin = BIN
address = Address
contact = Questions about data
asker-owner = { $owner }, BIN { $bin }
age-years = from the age of { $years }

## Dates
when-day = { $day } { $month } { $year }
when-moment = { $day }, { $time }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

## What was just done
done-saved = Saved.
done-removed = Deleted.
done-left = You left the service. It no longer gets your data.
done-given = Consent given.
done-withdrawn = Consent withdrawn. Your data are no longer used for this purpose.
done-ended = The session is ended.
done-password = The password is changed.
done-email = The e-mail is changed.
done-blocked = Your data are blocked. Services do not get them.
done-lifted = The block is lifted.
done-registered = Your account is ready.
done-accepted = Accepted.
done-refused = You refused. Nothing changed.
done-unaccepted = You refused. No service is opened, and nothing about you is used. What we hold you can see, take away, correct, block and delete at any time; below you can delete all of it.

## Front page
front-title = Your data
front-heading = Your data with { $operator }
front-lead = One account for all services. See what is held about you, who used it and why, and decide what comes next.
front-who = Who is responsible for the data
editions-all = All editions of the policy
sign-in-button = Sign in
register-button = Register

## Registration
register-title = Register
register-lead = We ask only for what the services need to work.
register-next = Next you get a letter with a link. There you read the terms and accept or refuse them. Until then there is no account.
register-have = Have an account already?
age-notice = By registering you confirm that you have reached the age from which these services are allowed:
errors-prefix = To correct:
errors-heading = The form was not sent. Please correct what is marked:
sent-title = Look into your mail
sent-registration = We sent a letter to the address that you gave. Open the link in it to finish registering.
sent-reset = If there is such an account, a letter with a link for a new password is on its way to its address.
sent-email = We sent a letter to the new address. Open the link in it and the address changes. Until then the old one stays.
sent-nothing = No letter? Look into the spam folder and wait a few minutes.
confirm-title = Now you decide
confirm-lead = The address is confirmed. Read the terms. There will be an account only if you accept them.
confirm-refusing = If you refuse, there will be no account, and we delete what you entered.
confirm-other-browser = You registered in another browser. Enter the password that you chose there: so nobody opens an account in your name. If it was not you, refuse.
chosen-password = Password that you chose
chosen-password-failed = The password does not fit. Enter the one from your registration.
purposes-necessary = It does not work without
purposes-optional = Only if you want
purposes-optional-hint = Tick what you agree to. Everything else works without. You can change your mind at any time.
purpose-fields = Data: { $fields }.
purpose-recipients = Also received by: { $who }.
purpose-law = By law: { $law }.

## Signing in and out
sign-in-title = Sign in
sign-in-for = To go on to { $service }.
sign-in-failed = Signing in did not work: this name and password do not go together. Check both and try again.
sign-in-new = New here?
work-why = There have been many tries here. Before the next one your browser counts for a second or so: that slows programs down, and shuts nobody out.
work-wait = Fill in the form and send it. If your browser runs no scripts, wait { $seconds } seconds first.
work-done = Done counting: you can go on.
password = Password
forgot = Forgot the password?
reset-title = New password
reset-lead = Tell us what you sign in with. A link goes to the e-mail of the account.
reset-button = Send the link
back-to-sign-in = Back to sign in
reset-form-title = Set a new password
reset-form-lead = All sessions end then, and you sign in again.
new-password = New password
now-password = Present password
now-password-failed = The password does not fit. Enter the one that you sign in with now.
password-hint = { $letters ->
    [one] At least { $letters } character. Several words in a row do well.
   *[other] At least { $letters } characters. Several words in a row do well.
}
password-button = Change the password
sign-out-title = Sign out?
sign-out-lead = The session in this browser ends.
sign-out-for = { $service } asks to end the session in this browser.
sign-out-button = Sign out
stay-button = Stay
signed-out-title = You are signed out
signed-out-lead = The session in this browser is ended.

## Accepting and consenting
acceptance-title = Terms of { $service }
acceptance-changed = What changed for you
acceptance-before = You accepted an earlier edition:
acceptance-age = The service is allowed from the age of { $years }. By accepting you confirm this age.
age-bar-young = { $years ->
    [one] This is open from the age of { $years } year on, and your date of birth says that you are younger. If the date is wrong, your parent or guardian here can enter an earlier one; if you have none here, write to { $contact } with a paper that shows it.
   *[other] This is open from the age of { $years } years on, and your date of birth says that you are younger. If the date is wrong, your parent or guardian here can enter an earlier one; if you have none here, write to { $contact } with a paper that shows it.
}
age-bar-ward = { $years ->
    [one] This is open from the age of { $years } year on, and their date of birth says that they are younger.
   *[other] This is open from the age of { $years } years on, and their date of birth says that they are younger.
}
age-bar-undated = This needs a date of birth, and none is held here.
age-bar-date = Enter the date of birth
age-bar-enough = { $count ->
    [one] You are the guardian of { $count } person here, and nobody can be of more. Stop being the guardian of somebody first.
   *[other] You are the guardian of { $count } people here, and nobody can be of more. Stop being the guardian of somebody first.
}
acceptance-refusing = If you refuse, { $service } does not open and gets nothing about you. The other services work as before.
acceptance-refusing-newer = If you refuse, the edition that you accepted before stays. The service cannot do what is new.
acceptance-refusing-same = You accepted these terms before. If you refuse, nothing changes.
acceptance-refusing-account = If you refuse, no service opens for you and nothing about you is used. What we hold you can still see, correct, block and delete.
consent-title = { $service } asks for your data
consent-purpose = What for
consent-keep = For how long
consent-claims = What to pass on
consent-claims-hint = Only what is ticked is passed on.
claim-required = needed to go on
claim-optional = if you want
claim-missing = Not given, and it cannot go on without. First fill it in:
value-none = Not given
consent-copy = Once passed on, the copy is with { $owner }, who answers for it. We do not check that the data are complete and do not answer for the safety of what was passed on.
consent-refusing = If you refuse, nothing is passed on. You can withdraw at any time under Consents.
consent-refusing-needed = If you refuse, nothing is passed on and { $service } does not open. You can withdraw at any time under Consents.
consent-lacks = Nothing was passed on: something that is needed is not ticked. Tick it, or refuse.
consent-lacks-later = Nothing changed: something that is needed is not ticked. Tick it, or withdraw consent.
consent-changing = From the next request on, only what is ticked is passed on. What was passed on before stays with the recipient, whom you can ask to delete it.
consent-choose-claims = Choose what is passed on
inquiry-waits = { $service } asks for: { $fields }. Look at it and answer.
inquiry-agreement = Agreement or order
inquiry-recipients = Passed on to
inquiry-asked = Asked
inquiry-giving = If you give it, { $service } gets it for this purpose only. No other service sees it, and you can withdraw it under Consents at any time.
inquiry-refusing = If you refuse, { $service } does not get it and does not ask again for this agreement. What needs it may not be possible.

## My data
data-lead = All that is held about you in the account: where it came from, who sees it and until when.
data-blocked = All data are blocked: services do not get them.
data-more = More
download-data = Download my data
seen-by = Seen by: { $who }.
seen-by-none = No service sees this.
from-form = From the registration form
from-edit = Changed by you
from-own = Told by you
from-request = Given by you when a service asked
from-import = Brought along from our earlier system
from-form-other = From a form
from-edit-other = Changed since
from-own-other = Told by them
from-request-other = Given when a service asked
from-import-other = Brought along from our earlier system
edit-button = Change
edit-title = Change: { $label }
add-button = Give
delete-button = Delete
delete-all-button = Delete all of this
delete-all-ask = Every value under “{ $label }” will be gone. They cannot be brought back, but you can give them again.
delete-ask = The value of “{ $label }” will be gone. It cannot be brought back, but you can give it again.
delete-ask-seen = Some of this may stop working: { $who }.
delete-ask-age = What was confirmed by it stays: that you are at least of the age that a service asked.
email-title = Change the e-mail
email-lead = A letter with a link goes to the new address, and a notice to the old one.
email-now = Now
email-new = New e-mail
email-button = Send the letter
email-confirm-title = Confirm the new address
email-confirm-lead = From then on you sign in with the new address. The old one gets a notice.
email-confirm-button = Confirm the address

## Activity
activity-all = every service
activity-lead = Who turned to your data, when and why. Entries cannot be changed afterwards, and a receipt proves it.
activity-filter = Service
filter-button = Show
activity-none = No entries.
activity-waits = It is recorded for good and comes into the ledger, together with others of the day, on
activity-unreadable = Entry { $position } of the ledger “{ $ledger }” cannot be read: its text was altered or lost. That something was done still stands in the ledger. Tell the operator.
activity-about = Service: { $service }
activity-purpose = Purpose: { $purpose }
activity-did = { $who } { $deed }
activity-for = { $who } { $deed }, for somebody else
activity-whom = Their page
activity-refused = { $who } asked to { $deed } and got a refusal
verify-title = Check a receipt
verify-lead = A receipt proves that the entry of an act stands in the ledger unchanged. It is checked in your browser: the file is sent nowhere.
verify-no-script = Without scripts this page cannot check. Use the command below.
verify-file = File of the receipt
verify-drop = Or drop the file here. The file of a session, the certificate of a destruction and a .tlog-proof will do too.
verify-own-key = A key of the ledger that you kept yourself
verify-own-why = Not required. With it the check does not depend on the keys that this page shows.
verify-holds = It holds: the entry stands in the ledger, and its text is unchanged.
verify-certified = It holds: this certificate of destruction is signed by the key of the ledger.
verify-witnessed = Confirmed by the witness:
verify-format = It does not hold: this is no receipt, or the file is damaged.
verify-key = It does not hold: the receipt is of another ledger, or the key is another one.
verify-text = It does not hold: the text is not the one that the entry binds.
verify-signature = It does not hold: the signature of the ledger is wrong.
verify-tree = It does not hold: the signed ledger has no such entry.
verify-session = It does not hold: one of the entries is of another session.
verify-unable = This browser cannot check such signatures. Use the command below.
verify-command = Check by command
verify-command-why = It works without a network. KEY is the key of the ledger that the receipt is from.
verify-keys = Keys of the ledgers
verify-witness = Witness
receipt-link = Receipt
older-button = Older ones
by-you = You
by-representative = Your representative
by-service = { $label }
by-staff = Staff (“{ $label }”)
by-recipient = { $label }
by-system = The server
by-viewer = Somebody
to-you = You
to-representative = Your representative
to-service = { $label }
to-staff = Staff (“{ $label }”)
to-recipient = { $label }
to-system = The server
to-viewer = Somebody
you-collect = gave data
act-collect = collected your data
you-record = wrote data
act-record = wrote your data
you-systematise = put data in order
act-systematise = put data in order
you-accumulate = accumulated data
act-accumulate = accumulated data
you-store = stored data
act-store = stored data
you-clarify = changed data
act-clarify = changed your data
you-compare = compared data
act-compare = compared data
you-extract = looked at your data
act-extract = read your data
you-use = used data
act-use = used data
you-block = blocked data
act-block = blocked data
you-destroy = deleted data
act-destroy = destroyed data
you-disseminate = made data public
act-disseminate = made data public
you-anonymise = anonymised data
act-anonymise = anonymised data
you-transfer = passed data on
act-transfer = passed data on
you-accept = accepted the terms
act-accept = accepted the terms
you-consent = gave consent
act-consent = gave consent
you-withdraw = withdrew consent
act-withdraw = withdrew consent
you-end_agreement = ended the agreement
act-end_agreement = ended the agreement
you-unblock = lifted the block
act-unblock = lifted the block
you-sign_in = signed in
act-sign_in = let you in
you-show = let more people see data
act-show = let more people see your data
you-hide = let fewer people see data
act-hide = let fewer people see your data
you-decline = did not give what was asked for
act-decline = refused what was asked for
you-invite = invited somebody to act for you
act-invite = invited somebody to act for you
you-mandate = took on to act for somebody
act-mandate = took on to act for you
you-revoke = ended a right to act
act-revoke = ended a right to act
you-join = joined the staff
act-join = took you into the staff
you-depart = left the staff
act-depart = ended your time on the staff
you-grant = took a duty
act-grant = gave you a duty
you-confirm = confirmed a duty
act-confirm = confirmed your duty
you-sign = signed a document
act-sign = had a document signed
you-train = were trained
act-train = recorded your training
deed-collect = collect data
deed-record = write data
deed-systematise = put data in order
deed-accumulate = accumulate data
deed-store = store data
deed-clarify = change data
deed-compare = compare data
deed-extract = read data
deed-use = use data
deed-block = block data
deed-destroy = destroy data
deed-disseminate = make data public
deed-anonymise = anonymise data
deed-transfer = pass data on
deed-accept = accept the terms
deed-consent = give consent
deed-withdraw = withdraw consent
deed-end_agreement = end the agreement
deed-unblock = lift the block
deed-sign_in = sign in
deed-show = let more people see data
deed-hide = let fewer people see data
deed-decline = refuse what was asked for
deed-invite = invite somebody
deed-mandate = act for somebody
deed-revoke = end a right to act
deed-join = take somebody into the staff
deed-depart = end somebody’s time on the staff
deed-grant = give a duty
deed-confirm = confirm a duty
deed-sign = have a document signed
deed-train = record a training

## Why refused
refusal-unknown_purpose = The policy names no such purpose.
refusal-foreign_service = The purpose belongs to another service.
refusal-unknown_subject = The service does not know such a person.
refusal-destroying = The data are being destroyed.
refusal-blocked = The data are blocked.
refusal-field_blocked = This field is blocked.
refusal-held = Nothing may be destroyed now: a dispute is open or the law demands it.
refusal-verb_outside_purpose = The purpose does not allow this.
refusal-outside_purpose = The purpose does not need this field.
refusal-not_accepted = The terms of the service are not accepted.
refusal-agreement_ended = The agreement with the service has ended.
refusal-newer_edition = A later edition added this, and it is not accepted yet.
refusal-no_consent = There is no consent for this purpose.
refusal-withdrawn = The consent was withdrawn.
refusal-claim_not_released = Passing on this field was not allowed.
refusal-keep_over = The time of keeping is over.
refusal-age_unconfirmed = The age is not confirmed.
refusal-below_age = The age is below that of the service.
refusal-no_guardian = A parent or guardian must agree first.
refusal-guardian_decides = The parent or guardian decides this.
refusal-no_mandate = There is no mandate of a representative.
refusal-no_duty = No duty needs this.
refusal-not_a_recipient = The policy names no such recipient.
refusal-not_the_person = Only the person may do this.
refusal-frozen = Nobody may act for the legal entity any more.
refusal-not_strong = Staff sign in with a second factor.
refusal-not_signed = The undertaking and the internal rules are not signed.
refusal-not_trained = No current training is recorded.
refusal-no_reason = It was not said for what.
refusal-not_shown = The person does not show this.
refusal-over_budget = The limit of people that may be asked about is used up.
refusal-not_in_bulk = People are not read in bulk for this purpose.

## Services and consents
told-title = Who got what
told-lead = Which services were told what about you within the last year, as the ledger has it.
told-newest = There are very many entries about you: only the newest are counted here. All of them are in your activity.
told-none = Nobody was told anything.
told-copy = The copy that it has is its own: { $owner } answers for it
told-times = { $times ->
    [one] { $times } time, last
   *[other] { $times } times, last
}
services-lead = Which services you use and what each of them gets.
services-none = You do not use any service yet.
services-third-party = This is another organisation.
services-since = In use since
services-edition = Accepted: edition of { $day }
services-newer = There is a later edition that waits for your answer.
services-activity-button = What it did with data
leave-button = Leave the service
leave-ask = The agreement with { $service } ends, and it gets your data no more. What was held only for it is destroyed in the time that the policy names.
consents-lead = What you agreed to. Withdrawing is as easy as giving.
consents-none = There are no consents to change now.
consent-fields = { $service }. Data: { $fields }.
consent-on = Consent is in force
consent-off = No consent
consent-bar = It cannot be withdrawn now: an obligation is not fulfilled. { $duty }
consent-closes = Without it there is no account, so it ends when you close the account.
withdraw-button = Withdraw consent
give-button = Give consent

## Security
sessions-title = Where you are signed in
sessions-lead = A session that you do not know? End it and change the password.
session-this = this session
session-since = Began:
session-last = Last used:
session-end-button = End
session-others-button = End all but this one
password-title = Change the password
block-title = Block my data
block-link = More
block-lead = If data are wrong, out of date, unlawfully got or no longer needed, their use can be stopped while the question is open.
block-stops = Services stop getting your data. Some will not work.
block-keeps = The data stay where they are: a block stops destruction too.
block-still = You still see your data and can lift the block at any time.
block-on = Your data are blocked
block-button = Block everything
block-lift-button = Lift the block

## Closing the account
close-title = Close the account
close-lead = The account cannot be brought back.
close-gone = What will be gone
close-services = Will stop working: { $services }.
close-stays = What stays by law
close-stays-none = Nothing.
close-word = CLOSE
close-type = To confirm, type the word { $word }
close-type-failed = The word is not the same. Type: { $word }
close-button = Close the account
close-own-password = Your own password
close-theirs = { $years ->
    [one] From the age of { $years } year on they close their account themselves.
   *[other] From the age of { $years } years on they close their account themselves.
}
close-theirs-why = From that age on the law lets them act themselves, and what is gone cannot be brought back: so it needs their own word, given on their own page. Where no date of birth tells their age, it is the same. You can still leave services for them, withdraw consents, delete data and block everything, or stop being their guardian.
close-leaves = { $count ->
    [one] A child whom you added cannot sign in: nobody will act for them any more. Close their account first.
   *[other] { $count } children whom you added cannot sign in: nobody will act for them any more. Close their accounts first.
}
gone-title = The account is destroyed
gone-lead = It is no more: the data and the keys to them are destroyed.
gone-copies = Copies that were made earlier cannot be read any more either: the key that opened them is destroyed.
gone-copies-later = Copies that were made earlier can no longer be read once the present key has ended: usually in the coming night.
gone-keep = Keep the address of this page: the certificate of destruction will be here. It does not tell whose it was.
gone-certificate = Certificate
gone-certificate-means = It has no word about whose it was: only what was destroyed, when and how surely, and what is stored in the clear. It is signed, and anyone can check it.
gone-download = Download
gone-number = Certificate no. { $number }

## Documents and editions
document-version = Version: { $version }.
document-hash = Fingerprint of the text (SHA-256):
editions-lead = Each edition is kept whole. The fingerprint shows that the text was not changed.
edition-of = Edition of { $day }
edition-since = In force from
edition-coming = not yet in force
edition-in-force = in force
edition-past = replaced
edition-diff = What changed
diff-title = What changed
diff-lead = The edition of { $from } and the edition of { $to }.
diff-widened = What became wider
diff-widened-hint = This needs your answer. Until then, what you accepted before applies.
diff-widened-none = Nothing: no new data, purposes or recipients.
diff-other = The rest
diff-added = Added:
diff-gone = Gone:

## When something is wrong
problem-code = Code: { $code }
trouble-not_found = There is no such page
trouble-not_found-means = The address has a mistake in it, or the page is gone.
trouble-not_found-do = Check the address or start at the front page.
trouble-not_yet = This act is not in the ledger yet
trouble-not_yet-means = It is recorded and nothing of it can be lost. It comes into the ledger together with others, so that nobody can tell what was done at once.
trouble-not_yet-do = Come back after the time that stands beside it in your activity.
trouble-bad_request = The request is not understood
trouble-bad_request-means = Something is missing in it, or too much. Nothing changed.
trouble-bad_request-do = Go back to the page that you came from and try again.
trouble-stale_form = The form is out of date
trouble-stale_form-means = The page was open too long, or you signed in anew since. Nothing changed.
trouble-stale_form-do = Open the page again and repeat.
trouble-stale_link = The link no longer works
trouble-stale_link-means = It was used already, or its time is over.
trouble-stale_link-do = If it came in a letter, ask for a new one. If you were on your way to a service, begin again at the service.
trouble-sign_in_needed = Please sign in
trouble-sign_in_needed-means = This page shows personal data, so it opens only after signing in.
trouble-sign_in_needed-do = Sign in and repeat.
trouble-too_many = Too many tries
trouble-too_many-means = This protects accounts against guessing. Your data are in place.
trouble-too_many-do = Wait a little and try again.
trouble-too_large = Too much data
trouble-too_large-means = What was sent is more than can be taken. Nothing changed.
trouble-too_large-do = Make it shorter and send it again.
trouble-unknown_service = The service is not known
trouble-unknown_service-means = It asked in a way that it is not registered for. Your data were not passed to it.
trouble-unknown_service-do = Go back to the service and start again. If that does not help, tell its owner.
trouble-unavailable = It does not work right now
trouble-unavailable-means = Something failed on our side. What was not finished is not saved.
trouble-unavailable-do = Try again in a few minutes.
trouble-refused = Refused
trouble-refused-do = If you think this is a mistake, write to the operator and name the code below.

## Errors in fields
fault-empty = Please fill this in.
fault-too-long = Too long. Make it shorter.
fault-name = Letters, spaces, hyphens, dots and apostrophes can be here.
fault-login = Latin letters, digits, dots, hyphens and underscores can be here.
fault-characters = Some characters cannot be here. Take them out.
fault-email = This does not look like an e-mail. Example: name@example.kz
fault-phone = Give the number with the country code. Example: +7 701 234 56 78
fault-date = There can be no such date. Check day, month and year.
fault-born-guarded = You have a parent or guardian here: only they can enter a date by which you are older. If the date is wrong, ask them.
fault-born-alone = The date held here says that you are too young for some services. Your word is not enough for an earlier one. If the date is wrong, write to { $contact } with a paper that shows it.
fault-born-ward = For a ward you can enter an earlier date, not a later one. A later one they enter themselves. If they do not sign in and the date is wrong, write to { $contact } with a paper that shows it.
fault-option = Choose from the list.
fault-bin = A BIN has 12 digits; this one does not check. Please compare it with the papers.
fault-taken = This name is taken. Choose another.
fault-age = { $years ->
    [one] This needs an age of at least { $years } year.
   *[other] This needs an age of at least { $years } years.
}
fault-password-short = { $letters ->
    [one] Too short: at least { $letters } character is needed.
   *[other] Too short: at least { $letters } characters are needed.
}
fault-password-long = Too long. Make it shorter.
fault-password-common = This password is one of the first that anybody tries. Take three or four words that seldom stand together.
fault-password-stolen = This password is in lists that were stolen elsewhere, and people try it. Think of another, and change it wherever else you use it.
fault-password-own = This password is made of your own data or the name of this site, so it is easy to guess. Take words that have nothing to do with you.
fault-password-guessable = This password is guessed quickly: it is too simple. Make it longer, of three or four words that seldom stand together.

## Sample service
sample-mark = sample service
sample-signed-in = You are signed in. Here you are known as
sample-signed-out = You are not signed in. The service knows nothing about you.
sample-sign-in-button = Sign in with { $operator }
sample-claims = What the service learned when you signed in
sample-claims-none = Nothing but its own number for you.
sample-claim = Field
sample-value = Value
sample-answer = Answer
sample-read = Reading data
sample-read-hint = The service names a purpose and asks for fields. It gets only what you allowed, and each time leaves an entry.
sample-read-button = Read
sample-account = What the activity page says

## Letters
letter-greeting = Hello!
letter-sign = { $operator }
letter-confirm-subject = Confirm your registration
letter-confirm =
    This address was given in a registration. To go on, open the link:

    { $link }

    { $hours ->
        [one] The link works for { $hours } hour.
       *[other] The link works for { $hours } hours.
    } If it was not you, do nothing: there will be no account, and we delete what was entered.
letter-already-subject = You already have an account
letter-already =
    Somebody gave this address in a registration, but there is an account with it. No new one was made.

    Sign in: { $link }
    Forgot the password: { $reset }

    If it was not you, do nothing: your data were shown to nobody.
letter-reset-subject = New password
letter-reset =
    Somebody asked for a new password for your account. To set it, open the link:

    { $link }

    { $hours ->
        [one] The link works for { $hours } hour.
       *[other] The link works for { $hours } hours.
    } If it was not you, do nothing: the password stays as it is.
letter-email-subject = Confirm the new e-mail
letter-email =
    This address was given as the new one of an account. To confirm it, open the link:

    { $link }

    { $hours ->
        [one] The link works for { $hours } hour.
       *[other] The link works for { $hours } hours.
    } If it was not you, do nothing.
letter-way-in-subject = An account waits for you
letter-way-in =
    A parent or guardian keeps an account for you and gives you this address as your way in. To take it over, open the link:

    { $link }

    { $hours ->
        [one] The link works for { $hours } hour.
       *[other] The link works for { $hours } hours.
    } If you do not know what this is about, do nothing.
letter-email-changed-subject = The e-mail of your account was changed
letter-email-changed =
    The e-mail of your account was changed. Letters no longer come to this address.

    If it was not you, write at once: { $contact }
letter-password-changed-subject = The password was changed
letter-password-changed =
    The password of your account was changed.

    If it was not you, change it at once and write: { $contact }
letter-planted-subject = Somebody asked about a planted record
letter-planted =
    Somebody asked about a person who does not exist: { $by }.

    Nobody has a reason to. Their credential, or a list of names, may be in other hands. The entry in the ledger is { $event }.

letter-edition-subject = A new edition of the policy
letter-edition =
    The edition of { $edition } of the policy is published. It is in force from { $since }.

    What changed: { $link }

    If it widens what is done with your data, your answer is needed. Until then, the edition that you accepted applies.

## A device without a browser
device-title = Sign in on another device
device-lead = Type the code that your device shows.
device-code = Code from the device
device-go-on = Go on
device-failed = No device waits with this code. Check the letters: a code works for ten minutes and once.
device-found = { $service } wants to sign in on a device
device-same = Your device shows this code: { $code }.
device-warning = Go on only if you hold the device in your hands and began there yourself. If somebody sent you the code, refuse: they would get into your account.
device-mine = It is my device
device-foreign = Not my device
device-done = Done: go on at your device
device-done-lead = In a few seconds the device goes on by itself. You can end its session at any time under Security.
device-refused = The device was refused
device-refused-lead = It gets nothing about you. If you did not begin this yourself, there is nothing else to do.

## Acting for a legal entity
menu-representing = Representing
representing-lead = The firms and people for whom you act. You sign in as yourself and choose, at a service, for whom you go.
representing-none = You act for nobody.
representing-open-button = Open
representing-ended = { $count ->
    [one] A mandate of yours has ended.
   *[other] { $count } mandates of yours have ended.
}
entity-frozen = A firm for which nobody may act is frozen: no service opens for it. To act for it again, write to { $contact } with a paper that shows your authority.
entity-make-title = Add a firm
entity-make-lead = You become its first representative and may invite others. We do not look the firm up in registers: what you write counts as your word.
entity-make-button = Add a firm
make-entity-again = You act for a firm with this number already: see Representing.
of-age = { $years ->
    [one] I am { $years } year old or older.
   *[other] I am { $years } years old or older.
}
entity-lead = What is held about the firm, who acts for it, and what was done. You act as its representative; each of your acts is in its journal.
entity-people = Who acts for the firm
entity-people-hint = Services see a pseudonym of each. A name is seen only of whoever agreed to that.
entity-person = Representative { $number }
entity-you = you
mandate-head = May invite and revoke
mandate-plain = May act
mandate-until = Last day
mandate-everywhere = At all services
mandate-services = At: { $services }
mandate-all-data = All data
head-button = Let invite others
revoke-button = Revoke
revoke-ask = From the next moment this person cannot act for the firm anywhere. Their own account stays as it is.
invite-button = Invite
invite-title = Invite somebody to act for { $name }
invite-lead = A letter goes to the address. The person signs in to their own account, proves who they are, and accepts or refuses.
invite-email = E-mail of the person
invite-email-hint = The address with which they sign in here.
invite-failed = Check the address and the last day.
invite-services = At which services
invite-services-hint = Tick none, and the mandate holds at all.
invite-head = May invite and revoke too
mandated-title = Act for { $name }?
mandated-lead = You are invited to act for a firm. If you accept, services ask you for whom you go, and the firm's journal has what you do for it. You can leave at any time.
mandated-name = Services and my colleagues may see my name. Without this they see a pseudonym.
name-title = Your name
name-shown = The firm's services and your colleagues see your name.
name-hidden = The firm's services and your colleagues see a pseudonym of you.
name-show-button = Show my name
name-hide-button = Hide my name
entity-services-none = The firm uses no service yet.
entity-leave-button = Leave the firm
entity-leave-others = You will not act for the firm any more. Others stay who may invite.
entity-leave-head = You are the last one who may invite and revoke. If you leave, the others go on, but nobody can invite. Better let one of them invite first.
entity-leave-last = You are the last one who acts for the firm. If you leave, it freezes: nobody can sign in for it, and no service reads anything about it.
entity-close-button = Close the firm's account
entity-close-ask = Everything about the firm is destroyed: data, agreements, mandates. Your own account stays.
whom-title = For whom do you act at { $service }?
whom-lead = The service learns who acts, by a pseudonym. You are asked each time.
whom-own-button = For myself
acceptance-whom = You accept for { $name }.
done-mandated = You act for the firm now.
done-declined = You refused. Nobody acts through you.
done-revoked = The mandate has ended.
letter-invitation-subject = An invitation to act for a firm
letter-invitation = Somebody invites you to act for a firm. Sign in with this address, look at what is asked, and accept or refuse:
    { $link }

    The link works for { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }. If you do not know what this is about, do nothing.

## Parents and guardians
guardians-title = Parents and guardians
guardians-lead = { $years ->
    [one] Until the age of { $years } year some services need the consent of a parent or guardian. Here you name yours and see who they are.
   *[other] Until the age of { $years } years some services need the consent of a parent or guardian. Here you name yours and see who they are.
}
guardians-none = You have no guardian here.
guardians-alone = You are old enough to decide alone. Nobody needs to agree for you.
guardians-person = Guardian { $number }
guardians-end-button = End
guardians-end-ask = They can do nothing for you any more. Services that need a guardian's consent stop reading your data until another guardian agrees.
guardians-acts = You see all that they do for you under
guardians-ask-button = Name a parent or guardian
ask-guardian-lead = { $years ->
    [one] A letter goes to the address. They sign in or register with it, see your name if you gave it, and agree or refuse. They must be { $years } year old or older by the date of birth in their account.
   *[other] A letter goes to the address. They sign in or register with it, see your name if you gave it, and agree or refuse. They must be { $years } years old or older by the date of birth in their account.
}
ask-guardian-email = E-mail of the parent or guardian
ask-guardian-email-hint = The address with which they sign in here, or will.
ask-guardian-services = What they agree to
ask-guardian-services-hint = There they accept and leave for you, give and withdraw consents, answer what is asked, and set who sees you.
ask-guardian-more = What else they may do
ask-guardian-whole-hint = Not needed for their consent. They would see, correct, delete and block what is held about you, and see who used it.
ask-guardian-whole = They may look after all my data
ask-guardian-failed = Check the address, and tick at least one service.
ask-guardian-button = Send the letter
guardian-invited-title = Agree as a parent or guardian?
guardian-invited-by = { $name } asks you to be their parent or guardian here.
guardian-invited-unnamed = Somebody who gave no name here asks you to be their parent or guardian. Agree only if you know who it is.
guardian-invited-some = If you agree, they may use these services. For them you can accept and leave these services, give and withdraw consents there, answer what is asked, and set who sees them.
guardian-invited-whole = If you agree, they may use the services that need your consent. For them you can accept and leave services, give and withdraw consents, answer what is asked, and see, show, correct, delete and block what is held about them.
guardian-invited-age = { $years ->
    [one] You must be { $years } year old or older by the date of birth in your account; your word is not enough. They see your name and all that you do for them. You can end it at any time.
   *[other] You must be { $years } years old or older by the date of birth in your account; your word is not enough. They see your name and all that you do for them. You can end it at any time.
}
guardian-agree-button = Agree
ward-state = your ward
ward-unnamed = A ward without a name
ward-lead = { $years ->
    [one] You are their parent or guardian until they are { $years } year old.
   *[other] You are their parent or guardian until they are { $years } years old.
}
ward-sees = They see all that you do for them.
ward-services-hint = To accept a service for them, go to it, sign in as yourself and choose them.
ward-services-none = They use none of the services for which you agreed.
ward-limited = You agreed to single services. What is held about them is theirs to see.
ward-leave-button = Stop being their guardian
ward-leave-ask = Services that need a guardian's consent stop reading their data until another guardian agrees.
ward-blocked = All data about them are blocked: services do not get them.
ward-close = Close their account
ward-no-way-in = They do not sign in themselves yet: their data are in your hands alone. To stop that, close their account, or give them a way in when they are old enough.
ward-may-come-in = They are old enough to sign in themselves.
make-ward-title = Add a child of mine
make-ward-instead = Add a child of mine instead
make-ward-lead = { $years ->
    [one] For a child below { $years } year, who cannot have an account of their own yet. You become their guardian here.
   *[other] For a child below { $years } years, who cannot have an account of their own yet. You become their guardian here.
}
make-ward-from = { $years ->
    [one] There is a service here for children from { $years } year on.
   *[other] There is a service here for children from { $years } years on.
}
make-ward-rights = You accept services for them and use all their rights; all that you do is recorded. Nobody signs in to the account: when they are old enough, you give them a way in.
make-ward-age = { $years ->
    [one] You must be { $years } year old or older by the date of birth in your account. We do not check in registers whose child it is: what you write counts as your word.
   *[other] You must be { $years } years old or older by the date of birth in your account. We do not check in registers whose child it is: what you write counts as your word.
}
make-ward-say = I am a parent or guardian of this child.
make-ward-must-say = Say that you are a parent or guardian of this child.
make-ward-old = { $years ->
    [one] From the age of { $years } year on people make an account of their own.
   *[other] From the age of { $years } years on people make an account of their own.
}
make-ward-button = Make the account
way-in-title = Give them a way in
way-in-lead = { $name } is old enough for an account of their own.
way-in-lead-unnamed = Your ward is old enough for an account of their own.
way-in-then = We send a letter. With it they set a password and sign in themselves; the data stay, and so do you as their guardian until the law ends it or they do.
way-in-then-grown = We send a letter. With it they set a password and sign in themselves; the data stay. They are of age: nobody is their guardian any more, and until they come services get nothing about them.
way-in-email = Their own e-mail
way-in-email-hint = An address that only they read, not yours. Whoever has the letter has the account.
way-in-last = The last letter is the one that works. If it went to a wrong address, call it back.
way-in-call-back = Call the letter back
come-in-title = Take over your account
come-in-lead = A parent or guardian made this account for you. From now on you sign in with this address. Next you set a password; then you see who your guardian is and all that was done.
whom-line = You act for { $name } here: “you” and “your” mean them.
whom-unnamed = You act for somebody without a name here: “you” and “your” mean them.
whom-back = Their page
guarded-title = Parent or guardian
guarded-agreed = A parent or guardian agreed to this service.
guarded-say = { $years ->
    [one] Until the age of { $years } year a parent or guardian must agree first. If you are older, say so.
   *[other] Until the age of { $years } years a parent or guardian must agree first. If you are older, say so.
}
guarded-ask = { $years ->
    [one] Until the age of { $years } year a parent or guardian must agree first. Name them, and come back when they have agreed.
   *[other] Until the age of { $years } years a parent or guardian must agree first. Name them, and come back when they have agreed.
}
guarded-date = If you are older, enter your date of birth under My data.
guarded-decides = { $years ->
    [one] Until the age of { $years } year your parent or guardian accepts this service for you: they go to it, sign in as themselves and choose you.
   *[other] Until the age of { $years } years your parent or guardian accepts this service for you: they go to it, sign in as themselves and choose you.
}
acceptance-ward = You accept for your ward.
done-guarded = You are the guardian now.
letter-guardian-subject = Somebody asks for your consent as a parent or guardian
letter-guardian = Somebody names you as their parent or guardian and asks for your consent. Sign in or register with this address, look at what is asked, and agree or refuse:
    { $link }

    The link works for { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }. If you do not know what this is about, do nothing.

## Age without an account
age-gate-title = { $years ->
    [one] Are you { $years } year old or older?
   *[other] Are you { $years } years old or older?
}
age-gate-lead = { $service } is allowed from this age. It learns only that you said yes: no name, no date, nothing by which you could be recognised. We keep nothing of it.
age-gate-yes-button = Yes, I am
age-gate-no-button = No

## Staff
staff-title = Staff
staff-desk = What I may do
staff-desk-lead = Access is open only while everything below is in order. Each look is recorded, and the person sees it.
staff-needed = What it takes
staff-strong = A second factor in this session
staff-strong-yes = Proved
staff-strong-no = Not proved: add one under Security, then prove who you are.
staff-prove = Prove it
paper-signed = Signed
paper-unsigned = Not signed
paper-read = Read
paper-sign = Sign
paper-means = By signing you take on the whole text. When it changes, you are asked again.
training = Training
training-until = counts until
training-none = No training that counts is recorded
training-record = Record a training
staff-duties-own = My duties
staff-duties-none = No duties
duty = Duty
duties = Duties
duty-deputy = You stand in for a colleague
duty-sees = Sees: { $fields }
duty-sees-nothing = Sees no data
duty-until = until
duty-waiting = Waits for a second officer
duty-over = Not in force
duty-alone = In force by one officer’s word
duty-held = In force
duty-for = Stands in for { $whom }
duty-confirm = Confirm
duty-end = End
duty-grant = Grant a duty
duty-grant-hint = It takes effect when another officer has confirmed it.
duty-whom = To whom
duty-last-day = Last day
duty-stands-in = Stands in for
duty-nobody = Nobody
duty-fault-own = Nobody grants or confirms a duty to themselves, and whoever granted it does not confirm it.
duty-fault-day = That cannot be the last day: choose one not before today and not beyond what is allowed.
duty-fault-absent = There is no such duty, or it is confirmed already.
duty-fault-there = This duty has been granted already.
duty-fault-left = This person is not of the staff.
staff-leave = Leave the staff
staff-leave-ask = All your duties end at once. Your account stays.
staff-join = Join the staff
staff-join-lead = The link holds for a day, once, and only for whom it was made.
staff-link-code = Code from the link
staff-link-code-hint = If signing in led you away from the link, open it again, or paste what stands in it after “token=”.
staff-join-button = Join
staff-join-strong = First add a second factor and prove who you are, then open the link again.
staff-people = People
staff-people-lead = Look for a person only by their exact sign-in name, and only for a task. Values open one by one, each with an entry.
people-found = What can be seen
people-why = Duty: { $duty }. Reason: { $reason }
people-look = Look a person up
people-exact = In full, as the person types it to sign in.
people-button = Look up and record
reason = Reason
reason-hint = The number of the request, or what it is about. The person will read it. No data of others.
reason-missing = State a reason.
value-withheld = Withheld.
value-masked = hidden
staff-members = Staff and duties
staff-members-lead = One grants, another confirms, anyone ends. Each name here was read with an entry.
staff-alone = There is one officer now, and the policy allows it: your word is enough, and the ledger says so.
staff-ready = Ready
staff-acts = Acts
staff-you = (you)
staff-unnamed = name withheld
staff-signed = Signed
staff-depart = Take off the staff
staff-depart-ask = All duties of this colleague end at once.
staff-invite = Invite to the staff
staff-invite-hint = Hand the link over yourself. It brings no duty.
staff-invite-button = Make a link
staff-link-made = The link is shown once:
staff-exports = Exports
staff-exports-lead = A permit lets a service take data of many people at once. One officer asks, another confirms. Each person sees it in their activity, and what they did not allow is not given.
export-none = There is no permit now.
export-purpose = For what
export-fields = Data
export-recipient = To whom
export-own = the service itself
export-people = People
export-used = { $taken } of { $all }
export-until = Last day
export-waiting = waits for another officer
export-live = confirmed
export-confirm = Confirm
export-end = End
export-ask = Ask for a permit
export-hint = It gives nothing before another officer has confirmed it, also where there is one officer only.
export-button = Ask
export-fault = Choose data that the purpose has, a recipient that it names, and how many people.
export-acts = What to do
export-state = State
export-name = Permit
staff-audit = Audit
staff-audit-lead = There are no names and no values here, and nothing can be changed.
audit-staff = On the staff: { $all }. Without signatures or training: { $unready }.
audit-refused-texts = Texts that were refused at the door for what they spoke of: { $texts }.
audit-reads = Reads by staff on this server since its start: { $human } of { $all }.
audit-held = Held by
audit-waiting = Waiting
audit-alone = By one word
audit-uses = Used in the last 31 days
audit-uses-none = Not used
audit-day = Day
audit-looks = Looks
audit-refused = Refused
audit-ledgers = Ledgers
activity-duty = Duty: { $duty }
activity-stated = Reason: { $reason }
stated-one_officer = there is one officer now, and the policy allows it
stated-recovery = the administrator recovered the access
stated-staff_list = the list of the staff
you-look_up = looked somebody up as staff
act-look_up = looked somebody up
deed-look_up = look somebody up
you-ask_export = asked for a permit to take data of many people
act-ask_export = asked for a permit to take data of many people
deed-ask_export = ask for a permit to take data of many people
you-allow_export = confirmed a permit to take data of many people
act-allow_export = confirmed a permit to take data of many people
deed-allow_export = confirm a permit to take data of many people
you-end_export = ended a permit to take data of many people
act-end_export = ended a permit to take data of many people
deed-end_export = end a permit to take data of many people
done-recorded = Done and recorded.

## Factors besides the password
second-title = One more step
second-lead = Type the code that your app shows, or one of your recovery codes.
second-lead-passkey = Show your passkey, or type one of your recovery codes.
second-lead-sent = Have a code sent to you, or type one of your recovery codes.
code-sent = A code is on its way. It is good for ten minutes, in this browser only.
code-mail-button = Send a code by e-mail
code-phone-button = Send a code to { $phone }
mail-codes-title = Codes by e-mail
mail-codes-hint = After a forgotten password, or with a new e-mail, such codes are taken only three days later: otherwise whoever reads your mail would have all.
phone-title = Codes to a phone
phone-lead = A code by text message opens the second step. The number goes to whoever delivers the message, and to nobody else.
phone-weaker = Weaker than an app or a passkey: a number can be moved to somebody else's SIM card.
phone-number = Phone number with the country code
phone-send-button = Send a code
phone-sent-lead = A code is on its way to the phone. Type it here: then the phone counts.
phone-code-hint = Six digits from the text message. Good for ten minutes and five tries.
phone-confirm-button = Use this phone
phone-other-button = Another number
phone-change = Change
text-code = { $code } is your code for { $operator }. Good for { $minutes } minutes. Tell nobody.
letter-code-subject = Your code
letter-code = Your code: { $code }

    It is good for { $minutes } minutes, in the browser that asked for it. Tell nobody. If you did not ask for it, somebody knows your password: set a new one.
everywhere-button = Sign out everywhere, here too
everywhere-hint = Ends every session and all that services were given. Services that want to know are told.
done-everywhere = You are signed out everywhere.
sign-ins-title = All sign-ins
sign-ins-lead = Every sign-in of the last year. The file of a session has all that was done in it, with receipts that anybody can verify: show it to whoever must decide whether it was you.
sign-ins-none = There is none yet.
sign-in-unknown = Unknown device
device-unknown = Unknown browser
sign-in-open = Goes on
sign-in-proof = Proved by:
pack-link = File of the session
means-password = password
means-letter = link in a letter
means-app-code = code of an app
means-recovery-code = recovery code
means-mail-code = code by e-mail
means-phone-code = code to a phone
means-passkey = passkey
second-code = Code
second-code-hint = Six digits, or a recovery code such as abcde-fghjk.
second-failed = This code does not fit, or was used before. Wait for the next one and type it.
lost-title = I have lost everything: app, passkeys and recovery codes
lost-lead = After three days you get in with the password alone. We write to you at once, and a link in the letter stops it: so nobody gets into your account who only knows the password.
lost-button = Begin the three days
lost-wait = Somebody said that everything is lost. We wrote to you: the link in the letter stops it, and so does signing in with a code or a passkey. If nobody stops it, the password alone opens the account from:
lost-over = The three days are over, and nobody stopped them. You can get in with the password alone. Your app, passkeys, codes by e-mail and phone and recovery codes are then taken away from the account. If it was not you who said so, sign in with a code or a passkey: that stops it.
lost-over-button = Take them away and sign in
stop-title = Stop the way in without a second factor
stop-lead = Somebody who knows your password says that all your other factors are lost. If it was not you, stop it and set a new password.
stop-button = Stop it
stop-done = It is stopped. Somebody knows your password: set a new one.
prove-title = Prove that it is you
prove-lead = What you want to do is sensitive, and some time has passed since you signed in.
prove-failed = That did not fit. Check and try again.
factors-title = More than a password
factors-lead = With a second factor nobody gets in who only knows your password.
factor-on = In use
factor-off = Not in use
factor-add = Add
factor-remove = Take away
app-title = Codes from an app
app-lead = Point an authenticator app at the picture, then type the code that it shows.
app-typed = Without a camera, type this into the app:
app-code-hint = Six digits that the app shows now.
app-button = Use this app
codes-title = Recovery codes
codes-lead = Each opens your account once when the app or the passkey is not at hand. Write them down now: they are shown this once.
codes-kept = I have written them down
codes-renew = New codes
codes-left = { $count ->
    [one] { $count } code left
   *[other] { $count } codes left
}
passkey-title = Passkey
passkey-name = What to call it
passkey-add = Add a passkey
passkey-button = Sign in with a passkey
passkey-failed = The passkey was not accepted. Try again or use another way.
done-factor = Changed.
done-passkey-failed = The passkey was not accepted. Sign in another way.
letter-device-subject = Sign-in in a new browser
letter-device = Somebody signed in to your account in a browser that we do not know: { $device }. It is new, or it forgot us when its cookies were deleted. If it was you, there is nothing to do. If not, end the session and set a new password:
    { $link }
letter-factor-added-subject = A second factor was added
letter-factor-added = A way to prove who you are was added to your account: { $what }. If it was not you, take it away on the page Security, change the password and write to { $contact } at once.
letter-factor-subject = A second factor was taken away
letter-factor = A way to prove who you are was taken away from your account. If it was not you, write to { $contact } at once.
letter-lost-subject = Somebody says that your second factor is lost
letter-lost = Somebody who knows your password says that your app, passkeys and recovery codes are lost. In { $hours } hours the password alone will open your account. If it was not you, stop it:
    { $link }

# ---- what a person shows of themselves
done-invited = If this is somebody who can be asked, a letter is on its way to them. You see them here when they accept.
done-way-in = A letter is on its way to that address. Letters that were sent before it do not work any more.
done-called-back = No letter that was sent works any more.
done-again = This form was sent before. It counts once: see the list below.
audience-private = only you
audience-named = people whom you named
audience-members = those who use this service
audience-public = everybody on the internet
shown-to = { $service }: visible to { $who }.
shown-to-change = Change
profile-title = What you show: { $service }
profile-lead = Others see nothing of your account here until you let them. You choose for each field who sees it, and can take it back at any time.
profile-blocked = Your data are blocked: nobody sees them now, whatever is set here.
profile-since = Set on
profile-later = Before more people see something, we tell you who they are and ask once more. Hiding works at once.
profile-seen = What others see
profile-seen-hint = Exactly what the page of your profile shows to:
profile-as-public = anybody
profile-as-members = somebody who uses the service
profile-as-named = somebody whom you named
profile-seen-none = Nothing. They do not learn whether you have a profile.
profile-address = The address of your profile:
named-title = People whom you named
named-hint = They see what you set to “people whom you named” or wider.
named-none = Nobody yet.
named-by-email = Somebody whom you asked by e-mail
named-since = Accepted on
named-remove-button = Take back
named-who = E-mail, or address of their profile
named-who-hint = We send them a letter and do not tell you whether they have an account. They are named when they accept.
named-ask-button = Ask them
show-title = Let more people see this?
show-lead = { $service }. Please look once more before you show it:
show-from-to = now: { $now }; then: { $then }
show-warning-named = Each person whom you named, and whoever you name later, sees it. They can remember it or pass it on.
show-warning-members = Everybody who uses this service sees it, also those who join later. They can copy it or pass it on.
show-warning-public = An unlimited circle of people sees it, without signing in, in any country. Search engines and others can copy it and keep the copy; we cannot take such copies back when you hide it again. By showing it you consent to its publication; you withdraw that consent by hiding it.
show-button = Show it
show-keep-button = Leave it as it is
contents-title = What you placed
contents-lead = What you place in services lies apart from your account. Nobody uses it for anything but showing it to those whom you let see it.
contents-own = By you
contents-about = By others about you
contents-about-lead = What others wrote about you, you always see. Who else sees it, its author says; while your data are blocked, nobody else does.
contents-none = You have placed nothing yet.
contents-none-about = Nobody has placed anything about you.
contents-seen-by = Such posts of yours are seen by: { $who }.
contents-unshown = This text cannot be shown any more. You can delete it.
contents-withheld = You keep this one to yourself.
contents-left = Its author closed the account. Only you see it now.
contents-show-button = Show it like the rest
contents-withhold-button = Show to nobody
contents-delete-ask = It will be gone for everybody, for good.
contents-link = What you placed in services
profile-content = All that you place there, except what you keep to yourself
public-profile-title = Profile: { $service }
public-profile-note = The person set who sees this, and can change it at any time. Each look is recorded for them.
invited-title = You are asked to see a profile
invited-lead = Somebody who uses “{ $service }” wants to show you a part of their profile.
invited-what = If you accept, you see it when you are signed in, and they see that you accepted. They do not learn your name, e-mail or anything else of you.
invited-profile = Their profile
invited-accept-button = Accept
invited-refuse-button = Refuse
invited-accepted = Accepted. Sign in to see their profile.
invited-refused = Refused. They are not told.
viewer-saw = saw what you show
viewer-deed = see your profile
activity-setting = { $field }: visible to { $who }, set by you on { $day }
letter-named-subject = Somebody wants to show you their profile
letter-named = Somebody who uses “{ $service }” wants to show you a part of their profile there. To accept or refuse, open this link within { $days } days:

    { $link }

    If you do nothing, nothing happens, and they are not told whether this letter reached anybody.
