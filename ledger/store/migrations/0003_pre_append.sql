-- ledger.append: the only way into the ledger. One call appends one batch of entries and commits with it.
--
-- An entry is one command: all its events, boxes, closed classes and links, or none of them.
-- Refused entries do not fail the others; only an error (not a refusal) fails the batch as a whole.

SET LOCAL ROLE ledger_owner;

-- Appends a batch. Answers one row an entry, in order: status 0 appended, 1 key seen, 2 reference seen, 3 conflict,
-- 4 class closed (the same numbers as Status in entries.py), the position of its last event (3 and 4: the head after
-- this batch), and, for 1 and 2, the stored fingerprint and receipt.
--
-- `event_base` is the id of the event that this one was decided on, NULL for the first of a stream.
-- `strict` off skips that check (recorders of the eventsourcing library know no ids and may begin a stream anywhere);
-- a version that is taken is then an error on events_pkey. An entry without key leaves no receipt.
-- `entry_event_last` is the number of the entry's last event (of the entry before, when it has none). The other parts
-- carry the number of their entry (guards, closes, links, unlinks, rosters) or event (boxes), ascending.
-- A roster says how many accounts a member has: whoever decides about all of them (leaving) conflicts with one opened
-- meanwhile. An entry with a roster has guards as well.
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
    roster_entry integer [], roster_member uuid [], roster_accounts integer []
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
    ) THEN
        SELECT j.* INTO verdict, answered_by, entry_position, event_position
        FROM ledger.judge(
            entry_stream, entry_key, entry_reference, entry_event_last,
            event_stream, event_version, event_id, event_base,
            guard_entry, guard_member, guard_class, close_entry, close_member, close_class,
            link_entry, link_member, roster_entry, roster_member, roster_accounts
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
