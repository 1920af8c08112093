-- How far a generation is in a log.
-- in: name
SELECT position
FROM tracking
WHERE name = %s
