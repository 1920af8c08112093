-- out: version, never given before
SELECT nextval('crypto_shredding.root_version')
