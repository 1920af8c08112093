-- Timelines: a restore to an earlier time begins another one (docs/spec/chain.md). Each says behind which position.

SET LOCAL ROLE ledger_owner;

-- `number` orders timelines, and rises also over those that a later restore gave up. Of these the log holds nothing:
-- `begun_after` is NULL. The chain begins with the first timeline.
CREATE TABLE ledger.timeline (
    shard smallint NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    timeline uuid NOT NULL,
    begun_after bigint CHECK (begun_after >= 0),
    begun_at timestamptz CHECK (begun_at IS NOT NULL OR number = 1 OR begun_after IS NULL),
    CONSTRAINT timeline_pkey PRIMARY KEY (shard, number),
    CONSTRAINT timeline_key UNIQUE (shard, timeline)
);

-- What a restore has to do before service was done on this timeline. The first one needs nothing.
CREATE TABLE ledger.timeline_opened (
    shard smallint NOT NULL,
    number integer NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT timeline_opened_pkey PRIMARY KEY (shard, number)
);

INSERT INTO ledger.timeline (shard, number, timeline, begun_after)
SELECT
    s.shard,
    1,
    s.timeline,
    0
FROM ledger.shard AS s;

CREATE TRIGGER timeline_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.timeline
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER timeline_opened_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.timeline_opened
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Begins a timeline behind the head, as number `new_number`, and notes those that the restore gave up. For the owner
-- alone: a running service has no business here. Answers the position.
CREATE FUNCTION ledger.begin_timeline(
    in_shard smallint, new_number integer, new_timeline uuid, at timestamptz,
    lost_numbers integer [], lost_timelines uuid []
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
REVOKE ALL ON FUNCTION ledger.begin_timeline FROM PUBLIC;

GRANT SELECT ON ledger.timeline, ledger.timeline_opened TO ledger_app;
