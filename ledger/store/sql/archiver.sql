-- out: is_on boolean, last_archived_wal, last_failed_wal, last_failed_time; nulls where the server has forgotten
SELECT
    current_setting('archive_mode') <> 'off',
    a.last_archived_wal,
    CASE WHEN a.last_failed_time > coalesce(a.last_archived_time, '-infinity') THEN a.last_failed_wal END,
    CASE WHEN a.last_failed_time > coalesce(a.last_archived_time, '-infinity') THEN a.last_failed_time END
FROM pg_stat_archiver AS a
