-- AUTOINCREMENT: the id of somebody who was deleted is never given to another one.
CREATE TABLE user (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT    NOT NULL,
    admin         INTEGER NOT NULL DEFAULT FALSE,
    disabled      INTEGER NOT NULL DEFAULT FALSE
) STRICT;

CREATE TABLE account (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL
) STRICT;
