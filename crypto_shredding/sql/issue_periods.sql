-- Of racing callers one wins each period; the others wait for its commit and insert nothing. A period that was ever
-- issued, also one long shredded, is in the way for ever: a get-or-create by keys would bring destroyed periods back.
-- in: slots bigint[], class_codes smallint[], first_days date[], kcvs bytea[], wrappeds bytea[]
--     (parallel, in the order of the primary key, so that racing callers do not deadlock), wrapping_key integer
WITH offered AS (
    SELECT
        i.slot,
        i.class_code,
        i.first_day,
        i.kcv,
        i.wrapped
    FROM unnest(
        %(slots)s::bigint[],
        %(class_codes)s::smallint[],
        %(first_days)s::date[],
        %(kcvs)s::bytea[],
        %(wrappeds)s::bytea[]
    ) AS i (slot, class_code, first_day, kcv, wrapped)
),

won AS (
    INSERT INTO crypto_shredding.period (class_code, first_day, slot)
    SELECT
        o.class_code,
        o.first_day,
        o.slot
    FROM offered AS o
    ON CONFLICT (class_code, first_day) DO NOTHING
    RETURNING slot
)

INSERT INTO crypto_shredding.slot (slot, kcv, wrapping_key, wrapped)
SELECT
    o.slot,
    o.kcv,
    %(wrapping_key)s,
    o.wrapped
FROM offered AS o
INNER JOIN won AS w ON o.slot = w.slot
