//! Every table of every database, column by column.

use super::Holds::{Link, Nothing, Personal};
use super::Shown::{Clear, Sealed};
use super::Stays::{Forever, UntilMoment, WithPerson};
use super::Stuff::{Blob, Int, Text};
use super::{Column, Holds, Place, Shown, Stays, Stuff, Table};

const fn column(name: &'static str, stuff: Stuff, holds: Holds, shown: Shown, stays: Stays) -> Column {
    Column { name, stuff, is_optional: false, holds, shown, stays }
}

const fn optional(column: Column) -> Column {
    Column { is_optional: true, ..column }
}

/// Every table of every database.
pub const TABLES: &[Table] = &[
    Table {
        name: "meta",
        place: Place::Keys,
        columns: &[
            column("name", Text, Nothing, Clear("names a setting of the installation"), Forever),
            column("value", Blob, Nothing, Clear("settings are not about people"), Forever),
        ],
        primary: &["name"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "ring",
        place: Place::Keys,
        columns: &[
            column("locator", Blob, Link, Clear("random; found by it, known outside only wrapped"), WithPerson),
            column("bucket", Int, Nothing, Clear("prefix of the locator"), WithPerson),
            column("generation", Int, Nothing, Clear("tells which bucket key seals the ring"), WithPerson),
            column("sealed", Blob, Link, Sealed, WithPerson),
        ],
        primary: &["locator"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "bucket",
        place: Place::Keys,
        columns: &[
            column("bucket", Int, Nothing, Clear("prefix of locators"), Forever),
            column("generation", Int, Nothing, Clear("raised when the bucket is re-keyed"), Forever),
            column("epoch", Int, Nothing, Clear("in which epoch the key was sealed"), Forever),
            column("sealed", Blob, Nothing, Sealed, Forever),
        ],
        primary: &["bucket"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "gone",
        place: Place::Keys,
        columns: &[
            column("id", Blob, Nothing, Clear("random; names the certificate to come"), UntilMoment),
            column("locator", Blob, Link, Clear("random; of a ring that was destroyed"), UntilMoment),
            optional(column("closing", Int, Nothing, Clear("with which epoch it ends"), UntilMoment)),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "index_page",
        place: Place::Keys,
        columns: &[
            column("field", Int, Nothing, Clear("tag of a field of the bundle"), Forever),
            column("page", Int, Nothing, Clear("prefix of a keyed hash, shared by many people"), Forever),
            column("version", Blob, Nothing, Clear("random; guards the write"), Forever),
            column("epoch", Int, Nothing, Clear("in which epoch the page was sealed"), Forever),
            column("sealed", Blob, Link, Sealed, Forever),
        ],
        primary: &["field", "page"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "edition",
        place: Place::System,
        columns: &[
            column("no", Int, Nothing, Clear("running number of an edition"), Forever),
            column("hash", Blob, Nothing, Clear("address of an edition"), Forever),
            column("bundle", Text, Nothing, Clear("the published bundle"), Forever),
            column("published_s", Int, Nothing, Clear("moment of publication"), Forever),
            column("effective_s", Int, Nothing, Clear("moment of entry into force"), Forever),
        ],
        primary: &["no"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "client",
        place: Place::System,
        columns: &[
            column("client_id", Text, Nothing, Clear("id of a service's client"), Forever),
            column("service", Text, Nothing, Clear("name of a service of the bundle"), Forever),
            column("secret_hash", Blob, Nothing, Clear("hash of 256 random bits"), Forever),
            column("settings", Text, Nothing, Clear("redirect addresses and options of a client"), Forever),
        ],
        primary: &["client_id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "enrolment",
        place: Place::System,
        columns: &[
            column("token_hash", Blob, Nothing, Clear("hash of 256 random bits"), UntilMoment),
            column(
                "settings",
                Text,
                Nothing,
                Clear(
                    "what may be registered with the token: clients of a service, or somebody of the staff under a keyed hash",
                ),
                UntilMoment,
            ),
            column("until_s", Int, Nothing, Clear("when it ends"), UntilMoment),
        ],
        primary: &["token_hash"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "signing_key",
        place: Place::System,
        columns: &[
            column("alg", Text, Nothing, Clear("an algorithm of tokens"), Forever),
            column("number", Int, Nothing, Clear("running number of a key"), Forever),
            column("made_s", Int, Nothing, Clear("when a key was made"), Forever),
            column("ends_s", Int, Nothing, Clear("when the next one is due"), Forever),
            column("sealed", Blob, Nothing, Sealed, Forever),
        ],
        primary: &["alg", "number"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "ticket",
        place: Place::System,
        columns: &[
            column("id", Blob, Nothing, Clear("hash of a random token"), UntilMoment),
            column("kind", Int, Nothing, Clear("session, code, letter and so on"), UntilMoment),
            optional(column(
                "owner",
                Blob,
                Link,
                Clear("keyed hash in this database only: ends a person's sessions"),
                UntilMoment,
            )),
            optional(column("family", Blob, Nothing, Clear("random: ends what came of one sign-in"), UntilMoment)),
            column("until_s", Int, Nothing, Clear("by which day it is over; swept by it"), UntilMoment),
            column("is_used", Int, Nothing, Clear("a second use is refused"), UntilMoment),
            column("version", Blob, Nothing, Clear("random; guards the write"), UntilMoment),
            optional(column("epoch", Int, Nothing, Clear("in which epoch it was sealed, if in one"), UntilMoment)),
            column("sealed", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[("ticket_owner", &["owner"]), ("ticket_family", &["family"]), ("ticket_until", &["until_s"])],
    },
    Table {
        name: "job",
        place: Place::System,
        columns: &[
            column("name", Text, Nothing, Clear("names a job"), Forever),
            column("holder", Blob, Nothing, Clear("random id of a node"), Forever),
            column("until_ms", Int, Nothing, Clear("when the node's hold on it ends"), Forever),
            column("is_wanted", Int, Nothing, Clear("whether it was asked for by hand"), Forever),
            column("step", Text, Nothing, Clear("how far it is"), Forever),
            column("done", Int, Nothing, Clear("how much of the step is done"), Forever),
            column("total", Int, Nothing, Clear("how much the step has"), Forever),
        ],
        primary: &["name"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "certificate",
        place: Place::System,
        columns: &[
            column("id", Blob, Nothing, Clear("random, or the number of an epoch; names nobody"), Forever),
            column(
                "text",
                Text,
                Nothing,
                Clear("says what was destroyed when and how surely, and nothing of whom"),
                Forever,
            ),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "content",
        place: Place::Content,
        columns: &[
            column(
                "id",
                Blob,
                Nothing,
                Clear("keyed hash in this database only, of the address of a piece"),
                WithPerson,
            ),
            optional(column(
                "author",
                Blob,
                Link,
                Clear("keyed hash in this database only, of one service: lists what one placed there"),
                WithPerson,
            )),
            optional(column("about", Blob, Link, Clear("the same, of another kind, of whom it is about"), WithPerson)),
            column("version", Blob, Nothing, Clear("random; guards the write"), WithPerson),
            column("generation", Int, Nothing, Clear("tells which bucket key seals the mark"), WithPerson),
            column("mark", Blob, Link, Sealed, WithPerson),
            column("body", Blob, Personal, Sealed, WithPerson),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[("content_author", &["author"]), ("content_about", &["about"])],
    },
    Table {
        name: "bucket",
        place: Place::Content,
        columns: &[
            column("bucket", Int, Nothing, Clear("prefix of the names of pieces"), Forever),
            column("generation", Int, Nothing, Clear("raised when the bucket is re-keyed"), Forever),
            column("epoch", Int, Nothing, Clear("in which epoch the key was sealed"), Forever),
            column("sealed", Blob, Nothing, Sealed, Forever),
        ],
        primary: &["bucket"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "touched",
        place: Place::Content,
        columns: &[
            column("bucket", Int, Nothing, Clear("a bucket of which a piece was removed or let go"), UntilMoment),
            column("version", Blob, Nothing, Clear("random; guards the removal"), UntilMoment),
        ],
        primary: &["bucket"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "refused_content",
        place: Place::Content,
        columns: &[
            column("banned", Text, Nothing, Clear("names what nobody may place"), Forever),
            column("times", Int, Nothing, Clear("a count of refused texts"), Forever),
        ],
        primary: &["banned"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "person",
        place: Place::Compartment,
        columns: &[
            column("handle", Blob, Link, Clear("random; of this compartment only"), WithPerson),
            column("version", Blob, Nothing, Clear("random; guards the write"), WithPerson),
            column("standing", Blob, Personal, Sealed, WithPerson),
            column("records", Blob, Personal, Sealed, WithPerson),
        ],
        primary: &["handle"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "worn",
        place: Place::Compartment,
        columns: &[
            column("handle", Blob, Link, Clear("random; of this compartment only"), UntilMoment),
            column("version", Blob, Nothing, Clear("random; guards the removal"), UntilMoment),
            column("epoch", Int, Nothing, Clear("in which epoch it was sealed"), UntilMoment),
            column("sealed", Blob, Link, Sealed, UntilMoment),
        ],
        primary: &["handle"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "outbox",
        place: Place::Compartment,
        columns: &[
            column("id", Blob, Nothing, Clear("event id of its first entry"), UntilMoment),
            column("entries", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "read_batch",
        place: Place::Reads,
        columns: &[
            column("id", Blob, Nothing, Clear("event id of its first entry"), UntilMoment),
            column("entries", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "leaf",
        place: Place::Ledger,
        columns: &[
            column("position", Int, Nothing, Clear("position in the log"), Forever),
            column("event", Blob, Nothing, Clear("random; in the public leaf"), Forever),
            column("leaf", Blob, Nothing, Clear("the public leaf"), Forever),
            column(
                "trail",
                Blob,
                Link,
                Clear("keyed, of this entry only: by it the person's own page finds it"),
                Forever,
            ),
            column("payload", Blob, Personal, Sealed, Forever),
        ],
        primary: &["position"],
        uniques: &[("leaf_event", &["event"])],
        indexes: &[("leaf_trail", &["trail", "position"])],
    },
    Table {
        name: "waiting",
        place: Place::Ledger,
        columns: &[
            column("event", Blob, Nothing, Clear("random; in the public leaf"), UntilMoment),
            column("hour", Int, Nothing, Clear("for which it waits, together with all others of the day"), UntilMoment),
            column("leaf", Blob, Nothing, Clear("the public leaf"), UntilMoment),
            column("trail", Blob, Link, Clear("keyed, of this entry only"), UntilMoment),
            column("payload", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["event"],
        uniques: &[],
        indexes: &[("waiting_trail", &["trail"]), ("waiting_hour", &["hour", "event"])],
    },
    Table {
        name: "run",
        place: Place::Ledger,
        columns: &[
            column("run", Blob, Nothing, Clear("random; of a node's lane for a while"), Forever),
            column("hour", Int, Nothing, Clear("when that began"), Forever),
        ],
        primary: &["run"],
        uniques: &[],
        indexes: &[("run_hour", &["hour"])],
    },
    Table {
        name: "tile",
        place: Place::Ledger,
        columns: &[
            column("level", Int, Nothing, Clear("public hashes"), Forever),
            column("n", Int, Nothing, Clear("public hashes"), Forever),
            column("hashes", Blob, Nothing, Clear("public hashes"), Forever),
        ],
        primary: &["level", "n"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "cosigned",
        place: Place::Ledger,
        columns: &[
            column("hour", Int, Nothing, Clear("the hour in which witnesses signed"), Forever),
            column("size", Int, Nothing, Clear("public"), Forever),
            column("note", Text, Nothing, Clear("public"), Forever),
        ],
        primary: &["hour"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "head",
        place: Place::Ledger,
        columns: &[
            column("id", Int, Nothing, Clear("there is one row"), Forever),
            column("size", Int, Nothing, Clear("public"), Forever),
            column("root", Blob, Nothing, Clear("public"), Forever),
            column("checkpoint", Text, Nothing, Clear("public"), Forever),
            column("generation", Int, Nothing, Clear("public; raised when a restore breaks a log off"), Forever),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
];
