-- The key tree (docs/spec/key-tree.md) takes the place of one wrapped key a row, and what changes carries a number, so
-- that a copy beside the database can follow.

-- Flat keys cannot be carried over: only a process that has the root can read them. No release ever wrote any.
DO $$
BEGIN
    IF EXISTS (SELECT FROM crypto_shredding.slot) THEN
        RAISE EXCEPTION 'these keys are older than the key tree: start with fresh databases'
            USING ERRCODE = 'KS004';
    END IF;
END
$$;

ALTER TABLE crypto_shredding.period DROP CONSTRAINT period_slot_fkey;
ALTER TABLE crypto_shredding.doom DROP CONSTRAINT doom_slot_fkey;
DROP TABLE crypto_shredding.slot;
DROP TABLE crypto_shredding.wrapping_key;
DROP SEQUENCE crypto_shredding.slot_id;
DROP FUNCTION crypto_shredding.allow_only_destruction();

-- Drawn under the tree's lock, so that changes commit in the order of their numbers.
CREATE SEQUENCE crypto_shredding.change AS bigint MINVALUE 1 NO CYCLE;

-- Numbers of root versions. A sequence does not roll back: a number is used once, also by a rotation that failed.
CREATE SEQUENCE crypto_shredding.root_version AS bigint MINVALUE 1 NO CYCLE;

-- One row once the tree is planted: which root version wraps the top's key, and how many levels there are.
CREATE TABLE crypto_shredding.tree (
    only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    version bigint NOT NULL,
    height smallint NOT NULL CHECK (height BETWEEN 2 AND 8),
    top bytea NOT NULL,
    change bigint NOT NULL
);

CREATE TABLE crypto_shredding.node (
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 8),
    number bigint NOT NULL CHECK (number >= 0),
    blob bytea NOT NULL CHECK (octet_length(blob) = 4124),
    change bigint NOT NULL,
    PRIMARY KEY (level, number)
);

-- In a page of its own, written as one piece. In pieces of 2 kB a rotation would write more log and twice the index.
ALTER TABLE crypto_shredding.node ALTER COLUMN blob SET STORAGE PLAIN;

CREATE INDEX node_change_idx ON crypto_shredding.node (change);

-- Check values of a leaf's 128 slots, 32 bytes each.
CREATE TABLE crypto_shredding.leaf (
    leaf bigint PRIMARY KEY CHECK (leaf >= 0),
    kcvs bytea NOT NULL CHECK (octet_length(kcvs) = 4096),
    change bigint NOT NULL
);

-- Not compressed, so that one of them is read without the others.
ALTER TABLE crypto_shredding.leaf ALTER COLUMN kcvs SET STORAGE EXTERNAL;

CREATE INDEX leaf_change_idx ON crypto_shredding.leaf (change);

-- One row: the last slot that was issued. Slots are issued in order, from 1.
CREATE TABLE crypto_shredding.issue_counter (
    only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    counter bigint NOT NULL
);

INSERT INTO crypto_shredding.issue_counter (counter) VALUES (0);

ALTER TABLE crypto_shredding.period ADD COLUMN change bigint NOT NULL;
CREATE INDEX period_change_idx ON crypto_shredding.period (change);

-- The root version that a rotation means to make, before it makes it. The first one plants the tree.
CREATE TABLE crypto_shredding.rotation (
    version bigint PRIMARY KEY,
    previous bigint,
    opened_at timestamptz NOT NULL
);

-- What became of it. The primary key decides a race: a rotation that was abandoned cannot commit any more.
CREATE TABLE crypto_shredding.rotation_outcome (
    version bigint PRIMARY KEY REFERENCES crypto_shredding.rotation,
    committed boolean NOT NULL,
    doom_counter bigint NOT NULL, -- every doom up to it is taken along
    decided_at timestamptz NOT NULL
);

-- The version before is destroyed: no copy from before the rotation opens any more.
CREATE TABLE crypto_shredding.rotation_end (
    version bigint PRIMARY KEY REFERENCES crypto_shredding.rotation_outcome,
    destroyed bigint NOT NULL,
    ended_at timestamptz NOT NULL,
    provider text NOT NULL,
    recoverable_until timestamptz,
    note text NOT NULL
);

ALTER TABLE crypto_shredding.tombstone ADD COLUMN version bigint NOT NULL REFERENCES crypto_shredding.rotation;
CREATE INDEX tombstone_version_idx ON crypto_shredding.tombstone (version);

CREATE FUNCTION crypto_shredding.allow_only_newer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.change <= OLD.change THEN
        RAISE EXCEPTION 'crypto_shredding.%: an older state is not put back', tg_table_name USING ERRCODE = 'KS002';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER tree_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.tree
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER tree_only_moves_on BEFORE UPDATE ON crypto_shredding.tree
FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_newer();

CREATE TRIGGER node_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.node
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER node_only_moves_on BEFORE UPDATE ON crypto_shredding.node
FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_newer();

CREATE TRIGGER leaf_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.leaf
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER issue_counter_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.issue_counter
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER issue_counter_only_rises BEFORE UPDATE ON crypto_shredding.issue_counter
FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_raising();

CREATE TRIGGER rotation_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.rotation
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER rotation_outcome_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.rotation_outcome
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER rotation_end_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.rotation_end
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE OR REPLACE FUNCTION crypto_shredding.allow_only_raising() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.counter <= OLD.counter THEN
        RAISE EXCEPTION 'crypto_shredding.% only rises', tg_table_name USING ERRCODE = 'KS003';
    END IF;
    RETURN NEW;
END
$$;

ALTER SEQUENCE crypto_shredding.change OWNER TO keys_owner;
ALTER SEQUENCE crypto_shredding.root_version OWNER TO keys_owner;
ALTER TABLE crypto_shredding.tree OWNER TO keys_owner;
ALTER TABLE crypto_shredding.node OWNER TO keys_owner;
ALTER TABLE crypto_shredding.leaf OWNER TO keys_owner;
ALTER TABLE crypto_shredding.issue_counter OWNER TO keys_owner;
ALTER TABLE crypto_shredding.rotation OWNER TO keys_owner;
ALTER TABLE crypto_shredding.rotation_outcome OWNER TO keys_owner;
ALTER TABLE crypto_shredding.rotation_end OWNER TO keys_owner;
ALTER FUNCTION crypto_shredding.allow_only_newer() OWNER TO keys_owner;

GRANT USAGE ON SEQUENCE crypto_shredding.change, crypto_shredding.root_version TO keys_app;
GRANT SELECT, INSERT ON crypto_shredding.node, crypto_shredding.leaf, crypto_shredding.tree TO keys_app;
GRANT SELECT, INSERT ON crypto_shredding.rotation, crypto_shredding.rotation_outcome TO keys_app;
GRANT SELECT, INSERT ON crypto_shredding.rotation_end TO keys_app;
GRANT SELECT ON crypto_shredding.issue_counter TO keys_app;
GRANT UPDATE (blob, change) ON crypto_shredding.node TO keys_app;
GRANT UPDATE (version, height, top, change) ON crypto_shredding.tree TO keys_app;
GRANT UPDATE (counter) ON crypto_shredding.issue_counter TO keys_app;
