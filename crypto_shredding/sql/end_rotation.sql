-- in: version bigint, destroyed bigint, at timestamptz, provider text, recoverable_until timestamptz or null, note text
INSERT INTO crypto_shredding.rotation_end (version, destroyed, ended_at, provider, recoverable_until, note)
VALUES (%(version)s, %(destroyed)s, %(at)s, %(provider)s, %(recoverable_until)s, %(note)s)
ON CONFLICT DO NOTHING
