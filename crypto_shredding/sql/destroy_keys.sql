-- The key goes, the row stays. Its bytes may live on in heap, log and backups (docs/adr/0103).
-- in: slots bigint[]
UPDATE crypto_shredding.slot SET wrapped = NULL WHERE slot = ANY(%(slots)s::bigint[])
