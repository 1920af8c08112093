-- Batches that happen whole or not at all; values of an account that is claimed become its member's; and the base of
-- an event is told from another event of the same id.

SET LOCAL ROLE ledger_owner;

-- As in 0006, but for what it does behind a refused entry whose event bears the id of the stored head.
CREATE OR REPLACE FUNCTION ledger.judge(
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
            -- Ids of first events follow from keys, so the stored head may bear the id of a refused event without being
            -- it: what comes later in this batch was decided on the refused one, and its base names no event then.
            FOR refused IN event_first .. event_last LOOP
                IF head_event[stream_number[refused]] = event_id[refused] THEN
                    head_event[stream_number[refused]] := '00000000-0000-0000-0000-000000000000';
                END IF;
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

-- Appends all entries of a batch or none: where one is refused everything is rolled back, and the statuses of all, in
-- order, are the detail of the error (0: this one would have been appended). Parameters are those of ledger.append.
CREATE FUNCTION ledger.append_all(
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
AS $$
DECLARE
    statuses smallint [] := '{}';
BEGIN
    FOR status, "position", fingerprint, receipt IN
        SELECT a.status, a.position, a.fingerprint, a.receipt FROM ledger.append(
            in_shard, strict, entry_stream, entry_key, entry_fingerprint, entry_receipt, entry_reference,
            entry_event_last, event_stream, event_version, event_id, event_base, event_topic, event_state,
            box_event, box_field, box_data, guard_entry, guard_member, guard_class, close_entry, close_member,
            close_class, link_entry, link_account, link_member, unlink_entry, unlink_account, roster_entry,
            roster_member, roster_accounts, period_class, period_first_day, use_entry, use_period, end_entry,
            end_period, index_entry, index_event, index_member, index_class, index_kind, index_field,
            index_slot, index_tag, key_entry, key_slot
        ) AS a
    LOOP
        statuses := statuses || status;
        RETURN NEXT;
    END LOOP;
    IF 0 <> ANY (statuses) THEN
        RAISE EXCEPTION 'a batch is appended whole or not at all'
            USING ERRCODE = 'LD081', DETAIL = array_to_string(statuses, ' ');
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger.append_all FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append_all TO ledger_app;

-- What is indexed of an account before anybody has claimed it bears the account's id in the member's place. From the
-- link on it is the member's, so that it goes when the member's class closes.
CREATE FUNCTION ledger.index_for_holder() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE ledger.blind_index AS i SET member = n.member FROM linked AS n WHERE i.member = n.account;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ledger.index_for_holder() FROM PUBLIC;
CREATE TRIGGER account_holder_indexed AFTER INSERT ON ledger.account_holder
REFERENCING NEW TABLE AS linked FOR EACH STATEMENT EXECUTE FUNCTION ledger.index_for_holder();
