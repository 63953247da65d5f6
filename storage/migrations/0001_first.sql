-- The first format. One text for SQLite and Postgres: BYTES becomes BLOB or BYTEA, and nothing else differs.
--
-- Each column says what the server sees in it: `plain` (readable, and why it must be), `sealed` (only a client opens
-- it), `hash` (of something that the server does not keep), `public` (a public key or a signed statement), `secret`
-- (the server's own). The list of plain columns is part of what users are told; a test compares it.

CREATE TABLE accounts (
    id BYTES NOT NULL PRIMARY KEY, -- plain: random id
    name TEXT NOT NULL UNIQUE, -- plain: the name to sign in with
    created BIGINT NOT NULL, -- plain: when
    generation BIGINT NOT NULL, -- plain: how often the account key was changed
    record BYTES NOT NULL, -- sealed: OPAQUE registration record
    recovery_key BYTES NOT NULL, -- public: recovery is proven against it
    used_bytes BIGINT NOT NULL, -- plain: size of all contents
    quota_bytes BIGINT NOT NULL, -- plain: how much is allowed
    latest_change BIGINT NOT NULL -- plain: number of the latest change
);

-- Beside the server's own, which has no name here.
CREATE TABLE domains (
    name TEXT NOT NULL PRIMARY KEY, -- plain: a domain for which mail is taken
    created BIGINT NOT NULL, -- plain: when
    catch_all BYTES -- plain: who gets what is written to addresses that nobody has
);

CREATE TABLE addresses (
    domain TEXT NOT NULL, -- plain: what stands behind the @; empty for the server's own
    local TEXT NOT NULL, -- plain: what stands before it
    account BYTES NOT NULL REFERENCES accounts (id), -- plain: whose
    created BIGINT NOT NULL, -- plain: when
    is_name BIGINT NOT NULL, -- plain: whether it is the name to sign in with
    PRIMARY KEY (domain, local)
);
CREATE INDEX addresses_by_account ON addresses (account);

CREATE TABLE invites (
    code_hash BYTES NOT NULL PRIMARY KEY, -- hash: the invitation's code
    created BIGINT NOT NULL, -- plain: when
    expires BIGINT NOT NULL, -- plain: until when
    used BIGINT NOT NULL -- plain: whether it was used
);

CREATE TABLE slots (
    account BYTES NOT NULL REFERENCES accounts (id), -- plain: whose
    kind BIGINT NOT NULL, -- plain: password or recovery
    id BYTES NOT NULL, -- plain: random id
    generation BIGINT NOT NULL, -- plain: of the account key
    sealed BYTES NOT NULL, -- sealed: the account key
    PRIMARY KEY (account, kind)
);

CREATE TABLE objects (
    account BYTES NOT NULL REFERENCES accounts (id), -- plain: whose
    kind BIGINT NOT NULL, -- plain: identity, sealing, root or state
    version BIGINT NOT NULL, -- plain: how often it changed
    sealed BYTES NOT NULL, -- sealed: the object
    PRIMARY KEY (account, kind)
);

CREATE TABLE statements (
    account BYTES NOT NULL REFERENCES accounts (id), -- plain: whose
    seq BIGINT NOT NULL, -- plain: order
    statement BYTES NOT NULL, -- public: the account's public keys, signed
    PRIMARY KEY (account, seq)
);

CREATE TABLE sessions (
    account BYTES NOT NULL REFERENCES accounts (id), -- plain: whose
    id BYTES NOT NULL, -- plain: random id
    token_hash BYTES NOT NULL UNIQUE, -- hash: the session's token
    scope BIGINT NOT NULL, -- plain: full or recovery
    device TEXT NOT NULL, -- plain: what the device calls itself, for the list of sessions
    created BIGINT NOT NULL, -- plain: when
    last_used BIGINT NOT NULL, -- plain: when, to the minute
    expires BIGINT NOT NULL, -- plain: until when
    fresh_until BIGINT NOT NULL, -- plain: until when the password need not be asked again
    PRIMARY KEY (account, id)
);
CREATE INDEX sessions_by_end ON sessions (expires);

CREATE TABLE changes (
    account BYTES NOT NULL, -- plain: whose
    seq BIGINT NOT NULL, -- plain: order
    kind BIGINT NOT NULL, -- plain: volume, link, account, sessions or mail
    subject BYTES, -- plain: id of the volume or link
    counter BIGINT, -- plain: the volume's new counter
    PRIMARY KEY (account, seq)
);

CREATE TABLE volumes (
    id BYTES NOT NULL PRIMARY KEY, -- plain: random id
    account BYTES NOT NULL, -- plain: whose
    counter BIGINT NOT NULL, -- plain: how often it changed
    head BYTES NOT NULL, -- public: hash over all records, signed
    nodes BIGINT NOT NULL, -- plain: how many files and folders
    root BYTES -- plain: random id of the root folder
);

-- A node that is gone stays as a tombstone: its kind is 0, and parent, content and sealed are empty.
CREATE TABLE nodes (
    volume BYTES NOT NULL, -- plain: where
    node BYTES NOT NULL, -- plain: random id
    parent BYTES, -- plain: id of the folder in which it is
    kind BIGINT NOT NULL, -- plain: file, folder, or gone
    generation BIGINT NOT NULL, -- plain: of the folder's key
    seq BIGINT NOT NULL, -- plain: how often it was sealed
    content BYTES, -- plain: id of a file's content
    sealed BYTES, -- sealed: name, times, type, keys
    counter BIGINT NOT NULL, -- plain: the volume's counter at which it last changed
    PRIMARY KEY (volume, node)
);
CREATE INDEX nodes_by_change ON nodes (volume, counter, node);
CREATE INDEX nodes_by_parent ON nodes (volume, parent, node);
CREATE INDEX nodes_by_content ON nodes (volume, content);

CREATE TABLE contents (
    account BYTES NOT NULL, -- plain: whose, or which message's
    content BYTES NOT NULL, -- plain: random id, also the blob's name
    state BIGINT NOT NULL, -- plain: arriving, there, garbage or swept
    handle TEXT NOT NULL, -- plain: the blob store's name for an upload
    size_bytes BIGINT NOT NULL, -- plain: size of the sealed stream
    changed BIGINT NOT NULL, -- plain: when it came into this state
    records BIGINT NOT NULL, -- plain: how many records name it
    PRIMARY KEY (account, content)
);
CREATE INDEX contents_by_state ON contents (state, changed);

CREATE TABLE parts (
    account BYTES NOT NULL, -- plain: whose
    content BYTES NOT NULL, -- plain: of which content
    part BIGINT NOT NULL, -- plain: number
    size_bytes BIGINT NOT NULL, -- plain: size of the sealed part
    checksum BYTES NOT NULL, -- hash: the sealed part
    PRIMARY KEY (account, content, part)
);

CREATE TABLE links (
    id BYTES NOT NULL PRIMARY KEY, -- plain: random id, stands in the link
    account BYTES NOT NULL, -- plain: whose
    volume BYTES NOT NULL, -- plain: where
    node BYTES NOT NULL, -- plain: which file or folder
    proof_hash BYTES NOT NULL, -- hash: what the holder of the link shows
    wrap BYTES NOT NULL, -- sealed: keys and names, for the holder of the link
    archive BYTES NOT NULL, -- sealed: the link's secret, for its owner
    created BIGINT NOT NULL, -- plain: when
    expires BIGINT, -- plain: until when
    max_downloads BIGINT, -- plain: how often
    downloads BIGINT NOT NULL, -- plain: how often so far
    revoked BIGINT -- plain: since when it is taken back
);
CREATE INDEX links_by_account ON links (account, created);
CREATE INDEX links_by_node ON links (volume, node);

CREATE TABLE leases (
    id BYTES NOT NULL PRIMARY KEY, -- plain: random id
    link BYTES NOT NULL, -- plain: under which link
    token_hash BYTES NOT NULL UNIQUE, -- hash: the lease's token
    expires BIGINT NOT NULL, -- plain: until when
    counted BIGINT NOT NULL -- plain: whether the download was delivered
);
CREATE INDEX leases_by_link ON leases (link, counted, expires);
CREATE INDEX leases_by_end ON leases (expires);

-- A message that is gone stays as a tombstone: what it had is empty.
CREATE TABLE messages (
    account BYTES NOT NULL, -- plain: in whose mailbox
    message BYTES NOT NULL, -- plain: random id
    arrived BIGINT NOT NULL, -- plain: number of the change with which it came
    changed BIGINT NOT NULL, -- plain: number of the change since which it is as it is
    received BIGINT, -- plain: when it came
    space BYTES, -- plain: where its body lies, which tells whether it came from outside
    content BYTES, -- plain: id of its body
    size_bytes BIGINT NOT NULL, -- plain: size of its sealed body
    sealed_to BYTES, -- hash: the public key to which its envelope is sealed
    envelope BYTES, -- sealed: the key of summary and body
    summary BYTES, -- sealed: who wrote to whom about what
    mark_version BIGINT NOT NULL, -- plain: how often something was noted on it
    mark BYTES, -- sealed: read, starred, folder, labels
    expires BIGINT, -- plain: when it is to be deleted
    PRIMARY KEY (account, message)
);
CREATE INDEX messages_by_time ON messages (account, received, message);
CREATE INDEX messages_by_change ON messages (account, changed, message);
CREATE INDEX messages_by_end ON messages (expires);

CREATE TABLE mail_indexes (
    account BYTES NOT NULL PRIMARY KEY REFERENCES accounts (id), -- plain: of whose mail
    version BIGINT NOT NULL, -- plain: how often it changed
    manifest BYTES NOT NULL -- sealed: which contents it is made of, and how they open
);

CREATE TABLE mail_index_contents (
    account BYTES NOT NULL, -- plain: whose index
    content BYTES NOT NULL, -- plain: id of a content that it is made of
    PRIMARY KEY (account, content)
);

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY, -- plain: which
    value BYTES NOT NULL -- secret: OPAQUE set-up, keys that seal what the server sends to itself; in public, by what the mail gateway is known
);
