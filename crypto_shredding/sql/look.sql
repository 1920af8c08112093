-- The doom counter and what was doomed since, as one snapshot saw them.
-- in:  since bigint
-- out: counter, doomed bigint[]
SELECT
    c.counter,
    ARRAY(SELECT d.slot FROM crypto_shredding.doom AS d WHERE d.counter > %(since)s) AS doomed
FROM crypto_shredding.doom_counter AS c
