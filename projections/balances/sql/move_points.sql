-- Points onto or off lots that are there. A last day that is not there yet is left to split_lots.
-- in: account, lot_id, expires_on, points (signed), each one text with commas; an empty day is none
UPDATE lot AS l SET points = l.points + m.points
FROM unnest(
    string_to_array(%s, ',')::uuid [],
    string_to_array(%s, ',')::uuid [],
    string_to_array(%s, ',', '')::date [],
    string_to_array(%s, ',')::bigint []
) AS m (account, lot_id, expires_on, points)
WHERE l.account = m.account AND l.lot_id = m.lot_id AND l.expires_on IS NOT DISTINCT FROM m.expires_on
