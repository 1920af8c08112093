-- How every failover target stands: what was done with it last.
-- out: target, change, act, at, reason, actor, second_actor or null
SELECT DISTINCT ON (f.target)
    f.target,
    f.change,
    f.act,
    f.at,
    f.reason,
    f.actor,
    f.second_actor
FROM crypto_shredding.failover_target AS f
ORDER BY f.target, f.change DESC
