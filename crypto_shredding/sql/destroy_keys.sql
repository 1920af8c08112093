-- The key goes, the row stays. The bytes may live on in heap, log and backups: only a key tree with a changing root ends those.
-- in: slots bigint[]
UPDATE crypto_shredding.slot SET wrapped = NULL WHERE slot = ANY(%(slots)s::bigint[])
