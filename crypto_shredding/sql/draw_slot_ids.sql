-- Ids for new slots. A sequence does not roll back: an id that was drawn and not used is lost, never reused.
-- in:  count int
-- out: slot
SELECT nextval('crypto_shredding.slot_id') AS slot FROM generate_series(1, %(count)s)
