-- What the migrations make, for reading. Written by `make schema`, never by hand; a test compares.

-- Name: ledger; Type: SCHEMA; Schema: -; Owner: ledger_owner

CREATE SCHEMA ledger;

ALTER SCHEMA ledger OWNER TO ledger_owner;

-- Name: append(smallint, boolean, uuid[], uuid[], bytea[], bytea[], text[], integer[], uuid[], bigint[], uuid[], uuid[], text[], bytea[], integer[], smallint[], bytea[], integer[], uuid[], smallint[], integer[], uuid[], smallint[], integer[], uuid[], uuid[], integer[], uuid[], integer[], uuid[], integer[], smallint[], date[], integer[], integer[], integer[], integer[], integer[], integer[], uuid[], smallint[], smallint[], smallint[], bigint[], bytea[], integer[], bigint[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.append(in_shard smallint, strict boolean, entry_stream uuid[], entry_key uuid[], entry_fingerprint bytea[], entry_receipt bytea[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], event_topic text[], event_state bytea[], box_event integer[], box_field smallint[], box_data bytea[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_account uuid[], link_member uuid[], unlink_entry integer[], unlink_account uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_event integer[], index_member uuid[], index_class smallint[], index_kind smallint[], index_field smallint[], index_slot bigint[], index_tag bytea[], key_entry integer[], key_slot bigint[]) RETURNS TABLE(status smallint, "position" bigint, fingerprint bytea, receipt bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    entries CONSTANT integer := cardinality(entry_stream);
    head_before bigint;
    head_position bigint;
    head_hash bytea;
    chained bytea;
    hashes bytea [] := '{}';   -- by event
    event_position bigint [];  -- by event: 0 when its entry is refused
    entry_position bigint [];  -- by entry: of its last event; without events, the head it was accepted at
    verdict smallint [];       -- NULL while every entry is accepted
    answered_by integer [];
    n integer := 0;
BEGIN
    -- Held until the commit is visible: commit order is position order, and a class that was open at the look
    -- below is open until this batch is in. ('LDAp', shard)
    PERFORM pg_advisory_xact_lock(1279541616, in_shard);
    SELECT s.position, s.hash INTO head_position, head_hash FROM ledger.shard AS s WHERE s.shard = in_shard;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'shard % does not exist', in_shard USING ERRCODE = 'LD002';
    END IF;

    head_before := head_position;

    IF strict AND (
        EXISTS (
            SELECT FROM (
                SELECT
                    u.*,
                    lag(u.version) OVER by_stream AS previous_version,
                    lag(u.event) OVER by_stream AS previous_event
                FROM unnest(event_stream, event_version, event_id, event_base)
                    WITH ORDINALITY AS u (stream, version, event, base, i)
                WINDOW by_stream AS (PARTITION BY u.stream ORDER BY u.i)
            ) AS v
            LEFT JOIN LATERAL (
                SELECT e.version, e.event FROM ledger.events AS e
                WHERE v.previous_version IS NULL AND e.stream = v.stream ORDER BY e.version DESC LIMIT 1
            ) AS h ON true
            -- The event that it was decided on, by identity: another event of the right version is not it.
            WHERE (
                v.version = coalesce(v.previous_version, h.version, 0) + 1
                AND coalesce(v.base = coalesce(v.previous_event, h.event), v.base IS NULL AND v.version = 1)
            ) IS NOT TRUE
        )
        OR (
            SELECT count(e.key) <> count(DISTINCT e.key) OR count(e.reference) <> count(DISTINCT e.reference)
            FROM unnest(entry_key, entry_reference) AS e (key, reference)
        )
        OR EXISTS (
            SELECT FROM unnest(entry_stream, entry_key) AS e (stream, key)
            INNER JOIN ledger.receipt AS r ON e.stream = r.stream AND e.key = r.key
        )
        OR EXISTS (
            SELECT FROM unnest(entry_stream, entry_reference) AS e (stream, reference)
            INNER JOIN ledger.receipt AS r ON e.stream = r.stream AND e.reference = r.reference
            WHERE e.reference IS NOT NULL
        )
        OR (
            cardinality(guard_entry) > 0 AND (
                cardinality(close_entry) > 0
                OR cardinality(roster_entry) > 0
                OR EXISTS (
                    SELECT FROM unnest(guard_member, guard_class) AS g (member, class)
                    INNER JOIN ledger.closed_class AS c ON g.member = c.member AND g.class = c.class
                )
            )
        )
        OR (
            cardinality(use_entry) > 0 AND (
                cardinality(end_entry) > 0
                OR EXISTS (
                    SELECT FROM unnest(period_class, period_first_day) AS p (class, first_day)
                    INNER JOIN ledger.closed_period AS c
                        ON c.shard = in_shard AND p.class = c.class AND p.first_day = c.first_day
                )
            )
        )
        OR (
            cardinality(index_entry) > 0 AND (
                cardinality(key_entry) > 0
                OR EXISTS (
                    SELECT FROM unnest(index_slot) AS i (slot)
                    WHERE i.slot IS DISTINCT FROM (
                        SELECT k.slot FROM ledger.index_key AS k
                        WHERE k.shard = in_shard ORDER BY k.position DESC LIMIT 1
                    )
                )
            )
        )
    ) THEN
        SELECT j.* INTO verdict, answered_by, entry_position, event_position
        FROM ledger.judge(
            in_shard, entry_stream, entry_key, entry_reference, entry_event_last,
            event_stream, event_version, event_id, event_base,
            guard_entry, guard_member, guard_class, close_entry, close_member, close_class,
            link_entry, link_member, roster_entry, roster_member, roster_accounts,
            period_class, period_first_day, use_entry, use_period, end_entry, end_period,
            index_entry, index_slot, key_entry, key_slot
        ) AS j;
    END IF;

    -- Positions: the next ones, without gaps; 0 for the events of refused entries.
    IF verdict IS NULL THEN
        SELECT array_agg(head_position + u) INTO event_position FROM generate_series(1, cardinality(event_stream)) AS u;
        SELECT array_agg(head_position + u.last ORDER BY u.i) INTO entry_position
        FROM unnest(entry_event_last) WITH ORDINALITY AS u (last, i);
    ELSE
        SELECT array_agg(CASE WHEN u.place > 0 THEN head_position + u.place ELSE 0 END ORDER BY u.i) INTO event_position
        FROM unnest(event_position) WITH ORDINALITY AS u (place, i);
        SELECT array_agg(head_position + u.place ORDER BY u.i) INTO entry_position
        FROM unnest(entry_position) WITH ORDINALITY AS u (place, i);
    END IF;

    -- The chain, as docs/spec/chain.md writes it down.
    FOR chained IN
        SELECT
            'ledger.event.v1'::bytea || int8send(event_position[v.i]) || uuid_send(v.stream) || int8send(v.version)
            || uuid_send(coalesce(v.event, '00000000-0000-0000-0000-000000000000')) || int4send(octet_length(v.topic)) || v.topic || v.state
        FROM (
            SELECT u.stream, u.version, u.event, convert_to(u.topic, 'UTF8') AS topic, u.state, u.i
            FROM unnest(event_stream, event_version, event_id, event_topic, event_state)
                WITH ORDINALITY AS u (stream, version, event, topic, state, i)
        ) AS v
    LOOP
        n := n + 1;
        IF event_position[n] > 0 THEN
            head_hash := sha256(head_hash || chained);
            head_position := event_position[n];
        END IF;
        hashes[n] := head_hash;
    END LOOP;

    INSERT INTO ledger.events (shard, position, stream, version, event, topic, state, hash)
    SELECT in_shard, event_position[v.i], v.stream, v.version, v.event, v.topic, v.state, v.hash
    FROM unnest(event_stream, event_version, event_id, event_topic, event_state, hashes)
        WITH ORDINALITY AS v (stream, version, event, topic, state, hash, i)
    WHERE event_position[v.i] > 0;

    IF head_position > head_before THEN
        UPDATE ledger.shard AS s SET position = head_position, hash = head_hash WHERE s.shard = in_shard;
        PERFORM pg_notify('ledger_feed', in_shard::text); -- sent with the commit
    END IF;

    INSERT INTO ledger.box (shard, position, field, box)
    SELECT in_shard, event_position[b.event], b.field, b.box
    FROM unnest(box_event, box_field, box_data) AS b (event, field, box)
    WHERE event_position[b.event] > 0;

    INSERT INTO ledger.receipt (shard, stream, key, fingerprint, reference, position, receipt)
    SELECT in_shard, e.stream, e.key, e.fingerprint, e.reference, entry_position[e.i], e.receipt
    FROM unnest(entry_stream, entry_key, entry_fingerprint, entry_receipt, entry_reference)
        WITH ORDINALITY AS e (stream, key, fingerprint, receipt, reference, i)
    WHERE e.key IS NOT NULL AND coalesce(verdict[e.i], 0) = 0;

    IF cardinality(close_entry) > 0 THEN
        INSERT INTO ledger.closed_class (shard, member, class, position)
        SELECT in_shard, c.member, c.class, entry_position[c.entry]
        FROM unnest(close_entry, close_member, close_class) AS c (entry, member, class)
        WHERE coalesce(verdict[c.entry], 0) = 0
        ON CONFLICT DO NOTHING; -- closed is closed: the first closing stands

        DELETE FROM ledger.blind_index AS i
        USING unnest(close_entry, close_member, close_class) AS c (entry, member, class)
        WHERE coalesce(verdict[c.entry], 0) = 0 AND i.member = c.member AND i.class = c.class;
    END IF;

    IF cardinality(end_entry) > 0 THEN
        INSERT INTO ledger.closed_period (shard, class, first_day, position)
        SELECT in_shard, period_class[c.period], period_first_day[c.period], entry_position[c.entry]
        FROM unnest(end_entry, end_period) AS c (entry, period)
        WHERE coalesce(verdict[c.entry], 0) = 0
        ON CONFLICT DO NOTHING;
    END IF;

    IF cardinality(index_entry) > 0 THEN
        INSERT INTO ledger.blind_index (shard, member, position, field, class, kind, slot, tag)
        SELECT in_shard, i.member, event_position[i.event], i.field, i.class, i.kind, i.slot, i.tag
        FROM unnest(index_event, index_member, index_class, index_kind, index_field, index_slot, index_tag)
            AS i (event, member, class, kind, field, slot, tag)
        WHERE event_position[i.event] > 0;
    END IF;

    IF cardinality(key_entry) > 0 THEN
        INSERT INTO ledger.index_key (shard, slot, position)
        SELECT in_shard, k.slot, entry_position[k.entry]
        FROM unnest(key_entry, key_slot) AS k (entry, slot)
        WHERE coalesce(verdict[k.entry], 0) = 0;
    END IF;

    IF cardinality(link_entry) > 0 THEN
        INSERT INTO ledger.account_holder (account, member)
        SELECT l.account, l.member
        FROM unnest(link_entry, link_account, link_member) AS l (entry, account, member)
        WHERE coalesce(verdict[l.entry], 0) = 0;
    END IF;

    IF cardinality(unlink_entry) > 0 THEN
        DELETE FROM ledger.account_holder AS h
        USING unnest(unlink_entry, unlink_account) AS u (entry, account)
        WHERE h.account = u.account AND coalesce(verdict[u.entry], 0) = 0;
    END IF;

    IF verdict IS NULL THEN
        RETURN QUERY SELECT 0::smallint, u, NULL::bytea, NULL::bytea FROM unnest(entry_position) AS u;
    ELSE
        RETURN QUERY
        SELECT
            verdict[e.i],
            CASE
                WHEN verdict[e.i] = 0 THEN entry_position[e.i]
                WHEN answered_by[e.i] > 0 THEN entry_position[answered_by[e.i]]
                ELSE coalesce(r.position, head_position)
            END,
            CASE WHEN answered_by[e.i] > 0 THEN entry_fingerprint[answered_by[e.i]] ELSE r.fingerprint END,
            CASE WHEN answered_by[e.i] > 0 THEN entry_receipt[answered_by[e.i]] ELSE r.receipt END
        FROM unnest(entry_stream, entry_key, entry_reference) WITH ORDINALITY AS e (stream, key, reference, i)
        LEFT JOIN LATERAL (
            SELECT k.position, k.fingerprint, k.receipt FROM ledger.receipt AS k
            WHERE verdict[e.i] = 1 AND k.stream = e.stream AND k.key = e.key
            UNION ALL
            SELECT k.position, k.fingerprint, k.receipt FROM ledger.receipt AS k
            WHERE verdict[e.i] = 2 AND k.stream = e.stream AND k.reference = e.reference
        ) AS r ON true
        ORDER BY e.i;
    END IF;
END $$;

ALTER FUNCTION ledger.append(in_shard smallint, strict boolean, entry_stream uuid[], entry_key uuid[], entry_fingerprint bytea[], entry_receipt bytea[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], event_topic text[], event_state bytea[], box_event integer[], box_field smallint[], box_data bytea[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_account uuid[], link_member uuid[], unlink_entry integer[], unlink_account uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_event integer[], index_member uuid[], index_class smallint[], index_kind smallint[], index_field smallint[], index_slot bigint[], index_tag bytea[], key_entry integer[], key_slot bigint[]) OWNER TO ledger_owner;

-- Name: begin_timeline(smallint, integer, uuid, timestamp with time zone, integer[], uuid[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.begin_timeline(in_shard smallint, new_number integer, new_timeline uuid, at timestamp with time zone, lost_numbers integer[], lost_timelines uuid[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    head_position bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1279541616, in_shard); -- as ledger.append: 'LDAp', shard
    SELECT s.position INTO STRICT head_position FROM ledger.shard AS s WHERE s.shard = in_shard;
    INSERT INTO ledger.timeline (shard, number, timeline)
    SELECT in_shard, l.number, l.timeline FROM unnest(lost_numbers, lost_timelines) AS l (number, timeline);
    INSERT INTO ledger.timeline (shard, number, timeline, begun_after, begun_at)
    VALUES (in_shard, new_number, new_timeline, head_position, at);
    IF new_number <> (SELECT max(t.number) FROM ledger.timeline AS t WHERE t.shard = in_shard) THEN
        RAISE EXCEPTION 'timeline % is not the newest', new_number USING ERRCODE = 'LD071';
    END IF;
    UPDATE ledger.shard AS s SET timeline = new_timeline WHERE s.shard = in_shard;
    RETURN head_position;
END $$;

ALTER FUNCTION ledger.begin_timeline(in_shard smallint, new_number integer, new_timeline uuid, at timestamp with time zone, lost_numbers integer[], lost_timelines uuid[]) OWNER TO ledger_owner;

-- Name: box_partitions(); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.box_partitions() RETURNS TABLE(partition text, boxes bigint, is_stale boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
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

ALTER FUNCTION ledger.box_partitions() OWNER TO ledger_owner;

-- Name: box_slots(text, smallint, bigint, smallint, integer); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.box_slots(partition text, after_shard smallint, after_position bigint, after_field smallint, at_most integer) RETURNS TABLE(shard smallint, "position" bigint, field smallint, subject_slot bigint, period_slot bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT b.shard, b.position, b.field, '
        '(''x'' || encode(substr(b.box, 3, 8), ''hex''))::bit(64)::bigint, '
        '(''x'' || encode(substr(b.box, 11, 8), ''hex''))::bit(64)::bigint '
        'FROM %s AS b WHERE (b.shard, b.position, b.field) > ($1, $2, $3) AND octet_length(b.box) >= 18 '
        'ORDER BY b.shard, b.position, b.field LIMIT $4', ledger.partition_of_boxes(partition)
    ) USING after_shard, after_position, after_field, at_most;
END $_$;

ALTER FUNCTION ledger.box_slots(partition text, after_shard smallint, after_position bigint, after_field smallint, at_most integer) OWNER TO ledger_owner;

-- Name: check_certificate(); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.check_certificate() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    signature_bytes CONSTANT integer := 144; -- ,"signature":"<128 digits>"}
    told jsonb;
    last_number bigint;
    last_hash bytea;
    last_issuer text;
BEGIN
    PERFORM pg_advisory_xact_lock(1279542116, 0); -- 'LDCd'
    told := NEW.text::jsonb;
    SELECT c.number, c.hash, c.text::jsonb ->> 'issuer' INTO last_number, last_hash, last_issuer
    FROM ledger.certificate AS c ORDER BY c.number DESC LIMIT 1;
    IF last_number IS NULL THEN
        last_number := 0;
        last_issuer := told ->> 'issuer';
        last_hash := sha256(convert_to('crypto_shredding/certificates', 'UTF8') || uuid_send(last_issuer::uuid));
    END IF;
    IF (NEW.number, NEW.number::text, told ->> 'previous', told ->> 'issuer')
        IS DISTINCT FROM (last_number + 1, told ->> 'number', encode(last_hash, 'hex'), last_issuer)
    THEN
        RAISE EXCEPTION 'certificate % does not continue number %', NEW.number, last_number USING ERRCODE = 'LD041';
    END IF;
    IF (NEW.kind, NEW.request::text, NEW.hash) IS DISTINCT FROM (
        told ->> 'kind', told #>> '{body,request}', sha256(convert_to(left(NEW.text, -signature_bytes) || '}', 'UTF8'))
    ) THEN
        RAISE EXCEPTION 'certificate % is not what its text says', NEW.number USING ERRCODE = 'LD042';
    END IF;
    RETURN NEW;
END $$;

ALTER FUNCTION ledger.check_certificate() OWNER TO ledger_owner;

-- Name: close_segment(pg_lsn); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.close_segment(lsn pg_lsn) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF current_setting('archive_mode') = 'off' THEN
        RETURN NULL;
    END IF;
    -- A segment in which nothing was written is not switched. After a crash the server has forgotten what it archived
    -- last, and says it again only with the next segment: so there is always a next one.
    PERFORM pg_logical_emit_message(false, 'ledger', 'settling');
    BEGIN
        PERFORM pg_switch_wal();
    EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- then it is archived when it is full, or after archive_timeout
    END;
    RETURN pg_walfile_name(lsn);
END $$;

ALTER FUNCTION ledger.close_segment(lsn pg_lsn) OWNER TO ledger_owner;

-- Name: delete_boxes(smallint, bigint[], smallint[], bigint[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.delete_boxes(in_shard smallint, positions bigint[], fields smallint[], slots bigint[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
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
END $_$;

ALTER FUNCTION ledger.delete_boxes(in_shard smallint, positions bigint[], fields smallint[], slots bigint[]) OWNER TO ledger_owner;

-- Name: extend_boxes(integer); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.extend_boxes(ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '1s'
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

ALTER FUNCTION ledger.extend_boxes(ahead integer) OWNER TO ledger_owner;

-- Name: guard_boxes(text); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.guard_boxes(name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE ledger.%I ALTER COLUMN box SET STATISTICS 0', name);
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER box_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change()', name
    );
END $$;

ALTER FUNCTION ledger.guard_boxes(name text) OWNER TO ledger_owner;

-- Name: held_box; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.held_box (
    shard smallint NOT NULL,
    "position" bigint NOT NULL,
    field smallint NOT NULL,
    box bytea NOT NULL
)
PARTITION BY RANGE ("position");
ALTER TABLE ONLY ledger.held_box ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.held_box ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.held_box OWNER TO ledger_owner;

-- Name: held_digests(smallint, bigint[], smallint[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.held_digests(in_shard smallint, positions bigint[], fields smallint[]) RETURNS TABLE("position" bigint, field smallint, digest bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT b."position",
     b.field,
     sha256(b.box) AS sha256
    FROM (UNNEST(held_digests.positions, held_digests.fields) u("position", field)
      JOIN ledger.held_box b ON (((b.shard = held_digests.in_shard) AND (u."position" = b."position") AND (u.field = b.field))));
END;

ALTER FUNCTION ledger.held_digests(in_shard smallint, positions bigint[], fields smallint[]) OWNER TO ledger_owner;

-- Name: held_digests_between(smallint, bigint, bigint); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.held_digests_between(in_shard smallint, first_position bigint, last_position bigint) RETURNS TABLE("position" bigint, field smallint, digest bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT b."position",
     b.field,
     sha256(b.box) AS sha256
    FROM ledger.held_box b
   WHERE ((b.shard = held_digests_between.in_shard) AND ((b."position" >= held_digests_between.first_position) AND (b."position" <= held_digests_between.last_position)));
END;

ALTER FUNCTION ledger.held_digests_between(in_shard smallint, first_position bigint, last_position bigint) OWNER TO ledger_owner;

-- Name: hold_boxes(smallint, bigint[], smallint[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.hold_boxes(in_shard smallint, positions bigint[], fields smallint[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
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

ALTER FUNCTION ledger.hold_boxes(in_shard smallint, positions bigint[], fields smallint[]) OWNER TO ledger_owner;

-- Name: judge(smallint, uuid[], uuid[], text[], integer[], uuid[], bigint[], uuid[], uuid[], integer[], uuid[], smallint[], integer[], uuid[], smallint[], integer[], uuid[], integer[], uuid[], integer[], smallint[], date[], integer[], integer[], integer[], integer[], integer[], bigint[], integer[], bigint[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.judge(in_shard smallint, entry_stream uuid[], entry_key uuid[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_member uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_slot bigint[], key_entry integer[], key_slot bigint[], OUT verdict smallint[], OUT answered_by integer[], OUT entry_place integer[], OUT event_place integer[]) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
DECLARE
    entries CONSTANT integer := cardinality(entry_stream);
    key_stored boolean [];       -- by entry
    reference_stored boolean []; -- by entry
    key_number integer [];       -- by entry: equal (stream, key), equal number
    reference_number integer []; -- by entry: equal (stream, reference), equal number
    key_owner integer [];        -- by key number: the accepted entry of this batch, or 0
    reference_owner integer [];  -- by reference number: likewise
    stream_number integer [];    -- by event
    head_version bigint [];      -- by stream number: the last version (0: none), moved on by each accepted entry
    head_event uuid [];          -- by stream number: the id of the event there
    guard_number integer [];     -- by guard: equal (member, class), equal number
    close_number integer [];     -- by close: likewise
    closed boolean [];           -- by class number
    ended boolean [];            -- by period
    event_last integer := 0;     -- the entry's events, guards and closes lie behind these
    guard_last integer := 0;
    close_last integer := 0;
    roster_last integer := 0;
    use_last integer := 0;
    end_last integer := 0;
    index_last integer := 0;
    key_last integer := 0;
    newest_slot bigint;          -- by which tags are made, moved on by each accepted entry
    event_first integer;
    event_moved integer;         -- heads moved up to this event of the entry
    fits boolean;
    is_closed boolean;
    is_ended boolean;
    is_moved boolean;
    accepted integer := 0;
    n integer;
BEGIN
    verdict := array_fill(0::smallint, ARRAY[entries]);
    answered_by := array_fill(0, ARRAY[entries]);
    entry_place := array_fill(0, ARRAY[entries]);
    event_place := array_fill(0, ARRAY[cardinality(event_stream)]);
    key_owner := array_fill(0, ARRAY[entries]);
    reference_owner := array_fill(0, ARRAY[entries]);

    SELECT
        array_agg(EXISTS (SELECT FROM ledger.receipt AS r WHERE r.stream = e.stream AND r.key = e.key) ORDER BY e.i),
        array_agg(
            e.reference IS NOT NULL AND EXISTS (
                SELECT FROM ledger.receipt AS r WHERE r.stream = e.stream AND r.reference = e.reference
            ) ORDER BY e.i
        ),
        array_agg(e.key_number ORDER BY e.i),
        array_agg(e.reference_number ORDER BY e.i)
    INTO key_stored, reference_stored, key_number, reference_number
    FROM (
        SELECT
            u.*,
            dense_rank() OVER (ORDER BY u.stream, u.key)::integer AS key_number,
            dense_rank() OVER (ORDER BY u.stream, u.reference)::integer AS reference_number
        FROM unnest(entry_stream, entry_key, entry_reference) WITH ORDINALITY AS u (stream, key, reference, i)
    ) AS e;

    SELECT array_agg(v.number ORDER BY v.i) INTO stream_number FROM (
        SELECT u.i, dense_rank() OVER (ORDER BY u.stream)::integer AS number
        FROM unnest(event_stream) WITH ORDINALITY AS u (stream, i)
    ) AS v;
    SELECT array_agg(coalesce(h.version, 0) ORDER BY s.stream), array_agg(h.event ORDER BY s.stream)
    INTO head_version, head_event
    FROM (SELECT DISTINCT u.stream FROM unnest(event_stream) AS u (stream)) AS s
    LEFT JOIN LATERAL (
        SELECT e.version, e.event FROM ledger.events AS e WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1
    ) AS h ON true;

    WITH class AS (
        SELECT u.is_guard, u.i, u.member, u.class, dense_rank() OVER (ORDER BY u.member, u.class)::integer AS number
        FROM (
            SELECT true, g.i, g.member, g.class
            FROM unnest(guard_member, guard_class) WITH ORDINALITY AS g (member, class, i)
            UNION ALL
            SELECT false, c.i, c.member, c.class
            FROM unnest(close_member, close_class) WITH ORDINALITY AS c (member, class, i)
        ) AS u (is_guard, i, member, class)
    )
    SELECT
        (SELECT array_agg(c.number ORDER BY c.i) FROM class AS c WHERE c.is_guard),
        (SELECT array_agg(c.number ORDER BY c.i) FROM class AS c WHERE NOT c.is_guard),
        (
            SELECT array_agg(
                EXISTS (SELECT FROM ledger.closed_class AS k WHERE k.member = c.member AND k.class = c.class)
                ORDER BY c.number
            )
            FROM (SELECT DISTINCT d.number, d.member, d.class FROM class AS d) AS c
        )
    INTO guard_number, close_number, closed;

    SELECT array_agg(
        EXISTS (
            SELECT FROM ledger.closed_period AS k
            WHERE k.shard = in_shard AND k.class = p.class AND k.first_day = p.first_day
        ) ORDER BY p.i
    )
    INTO ended
    FROM unnest(period_class, period_first_day) WITH ORDINALITY AS p (class, first_day, i);
    SELECT k.slot INTO newest_slot FROM ledger.index_key AS k WHERE k.shard = in_shard ORDER BY k.position DESC LIMIT 1;

    FOR entry IN 1 .. entries LOOP
        -- Guards, closes and events come in the order of their entries, so each has one walking index.
        is_closed := false;
        WHILE guard_entry[guard_last + 1] = entry LOOP
            guard_last := guard_last + 1;
            is_closed := is_closed OR closed[guard_number[guard_last]];
        END LOOP;

        is_ended := false;
        WHILE use_entry[use_last + 1] = entry LOOP
            use_last := use_last + 1;
            is_ended := is_ended OR ended[use_period[use_last]];
        END LOOP;
        is_moved := false;
        WHILE index_entry[index_last + 1] = entry LOOP
            index_last := index_last + 1;
            is_moved := is_moved OR index_slot[index_last] IS DISTINCT FROM newest_slot;
        END LOOP;

        event_first := event_last + 1;
        event_moved := event_last;
        fits := true;
        WHILE event_last < entry_event_last[entry] LOOP
            event_last := event_last + 1;
            n := stream_number[event_last];
            fits := fits AND event_version[event_last] = head_version[n] + 1 AND coalesce(
                event_base[event_last] = head_event[n], event_base[event_last] IS NULL AND head_version[n] = 0
            );
            IF fits THEN
                head_version[n] := event_version[event_last];
                head_event[n] := event_id[event_last];
                event_moved := event_last;
            END IF;
        END LOOP;
        WHILE roster_entry[roster_last + 1] = entry LOOP
            roster_last := roster_last + 1;
            fits := fits AND roster_accounts[roster_last] = (
                SELECT count(*) FROM ledger.account_holder AS h WHERE h.member = roster_member[roster_last]
            ) + (
                SELECT count(*) FROM unnest(link_entry, link_member) AS l (number, member)
                WHERE l.member = roster_member[roster_last] AND l.number < entry AND verdict[l.number] = 0
            );
        END LOOP;

        IF key_stored[entry] THEN
            verdict[entry] := 1;
        ELSIF entry_key[entry] IS NOT NULL AND key_owner[key_number[entry]] > 0 THEN
            verdict[entry] := 1;
            answered_by[entry] := key_owner[key_number[entry]];
        ELSIF reference_stored[entry] THEN
            verdict[entry] := 2;
        ELSIF entry_reference[entry] IS NOT NULL AND reference_owner[reference_number[entry]] > 0 THEN
            verdict[entry] := 2;
            answered_by[entry] := reference_owner[reference_number[entry]];
        ELSIF is_closed THEN
            verdict[entry] := 4;
        ELSIF is_ended THEN
            verdict[entry] := 5;
        ELSIF is_moved THEN
            verdict[entry] := 6;
        ELSIF NOT fits THEN
            verdict[entry] := 3;
        END IF;

        IF verdict[entry] = 0 THEN
            FOR kept IN event_first .. event_last LOOP
                accepted := accepted + 1;
                event_place[kept] := accepted;
            END LOOP;
            key_owner[key_number[entry]] := entry;
            reference_owner[reference_number[entry]] := entry;
        ELSE
            -- Also when it would have fitted: its events are not there, so what was decided on them conflicts.
            FOR moved IN REVERSE event_moved .. event_first LOOP
                head_version[stream_number[moved]] := event_version[moved] - 1;
                head_event[stream_number[moved]] := event_base[moved];
            END LOOP;
        END IF;
        entry_place[entry] := accepted;
        WHILE close_entry[close_last + 1] = entry LOOP
            close_last := close_last + 1;
            IF verdict[entry] = 0 THEN
                closed[close_number[close_last]] := true;
            END IF;
        END LOOP;
        WHILE end_entry[end_last + 1] = entry LOOP
            end_last := end_last + 1;
            IF verdict[entry] = 0 THEN
                ended[end_period[end_last]] := true;
            END IF;
        END LOOP;
        WHILE key_entry[key_last + 1] = entry LOOP
            key_last := key_last + 1;
            IF verdict[entry] = 0 THEN
                newest_slot := key_slot[key_last];
            END IF;
        END LOOP;
    END LOOP;
END $$;

ALTER FUNCTION ledger.judge(in_shard smallint, entry_stream uuid[], entry_key uuid[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_member uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_slot bigint[], key_entry integer[], key_slot bigint[], OUT verdict smallint[], OUT answered_by integer[], OUT entry_place integer[], OUT event_place integer[]) OWNER TO ledger_owner;

-- Name: make_partition(text, bigint, bigint); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.make_partition(parent text, number bigint, width bigint) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
END $_$;

ALTER FUNCTION ledger.make_partition(parent text, number bigint, width bigint) OWNER TO ledger_owner;

-- Name: events; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.events (
    shard smallint NOT NULL,
    "position" bigint NOT NULL,
    stream uuid NOT NULL,
    version bigint NOT NULL,
    event uuid,
    topic text NOT NULL,
    state bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT events_event_check CHECK ((event <> '00000000-0000-0000-0000-000000000000'::uuid)),
    CONSTRAINT events_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT events_position_check CHECK (("position" > 0)),
    CONSTRAINT events_version_check CHECK ((version >= 0))
);

ALTER TABLE ledger.events OWNER TO ledger_owner;

-- Name: newest_destruction(smallint); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.newest_destruction(in_shard smallint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT GREATEST(( SELECT COALESCE(max(e."position"), (0)::bigint) AS "coalesce"
            FROM ledger.events e
           WHERE ((e.topic = 'members.keys-destroyed.v1'::text) AND (e.shard = newest_destruction.in_shard))), ( SELECT COALESCE(max(e."position"), (0)::bigint) AS "coalesce"
            FROM ledger.events e
           WHERE ((e.topic = 'retention.period-destroyed.v1'::text) AND (e.shard = newest_destruction.in_shard))), ( SELECT COALESCE(max(e."position"), (0)::bigint) AS "coalesce"
            FROM ledger.events e
           WHERE ((e.topic = 'members.legal-hold-destroyed.v1'::text) AND (e.shard = newest_destruction.in_shard)))) AS "greatest";
END;

ALTER FUNCTION ledger.newest_destruction(in_shard smallint) OWNER TO ledger_owner;

-- Name: note_stale(text[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.note_stale(names text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF cardinality(names) > 0 THEN
        INSERT INTO ledger.stale_partition (name)
        SELECT DISTINCT u.name FROM unnest(names) AS u (name) ON CONFLICT DO NOTHING;
        INSERT INTO ledger.horizon (one) VALUES (1);
        DELETE FROM ledger.horizon;
    END IF;
END $$;

ALTER FUNCTION ledger.note_stale(names text[]) OWNER TO ledger_owner;

-- Name: partition_of_boxes(text); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.partition_of_boxes(partition text) RETURNS regclass
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION ledger.partition_of_boxes(partition text) OWNER TO ledger_owner;

-- Name: refuse_box_change(); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.refuse_box_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF tg_op = 'DELETE' AND current_setting('ledger.box_change', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op USING ERRCODE = 'LD001';
END $$;

ALTER FUNCTION ledger.refuse_box_change() OWNER TO ledger_owner;

-- Name: refuse_change(); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op USING ERRCODE = 'LD001';
END $$;

ALTER FUNCTION ledger.refuse_change() OWNER TO ledger_owner;

-- Name: retag(smallint, bigint, bigint, uuid[], bigint[], smallint[], bytea[]); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.retag(in_shard smallint, old_slot bigint, new_slot bigint, row_member uuid[], row_position bigint[], row_field smallint[], row_tag bytea[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    tagged integer;
BEGIN
    PERFORM pg_advisory_xact_lock(1279541616, in_shard);
    DELETE FROM ledger.blind_index AS i
    USING unnest(row_member, row_position, row_field, row_tag) AS r (member, position, field, tag)
    WHERE
        i.member = r.member AND i.position = r.position AND i.field = r.field AND i.slot = old_slot
        AND octet_length(r.tag) = 0;
    UPDATE ledger.blind_index AS i SET slot = new_slot, tag = r.tag
    FROM unnest(row_member, row_position, row_field, row_tag) AS r (member, position, field, tag)
    WHERE
        i.member = r.member AND i.position = r.position AND i.field = r.field AND i.slot = old_slot
        AND octet_length(r.tag) > 0;
    GET DIAGNOSTICS tagged = ROW_COUNT;
    RETURN tagged;
END $$;

ALTER FUNCTION ledger.retag(in_shard smallint, old_slot bigint, new_slot bigint, row_member uuid[], row_position bigint[], row_field smallint[], row_tag bytea[]) OWNER TO ledger_owner;

-- Name: rewrite_partition(text); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.rewrite_partition(partition text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '200ms'
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

ALTER FUNCTION ledger.rewrite_partition(partition text) OWNER TO ledger_owner;

-- Name: standbys(); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.standbys() RETURNS TABLE(name text, is_hidden boolean, flush_lsn pg_lsn, heard_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT r.application_name,
     (r.state IS NULL),
     r.flush_lsn,
     r.reply_time
    FROM pg_stat_replication r
   WHERE (r.state IS DISTINCT FROM 'backup'::text);
END;

ALTER FUNCTION ledger.standbys() OWNER TO ledger_owner;

-- Name: turn_over_wal(); Type: FUNCTION; Schema: ledger; Owner: ledger_owner

CREATE FUNCTION ledger.turn_over_wal() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_switch_wal();
    CHECKPOINT;
    RETURN NOT current_setting('wal_recycle')::boolean;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END $$;

ALTER FUNCTION ledger.turn_over_wal() OWNER TO ledger_owner;

-- Name: account_holder; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.account_holder (
    account uuid NOT NULL,
    member uuid NOT NULL
);

ALTER TABLE ledger.account_holder OWNER TO ledger_owner;

-- Name: blind_index; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.blind_index (
    shard smallint NOT NULL,
    member uuid NOT NULL,
    "position" bigint NOT NULL,
    field smallint NOT NULL,
    class smallint NOT NULL,
    kind smallint NOT NULL,
    slot bigint NOT NULL,
    tag bytea NOT NULL,
    CONSTRAINT blind_index_tag_check CHECK ((octet_length(tag) = 16))
);

ALTER TABLE ledger.blind_index OWNER TO ledger_owner;

-- Name: box; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box (
    shard smallint NOT NULL,
    "position" bigint NOT NULL,
    field smallint NOT NULL,
    box bytea NOT NULL
)
PARTITION BY RANGE ("position");
ALTER TABLE ONLY ledger.box ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box OWNER TO ledger_owner;

-- Name: box_0; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_0 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_0 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_0 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_0 OWNER TO ledger_owner;

-- Name: box_1; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_1 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_1 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_1 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_1 OWNER TO ledger_owner;

-- Name: box_10; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_10 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_10 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_10 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_10 OWNER TO ledger_owner;

-- Name: box_11; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_11 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_11 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_11 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_11 OWNER TO ledger_owner;

-- Name: box_12; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_12 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_12 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_12 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_12 OWNER TO ledger_owner;

-- Name: box_2; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_2 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_2 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_2 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_2 OWNER TO ledger_owner;

-- Name: box_3; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_3 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_3 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_3 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_3 OWNER TO ledger_owner;

-- Name: box_4; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_4 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_4 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_4 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_4 OWNER TO ledger_owner;

-- Name: box_5; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_5 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_5 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_5 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_5 OWNER TO ledger_owner;

-- Name: box_6; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_6 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_6 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_6 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_6 OWNER TO ledger_owner;

-- Name: box_7; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_7 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_7 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_7 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_7 OWNER TO ledger_owner;

-- Name: box_8; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_8 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_8 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_8 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_8 OWNER TO ledger_owner;

-- Name: box_9; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_9 (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_9 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_9 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_9 OWNER TO ledger_owner;

-- Name: box_rest; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.box_rest (
    shard smallint CONSTRAINT box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT box_position_not_null NOT NULL,
    field smallint CONSTRAINT box_field_not_null NOT NULL,
    box bytea CONSTRAINT box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.box_rest ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.box_rest ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.box_rest OWNER TO ledger_owner;

-- Name: certificate; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.certificate (
    number bigint NOT NULL,
    kind text NOT NULL,
    request uuid NOT NULL,
    hash bytea NOT NULL,
    text text NOT NULL,
    CONSTRAINT certificate_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT certificate_number_check CHECK ((number > 0))
);

ALTER TABLE ledger.certificate OWNER TO ledger_owner;

-- Name: closed_class; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.closed_class (
    shard smallint NOT NULL,
    member uuid NOT NULL,
    class smallint NOT NULL,
    "position" bigint NOT NULL
);

ALTER TABLE ledger.closed_class OWNER TO ledger_owner;

-- Name: closed_period; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.closed_period (
    shard smallint NOT NULL,
    class smallint NOT NULL,
    first_day date NOT NULL,
    "position" bigint NOT NULL
);

ALTER TABLE ledger.closed_period OWNER TO ledger_owner;

-- Name: held_box_0; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.held_box_0 (
    shard smallint CONSTRAINT held_box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT held_box_position_not_null NOT NULL,
    field smallint CONSTRAINT held_box_field_not_null NOT NULL,
    box bytea CONSTRAINT held_box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.held_box_0 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.held_box_0 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.held_box_0 OWNER TO ledger_owner;

-- Name: held_box_1; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.held_box_1 (
    shard smallint CONSTRAINT held_box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT held_box_position_not_null NOT NULL,
    field smallint CONSTRAINT held_box_field_not_null NOT NULL,
    box bytea CONSTRAINT held_box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.held_box_1 ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.held_box_1 ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.held_box_1 OWNER TO ledger_owner;

-- Name: held_box_rest; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.held_box_rest (
    shard smallint CONSTRAINT held_box_shard_not_null NOT NULL,
    "position" bigint CONSTRAINT held_box_position_not_null NOT NULL,
    field smallint CONSTRAINT held_box_field_not_null NOT NULL,
    box bytea CONSTRAINT held_box_box_not_null NOT NULL
);
ALTER TABLE ONLY ledger.held_box_rest ALTER COLUMN box SET STATISTICS 0;
ALTER TABLE ONLY ledger.held_box_rest ALTER COLUMN box SET STORAGE EXTERNAL;

ALTER TABLE ledger.held_box_rest OWNER TO ledger_owner;

-- Name: horizon; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.horizon (
    one bigint NOT NULL
);

ALTER TABLE ledger.horizon OWNER TO ledger_owner;

-- Name: index_key; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.index_key (
    shard smallint NOT NULL,
    slot bigint NOT NULL,
    "position" bigint NOT NULL
);

ALTER TABLE ledger.index_key OWNER TO ledger_owner;

-- Name: migration; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.migration (
    name text NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT migration_digest_check CHECK ((octet_length(digest) = 32))
);

ALTER TABLE ledger.migration OWNER TO ledger_owner;

-- Name: receipt; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.receipt (
    shard smallint NOT NULL,
    stream uuid NOT NULL,
    key uuid NOT NULL,
    fingerprint bytea NOT NULL,
    reference text,
    "position" bigint NOT NULL,
    receipt bytea NOT NULL
);

ALTER TABLE ledger.receipt OWNER TO ledger_owner;

-- Name: shard; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.shard (
    shard smallint NOT NULL,
    timeline uuid NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT shard_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT shard_position_check CHECK (("position" >= 0)),
    CONSTRAINT shard_shard_check CHECK ((shard > 0))
)
WITH (fillfactor='10');

ALTER TABLE ledger.shard OWNER TO ledger_owner;

-- Name: snapshots; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.snapshots (
    stream uuid NOT NULL,
    version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL
);

ALTER TABLE ledger.snapshots OWNER TO ledger_owner;

-- Name: stale_partition; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.stale_partition (
    name text NOT NULL
);

ALTER TABLE ledger.stale_partition OWNER TO ledger_owner;

-- Name: timeline; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.timeline (
    shard smallint NOT NULL,
    number integer NOT NULL,
    timeline uuid NOT NULL,
    begun_after bigint,
    begun_at timestamp with time zone,
    CONSTRAINT timeline_begun_after_check CHECK ((begun_after >= 0)),
    CONSTRAINT timeline_check CHECK (((begun_at IS NOT NULL) OR (number = 1) OR (begun_after IS NULL))),
    CONSTRAINT timeline_number_check CHECK ((number > 0))
);

ALTER TABLE ledger.timeline OWNER TO ledger_owner;

-- Name: timeline_opened; Type: TABLE; Schema: ledger; Owner: ledger_owner

CREATE TABLE ledger.timeline_opened (
    shard smallint NOT NULL,
    number integer NOT NULL,
    opened_at timestamp with time zone NOT NULL
);

ALTER TABLE ledger.timeline_opened OWNER TO ledger_owner;

-- Name: box_0; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_0 FOR VALUES FROM ('0') TO ('131072');

-- Name: box_1; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_1 FOR VALUES FROM ('131072') TO ('262144');

-- Name: box_10; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_10 FOR VALUES FROM ('1310720') TO ('1441792');

-- Name: box_11; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_11 FOR VALUES FROM ('1441792') TO ('1572864');

-- Name: box_12; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_12 FOR VALUES FROM ('1572864') TO ('1703936');

-- Name: box_2; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_2 FOR VALUES FROM ('262144') TO ('393216');

-- Name: box_3; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_3 FOR VALUES FROM ('393216') TO ('524288');

-- Name: box_4; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_4 FOR VALUES FROM ('524288') TO ('655360');

-- Name: box_5; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_5 FOR VALUES FROM ('655360') TO ('786432');

-- Name: box_6; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_6 FOR VALUES FROM ('786432') TO ('917504');

-- Name: box_7; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_7 FOR VALUES FROM ('917504') TO ('1048576');

-- Name: box_8; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_8 FOR VALUES FROM ('1048576') TO ('1179648');

-- Name: box_9; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_9 FOR VALUES FROM ('1179648') TO ('1310720');

-- Name: box_rest; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box ATTACH PARTITION ledger.box_rest DEFAULT;

-- Name: held_box_0; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box ATTACH PARTITION ledger.held_box_0 FOR VALUES FROM ('0') TO ('1048576');

-- Name: held_box_1; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box ATTACH PARTITION ledger.held_box_1 FOR VALUES FROM ('1048576') TO ('2097152');

-- Name: held_box_rest; Type: TABLE ATTACH; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box ATTACH PARTITION ledger.held_box_rest DEFAULT;

-- Name: account_holder account_holder_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.account_holder
    ADD CONSTRAINT account_holder_pkey PRIMARY KEY (account);

-- Name: blind_index blind_index_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.blind_index
    ADD CONSTRAINT blind_index_pkey PRIMARY KEY (member, "position", field);

-- Name: box box_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box
    ADD CONSTRAINT box_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_0 box_0_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_0
    ADD CONSTRAINT box_0_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_10 box_10_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_10
    ADD CONSTRAINT box_10_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_11 box_11_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_11
    ADD CONSTRAINT box_11_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_12 box_12_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_12
    ADD CONSTRAINT box_12_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_1 box_1_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_1
    ADD CONSTRAINT box_1_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_2 box_2_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_2
    ADD CONSTRAINT box_2_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_3 box_3_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_3
    ADD CONSTRAINT box_3_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_4 box_4_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_4
    ADD CONSTRAINT box_4_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_5 box_5_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_5
    ADD CONSTRAINT box_5_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_6 box_6_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_6
    ADD CONSTRAINT box_6_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_7 box_7_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_7
    ADD CONSTRAINT box_7_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_8 box_8_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_8
    ADD CONSTRAINT box_8_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_9 box_9_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_9
    ADD CONSTRAINT box_9_pkey PRIMARY KEY (shard, "position", field);

-- Name: box_rest box_rest_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.box_rest
    ADD CONSTRAINT box_rest_pkey PRIMARY KEY (shard, "position", field);

-- Name: certificate certificate_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (number);

-- Name: certificate certificate_request_key; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.certificate
    ADD CONSTRAINT certificate_request_key UNIQUE (kind, request);

-- Name: closed_class closed_class_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.closed_class
    ADD CONSTRAINT closed_class_pkey PRIMARY KEY (member, class);

-- Name: closed_period closed_period_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.closed_period
    ADD CONSTRAINT closed_period_pkey PRIMARY KEY (shard, class, first_day);

-- Name: events events_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (stream, version);

-- Name: held_box held_box_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box
    ADD CONSTRAINT held_box_pkey PRIMARY KEY (shard, "position", field);

-- Name: held_box_0 held_box_0_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box_0
    ADD CONSTRAINT held_box_0_pkey PRIMARY KEY (shard, "position", field);

-- Name: held_box_1 held_box_1_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box_1
    ADD CONSTRAINT held_box_1_pkey PRIMARY KEY (shard, "position", field);

-- Name: held_box_rest held_box_rest_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.held_box_rest
    ADD CONSTRAINT held_box_rest_pkey PRIMARY KEY (shard, "position", field);

-- Name: horizon horizon_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.horizon
    ADD CONSTRAINT horizon_pkey PRIMARY KEY (one);

-- Name: index_key index_key_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.index_key
    ADD CONSTRAINT index_key_pkey PRIMARY KEY (shard, slot);

-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

-- Name: receipt receipt_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (stream, key);

-- Name: shard shard_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.shard
    ADD CONSTRAINT shard_pkey PRIMARY KEY (shard);

-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream, version);

-- Name: stale_partition stale_partition_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.stale_partition
    ADD CONSTRAINT stale_partition_pkey PRIMARY KEY (name);

-- Name: timeline timeline_key; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.timeline
    ADD CONSTRAINT timeline_key UNIQUE (shard, timeline);

-- Name: timeline_opened timeline_opened_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.timeline_opened
    ADD CONSTRAINT timeline_opened_pkey PRIMARY KEY (shard, number);

-- Name: timeline timeline_pkey; Type: CONSTRAINT; Schema: ledger; Owner: ledger_owner

ALTER TABLE ONLY ledger.timeline
    ADD CONSTRAINT timeline_pkey PRIMARY KEY (shard, number);

-- Name: account_holder_member_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX account_holder_member_idx ON ledger.account_holder USING btree (member);

-- Name: blind_index_slot_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX blind_index_slot_idx ON ledger.blind_index USING btree (slot);

-- Name: blind_index_tag_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX blind_index_tag_idx ON ledger.blind_index USING btree (tag);

-- Name: events_points_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX events_points_idx ON ledger.events USING btree (topic, "position") WHERE (topic = ANY (ARRAY['points.account-opened.v1'::text, 'points.partner-defined.v1'::text, 'points.expiry-noticed.v1'::text]));

-- Name: events_position_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX events_position_idx ON ledger.events USING btree (shard, "position");

-- Name: events_retention_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX events_retention_idx ON ledger.events USING btree (topic, "position") WHERE (topic = ANY (ARRAY['retention.period-closed.v1'::text, 'retention.period-destroyed.v1'::text, 'members.left.v1'::text, 'members.legal-hold-placed.v1'::text, 'members.legal-hold-released.v1'::text, 'members.legal-hold-destroyed.v1'::text]));

-- Name: events_topic_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE INDEX events_topic_idx ON ledger.events USING btree (topic, "position") WHERE (topic = ANY (ARRAY['members.erasure-requested.v1'::text, 'members.erased.v1'::text, 'members.keys-destroyed.v1'::text, 'points.program-defined.v1'::text]));

-- Name: receipt_reference_idx; Type: INDEX; Schema: ledger; Owner: ledger_owner

CREATE UNIQUE INDEX receipt_reference_idx ON ledger.receipt USING btree (stream, reference) WHERE (reference IS NOT NULL);

-- Name: box_0_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_0_pkey;

-- Name: box_10_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_10_pkey;

-- Name: box_11_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_11_pkey;

-- Name: box_12_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_12_pkey;

-- Name: box_1_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_1_pkey;

-- Name: box_2_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_2_pkey;

-- Name: box_3_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_3_pkey;

-- Name: box_4_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_4_pkey;

-- Name: box_5_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_5_pkey;

-- Name: box_6_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_6_pkey;

-- Name: box_7_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_7_pkey;

-- Name: box_8_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_8_pkey;

-- Name: box_9_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_9_pkey;

-- Name: box_rest_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.box_pkey ATTACH PARTITION ledger.box_rest_pkey;

-- Name: held_box_0_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.held_box_pkey ATTACH PARTITION ledger.held_box_0_pkey;

-- Name: held_box_1_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.held_box_pkey ATTACH PARTITION ledger.held_box_1_pkey;

-- Name: held_box_rest_pkey; Type: INDEX ATTACH; Schema: ledger; Owner: ledger_owner

ALTER INDEX ledger.held_box_pkey ATTACH PARTITION ledger.held_box_rest_pkey;

-- Name: box box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_0 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_0 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_1 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_1 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_10 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_10 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_11 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_11 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_12 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_12 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_2 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_2 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_3 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_3 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_4 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_4 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_5 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_5 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_6 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_6 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_7 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_7 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_8 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_8 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_9 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_9 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: box_rest box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.box_rest FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: held_box box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.held_box FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: held_box_0 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.held_box_0 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: held_box_1 box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.held_box_1 FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: held_box_rest box_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER box_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.held_box_rest FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_box_change();

-- Name: certificate certificate_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER certificate_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.certificate FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: certificate certificate_continues; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER certificate_continues BEFORE INSERT ON ledger.certificate FOR EACH ROW EXECUTE FUNCTION ledger.check_certificate();

-- Name: closed_class closed_class_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER closed_class_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.closed_class FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: closed_period closed_period_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER closed_period_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.closed_period FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: events events_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.events FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: index_key index_key_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER index_key_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.index_key FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: receipt receipt_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER receipt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.receipt FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: timeline timeline_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER timeline_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.timeline FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: timeline_opened timeline_opened_append_only; Type: TRIGGER; Schema: ledger; Owner: ledger_owner

CREATE TRIGGER timeline_opened_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.timeline_opened FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Name: SCHEMA ledger; Type: ACL; Schema: -; Owner: ledger_owner

GRANT USAGE ON SCHEMA ledger TO ledger_app;
GRANT USAGE ON SCHEMA ledger TO ledger_compaction;
GRANT USAGE ON SCHEMA ledger TO ledger_dispute;

-- Name: FUNCTION append(in_shard smallint, strict boolean, entry_stream uuid[], entry_key uuid[], entry_fingerprint bytea[], entry_receipt bytea[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], event_topic text[], event_state bytea[], box_event integer[], box_field smallint[], box_data bytea[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_account uuid[], link_member uuid[], unlink_entry integer[], unlink_account uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_event integer[], index_member uuid[], index_class smallint[], index_kind smallint[], index_field smallint[], index_slot bigint[], index_tag bytea[], key_entry integer[], key_slot bigint[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.append(in_shard smallint, strict boolean, entry_stream uuid[], entry_key uuid[], entry_fingerprint bytea[], entry_receipt bytea[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], event_topic text[], event_state bytea[], box_event integer[], box_field smallint[], box_data bytea[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_account uuid[], link_member uuid[], unlink_entry integer[], unlink_account uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_event integer[], index_member uuid[], index_class smallint[], index_kind smallint[], index_field smallint[], index_slot bigint[], index_tag bytea[], key_entry integer[], key_slot bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.append(in_shard smallint, strict boolean, entry_stream uuid[], entry_key uuid[], entry_fingerprint bytea[], entry_receipt bytea[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], event_topic text[], event_state bytea[], box_event integer[], box_field smallint[], box_data bytea[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_account uuid[], link_member uuid[], unlink_entry integer[], unlink_account uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_event integer[], index_member uuid[], index_class smallint[], index_kind smallint[], index_field smallint[], index_slot bigint[], index_tag bytea[], key_entry integer[], key_slot bigint[]) TO ledger_app;

-- Name: FUNCTION begin_timeline(in_shard smallint, new_number integer, new_timeline uuid, at timestamp with time zone, lost_numbers integer[], lost_timelines uuid[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.begin_timeline(in_shard smallint, new_number integer, new_timeline uuid, at timestamp with time zone, lost_numbers integer[], lost_timelines uuid[]) FROM PUBLIC;

-- Name: FUNCTION box_partitions(); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.box_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.box_partitions() TO ledger_compaction;

-- Name: FUNCTION box_slots(partition text, after_shard smallint, after_position bigint, after_field smallint, at_most integer); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.box_slots(partition text, after_shard smallint, after_position bigint, after_field smallint, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.box_slots(partition text, after_shard smallint, after_position bigint, after_field smallint, at_most integer) TO ledger_compaction;

-- Name: FUNCTION check_certificate(); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.check_certificate() FROM PUBLIC;

-- Name: FUNCTION close_segment(lsn pg_lsn); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.close_segment(lsn pg_lsn) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.close_segment(lsn pg_lsn) TO ledger_app;

-- Name: FUNCTION delete_boxes(in_shard smallint, positions bigint[], fields smallint[], slots bigint[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.delete_boxes(in_shard smallint, positions bigint[], fields smallint[], slots bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.delete_boxes(in_shard smallint, positions bigint[], fields smallint[], slots bigint[]) TO ledger_compaction;

-- Name: FUNCTION extend_boxes(ahead integer); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.extend_boxes(ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.extend_boxes(ahead integer) TO ledger_app;

-- Name: FUNCTION guard_boxes(name text); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.guard_boxes(name text) FROM PUBLIC;

-- Name: TABLE held_box; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.held_box TO ledger_dispute;

-- Name: FUNCTION held_digests(in_shard smallint, positions bigint[], fields smallint[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.held_digests(in_shard smallint, positions bigint[], fields smallint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.held_digests(in_shard smallint, positions bigint[], fields smallint[]) TO ledger_app;

-- Name: FUNCTION held_digests_between(in_shard smallint, first_position bigint, last_position bigint); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.held_digests_between(in_shard smallint, first_position bigint, last_position bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.held_digests_between(in_shard smallint, first_position bigint, last_position bigint) TO ledger_app;

-- Name: FUNCTION hold_boxes(in_shard smallint, positions bigint[], fields smallint[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.hold_boxes(in_shard smallint, positions bigint[], fields smallint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.hold_boxes(in_shard smallint, positions bigint[], fields smallint[]) TO ledger_app;

-- Name: FUNCTION judge(in_shard smallint, entry_stream uuid[], entry_key uuid[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_member uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_slot bigint[], key_entry integer[], key_slot bigint[], OUT verdict smallint[], OUT answered_by integer[], OUT entry_place integer[], OUT event_place integer[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.judge(in_shard smallint, entry_stream uuid[], entry_key uuid[], entry_reference text[], entry_event_last integer[], event_stream uuid[], event_version bigint[], event_id uuid[], event_base uuid[], guard_entry integer[], guard_member uuid[], guard_class smallint[], close_entry integer[], close_member uuid[], close_class smallint[], link_entry integer[], link_member uuid[], roster_entry integer[], roster_member uuid[], roster_accounts integer[], period_class smallint[], period_first_day date[], use_entry integer[], use_period integer[], end_entry integer[], end_period integer[], index_entry integer[], index_slot bigint[], key_entry integer[], key_slot bigint[], OUT verdict smallint[], OUT answered_by integer[], OUT entry_place integer[], OUT event_place integer[]) FROM PUBLIC;

-- Name: FUNCTION make_partition(parent text, number bigint, width bigint); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.make_partition(parent text, number bigint, width bigint) FROM PUBLIC;

-- Name: TABLE events; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.events TO ledger_app;

-- Name: FUNCTION newest_destruction(in_shard smallint); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.newest_destruction(in_shard smallint) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.newest_destruction(in_shard smallint) TO ledger_compaction;

-- Name: FUNCTION note_stale(names text[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.note_stale(names text[]) FROM PUBLIC;

-- Name: FUNCTION partition_of_boxes(partition text); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.partition_of_boxes(partition text) FROM PUBLIC;

-- Name: FUNCTION refuse_box_change(); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.refuse_box_change() FROM PUBLIC;

-- Name: FUNCTION refuse_change(); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.refuse_change() FROM PUBLIC;

-- Name: FUNCTION retag(in_shard smallint, old_slot bigint, new_slot bigint, row_member uuid[], row_position bigint[], row_field smallint[], row_tag bytea[]); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.retag(in_shard smallint, old_slot bigint, new_slot bigint, row_member uuid[], row_position bigint[], row_field smallint[], row_tag bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.retag(in_shard smallint, old_slot bigint, new_slot bigint, row_member uuid[], row_position bigint[], row_field smallint[], row_tag bytea[]) TO ledger_app;

-- Name: FUNCTION rewrite_partition(partition text); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.rewrite_partition(partition text) FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.rewrite_partition(partition text) TO ledger_compaction;

-- Name: FUNCTION standbys(); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.standbys() FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.standbys() TO ledger_app;

-- Name: FUNCTION turn_over_wal(); Type: ACL; Schema: ledger; Owner: ledger_owner

REVOKE ALL ON FUNCTION ledger.turn_over_wal() FROM PUBLIC;
GRANT ALL ON FUNCTION ledger.turn_over_wal() TO ledger_compaction;

-- Name: TABLE account_holder; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.account_holder TO ledger_app;

-- Name: TABLE blind_index; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.blind_index TO ledger_app;

-- Name: TABLE box; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.box TO ledger_app;

-- Name: TABLE box_rest; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.box_rest TO ledger_app;

-- Name: TABLE certificate; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT,INSERT ON TABLE ledger.certificate TO ledger_app;

-- Name: TABLE closed_class; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.closed_class TO ledger_app;

-- Name: TABLE closed_period; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.closed_period TO ledger_app;

-- Name: TABLE index_key; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.index_key TO ledger_app;

-- Name: TABLE migration; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.migration TO ledger_app;

-- Name: TABLE receipt; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.receipt TO ledger_app;

-- Name: TABLE shard; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.shard TO ledger_app;

-- Name: TABLE snapshots; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT,INSERT,DELETE ON TABLE ledger.snapshots TO ledger_app;

-- Name: TABLE timeline; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.timeline TO ledger_app;

-- Name: TABLE timeline_opened; Type: ACL; Schema: ledger; Owner: ledger_owner

GRANT SELECT ON TABLE ledger.timeline_opened TO ledger_app;
