-- Dooms commit one after the other, so that a look which saw counter n has seen every doom up to n.
-- out: counter
SELECT counter FROM crypto_shredding.doom_counter FOR UPDATE
