-- Forward only; no row comes back when the position is not ahead of the stored one.
-- in: name, position
INSERT INTO tracking AS t (name, position)
VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET position = excluded.position
WHERE t.position < excluded.position
RETURNING t.position
