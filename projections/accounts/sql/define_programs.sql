-- Programs, each at its newest version. The zone stays that of the first: days that were booked cannot move.
-- in: code, name, version, currency, unit_value, zone, each an array
INSERT INTO program (code, name, version, currency, unit_value, zone)
SELECT *
FROM unnest(%s::text [], %s::text [], %s::integer [], %s::text [], %s::bigint [], %s::text [])
ON CONFLICT (code) DO UPDATE SET
    name = excluded.name, version = excluded.version, currency = excluded.currency, unit_value = excluded.unit_value
