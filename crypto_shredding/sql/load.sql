-- Keys, marks and counter in ONE statement: in two snapshots a doomed key could pass for a live one, and a path could
-- be half of one tree and half of the next.
-- in:  slots bigint[], class_codes smallint[], first_days date[] (parallel), since bigint
-- out: kind 0, one row: counter, doomed bigint[], version, height, top
--      kind 1, a row per asked slot that was issued: slot, class_code, first_day, kcv, doomed_at, doom_reason,
--              shredded_at, shred_reason, change of its period
--      kind 2, a row per node on the paths of slots without a mark: level, number, blob
WITH asked AS (
    SELECT
        s.slot,
        NULL::smallint AS class_code,
        NULL::date AS first_day,
        NULL::bigint AS change
    FROM unnest(%(slots)s::bigint[]) AS s (slot)
    UNION ALL
    SELECT
        p.slot,
        p.class_code,
        p.first_day,
        p.change
    FROM unnest(%(class_codes)s::smallint[], %(first_days)s::date[]) AS a (class_code, first_day)
    INNER JOIN crypto_shredding.period AS p ON a.class_code = p.class_code AND a.first_day = p.first_day
),

found AS MATERIALIZED (
    SELECT
        a.slot,
        a.class_code,
        a.first_day,
        a.change,
        d.doomed_at,
        d.reason AS doom_reason,
        t.shredded_at,
        t.reason AS shred_reason,
        coalesce(
            t.kcv,
            (
                SELECT substring(l.kcvs FROM ((a.slot & 127) * 32 + 1)::integer FOR 32)
                FROM crypto_shredding.leaf AS l
                WHERE l.leaf = a.slot >> 7
            )
        ) AS kcv
    FROM asked AS a
    LEFT JOIN crypto_shredding.doom AS d ON a.slot = d.slot
    LEFT JOIN crypto_shredding.tombstone AS t ON a.slot = t.slot
    WHERE t.slot IS NOT NULL
        OR (a.slot > 0 AND a.slot <= (SELECT c.counter FROM crypto_shredding.issue_counter AS c))
),

path AS (
    SELECT DISTINCT
        h.level,
        f.slot >> (7 * h.level) AS number
    FROM found AS f
    CROSS JOIN generate_series(1, (SELECT t.height FROM crypto_shredding.tree AS t)) AS h (level)
    WHERE f.doomed_at IS NULL AND f.shredded_at IS NULL
)

SELECT
    0::smallint AS kind,
    c.counter AS n,
    t.version AS m,
    t.height AS code,
    t.top AS bytes,
    NULL::date AS first_day,
    NULL::timestamptz AS doomed_at,
    NULL::text AS doom_reason,
    NULL::timestamptz AS shredded_at,
    NULL::text AS shred_reason,
    ARRAY(SELECT d.slot FROM crypto_shredding.doom AS d WHERE d.counter > %(since)s) AS doomed
FROM crypto_shredding.doom_counter AS c
LEFT JOIN crypto_shredding.tree AS t ON TRUE
UNION ALL
SELECT
    1::smallint,
    f.slot,
    f.change,
    f.class_code,
    f.kcv,
    f.first_day,
    f.doomed_at,
    f.doom_reason,
    f.shredded_at,
    f.shred_reason,
    NULL::bigint[]
FROM found AS f
UNION ALL
SELECT
    2::smallint,
    n.number,
    NULL::bigint,
    n.level,
    n.blob,
    NULL::date,
    NULL::timestamptz,
    NULL::text,
    NULL::timestamptz,
    NULL::text,
    NULL::bigint[]
FROM path AS p
INNER JOIN crypto_shredding.node AS n ON p.level = n.level AND p.number = n.number
