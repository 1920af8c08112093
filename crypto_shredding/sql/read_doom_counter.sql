-- out: counter
SELECT counter FROM crypto_shredding.doom_counter
