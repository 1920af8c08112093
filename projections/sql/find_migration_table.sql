-- NULL before the first migration.
SELECT to_regclass('projections.migration')
