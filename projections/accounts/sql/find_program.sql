-- Whether a program of this code was defined.
-- in: code
SELECT TRUE
FROM projections.program
WHERE code = %s
