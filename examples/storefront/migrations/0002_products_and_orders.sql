CREATE TABLE product (
    id      INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    name    TEXT    NOT NULL,
    about   TEXT    NOT NULL,
    cents   INTEGER NOT NULL
) STRICT;

CREATE TABLE purchase (
    id      INTEGER PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    product INTEGER NOT NULL REFERENCES product,
    at      TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

CREATE INDEX purchase_of_user ON purchase (user);
CREATE INDEX purchase_of_product ON purchase (product);
