-- Whom rotations waited for; the rest is null unless the target was fenced out.
-- in:  versions bigint[]
-- out: version, target, at, reason, actor, second_actor
SELECT
    w.version,
    w.target,
    f.at,
    f.reason,
    f.actor,
    f.second_actor
FROM crypto_shredding.rotation_wait AS w
LEFT JOIN crypto_shredding.failover_target AS f ON w.fenced_out_by = f.change
WHERE w.version = ANY(%(versions)s::bigint[])
ORDER BY w.version, w.target
