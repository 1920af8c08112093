-- What unqualified names mean from now on.
-- in: schema
SELECT set_config('search_path', %s, FALSE)
