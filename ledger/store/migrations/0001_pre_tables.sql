-- The tables of the ledger, who owns them, and the three rights there are.
--
-- Nothing here is updated or deleted, except the chain head and the one link row between an account and its member
-- (both by ledger.append alone), and snapshots.
-- No unique index lacks the stream (or member, account) id, so that the tables can be distributed later.

DO $$
BEGIN
    CREATE ROLE ledger_owner NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server has made it
END $$;

DO $$
BEGIN
    -- LOGIN without a password: nobody gets in by password until the operator sets one.
    CREATE ROLE ledger_app LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

DO $$
BEGIN
    -- Reserved. It will delete boxes whose keys are destroyed, and nothing else; today it may do nothing.
    CREATE ROLE ledger_compaction NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

DO $$
BEGIN
    -- Who migrates must be able to act as the owner; a superuser can already, and a grant would only make noise.
    IF NOT pg_has_role(current_user, 'ledger_owner', 'SET') THEN
        EXECUTE format('GRANT ledger_owner TO %I WITH SET TRUE', current_user);
    END IF;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO ledger_owner', current_database());
END $$;

SET LOCAL ROLE ledger_owner;

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO ledger_app;

CREATE TABLE ledger.migration (
    name text PRIMARY KEY,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32)
);

-- The head of each shard's hash chain. The timeline changes when a backup is restored, so that cursors made
-- after the backup are refused instead of skipping events.
CREATE TABLE ledger.shard (
    shard smallint PRIMARY KEY CHECK (shard > 0),
    timeline uuid NOT NULL,
    position bigint NOT NULL CHECK (position >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 10); -- one hot row: room for its next versions on the same page

CREATE TABLE ledger.events (
    shard smallint NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    stream uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    event uuid CHECK (event <> '00000000-0000-0000-0000-000000000000'), -- NULL only from a recorder of eventsourcing
    topic text NOT NULL,
    state bytea NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    CONSTRAINT events_pkey PRIMARY KEY (stream, version)
);
CREATE INDEX events_position_idx ON ledger.events (shard, position);
-- The few events that are looked for by what they are: to resume erasures and to know the programs at a start.
CREATE INDEX events_topic_idx ON ledger.events (topic, position) WHERE topic IN (
    'members.erasure-requested.v1', 'members.erased.v1', 'members.keys-destroyed.v1', 'points.program-defined.v1'
);

-- Sealed values, one row each, beside the events which carry their digests. Partitioned, because the bytes of a
-- deleted box leave the disk only when its partition is rewritten.
CREATE TABLE ledger.box (
    shard smallint NOT NULL,
    position bigint NOT NULL,
    field smallint NOT NULL,
    box bytea NOT NULL,
    CONSTRAINT box_pkey PRIMARY KEY (shard, position, field)
) PARTITION BY RANGE (position);
ALTER TABLE ledger.box ALTER COLUMN box SET STORAGE EXTERNAL; -- ciphertext does not compress

CREATE TABLE ledger.receipt (
    shard smallint NOT NULL,
    stream uuid NOT NULL,
    key uuid NOT NULL,
    fingerprint bytea NOT NULL,
    reference text,
    position bigint NOT NULL,
    receipt bytea NOT NULL,
    CONSTRAINT receipt_pkey PRIMARY KEY (stream, key)
);
CREATE UNIQUE INDEX receipt_reference_idx ON ledger.receipt (stream, reference) WHERE reference IS NOT NULL;

CREATE TABLE ledger.closed_class (
    shard smallint NOT NULL,
    member uuid NOT NULL,
    class smallint NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT closed_class_pkey PRIMARY KEY (member, class)
);

CREATE TABLE ledger.account_holder (
    account uuid NOT NULL,
    member uuid NOT NULL,
    CONSTRAINT account_holder_pkey PRIMARY KEY (account)
);
CREATE INDEX account_holder_member_idx ON ledger.account_holder (member);

CREATE TABLE ledger.snapshots (
    stream uuid NOT NULL,
    version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    CONSTRAINT snapshots_pkey PRIMARY KEY (stream, version)
);

-- Append-only, also for the owner. Statement triggers, so that a statement which matches no row is refused too.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op USING ERRCODE = 'LD001';
END $$;
REVOKE ALL ON FUNCTION ledger.refuse_change() FROM PUBLIC;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER receipt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.receipt
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER closed_class_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.closed_class
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER box_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.box
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Box partitions of 1,048,576 positions (about 0.5 GiB at three boxes an event: a rewrite takes seconds).
-- Makes those from the head's partition to `ahead` partitions after it; what no partition covers goes to box_rest,
-- and a range of which box_rest already holds rows stays there.
-- A statement trigger fires only on the table that is named, so each partition gets its own.
CREATE FUNCTION ledger.extend_boxes(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s' -- it waits for readers of box_rest, and appends would wait behind it
AS $$
DECLARE
    partition_positions CONSTANT bigint := 1048576;
    first_number bigint;
    number bigint;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(1279542369, 0); -- 'LDBx': one process at a time makes partitions
    SELECT coalesce(max(s.position), 0) / partition_positions INTO first_number FROM ledger.shard AS s;
    FOR number IN first_number .. first_number + ahead LOOP
        CONTINUE WHEN to_regclass(format('ledger.box_%s', number)) IS NOT NULL;
        CONTINUE WHEN EXISTS (
            SELECT FROM ledger.box_rest AS b
            WHERE b.position >= number * partition_positions AND b.position < (number + 1) * partition_positions
        );
        EXECUTE format(
            'CREATE TABLE ledger.box_%s PARTITION OF ledger.box FOR VALUES FROM (%s) TO (%s)',
            number, number * partition_positions, (number + 1) * partition_positions
        );
        EXECUTE format(
            'CREATE TRIGGER box_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.box_%s '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', number
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION ledger.extend_boxes(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.extend_boxes(integer) TO ledger_app;

CREATE TABLE ledger.box_rest PARTITION OF ledger.box DEFAULT;
CREATE TRIGGER box_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.box_rest
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
SELECT ledger.extend_boxes(3);

-- The timeline is random; the chain of a shard without events begins with its digest (docs/spec/chain.md).
INSERT INTO ledger.shard (shard, timeline, position, hash)
SELECT 1, made.timeline, 0, sha256(uuid_send(made.timeline)) FROM gen_random_uuid() AS made (timeline);

GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ledger_app;
GRANT INSERT, DELETE ON ledger.snapshots TO ledger_app;
