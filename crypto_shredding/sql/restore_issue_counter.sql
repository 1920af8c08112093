-- Every slot that has a key counts as issued: one that was may be missing from the copy, and none is issued twice.
-- in: last_slot bigint
UPDATE crypto_shredding.issue_counter SET counter = %(last_slot)s WHERE counter < %(last_slot)s
