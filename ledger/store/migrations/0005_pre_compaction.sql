-- Held boxes in a table and with a role of their own; compaction of what no key opens any more (docs/adr/0205).
--
-- Boxes leave ledger.box in two ways, both by a function alone: to ledger.held_box when only a law still keeps them,
-- and for good when their key is destroyed. Either way their bytes stay in the partition's file until it is rewritten.

DO $$
BEGIN
    CREATE ROLE ledger_dispute LOGIN; -- no password: nobody gets in by password until the operator sets one
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server has made it
END $$;

DO $$
BEGIN
    -- 0001 reserved the role without a way to log in.
    IF NOT (SELECT r.rolcanlogin FROM pg_roles AS r WHERE r.rolname = 'ledger_compaction') THEN
        ALTER ROLE ledger_compaction LOGIN;
    END IF;
END $$;

-- Only a superuser can give these two. Without them ledger.turn_over_wal answers false, and the server turns its WAL
-- over when it sees fit.
DO $$
BEGIN
    IF NOT pg_has_role('ledger_owner', 'pg_checkpoint', 'USAGE') THEN
        GRANT pg_checkpoint TO ledger_owner;
    END IF;
    GRANT EXECUTE ON FUNCTION pg_catalog.pg_switch_wal() TO ledger_owner;
EXCEPTION WHEN insufficient_privilege OR unique_violation THEN NULL;
END $$;

SET LOCAL ROLE ledger_owner;

GRANT USAGE ON SCHEMA ledger TO ledger_compaction, ledger_dispute;

-- Boxes of former members that only a law keeps (개인정보 보호법 제21조 제3항: 분리 보관). The running service writes
-- here by ledger.hold_boxes and cannot read. Partitioned by position, as ledger.box is, and not by a last day: that is
-- its class's, while when a single box dies is said by its key alone.
CREATE TABLE ledger.held_box (
    shard smallint NOT NULL,
    position bigint NOT NULL,
    field smallint NOT NULL,
    box bytea NOT NULL,
    CONSTRAINT held_box_pkey PRIMARY KEY (shard, position, field)
) PARTITION BY RANGE (position);
ALTER TABLE ledger.held_box ALTER COLUMN box SET STORAGE EXTERNAL; -- ciphertext does not compress
GRANT SELECT ON ledger.held_box TO ledger_dispute;

-- Partitions out of which rows went since they were last rewritten.
CREATE TABLE ledger.stale_partition (
    name text PRIMARY KEY
);

-- Always empty. Whoever takes a box out of its table leaves a dead row here: as long as it is in the file after a
-- rewrite of this table, a snapshot is open that still sees that box, and a rewrite would carry the box along.
CREATE TABLE ledger.horizon (
    one bigint CONSTRAINT horizon_pkey PRIMARY KEY
);

-- As ledger.refuse_change, but the functions below may delete. The setting guards against a slip, not against the
-- owner, who could drop the trigger as well; nobody else may delete at all.
CREATE FUNCTION ledger.refuse_box_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF tg_op = 'DELETE' AND current_setting('ledger.box_change', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op USING ERRCODE = 'LD001';
END $$;
REVOKE ALL ON FUNCTION ledger.refuse_box_change() FROM PUBLIC;

-- What every table of boxes has of its own. Statistics would copy boxes into the catalog, where no compaction comes.
CREATE FUNCTION ledger.guard_boxes(name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE ledger.%I ALTER COLUMN box SET STATISTICS 0', name);
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER box_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change()', name
    );
END $$;
REVOKE ALL ON FUNCTION ledger.guard_boxes(text) FROM PUBLIC;

-- Makes one partition: of positions from number * width on. Answers 0 where there is one, or rows without one.
CREATE FUNCTION ledger.make_partition(parent text, number bigint, width bigint) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name CONSTANT text := format('%s_%s', parent, number);
    is_taken boolean;
BEGIN
    IF to_regclass(format('ledger.%I', name)) IS NOT NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM ledger.%I AS b WHERE b.position >= $1 AND b.position < $2)', parent || '_rest')
    INTO is_taken USING number * width, (number + 1) * width;
    IF is_taken THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        'CREATE TABLE ledger.%I PARTITION OF ledger.%I FOR VALUES FROM (%s) TO (%s)',
        name, parent, number * width, (number + 1) * width
    );
    PERFORM ledger.guard_boxes(name);
    RETURN 1;
EXCEPTION WHEN invalid_object_definition THEN
    RETURN 0; -- it lies in one of the wider partitions of 0001
END $$;
REVOKE ALL ON FUNCTION ledger.make_partition FROM PUBLIC;

-- As 0001 said, but in partitions of 131,072 positions (about 80 MB at three boxes an event), since whoever reads or
-- appends there waits while one is rewritten. Held boxes are few, and nobody waits for them: an eighth as many
-- partitions, each as wide as those of 0001. Answers how many of ledger.box it made.
CREATE OR REPLACE FUNCTION ledger.extend_boxes(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s' -- it waits for readers of box_rest, and appends would wait behind it
AS $$
DECLARE
    box_positions CONSTANT bigint := 131072;
    held_positions CONSTANT bigint := 1048576;
    head bigint;
    number bigint;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(1279542369, 0); -- 'LDBx': one process at a time makes partitions
    SELECT coalesce(max(s.position), 0) INTO head FROM ledger.shard AS s;
    FOR number IN head / box_positions .. head / box_positions + ahead LOOP
        made := made + ledger.make_partition('box', number, box_positions);
    END LOOP;
    FOR number IN head / held_positions .. (head + ahead * box_positions) / held_positions LOOP
        PERFORM ledger.make_partition('held_box', number, held_positions);
    END LOOP;
    RETURN made;
END $$;

CREATE TABLE ledger.held_box_rest PARTITION OF ledger.held_box DEFAULT;
LOCK TABLE ledger.box IN ACCESS EXCLUSIVE MODE;
DO $$
DECLARE
    name text;
    is_empty boolean;
BEGIN
    -- The wide partitions that were made ahead and hold nothing give way to narrow ones.
    FOR name IN
        SELECT c.relname FROM pg_inherits AS i INNER JOIN pg_class AS c ON i.inhrelid = c.oid
        WHERE i.inhparent = 'ledger.box'::regclass AND c.relname <> 'box_rest' ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM ledger.%I)', name) INTO is_empty;
        IF is_empty THEN
            EXECUTE format('DROP TABLE ledger.%I', name);
        ELSE
            PERFORM ledger.guard_boxes(name);
        END IF;
    END LOOP;
    PERFORM ledger.guard_boxes(n) FROM unnest(ARRAY['box', 'box_rest', 'held_box', 'held_box_rest']) AS n;
    PERFORM ledger.make_partition('held_box', n, 1048576)
    FROM ledger.shard AS s CROSS JOIN generate_series(0, s.position / 1048576) AS n;
    PERFORM ledger.extend_boxes(12);
END $$;

-- Notes, in the transaction that takes rows out of partitions, that their bytes are still in the files.
CREATE FUNCTION ledger.note_stale(names text []) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(names) > 0 THEN
        INSERT INTO ledger.stale_partition (name)
        SELECT DISTINCT u.name FROM unnest(names) AS u (name) ON CONFLICT DO NOTHING;
        INSERT INTO ledger.horizon (one) VALUES (1);
        DELETE FROM ledger.horizon;
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger.note_stale(text []) FROM PUBLIC;

-- Moves exactly these boxes to ledger.held_box; one that is not in ledger.box (any more) is left as it is. Answers how
-- many were moved. May be repeated and raced; an append and its move may share a transaction.
CREATE FUNCTION ledger.hold_boxes(in_shard smallint, positions bigint [], fields smallint []) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Every look-up is by the primary key (as in ledger.append): no plan may read a whole partition.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    moved integer;
    names text [];
BEGIN
    PERFORM pg_advisory_xact_lock(1279542369, 1); -- 'LDBx': moving, deleting and rewriting, one at a time
    PERFORM set_config('ledger.box_change', 'on', true);
    WITH gone AS (
        DELETE FROM ledger.box AS b USING unnest(positions, fields) AS u (position, field)
        WHERE b.shard = in_shard AND b.position = u.position AND b.field = u.field
        RETURNING b.tableoid, b.shard, b.position, b.field, b.box
    ),
    held AS (
        INSERT INTO ledger.held_box (shard, position, field, box)
        SELECT g.shard, g.position, g.field, g.box FROM gone AS g
    )
    SELECT count(*), array_agg(DISTINCT c.relname) INTO moved, names
    FROM gone AS g INNER JOIN pg_class AS c ON g.tableoid = c.oid;
    PERFORM set_config('ledger.box_change', '', true);
    PERFORM ledger.note_stale(names);
    RETURN moved;
END $$;
REVOKE ALL ON FUNCTION ledger.hold_boxes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.hold_boxes TO ledger_app;

-- Which of these boxes are held, by the digest that their event has in the open as well: so the service can tell a
-- held box from one that is missing, and `verify` can check it, without being able to read it.
CREATE FUNCTION ledger.held_digests(in_shard smallint, positions bigint [], fields smallint [])
RETURNS TABLE ("position" bigint, field smallint, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT b.position, b.field, sha256(b.box)
    FROM unnest(positions, fields) AS u (position, field)
    INNER JOIN ledger.held_box AS b ON b.shard = in_shard AND u.position = b.position AND u.field = b.field;
END;
REVOKE ALL ON FUNCTION ledger.held_digests FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.held_digests TO ledger_app;

-- The same for a range of events.
CREATE FUNCTION ledger.held_digests_between(in_shard smallint, first_position bigint, last_position bigint)
RETURNS TABLE ("position" bigint, field smallint, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT b.position, b.field, sha256(b.box)
    FROM ledger.held_box AS b
    WHERE b.shard = in_shard AND b.position BETWEEN first_position AND last_position;
END;
REVOKE ALL ON FUNCTION ledger.held_digests_between FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.held_digests_between TO ledger_app;

-- From here on: all that the role of compaction may do.

-- The partition of that name. Refuses any other table.
CREATE FUNCTION ledger.partition_of_boxes(partition text) RETURNS regclass
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_oid oid;
BEGIN
    SELECT c.oid INTO found_oid
    FROM pg_inherits AS i INNER JOIN pg_class AS c ON i.inhrelid = c.oid
    WHERE i.inhparent IN ('ledger.box'::regclass, 'ledger.held_box'::regclass) AND c.relname = partition;
    IF found_oid IS NULL THEN
        RAISE EXCEPTION 'there is no partition of boxes with this name' USING ERRCODE = 'LD003';
    END IF;
    RETURN found_oid;
END $$;
REVOKE ALL ON FUNCTION ledger.partition_of_boxes(text) FROM PUBLIC;

-- Every partition of boxes that holds rows or whose file still holds the bytes of some that went.
CREATE FUNCTION ledger.box_partitions() RETURNS TABLE (partition text, boxes bigint, is_stale boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    FOR partition, is_stale IN
        SELECT c.relname, EXISTS (SELECT FROM ledger.stale_partition AS s WHERE s.name = c.relname)
        FROM pg_inherits AS i INNER JOIN pg_class AS c ON i.inhrelid = c.oid
        WHERE i.inhparent IN ('ledger.box'::regclass, 'ledger.held_box'::regclass)
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT count(*) FROM ledger.%I', partition) INTO boxes;
        IF boxes > 0 OR is_stale THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION ledger.box_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.box_partitions() TO ledger_compaction;

-- The keys of a partition's boxes, as their envelopes name them (docs/spec/envelope.md), a page at a time; never the
-- boxes. A box too short for an envelope is none.
CREATE FUNCTION ledger.box_slots(
    partition text, after_shard smallint, after_position bigint, after_field smallint, at_most integer
)
RETURNS TABLE (shard smallint, "position" bigint, field smallint, subject_slot bigint, period_slot bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT b.shard, b.position, b.field, '
        '(''x'' || encode(substr(b.box, 3, 8), ''hex''))::bit(64)::bigint, '
        '(''x'' || encode(substr(b.box, 11, 8), ''hex''))::bit(64)::bigint '
        'FROM %s AS b WHERE (b.shard, b.position, b.field) > ($1, $2, $3) AND octet_length(b.box) >= 18 '
        'ORDER BY b.shard, b.position, b.field LIMIT $4', ledger.partition_of_boxes(partition)
    ) USING after_shard, after_position, after_field, at_most;
END $$;
REVOKE ALL ON FUNCTION ledger.box_slots FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.box_slots TO ledger_compaction;

-- The position of the newest event that says that keys were destroyed; no box of a later event may be deleted.
CREATE FUNCTION ledger.newest_destruction(in_shard smallint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(max(e.position), 0) FROM ledger.events AS e
    WHERE e.topic = 'members.keys-destroyed.v1' AND e.shard = in_shard;
END;
REVOKE ALL ON FUNCTION ledger.newest_destruction(smallint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.newest_destruction(smallint) TO ledger_compaction;

-- Deletes these boxes, each named with the slot whose key is destroyed. The keys are another database's, so this one
-- checks what it can: the box is one that its event names, with its digest and under that slot, and the event is
-- older than the newest fact of a destruction. Else nothing is deleted. A box that is gone already counts for nothing.
CREATE FUNCTION ledger.delete_boxes(in_shard smallint, positions bigint [], fields smallint [], slots bigint [])
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Every look-up is by the primary key (as in ledger.append): no plan may read a whole partition.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    newest CONSTANT bigint := ledger.newest_destruction(in_shard);
    deleted integer;
    names text [];
BEGIN
    PERFORM pg_advisory_xact_lock(1279542369, 1);
    IF EXISTS (
        SELECT FROM unnest(positions, fields, slots) AS u (position, field, slot)
        INNER JOIN LATERAL (
            SELECT b.box FROM ledger.box AS b
            WHERE b.shard = in_shard AND b.position = u.position AND b.field = u.field
            UNION ALL
            SELECT h.box FROM ledger.held_box AS h
            WHERE h.shard = in_shard AND h.position = u.position AND h.field = u.field
        ) AS f ON true
        LEFT JOIN ledger.events AS e ON e.shard = in_shard AND u.position = e.position
        WHERE u.position >= newest OR jsonb_path_exists(
            convert_from(e.state, 'UTF8')::jsonb,
            '$.* ? (@.digest == $digest && (@.subject_slot == $slot || @.period_slot == $slot))',
            jsonb_build_object('slot', u.slot, 'digest', translate(encode(sha256(f.box), 'base64'), '+/', '-_'))
        ) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'a box that its event does not name under this slot, or younger than the newest destruction'
            USING ERRCODE = 'LD004';
    END IF;

    PERFORM set_config('ledger.box_change', 'on', true);
    WITH gone AS (
        DELETE FROM ledger.box AS b USING unnest(positions, fields) AS u (position, field)
        WHERE b.shard = in_shard AND b.position = u.position AND b.field = u.field
        RETURNING b.tableoid
    ),
    held_gone AS (
        DELETE FROM ledger.held_box AS b USING unnest(positions, fields) AS u (position, field)
        WHERE b.shard = in_shard AND b.position = u.position AND b.field = u.field
        RETURNING b.tableoid
    )
    SELECT count(*), array_agg(DISTINCT c.relname) INTO deleted, names
    FROM (SELECT g.tableoid FROM gone AS g UNION ALL SELECT h.tableoid FROM held_gone AS h) AS a
    INNER JOIN pg_class AS c ON a.tableoid = c.oid;
    PERFORM set_config('ledger.box_change', '', true);
    PERFORM ledger.note_stale(names);
    RETURN deleted;
END $$;
REVOKE ALL ON FUNCTION ledger.delete_boxes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.delete_boxes TO ledger_compaction;

-- Writes a stale partition and its TOAST table anew, without what went. Answers false, and does nothing, while some
-- snapshot still sees what went: it would be carried along. Locks the partition while it is copied; gives up (55P03)
-- when it does not get the lock soon, as readers and appends would queue behind it.
--
-- CLUSTER, because it alone rewrites inside a function and keeps each row's visibility: rows copied by INSERT would
-- be invisible to every older snapshot, a backup's among them.
CREATE FUNCTION ledger.rewrite_partition(partition text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms'
AS $$
DECLARE
    rewritten CONSTANT regclass := ledger.partition_of_boxes(partition);
BEGIN
    PERFORM pg_advisory_xact_lock(1279542369, 1);
    IF NOT EXISTS (SELECT FROM ledger.stale_partition AS s WHERE s.name = partition) THEN
        RETURN true;
    END IF;
    CLUSTER ledger.horizon USING horizon_pkey;
    IF pg_relation_size('ledger.horizon') > 0 THEN
        RETURN false;
    END IF;
    EXECUTE format('CLUSTER %s USING %I', rewritten, partition || '_pkey');
    DELETE FROM ledger.stale_partition AS s WHERE s.name = partition;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION ledger.rewrite_partition(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.rewrite_partition(text) TO ledger_compaction;

-- Ends the WAL segment that is being written and drops those before it. Answers false where the owner may not do so,
-- or where the server keeps old segments under new names (wal_recycle), with the old bytes in them.
CREATE FUNCTION ledger.turn_over_wal() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_switch_wal();
    CHECKPOINT;
    RETURN NOT current_setting('wal_recycle')::boolean;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END $$;
REVOKE ALL ON FUNCTION ledger.turn_over_wal() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.turn_over_wal() TO ledger_compaction;
