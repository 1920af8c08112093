-- Only under the tree's lock, for periods that were never issued. A period long shredded is in the way for ever: a
-- get-or-create by keys would bring destroyed periods back.
-- in: slots bigint[], class_codes smallint[], first_days date[] (parallel), change bigint
INSERT INTO crypto_shredding.period (class_code, first_day, slot, change)
SELECT
    i.class_code,
    i.first_day,
    i.slot,
    %(change)s
FROM unnest(%(slots)s::bigint[], %(class_codes)s::smallint[], %(first_days)s::date[]) AS i (slot, class_code, first_day)
