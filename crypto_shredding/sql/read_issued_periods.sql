-- out: class_code, first_day, slot
SELECT
    class_code,
    first_day,
    slot
FROM crypto_shredding.period
ORDER BY class_code, first_day
