-- The primary key decides: of committing and abandoning only one is ever in.
-- in:  version bigint, committed boolean, doom_counter bigint, at timestamptz
-- out: version, when it was not decided before
INSERT INTO crypto_shredding.rotation_outcome (version, committed, doom_counter, decided_at)
VALUES (%(version)s, %(committed)s, %(doom_counter)s, %(at)s)
ON CONFLICT DO NOTHING
RETURNING version
