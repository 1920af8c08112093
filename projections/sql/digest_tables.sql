-- Rows and digest of each table of a generation. A sum of 128 bits of hash a row does not depend on their order.
SELECT
    'tracking' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM tracking AS t
UNION ALL
SELECT
    'program' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM program AS t
UNION ALL
SELECT
    'account' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM account AS t
UNION ALL
SELECT
    'lot' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM lot AS t
UNION ALL
SELECT
    'aside' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM aside AS t
UNION ALL
SELECT
    'statement_line' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM statement_line AS t
UNION ALL
SELECT
    'journal' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM journal AS t
UNION ALL
SELECT
    'spending' AS table_name, count(*) AS row_count,
    concat_ws(':', sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) AS digest
FROM spending AS t
