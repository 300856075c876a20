"""The tables, and how a file of an older Veille becomes one of this.

`PRAGMA application_id` says that a file is ours, `PRAGMA user_version` how many
of `MIGRATIONS` it has been through. Each migration is a plain function run in
one transaction; a released one is never edited, the next one is added below it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from service import failpoints

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x5645494C  # "VEIL"

# Dates of events and of DATE entities are ISO days; `start` and `end` are code
# points into documents.text, end exclusive, as everywhere.
_DOCUMENTS = (
    """CREATE TABLE documents (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT,
        published TEXT,
        published_from TEXT,
        language TEXT,
        source TEXT,
        media_type TEXT,
        pages INTEGER,
        sha256 TEXT,
        text TEXT NOT NULL,
        extractor TEXT NOT NULL,
        schema_version INTEGER NOT NULL,
        metadata TEXT NOT NULL DEFAULT '{}',
        extracted_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    )""",
    "CREATE INDEX documents_published ON documents (published)",
    """CREATE TABLE sources (
        number INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        container TEXT REFERENCES sources (path) ON DELETE CASCADE,
        size INTEGER,
        modified_at TEXT,
        sha256 TEXT,
        hints TEXT NOT NULL DEFAULT '{}',
        extractor TEXT NOT NULL,
        document_id TEXT REFERENCES documents (id) ON DELETE CASCADE,
        state TEXT NOT NULL CHECK (state IN ('done', 'failed')),
        error_code TEXT,
        error_message TEXT,
        CHECK ((state = 'failed') = (error_code IS NOT NULL))
    )""",
    "CREATE INDEX sources_document ON sources (document_id)",
    "CREATE INDEX sources_container ON sources (container)",
    "CREATE INDEX sources_sha256 ON sources (sha256)",
    """CREATE TABLE warnings (
        document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        PRIMARY KEY (document_id, position)
    ) WITHOUT ROWID""",
)

_ENTITIES = (
    """CREATE TABLE entities (
        document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        id TEXT NOT NULL,
        label TEXT NOT NULL CHECK (label IN ('ORG', 'PLACE', 'DATE')),
        position INTEGER NOT NULL,
        confidence REAL NOT NULL,
        rule TEXT NOT NULL,
        PRIMARY KEY (document_id, id)
    ) WITHOUT ROWID""",
    """CREATE TABLE organisations (
        document_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        acronym TEXT,
        key TEXT,
        PRIMARY KEY (document_id, id),
        FOREIGN KEY (document_id, id) REFERENCES entities (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    "CREATE INDEX organisations_name ON organisations (name)",
    """CREATE TABLE places (
        document_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        country TEXT,
        lat REAL,
        lon REAL,
        kind TEXT,
        geonames_id INTEGER,
        PRIMARY KEY (document_id, id),
        FOREIGN KEY (document_id, id) REFERENCES entities (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    "CREATE INDEX places_name ON places (name)",
    "CREATE INDEX places_country ON places (country)",
    """CREATE TABLE dates (
        document_id TEXT NOT NULL,
        id TEXT NOT NULL,
        start_date TEXT,
        end_date TEXT,
        precision TEXT NOT NULL,
        edtf TEXT,
        PRIMARY KEY (document_id, id),
        FOREIGN KEY (document_id, id) REFERENCES entities (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    """CREATE TABLE mentions (
        document_id TEXT NOT NULL,
        entity_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        quote TEXT NOT NULL,
        PRIMARY KEY (document_id, entity_id, position),
        FOREIGN KEY (document_id, entity_id) REFERENCES entities (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
)

_EVENTS = (
    """CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        type TEXT NOT NULL,
        status TEXT NOT NULL,
        title TEXT NOT NULL,
        start_date TEXT,
        end_date TEXT,
        precision TEXT,
        edtf TEXT,
        sentence TEXT NOT NULL,
        sentence_start INTEGER NOT NULL,
        sentence_end INTEGER NOT NULL,
        page INTEGER,
        confidence REAL NOT NULL,
        rule TEXT NOT NULL
    )""",
    "CREATE INDEX events_document ON events (document_id)",
    "CREATE INDEX events_start_date ON events (start_date)",
    "CREATE INDEX events_type ON events (type, start_date)",
    """CREATE TABLE event_mentions (
        event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        quote TEXT NOT NULL,
        PRIMARY KEY (event_id, position)
    ) WITHOUT ROWID""",
    """CREATE TABLE event_places (
        event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        document_id TEXT NOT NULL,
        place_id TEXT NOT NULL,
        PRIMARY KEY (event_id, position),
        FOREIGN KEY (document_id, place_id) REFERENCES places (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    "CREATE INDEX event_places_place ON event_places (document_id, place_id)",
    """CREATE TABLE event_organisations (
        event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        document_id TEXT NOT NULL,
        organisation_id TEXT NOT NULL,
        PRIMARY KEY (event_id, position),
        FOREIGN KEY (document_id, organisation_id) REFERENCES organisations (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    "CREATE INDEX event_organisations_organisation ON event_organisations (document_id, organisation_id)",
    """CREATE TABLE event_roles (
        event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        position INTEGER NOT NULL,
        document_id TEXT NOT NULL,
        organisation_id TEXT NOT NULL,
        PRIMARY KEY (event_id, role, position),
        FOREIGN KEY (document_id, organisation_id) REFERENCES organisations (document_id, id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    "CREATE INDEX event_roles_organisation ON event_roles (document_id, organisation_id)",
)

# The rowid of a search table is the `number` of what it finds. The triggers also
# fire on rows that a foreign key deletes.
_SEARCH = (
    """CREATE VIRTUAL TABLE documents_search USING fts5 (
        title, text, stems, tokenize = 'unicode61 remove_diacritics 2'
    )""",
    """CREATE VIRTUAL TABLE events_search USING fts5 (
        title, sentence, organisations, places, stems, tokenize = 'unicode61 remove_diacritics 2'
    )""",
    """CREATE TRIGGER documents_search_forgets AFTER DELETE ON documents BEGIN
        DELETE FROM documents_search WHERE rowid = old.number;
    END""",
    """CREATE TRIGGER events_search_forgets AFTER DELETE ON events BEGIN
        DELETE FROM events_search WHERE rowid = old.number;
    END""",
)

# The place of an event on a map is the narrowest of its places that has coordinates.
_NARROWEST = """(
            SELECT p.{column} FROM event_places ep JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id
            WHERE ep.event_id = e.id AND p.{column} IS NOT NULL
            ORDER BY CASE p.kind WHEN 'facility' THEN 0 WHEN 'district' THEN 1 WHEN 'city' THEN 2 WHEN 'natural' THEN 3
                                 WHEN 'region' THEN 4 WHEN 'country' THEN 5 ELSE 6 END, ep.position LIMIT 1)"""

_VIEWS = (
    f"""CREATE VIEW events_view AS SELECT
        e.start_date AS date,
        e.end_date AS end_date,
        e.type AS type,
        e.status AS status,
        e.title AS title,
        (SELECT group_concat(name, ', ') FROM (
            SELECT p.name FROM event_places ep JOIN places p ON p.document_id = ep.document_id AND p.id = ep.place_id
            WHERE ep.event_id = e.id ORDER BY ep.position)) AS place,
        {_NARROWEST.format(column="country")} AS country,
        {_NARROWEST.format(column="lat")} AS lat,
        {_NARROWEST.format(column="lon")} AS lon,
        (SELECT group_concat(name, '; ') FROM (
            SELECT o.name || coalesce(' (' || nullif(o.acronym, o.name) || ')', '') AS name
            FROM event_organisations eo JOIN organisations o ON o.document_id = eo.document_id AND o.id = eo.organisation_id
            WHERE eo.event_id = e.id ORDER BY eo.position)) AS organisations,
        e.sentence AS sentence,
        coalesce(d.title, d.source, d.id) AS document,
        d.source AS source,
        e.page AS page,
        e.confidence AS confidence,
        d.published AS published,
        d.language AS language,
        e.id AS event_id,
        e.document_id AS document_id
    FROM events e JOIN documents d ON d.id = e.document_id""",
    """CREATE VIEW documents_view AS SELECT
        d.title AS title,
        d.published AS published,
        d.published_from AS published_from,
        d.language AS language,
        s.state AS state,
        s.name AS source,
        d.media_type AS media_type,
        d.pages AS pages,
        length(d.text) AS characters,
        (SELECT count(*) FROM events e WHERE e.document_id = d.id) AS events,
        (SELECT count(*) FROM organisations o WHERE o.document_id = d.id) AS organisations,
        (SELECT count(*) FROM places p WHERE p.document_id = d.id) AS places,
        s.error_code AS error_code,
        s.error_message AS error_message,
        (SELECT group_concat(w.message, '; ') FROM warnings w WHERE w.document_id = d.id) AS warnings,
        d.extracted_at AS extracted_at,
        d.id AS document_id
    FROM sources s LEFT JOIN documents d ON d.id = s.document_id
    WHERE s.state = 'failed' OR s.document_id IS NOT NULL""",
    """CREATE VIEW organisations_view AS SELECT
        max(o.name) AS name,
        max(o.acronym) AS acronym,
        o.key AS key,
        count(DISTINCT o.document_id) AS documents,
        sum((SELECT count(*) FROM mentions m WHERE m.document_id = o.document_id AND m.entity_id = o.id)) AS mentions,
        sum((SELECT count(*) FROM event_organisations eo WHERE eo.document_id = o.document_id AND eo.organisation_id = o.id)) AS events
    FROM organisations o GROUP BY coalesce(o.key, lower(o.name))""",
    """CREATE VIEW places_view AS SELECT
        max(p.name) AS name,
        p.country AS country,
        p.kind AS kind,
        p.lat AS lat,
        p.lon AS lon,
        p.geonames_id AS geonames_id,
        count(DISTINCT p.document_id) AS documents,
        sum((SELECT count(*) FROM mentions m WHERE m.document_id = p.document_id AND m.entity_id = p.id)) AS mentions,
        sum((SELECT count(*) FROM event_places ep WHERE ep.document_id = p.document_id AND ep.place_id = p.id)) AS events
    FROM places p GROUP BY coalesce(p.geonames_id, lower(p.name)), p.country""",
)


# What comes over HTTP waits here. An item is a file or a text of one request, which is a job, or
# the path of a file to read again; `bytes` holds each content once, for as long as an item or a source needs it.
# Times are seconds since 1970, UTC.
_JOBS = (
    """CREATE TABLE bytes (
        sha256 TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        content BLOB NOT NULL
    )""",
    """CREATE TABLE jobs (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        created_at REAL NOT NULL
    )""",
    """CREATE TABLE items (
        number INTEGER PRIMARY KEY,
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('file', 'text', 'path')),
        name TEXT NOT NULL,
        identity TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        hints TEXT NOT NULL DEFAULT '{}',
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
        attempts INTEGER NOT NULL DEFAULT 0,
        owner TEXT,
        lease_until REAL,
        finished_at REAL,
        CHECK ((state = 'running') = (owner IS NOT NULL AND lease_until IS NOT NULL))
    )""",
    "CREATE INDEX items_job ON items (job_id)",
    "CREATE INDEX items_sha256 ON items (sha256)",
    "CREATE INDEX items_open ON items (state, number) WHERE state IN ('queued', 'running')",
    """CREATE TABLE results (
        item_number INTEGER NOT NULL REFERENCES items (number) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('new', 'updated', 'known', 'failed')),
        document_id TEXT,
        error_code TEXT,
        error_message TEXT,
        PRIMARY KEY (item_number, position)
    ) WITHOUT ROWID""",
)


# What people say of what was extracted. The log is never rewritten: what is taken back is marked so.
# `span_start` and `span_end` are the first trigger of the event, which finds it again after a new extraction.
_REVIEWS = (
    """CREATE TABLE reviews (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        created_at REAL NOT NULL,
        reviewer TEXT NOT NULL,
        subject TEXT NOT NULL CHECK (subject IN ('event', 'organisation', 'group')),
        action TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'correct', 'merge', 'split')),
        changes TEXT NOT NULL DEFAULT '{}',
        document_id TEXT,
        event_id TEXT,
        event_type TEXT,
        span_start INTEGER,
        span_end INTEGER,
        quote TEXT,
        sentence TEXT,
        undone_at REAL,
        undone_by TEXT,
        is_orphan INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX reviews_document ON reviews (document_id)",
    "CREATE INDEX reviews_event ON reviews (event_id)",
    # The record as it was extracted, of the documents whose rows say what people made of it: JSON, zlib.
    """CREATE TABLE extractions (
        document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
        record BLOB NOT NULL
    )""",
    "ALTER TABLE events ADD COLUMN review TEXT CHECK (review IN ('accepted', 'rejected', 'corrected'))",
    "CREATE INDEX events_review ON events (review) WHERE review IS NOT NULL",
)


# `identity` says which organisations of several documents are one body: that of its key or its name, or
# what people merged it into. `merges` holds what follows from the reviews that stand; a name of '' is any.
_IDENTITIES = (
    "ALTER TABLE organisations ADD COLUMN identity TEXT",
    "UPDATE organisations SET identity = coalesce(key, 'name:' || lower(name))",
    "CREATE INDEX organisations_identity ON organisations (identity)",
    """CREATE TABLE merges (
        identity TEXT NOT NULL,
        name TEXT NOT NULL,
        into_identity TEXT NOT NULL,
        PRIMARY KEY (identity, name)
    ) WITHOUT ROWID""",
    "DROP VIEW organisations_view",
    """CREATE VIEW organisations_view AS SELECT
        max(o.name) AS name,
        max(o.acronym) AS acronym,
        max(o.key) AS key,
        count(DISTINCT o.document_id) AS documents,
        sum((SELECT count(*) FROM mentions m WHERE m.document_id = o.document_id AND m.entity_id = o.id)) AS mentions,
        sum((SELECT count(*) FROM event_organisations eo WHERE eo.document_id = o.document_id AND eo.organisation_id = o.id)) AS events,
        o.identity AS identity
    FROM organisations o GROUP BY o.identity""",
)

# The same event in several documents, and the same report in several papers. `blocks` and `bands` hold
# hashes: rows with one in common are compared. Whoever loses a neighbour is noted in `regroup`.
_GROUPS = (
    "ALTER TABLE events ADD COLUMN group_id TEXT",
    "UPDATE events SET group_id = id",
    "CREATE INDEX events_group ON events (group_id)",
    # the orders of lists by day, as store/events.py writes them
    "CREATE INDEX events_by_day ON events ((start_date IS NULL), coalesce(start_date, ''), number)",
    "CREATE INDEX events_by_last_day ON events ((start_date IS NULL), coalesce(start_date, '') DESC, number)",
    """CREATE TABLE candidates (
        event_number INTEGER PRIMARY KEY REFERENCES events (number) ON DELETE CASCADE,
        content TEXT NOT NULL
    )""",
    """CREATE TABLE blocks (
        key INTEGER NOT NULL,
        event_number INTEGER NOT NULL REFERENCES events (number) ON DELETE CASCADE,
        PRIMARY KEY (key, event_number)
    ) WITHOUT ROWID""",
    "CREATE INDEX blocks_event ON blocks (event_number)",
    """CREATE TABLE links (
        a INTEGER NOT NULL REFERENCES events (number) ON DELETE CASCADE,
        b INTEGER NOT NULL REFERENCES events (number) ON DELETE CASCADE,
        score REAL NOT NULL,
        reasons TEXT NOT NULL,
        PRIMARY KEY (a, b)
    ) WITHOUT ROWID""",
    "CREATE INDEX links_b ON links (b)",
    "CREATE TABLE regroup (group_id TEXT PRIMARY KEY) WITHOUT ROWID",
    """CREATE TRIGGER events_leave_their_group AFTER DELETE ON events WHEN old.group_id IS NOT NULL BEGIN
        INSERT OR IGNORE INTO regroup (group_id) VALUES (old.group_id);
    END""",
    "ALTER TABLE documents ADD COLUMN report_id TEXT",
    "UPDATE documents SET report_id = id",
    "CREATE INDEX documents_report ON documents (report_id)",
    """CREATE TABLE signatures (
        document_number INTEGER PRIMARY KEY REFERENCES documents (number) ON DELETE CASCADE,
        signature BLOB NOT NULL
    )""",
    """CREATE TABLE bands (
        key INTEGER NOT NULL,
        document_number INTEGER NOT NULL REFERENCES documents (number) ON DELETE CASCADE,
        PRIMARY KEY (key, document_number)
    ) WITHOUT ROWID""",
    "CREATE INDEX bands_document ON bands (document_number)",
    "CREATE TABLE reprint (report_id TEXT PRIMARY KEY) WITHOUT ROWID",
    """CREATE TRIGGER documents_leave_their_report AFTER DELETE ON documents WHEN old.report_id IS NOT NULL BEGIN
        INSERT OR IGNORE INTO reprint (report_id) VALUES (old.report_id);
    END""",
)


# The last changes of events, in order, so that whoever holds them in memory (store/columnar.py) reads those alone.
_CHANGES_KEPT = 20_000
_CHANGES = (
    "CREATE TABLE event_changes (sequence INTEGER PRIMARY KEY, number INTEGER NOT NULL)",
    *(
        f"CREATE TRIGGER events_are_{happened} AFTER {verb} ON events BEGIN INSERT INTO event_changes (number) VALUES ({row}.number); END"
        for verb, happened, row in (("INSERT", "added", "new"), ("UPDATE", "changed", "new"), ("DELETE", "removed", "old"))
    ),
    f"""CREATE TRIGGER event_changes_fall_out AFTER INSERT ON event_changes BEGIN
        DELETE FROM event_changes WHERE sequence <= new.sequence - {_CHANGES_KEPT};
    END""",
)


# What documents and events add to `bands` and `blocks`, until thousands of keys are merged into them at a time (store/postings.py):
# the keys of one holder are 8 bytes each, as signed little-endian numbers. A sequence is never given twice.
_WAITING = tuple(
    statement
    for table, column, parent in (("bands", "document_number", "documents"), ("blocks", "event_number", "events"))
    for statement in (
        f"""CREATE TABLE {table}_waiting (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            {column} INTEGER NOT NULL REFERENCES {parent} (number) ON DELETE CASCADE,
            keys BLOB NOT NULL
        )""",
        f"CREATE INDEX {table}_waiting_holder ON {table}_waiting ({column})",
    )
)


def _create(db: Database) -> None:
    """Version 1: everything."""
    for statement in (*_DOCUMENTS, *_ENTITIES, *_EVENTS, *_SEARCH, *_VIEWS):
        db.execute(statement)


def _number_sources(db: Database) -> None:
    """Version 2: documents_view tells its rows apart, so that a list of them can be read page by page."""
    db.execute("DROP VIEW documents_view")
    db.execute(_VIEWS[1].replace("d.id AS document_id", "d.id AS document_id,\n        s.number AS source_number"))


def _queue(db: Database) -> None:
    """Version 3: jobs, their items and the bytes that came with them."""
    for statement in _JOBS:
        db.execute(statement)


def _review(db: Database) -> None:
    """Version 4: reviews, and what was extracted before them."""
    for statement in _REVIEWS:
        db.execute(statement)


def _group(db: Database) -> None:
    """Version 5: which organisations and events are the same, and which documents print the same; events of before, when they are next extracted."""
    for statement in (*_IDENTITIES, *_GROUPS):
        db.execute(statement)


def _log_changes(db: Database) -> None:
    """Version 6: which events have changed last."""
    for statement in _CHANGES:
        db.execute(statement)


def _number_views(db: Database) -> None:
    """Version 7: events_view and documents_view end with the number that the search tables know a row by, so that others can search them too."""
    for name, number in (("events_view", "e.number"), ("documents_view", "d.number")):
        [view] = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
        head, origin, rest = view.rpartition("\n    FROM ")
        db.execute(f"DROP VIEW {name}")
        db.execute(f"{head},\n        {number} AS number{origin}{rest}")


def _let_keys_wait(db: Database) -> None:
    """Version 8: keys of comparison wait in a table of their own, to be merged many at a time."""
    for statement in _WAITING:
        db.execute(statement)


MIGRATIONS: tuple[Callable[[Database], None], ...] = (_create, _number_sources, _queue, _review, _group, _log_changes, _number_views, _let_keys_wait)


def version(db: Database) -> int:
    """How many migrations a file has been through."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def application(db: Database) -> int:
    """Whose file it is: APPLICATION_ID, 0 for nobody's, else another program's."""
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def migrate(db: Database) -> None:
    """Bring a file up to this program's schema; call it inside a write transaction."""
    for number, step in enumerate(MIGRATIONS[version(db) :], start=version(db) + 1):
        step(db)
        failpoints.reach("migrate")
        db.execute(f"PRAGMA user_version = {number}")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
