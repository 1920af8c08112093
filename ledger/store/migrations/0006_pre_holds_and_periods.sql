-- Closed retention periods: from the closing on nothing is recorded whose retention is counted from that day.
-- The blind index: members by their e-mail and phone, without either.
-- ledger.judge and ledger.append are made anew: an entry says which periods its boxes use, and what it indexes.

SET LOCAL ROLE ledger_owner;

-- One row a shard, retention class and first counted day. A row here is as final as the event that made it. A table of
-- a few rows a day, and the same on every node when the others are distributed.
CREATE TABLE ledger.closed_period (
    shard smallint NOT NULL,
    class smallint NOT NULL,
    first_day date NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT closed_period_pkey PRIMARY KEY (shard, class, first_day)
);
CREATE TRIGGER closed_period_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.closed_period
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
GRANT SELECT ON ledger.closed_period TO ledger_app;

-- The few events that the retention run looks for by what they are.
CREATE INDEX events_retention_idx ON ledger.events (topic, position) WHERE topic IN (
    'retention.period-closed.v1', 'retention.period-destroyed.v1', 'members.left.v1',
    'members.legal-hold-placed.v1', 'members.legal-hold-released.v1', 'members.legal-hold-destroyed.v1'
);

-- The slots whose keys have made the tags of the blind index; the one of the last position makes them now.
CREATE TABLE ledger.index_key (
    shard smallint NOT NULL,
    slot bigint NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT index_key_pkey PRIMARY KEY (shard, slot)
);
CREATE TRIGGER index_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.index_key
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
GRANT SELECT ON ledger.index_key TO ledger_app;

-- Who has a value, by its tag (HMAC under the slot's key, so without the key nothing can be looked up or guessed).
-- `position` and `field` lead to the box from which the row can be tagged again. Rows go when their class closes.
CREATE TABLE ledger.blind_index (
    shard smallint NOT NULL,
    member uuid NOT NULL,
    position bigint NOT NULL,
    field smallint NOT NULL,
    class smallint NOT NULL,
    kind smallint NOT NULL,
    slot bigint NOT NULL,
    tag bytea NOT NULL CHECK (octet_length(tag) = 16),
    CONSTRAINT blind_index_pkey PRIMARY KEY (member, position, field)
);
CREATE INDEX blind_index_tag_idx ON ledger.blind_index (tag);
CREATE INDEX blind_index_slot_idx ON ledger.blind_index (slot);
GRANT SELECT ON ledger.blind_index TO ledger_app;

-- Gives rows their tag under a new slot (empty: the box cannot be opened any more, so the row goes). Rows that a fence
-- deleted meanwhile stay deleted. Under the shard's lock, so that it never meets a fence halfway.
CREATE FUNCTION ledger.retag(
    in_shard smallint, old_slot bigint, new_slot bigint,
    row_member uuid [], row_position bigint [], row_field smallint [], row_tag bytea []
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
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
REVOKE ALL ON FUNCTION ledger.retag FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.retag TO ledger_app;

-- Periods, legal holds and keys of the index die as well, so compaction may delete boxes up to those events, too.
CREATE OR REPLACE FUNCTION ledger.newest_destruction(in_shard smallint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT greatest(
        (
            SELECT coalesce(max(e.position), 0) FROM ledger.events AS e
            WHERE e.topic = 'members.keys-destroyed.v1' AND e.shard = in_shard
        ),
        (
            SELECT coalesce(max(e.position), 0) FROM ledger.events AS e
            WHERE
                e.topic IN ('retention.period-destroyed.v1', 'members.legal-hold-destroyed.v1')
                AND e.shard = in_shard
        )
    );
END;

DROP FUNCTION ledger.append;
DROP FUNCTION ledger.judge;

-- Decides, one entry after the other as if each came alone, when `append` has seen that at least one will be refused.
-- Order of precedence: a stored receipt (1), a stored reference (2), a closed class (4), a closed period (5),
-- tags under a key of the index that is not the newest (6), a conflict (3).
-- Answers by entry its status, for 1 and 2 the entry of this batch whose receipt answers (0: a stored one), and how
-- many events are accepted up to its end; and by event its place among the accepted ones (0: refused).
CREATE FUNCTION ledger.judge(
    in_shard smallint,
    entry_stream uuid [], entry_key uuid [], entry_reference text [], entry_event_last integer [],
    event_stream uuid [], event_version bigint [], event_id uuid [], event_base uuid [],
    guard_entry integer [], guard_member uuid [], guard_class smallint [],
    close_entry integer [], close_member uuid [], close_class smallint [],
    link_entry integer [], link_member uuid [],
    roster_entry integer [], roster_member uuid [], roster_accounts integer [],
    period_class smallint [], period_first_day date [],
    use_entry integer [], use_period integer [], end_entry integer [], end_period integer [],
    index_entry integer [], index_slot bigint [], key_entry integer [], key_slot bigint [],
    OUT verdict smallint [], OUT answered_by integer [], OUT entry_place integer [], OUT event_place integer []
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
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
REVOKE ALL ON FUNCTION ledger.judge FROM PUBLIC;

-- Appends a batch. Answers one row an entry, in order: status 0 appended, 1 key seen, 2 reference seen, 3 conflict,
-- 4 class closed, 5 period closed, 6 index moved (the same numbers as Status in entries.py), the position of its last
-- event (3 to 6: the head after this batch), and, for 1 and 2, the stored fingerprint and receipt.
--
-- `event_base` is the id of the event that this one was decided on, NULL for the first of a stream.
-- `strict` off skips that check (recorders of the eventsourcing library know no ids and may begin a stream anywhere);
-- a version that is taken is then an error on events_pkey. An entry without key leaves no receipt.
-- `entry_event_last` is the number of the entry's last event (of the entry before, when it has none). The other parts
-- carry the number of their entry (guards, closes, links, unlinks, rosters, uses, ends, index rows and keys) or event
-- (boxes), ascending.
-- A roster says how many accounts a member has: whoever decides about all of them (leaving) conflicts with one opened
-- meanwhile. An entry with a roster has guards as well.
-- `period_class` and `period_first_day` are the retention periods of this batch, each once; uses and ends name them by
-- their place. A batch has a handful, so the look costs the same for two entries and for two thousand.
-- Index rows are made with tags under the newest key of the index, which an entry with `key_slot` brings; rows of a
-- class go with its closing.
CREATE FUNCTION ledger.append(
    in_shard smallint, strict boolean,
    entry_stream uuid [],
    entry_key uuid [],
    entry_fingerprint bytea [],
    entry_receipt bytea [],
    entry_reference text [],
    entry_event_last integer [],
    event_stream uuid [], event_version bigint [], event_id uuid [], event_base uuid [],
    event_topic text [], event_state bytea [],
    box_event integer [], box_field smallint [], box_data bytea [],
    guard_entry integer [], guard_member uuid [], guard_class smallint [],
    close_entry integer [], close_member uuid [], close_class smallint [],
    link_entry integer [], link_account uuid [], link_member uuid [],
    unlink_entry integer [], unlink_account uuid [],
    roster_entry integer [], roster_member uuid [], roster_accounts integer [],
    period_class smallint [], period_first_day date [],
    use_entry integer [], use_period integer [], end_entry integer [], end_period integer [],
    index_entry integer [], index_event integer [], index_member uuid [], index_class smallint [],
    index_kind smallint [], index_field smallint [], index_slot bigint [], index_tag bytea [],
    key_entry integer [], key_slot bigint []
)
RETURNS TABLE (status smallint, "position" bigint, fingerprint bytea, receipt bytea)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Every look-up is by a unique key, so the plan is known: index probes. A plan made while a table was empty, or for
-- one array length, must not live on.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
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
REVOKE ALL ON FUNCTION ledger.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append TO ledger_app;
