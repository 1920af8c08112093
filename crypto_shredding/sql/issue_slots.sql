-- Only under the tree's lock, and never beyond the last leaf.
-- in:  count bigint
-- out: the last slot issued
UPDATE crypto_shredding.issue_counter SET counter = counter + %(count)s RETURNING counter
