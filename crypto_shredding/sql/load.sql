-- Keys, marks and counter in ONE statement: in two snapshots a doomed key could pass for a live one.
-- in:  slots bigint[], class_codes smallint[], first_days date[] (parallel), since bigint
-- out: one row per slot found (one row of nulls when none): counter, doomed bigint[], slot,
--      class_code, first_day, kcv, wrapping_key, wrapped, doomed_at, doom_reason, shredded_at, shred_reason
WITH asked AS (
    SELECT
        s.slot,
        NULL::smallint AS class_code,
        NULL::date AS first_day
    FROM unnest(%(slots)s::bigint[]) AS s (slot)
    UNION ALL
    SELECT
        p.slot,
        p.class_code,
        p.first_day
    FROM unnest(%(class_codes)s::smallint[], %(first_days)s::date[]) AS a (class_code, first_day)
    INNER JOIN crypto_shredding.period AS p ON a.class_code = p.class_code AND a.first_day = p.first_day
),

found AS (
    SELECT
        a.slot,
        a.class_code,
        a.first_day,
        coalesce(t.kcv, k.kcv) AS kcv,
        k.wrapping_key,
        k.wrapped,
        d.doomed_at,
        d.reason AS doom_reason,
        t.shredded_at,
        t.reason AS shred_reason
    FROM asked AS a
    LEFT JOIN crypto_shredding.slot AS k ON a.slot = k.slot
    LEFT JOIN crypto_shredding.doom AS d ON a.slot = d.slot
    LEFT JOIN crypto_shredding.tombstone AS t ON a.slot = t.slot
    WHERE k.slot IS NOT NULL OR t.slot IS NOT NULL
)

SELECT
    c.counter,
    ARRAY(SELECT d.slot FROM crypto_shredding.doom AS d WHERE d.counter > %(since)s) AS doomed,
    f.slot,
    f.class_code,
    f.first_day,
    f.kcv,
    f.wrapping_key,
    f.wrapped,
    f.doomed_at,
    f.doom_reason,
    f.shredded_at,
    f.shred_reason
FROM crypto_shredding.doom_counter AS c
LEFT JOIN found AS f ON TRUE
