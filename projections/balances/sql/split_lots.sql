-- Points that a refund or an extension gave a later last day than the rest of their lot has: a row of their own, on
-- the lot's terms.
-- in: account, lot_id, expires_on, points (signed), each one text with commas; an empty day is none
INSERT INTO lot (account, lot_id, expires_on, program, kind, funder, earned_at, usable_at, points)
SELECT t.account, t.lot_id, m.expires_on, t.program, t.kind, t.funder, t.earned_at, t.usable_at, m.points
FROM unnest(
    string_to_array(%s, ',')::uuid [],
    string_to_array(%s, ',')::uuid [],
    string_to_array(%s, ',', '')::date [],
    string_to_array(%s, ',')::bigint []
) AS m (account, lot_id, expires_on, points)
CROSS JOIN LATERAL (
    SELECT l.account, l.lot_id, l.program, l.kind, l.funder, l.earned_at, l.usable_at
    FROM lot AS l
    WHERE l.account = m.account AND l.lot_id = m.lot_id
    LIMIT 1
) AS t
WHERE NOT EXISTS (
    SELECT FROM lot AS l
    WHERE l.account = m.account AND l.lot_id = m.lot_id AND l.expires_on IS NOT DISTINCT FROM m.expires_on
)
