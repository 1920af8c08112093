-- out: counter
UPDATE crypto_shredding.doom_counter SET counter = counter + 1 RETURNING counter
