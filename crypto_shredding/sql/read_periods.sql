-- in:  class_codes smallint[], first_days date[] (parallel)
-- out: class_code, first_day of those that were ever issued
SELECT
    p.class_code,
    p.first_day
FROM unnest(%(class_codes)s::smallint[], %(first_days)s::date[]) AS a (class_code, first_day)
INNER JOIN crypto_shredding.period AS p ON a.class_code = p.class_code AND a.first_day = p.first_day
