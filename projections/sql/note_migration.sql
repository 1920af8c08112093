-- in: name, digest
INSERT INTO projections.migration (name, digest)
VALUES (%s, %s)
