-- in: dooms bigint
UPDATE crypto_shredding.doom_counter SET counter = %(dooms)s WHERE counter < %(dooms)s
