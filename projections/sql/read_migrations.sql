-- What was applied, and the digest it had then.
SELECT name, digest
FROM projections.migration
