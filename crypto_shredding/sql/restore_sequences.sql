-- Numbers go on behind the newest that there are.
SELECT
    setval('crypto_shredding.root_version', (SELECT max(r.version) FROM crypto_shredding.rotation AS r)),
    setval(
        'crypto_shredding.change',
        (
            SELECT max(c.change) FROM (
                SELECT t.change FROM crypto_shredding.tree AS t
                UNION ALL
                SELECT max(n.change) FROM crypto_shredding.node AS n
                UNION ALL
                SELECT max(l.change) FROM crypto_shredding.leaf AS l
                UNION ALL
                SELECT max(p.change) FROM crypto_shredding.period AS p
                UNION ALL
                SELECT max(f.change) FROM crypto_shredding.failover_target AS f
                UNION ALL
                SELECT max(w.change) FROM crypto_shredding.rotation_wait AS w
            ) AS c
        )
    )
